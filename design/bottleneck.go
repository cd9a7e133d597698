package design

import "fmt"

// bottleneck is a ghost bottleneck: two ghost modules, expand and project, with a shortcut
// around them.
type bottleneck struct {
	kernel, stride  int
	expand, project module
	squeeze         int // maps between the two convolutions of squeeze-and-excite, 0 for none
	branch          branch
	attention       bool // GhostNetV2's, on what the first module makes
}

// branch is the way from a bottleneck's input to its shortcut.
type branch int

const (
	identity branch = iota
	// apart: a depthwise convolution of the bottleneck's stride and a 1×1 of its own.
	apart
	// halved: a 1×1 on what the bottleneck's own stride has halved.
	halved
	// narrowed: what the stride has halved, where it also groups maps into as many as go out.
	narrowed
)

// bottleneck writes the bottleneck of that number and returns what its project module and its
// shortcut give.
func (d *draft) bottleneck(number int, b bottleneck, last string) (projected, out maps) {
	title := fmt.Sprintf("%d · ghost bottleneck: %d -> %d -> %d, %dx%d, stride %d",
		number, d.at.channels, b.expand.total(), b.project.total(), b.kernel, b.kernel, b.stride)
	if b.squeeze > 0 {
		title += ", SE"
	}
	d.heading("%s", title)

	input := d.at
	from := input // what the shortcut adds
	if b.branch == apart {
		from = d.shortcutApart(b)
		d.comment("back to the bottleneck's input")
		d.route(input)
	}
	d.comment("expand: %s", b.describe(b.expand))
	expanded := d.ghost(b.expand, 1, "relu", "relu")
	if b.attention {
		d.attend(input, expanded)
	}
	switch {
	case b.branch == narrowed:
		d.comment("halve: %dx%d grouped, %d maps into one; the shortcut starts here", b.kernel, b.kernel, b.expand.total()/b.project.total())
		out := b.project.total()
		from = d.convolutional(convolution{filters: out, size: b.kernel, stride: b.stride, groups: out, activation: "linear"})
	case b.stride > 1:
		d.comment("halve: %dx%d depthwise, stride %d", b.kernel, b.kernel, b.stride)
		d.depthwise(b.kernel, b.stride, "linear")
	}
	if main := d.at; b.branch == halved {
		d.comment("shortcut: 1x1 on the halved maps")
		from = d.convolutional(convolution{filters: b.project.total(), size: 1, activation: "linear"})
		d.comment("back to the halved maps")
		d.route(main)
	}
	if b.squeeze > 0 {
		d.squeezeAndExcite(b.squeeze)
	}
	d.comment("project: %s", b.describe(b.project))
	convolved := "linear"
	if d.Layout == Darknet {
		convolved = "relu"
	}
	projected = d.ghost(b.project, 1, convolved, "linear")
	return projected, d.shortcut(from, last)
}

// describe names a cheap kernel where it isn't the bottleneck's.
func (b bottleneck) describe(m module) string {
	if m.ghosts > 0 && m.cheap != b.kernel {
		return fmt.Sprintf("%v, %dx%d", m, m.cheap, m.cheap)
	}
	return m.String()
}

func (d *draft) shortcutApart(b bottleneck) maps {
	stride := ""
	if b.stride > 1 {
		stride = fmt.Sprintf(" of stride %d", b.stride)
	}
	d.comment("shortcut: %dx%d depthwise%s, then 1x1 to %d maps", b.kernel, b.kernel, stride, b.project.total())
	d.depthwise(b.kernel, b.stride, "linear")
	return d.convolutional(convolution{filters: b.project.total(), size: 1, activation: "linear"})
}

// squeezeAndExcite weighs the maps by what two convolutions make of their means.
func (d *draft) squeezeAndExcite(squeeze int) {
	weighed := d.at
	d.comment("squeeze and excite: %d -> %d -> %d", weighed.channels, squeeze, weighed.channels)
	d.avgpool()
	d.convolutional(convolution{filters: squeeze, size: 1, bias: true, bare: true, activation: "relu"})
	d.convolutional(convolution{filters: weighed.channels, size: 1, bias: true, bare: true, activation: string(d.Gate)})
	d.section("scale_channels", weighed, option("from", d.back(weighed)))
	if d.Gate == HardTan {
		d.comment("x * hardtan(z) + x: twice the maps, weighed by the hard sigmoid of 3z")
		d.shortcut(weighed, "linear")
	}
}

// attend multiplies the expanded maps by GhostNetV2's attention, computed from the bottleneck's
// input at half its extents.
func (d *draft) attend(input, expanded maps) {
	d.comment("attention, from the bottleneck's input")
	d.route(input)
	d.halved("local_avgpool", 2)
	d.convolutional(convolution{filters: expanded.channels, size: 1, activation: "linear"})
	d.comment("5x5 depthwise, for the 1x5 and the 5x1 of the published network")
	d.depthwise(5, 1, "logistic")
	out := d.at
	out.height, out.width = 2*out.height, 2*out.width
	d.section("upsample", out, "stride=2")
	if d.at.height > expanded.height {
		d.comment("back to an odd extent: means of neighbours")
		out.height, out.width = out.height-1, out.width-1
		d.section("local_avgpool", out, "size=2", "stride=1", "padding=0")
	}
	d.section("sam", expanded, option("from", d.back(expanded)))
}
