package design

import (
	"fmt"
	"math"
)

// necks are the maps of the 1×1 and of the 3×3 convolution before each head, at strides 32, 16
// and 8.
var necks = [3]struct {
	reduce, merge int
	objects       string
}{{112, 160, "large"}, {56, 256, "medium"}, {28, 128, "small"}}

func writeGhostYOLO(d *draft) {
	net := d.backbone(false)
	reduced := maps{}
	for head := range d.Heads {
		neck := necks[head]
		objects := neck.objects
		if head == d.Heads-1 {
			objects = "small"
		}
		d.heading("neck and head at stride %d: %s objects", d.kind.Stride>>head, objects)
		if head > 0 {
			d.route(reduced)
		}
		reduced = d.convolutional(convolution{filters: d.neckMaps(neck.reduce), size: 1, activation: "leaky"})
		if head > 0 {
			tap := net.taps[head]
			larger := tap.from
			larger.channels = reduced.channels
			upsampled := d.section("upsample", larger, "stride=2")
			d.comment("joined with %s", tap.what)
			d.route(upsampled, tap.from)
		}
		merged := d.convolutional(convolution{filters: d.neckMaps(neck.merge), size: 3, activation: "leaky"})
		if head > 0 {
			reduced = merged
		}
		d.yolo(head)
	}

	heads := []string{"two YOLO heads, at strides 32 and 16", "three YOLO heads, at strides 32, 16 and 8"}[d.Heads-2]
	name := "GhostNet"
	if d.WidthMult != 1 {
		name += " " + d.times()
	}
	d.paragraph("Ghost-YOLO: a %s backbone under %s, for %s.", name, heads, d.classes(coco, "COCO"))
	d.explainBottlenecks(net)
	all := []string{"both", "all"}[d.Heads-2]
	d.paragraph("For another number of classes set classes= in %s heads and filters=(classes+5)*%d in the convolution before each. "+
		"The anchors are in pixels of the network's input.", all, d.perHead())
	d.written()
}

// neckMaps scales maps of ordinary convolutions.
func (d *draft) neckMaps(c int) int { return divisible(float64(c)*d.WidthMult, 4) }

// perHead is the number of anchors of each head.
func (d *draft) perHead() int { return len(d.Anchors) / 2 / d.Heads }

// yolo writes a head with the convolution before it. The first head has the largest anchors.
func (d *draft) yolo(head int) {
	each := d.perHead()
	d.comment("(%s + 5) * %s", classes(d.Classes), count(each, "mask"))
	d.convolutional(convolution{filters: (d.Classes + 5) * each, size: 1, bias: true, activation: "linear"})
	mask := ""
	for i := range each {
		if i > 0 {
			mask += ","
		}
		mask += fmt.Sprint((d.Heads-1-head)*each + i)
	}
	anchors := numbers(d.Anchors, func(i int) string { return []string{", ", ","}[i%2] })
	d.section("yolo", d.at, option("classes", d.Classes), option("num", each*d.Heads), option("mask", mask), option("anchors", anchors),
		"ignore_thresh=.7", "truth_thresh=1", "jitter=.3", "random=0")
}

// The anchors that YOLOv3's tiny form and YOLOv3 have for COCO, at 416×416.
var cocoAnchors = map[int][]float64{
	2: {10, 14, 23, 27, 37, 58, 81, 82, 135, 169, 344, 319},
	3: {10, 13, 16, 30, 33, 23, 30, 61, 62, 45, 59, 119, 116, 90, 156, 198, 373, 326},
}

func defaultAnchors(heads int, size Size) []float64 {
	const side = 416
	var scaled []float64
	for i, v := range cocoAnchors[heads] {
		extent := []int{size.W, size.H}[i%2]
		scaled = append(scaled, math.Max(1, math.Round(v*float64(extent)/side)))
	}
	return scaled
}
