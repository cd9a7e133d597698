package layers

import (
	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/tensor"
)

// Reorg is a [reorg] or [reorg3d] section: space to depth by Stride, or back when reversed.
// [reorg3d] does it in the obvious order; [reorg], of YOLOv2, in the scrambled one that
// follows from running the same loop over the input's extents.
type Reorg struct {
	Loop    tensor.Shape // the extents that darknet's loop runs over
	Stride  int
	Scatter bool // out[B] = in[A] instead of out[A] = in[B]
}

var reorgOptions = cfg.Schema{
	{Name: "stride", Type: cfg.Int, Default: "1", Note: "side of the block that becomes channels"},
	{Name: "reverse", Type: cfg.Flag, Default: "0", Note: "depth to space"},
}

var _ = register(Kind{
	Names:  []string{"reorg"},
	Doc:    "Space to depth in YOLOv2's scrambled channel order.",
	Schema: reorgOptions,
	Build:  func(b *Builder) Op { return buildReorg(b, func(in, _ tensor.Shape) tensor.Shape { return in }) },
})

// buildReorg makes the layer; loop chooses between the extents of the input and the output.
func buildReorg(b *Builder, loop func(in, out tensor.Shape) tensor.Shape) Op {
	l := &Reorg{Stride: b.Within("stride", 1, maxStride), Scatter: b.Flag("reverse")}
	s := l.Stride
	out := tensor.Shape{C: b.In.C * s * s, H: b.In.H / s, W: b.In.W / s}
	if l.Scatter {
		out = tensor.Shape{C: b.In.C / (s * s), H: b.In.H * s, W: b.In.W * s}
	}
	l.Loop = loop(b.In, out)
	switch {
	case out.Len() != b.In.Len():
		b.Mismatchf("stride", "Without reverse= the stride must divide width and height, with it stride² the channels.",
			"stride=%d does not fit the input of %v", s, b.In)
	case l.Loop.C%(s*s) != 0:
		b.Mismatchf("stride", "Choose filters= of the layer before it accordingly.",
			"the %d channels are not a multiple of stride² = %d", l.Loop.C, s*s)
	}
	b.Output(out)
	return l
}

// Forward implements Op.
func (l *Reorg) Forward(p *Pass) {
	s := l.Stride
	channels := l.Loop.C / (s * s)
	for i := range p.Out.N {
		in, out := p.In[0].Image(i), p.Out.Image(i)
		a := 0
		for k := range l.Loop.C {
			offset := k / channels
			for y := range l.Loop.H {
				row := s*l.Loop.W*(y*s+offset/s+l.Loop.H*s*(k%channels)) + offset%s
				for x := range l.Loop.W {
					if b := row + x*s; l.Scatter {
						out[b] = in[a]
					} else {
						out[a] = in[b]
					}
					a++
				}
			}
		}
	}
}
