package design

import (
	"fmt"
	"strings"
)

// officialBlocks is the paper's table 1: kernel, maps inside and out, whether there is
// squeeze-and-excite, stride.
var officialBlocks = []struct {
	kernel, expand, out int
	se                  bool
	stride              int
}{
	{3, 16, 16, false, 1},
	{3, 48, 24, false, 2},
	{3, 72, 24, false, 1},
	{5, 72, 40, true, 2},
	{5, 120, 40, true, 1},
	{3, 240, 80, false, 2},
	{3, 200, 80, false, 1},
	{3, 184, 80, false, 1},
	{3, 184, 80, false, 1},
	{3, 480, 112, true, 1},
	{3, 672, 112, true, 1},
	{5, 672, 160, true, 2},
	{5, 960, 160, false, 1},
	{5, 960, 160, true, 1},
	{5, 960, 160, false, 1},
	{5, 960, 160, true, 1},
}

// darknetBlocks are those of the GhostNet cfg published for darknet: kernel, stride, for each
// module the convolved maps and the ratio, the maps of squeeze-and-excite, and the cheap kernel
// of the second module.
var darknetBlocks = []struct {
	kernel, stride            int
	expandMaps, expandRatio   int
	projectMaps, projectRatio int
	squeeze                   int
	branch                    branch
	projectCheap              int
}{
	{3, 1, 8, 2, 8, 2, 0, identity, 3},
	{3, 2, 8, 6, 8, 3, 0, narrowed, 3},
	{3, 1, 16, 5, 8, 3, 0, identity, 3},
	{5, 2, 16, 5, 8, 5, 16, halved, 5},
	{5, 1, 40, 3, 8, 5, 32, identity, 5},
	{3, 2, 80, 3, 16, 5, 0, narrowed, 3},
	{3, 1, 80, 3, 16, 5, 0, identity, 3},
	{3, 1, 64, 3, 16, 5, 0, identity, 3},
	{3, 1, 64, 3, 16, 5, 0, identity, 3},
	{3, 1, 80, 6, 32, 4, 120, apart, 3},
	{3, 1, 224, 3, 32, 4, 168, identity, 3},
	{5, 2, 224, 3, 40, 4, 168, halved, 3},
	{5, 1, 320, 3, 40, 4, 0, identity, 5},
	{5, 1, 320, 3, 40, 4, 240, identity, 5},
	{5, 1, 320, 3, 40, 4, 0, identity, 5},
	{5, 1, 320, 3, 40, 4, 240, identity, 5},
}

// stemMaps are those of the convolution before the bottlenecks.
const stemMaps = 16

// bottlenecks returns those of the layout. With attention they are GhostNetV2's.
func (d *draft) bottlenecks(attention bool) []bottleneck {
	var all []bottleneck
	if d.Layout == Darknet {
		for _, b := range darknetBlocks {
			of := func(maps, ratio, cheap int) module { return module{1, maps, (ratio - 1) * maps, cheap} }
			all = append(all, bottleneck{
				kernel: b.kernel, stride: b.stride, squeeze: b.squeeze, branch: b.branch,
				expand:  of(b.expandMaps, b.expandRatio, b.kernel),
				project: of(b.projectMaps, b.projectRatio, b.projectCheap),
			})
		}
	} else {
		in := d.channels(stemMaps)
		for i, b := range officialBlocks {
			expand, out := d.channels(b.expand), d.channels(b.out)
			block := bottleneck{kernel: b.kernel, stride: b.stride, expand: d.moduleOf(1, expand), project: d.moduleOf(1, out)}
			if b.se {
				block.squeeze = divisible(float64(expand)/4, 4)
			}
			if b.stride > 1 || in != out {
				block.branch = apart
			}
			block.attention = attention && i >= 2
			all = append(all, block)
			in = out
		}
	}
	if d.NoSE {
		for i := range all {
			all[i].squeeze = 0
		}
	}
	return all
}

// backbone is what a detector takes from a GhostNet.
type backbone struct {
	blocks []bottleneck
	taps   [3]tap // the last bottleneck at strides 32, 16 and 8
	layers int    // of stem and bottlenecks
}

// tap is the output of a bottleneck that others read too.
type tap struct {
	from maps
	what string // the output in words
}

// backbone writes the stem and the bottlenecks.
func (d *draft) backbone(attention bool) backbone {
	d.heading("0 · stem")
	d.convolutional(convolution{filters: d.channels(stemMaps), size: 3, stride: 2, activation: "relu"})
	net := backbone{blocks: d.bottlenecks(attention)}
	for i, b := range net.blocks {
		last := "linear"
		if d.Layout == Darknet && i == len(net.blocks)-1 {
			last = "relu"
		}
		projected, out := d.bottleneck(i+1, b, last)
		t := tap{out, fmt.Sprintf("bottleneck %d", i+1)}
		if d.Layout == Darknet {
			t = tap{projected, fmt.Sprintf("bottleneck %d's projection, without its shortcut", i+1)}
		}
		switch d.kind.Stride / (d.Size.H / out.height) {
		case 1:
			net.taps[0] = tap{out, t.what}
		case 2:
			net.taps[1] = t
		case 4:
			net.taps[2] = t
		}
	}
	net.layers = d.layers
	return net
}

