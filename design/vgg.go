package design

// writeGhostVGG16 writes VGG-16 in its form for CIFAR-10, 13 convolutions with batch norm and
// two connected layers, 512 to 512 to the classes, with all convolutions as ghost modules.
func writeGhostVGG16(d *draft) {
	name := "VGG-16"
	if !d.Dense {
		name = "Ghost-" + name
	}
	if d.WidthMult != 1 {
		name += " " + d.times()
	}
	d.paragraph("%s: a classifier of pictures for %s.", name, d.classes(cifar, "CIFAR-10"))
	d.explainModules("3x3", "All 13 convolutions are such modules; the connected layers are ordinary ones.")
	d.explainRatio()
	d.written()

	number := 0
	for i, s := range []stage{{64, 2}, {128, 2}, {256, 3}, {512, 3}, {512, 3}} {
		d.heading("%d · maps of %dx%d", i+1, d.at.width, d.at.height)
		for range s.blocks {
			number++
			m := d.moduleOf(3, d.channels(s.maps))
			d.comment("convolution %d: %v", number, m)
			d.ghost(m, 1, "relu", "relu")
		}
		d.halved("maxpool", 2)
	}
	d.heading("classifier")
	if d.at.height > 1 || d.at.width > 1 {
		d.avgpool()
	}
	hidden := d.channels(512)
	d.section("connected", maps{channels: hidden, height: 1, width: 1}, option("output", hidden), "activation=relu")
	d.section("dropout", d.at, "probability=.5")
	d.section("connected", maps{channels: d.Classes, height: 1, width: 1}, option("output", d.Classes), "activation=linear")
	d.section("softmax", d.at)
}
