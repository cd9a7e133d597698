package layers

import (
	"fmt"

	"github.com/ghostdark/ghostdark/cfg"
)

// Route is a [route] section: the outputs of other layers, channels after channels, or only
// part GroupID of Groups equal parts of each.
type Route struct{ Groups, GroupID int }

var _ = register(Kind{
	Names: []string{"route"},
	Doc:   "Concatenates the channels of other layers, or an equal part of each.",
	Schema: cfg.Schema{
		{Name: "layers", Type: cfg.Ints, Note: "the layers to join, in this order; negative numbers count back"},
		{Name: "groups", Type: cfg.Int, Default: "1", Note: "take only one of so many equal parts of each"},
		{Name: "group_id", Type: cfg.Int, Default: "0", Note: "which part, from 0"},
		{Name: "stream", Type: cfg.Int, Default: "-1", Effect: cfg.Ignored, Note: "of the GPU"},
		{Name: "wait_stream", Type: cfg.Int, Default: "-1", Effect: cfg.Ignored, Note: "of the GPU"},
	},
	Build: func(b *Builder) Op {
		refs := b.Refs("layers")
		l := &Route{Groups: b.Within("groups", 1, MaxExtent), GroupID: b.Int("group_id")}
		if l.GroupID < 0 || l.GroupID >= l.Groups {
			b.Errorf("group_id", fmt.Sprintf("Give a number from 0 to %d.", l.Groups-1), "group_id=%d with groups=%d", l.GroupID, l.Groups)
		}
		if len(refs) == 0 {
			return l
		}
		b.Reads(refs...)
		out := b.ShapeOf(refs[0])
		out.C = 0
		for _, i := range refs {
			from := b.ShapeOf(i)
			if from.C%l.Groups != 0 {
				b.Mismatchf("groups", "Use a number of groups that divides the channels.", "groups=%d does not divide the %d channels of layer %d", l.Groups, from.C, i)
			}
			out.C += from.C / l.Groups
		}
		for _, i := range refs[1:] {
			if from := b.ShapeOf(i); from.H != out.H || from.W != out.W {
				b.unequal("layers", "joins", refs[0], i)
				break
			}
		}
		b.Output(out)
		return l
	},
})

// Forward implements Op.
func (l *Route) Forward(p *Pass) {
	for i := range p.Out.N {
		out := p.Out.Image(i)
		for _, in := range p.In {
			first, count := l.Part(in.Shape.C)
			plane := in.Shape.Plane()
			out = out[copy(out, in.Image(i)[first*plane:(first+count)*plane]):]
		}
	}
}

// Part tells which of an input's channels are taken.
func (l *Route) Part(channels int) (first, count int) {
	count = channels / l.Groups
	return l.GroupID * count, count
}
