package design

import "fmt"

// stage is a run of a ResNet's blocks whose maps have the same extent.
type stage struct{ maps, blocks int }

// writeGhostResNet50 writes ResNet-50 with all convolutions but the first as ghost modules. As
// in torchvision's, which has the paper's 4.1 billion multiply-adds, the 3×3 convolutions
// halve.
func writeGhostResNet50(d *draft) {
	d.resNetTitle("ResNet-50", imageNet, "ImageNet", "1x1 or 3x3", "maps in -> inside -> out, stride")
	base := d.channels(64)
	d.heading("stem")
	d.convolutional(convolution{filters: base, size: 7, stride: 2, activation: "relu"})
	d.halved("maxpool", 3)
	d.stages(d.wideBlock, stage{base, 3}, stage{2 * base, 4}, stage{4 * base, 6}, stage{8 * base, 3})
}

// stages writes the blocks of all stages, of which each but the first begins by halving the
// extents, and the classifier.
func (d *draft) stages(block func(maps, stride int, number string), stages ...stage) {
	for i, s := range stages {
		for b := range s.blocks {
			stride := 1
			if i > 0 && b == 0 {
				stride = 2
			}
			block(s.maps, stride, fmt.Sprintf("%d.%d", i+1, b+1))
		}
	}
	d.heading("classifier")
	d.avgpool()
	d.classify()
}

// wideBlock writes a block of 1×1, 3×3 and 1×1, of which the last makes four times as many maps.
func (d *draft) wideBlock(width, stride int, number string) {
	input := d.at
	inner, last := d.moduleOf(1, width), d.moduleOf(1, 4*width)
	d.heading("%s · block: %d -> %d -> %d, stride %d", number, input.channels, width, last.total(), stride)
	from := input
	if stride > 1 || input.channels != last.total() {
		d.comment("shortcut, 1x1: %v", last)
		from = d.ghost(last, stride, "linear", "linear")
		d.comment("back to the block's input")
		d.route(input)
	}
	d.comment("1x1: %v", inner)
	d.ghost(inner, 1, "relu", "relu")
	inner.size = 3
	d.comment("3x3: %v", inner)
	d.ghost(inner, stride, "relu", "relu")
	d.comment("1x1: %v", last)
	d.ghost(last, 1, "linear", "linear")
	d.shortcut(from, "relu")
}

// writeGhostResNet56 writes the ResNet of 55 convolutions and a layer of classes that its
// inventors made for CIFAR-10, with all convolutions but the first as ghost modules.
func writeGhostResNet56(d *draft) {
	d.resNetTitle("ResNet-56", cifar, "CIFAR-10", "3x3", "maps in -> out, stride")
	base := d.channels(16)
	d.heading("stem")
	d.convolutional(convolution{filters: base, size: 3, activation: "relu"})
	d.stages(d.plainBlock, stage{base, 9}, stage{2 * base, 9}, stage{4 * base, 9})
}

// plainBlock writes a block of two 3×3 modules.
func (d *draft) plainBlock(width, stride int, number string) {
	input, m := d.at, d.moduleOf(3, width)
	d.heading("%s · block: %d -> %d, stride %d", number, input.channels, width, stride)
	d.comment("3x3: %v", m)
	d.ghost(m, stride, "relu", "relu")
	d.comment("3x3: %v", m)
	out := d.ghost(m, 1, "linear", "linear")
	if stride == 1 {
		d.shortcut(input, "relu")
		return
	}
	d.comment("shortcut: every second pixel")
	d.route(input)
	sparse := d.halved("maxpool", 1)
	d.comment("added to the first half of the maps")
	d.half(out, 0)
	sum := d.shortcut(sparse, "linear")
	rest := d.half(out, 1)
	d.route(sum, rest)
	d.section("activation", d.at, "activation=relu")
}

// resNetTitle writes the comment at the top.
func (d *draft) resNetTitle(name string, usual int, set, window, heading string) {
	if !d.Dense {
		name = "Ghost-" + name
	}
	if d.WidthMult != 1 {
		name += " " + d.times()
	}
	d.paragraph("%s: a classifier of pictures for %s.", name, d.classes(usual, set))
	d.explainModules(window, "The first convolution and the layer of classes are ordinary ones. A block's heading reads: "+heading+".")
	d.explainRatio()
	d.written()
}