// classifier writes the end of a GhostNet.
func (d *draft) classifier(net backbone) {
	d.heading("classifier")
	expanded := net.blocks[len(net.blocks)-1].expand.total()
	d.convolutional(convolution{filters: expanded, size: 1, activation: "relu"})
	d.avgpool()
	d.convolutional(convolution{filters: 1280, size: 1, bias: true, activation: "relu"})
	d.section("dropout", d.at, "probability=.2")
	d.classify()
}

func writeGhostNet(d *draft) {
	net := d.backbone(false)
	d.classifier(net)
	d.paragraph("GhostNet %s: a classifier of pictures for %s.", d.times(), d.classes(imageNet, "ImageNet"))
	d.explainBottlenecks(net)
	d.paragraph("Layers 0 to %d, the stem and the bottlenecks, are those of the ghost-yolo that is written with the same options, and can share their weights.",
		net.layers-1)
	d.written()
}

func writeGhostNetV2(d *draft) {
	net := d.backbone(true)
	d.classifier(net)
	d.paragraph("GhostNetV2 %s: a classifier of pictures for %s.", d.times(), d.classes(imageNet, "ImageNet"))
	d.explainBottlenecks(net)
	odd := ""
	if d.Size.H/d.kind.Stride%2 != 0 {
		odd = " Where an extent is odd, means of neighbours lead from the even one back to it; the published network rounds down and takes the nearest."
	}
	d.paragraph("From bottleneck 3 on, what the first module makes is multiplied by attention (DFC): the bottleneck's input at half its extents goes "+
		"through a 1x1 and a 5x5 depthwise convolution. The published network has a 1x5 and a 5x1 in place of the 5x5, which sections of darknet can't "+
		"express. Their product is a 5x5 kernel, so this one can learn what they can, but for the border, at 25 multiply-adds in place of 10.%s", odd)
	d.written()
}

// times is the width multiplier as the paper writes it.
func (d *draft) times() string {
	text := fmt.Sprint(d.WidthMult)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return text + "x"
}

// classes words the number of classes, with the set's name where it has so many.
func (d *draft) classes(usual int, set string) string {
	if d.Classes == usual {
		return fmt.Sprintf("the %d classes of %s", usual, set)
	}
	return classes(d.Classes)
}

func classes(n int) string {
	if n == 1 {
		return "1 class"
	}
	return fmt.Sprintf("%d classes", n)
}

// explainBottlenecks adds the paragraphs on modules, bottlenecks, ratios and the gate.
func (d *draft) explainBottlenecks(net backbone) {
	weigh := " and weigh the maps (SE, squeeze and excite)"
	if d.NoSE {
		weigh = ""
	}
	d.explainModules("1x1", "A bottleneck is two such modules, expand and project, and a shortcut; in between it may halve the picture"+weigh+
		". Its heading reads: maps in -> expanded -> out, kernel, stride.")
	if d.Layout == Darknet {
		d.tableOfRatios(net.blocks)
	} else {
		d.explainRatio()
	}
	if d.Gate == HardSigmoid {
		d.paragraph("The gate of SE, hard_sigmoid, is an extension of ghostdark: darknet takes relu for a name that it doesn't know.")
	}
}

// tableOfRatios adds a table of the modules' ratios, with a column for neighbours that agree.
func (d *draft) tableOfRatios(blocks []bottleneck) {
	rows := [3]string{"bottleneck ", "expand     ", "project    "}
	for first := 0; first < len(blocks); {
		ratios := func(i int) [2]int { return [2]int{blocks[i].expand.ratio(), blocks[i].project.ratio()} }
		end := first + 1
		for end < len(blocks) && ratios(end) == ratios(first) {
			end++
		}
		name := fmt.Sprint(first + 1)
		if end > first+1 {
			name = fmt.Sprintf("%d-%d", first+1, end)
		}
		cells := [3]string{name, fmt.Sprint(ratios(first)[0]), fmt.Sprint(ratios(first)[1])}
		for i, cell := range cells {
			left := (len(name) - len(cell) + 1) / 2
			rows[i] += fmt.Sprintf("  %*s%-*s", left, "", len(name)-left, cell)
			if end < len(blocks) {
				rows[i] += " "
			}
		}
		first = end
	}
	text := "# Ghost ratios, all maps to convolved maps:\n#\n"
	for _, row := range rows {
		text += strings.TrimRight("#   "+row, " ") + "\n"
	}
	d.head = append(d.head, text)
}
