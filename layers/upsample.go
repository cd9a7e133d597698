package layers

import (
	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/tensor"
)

// Upsample is an [upsample] section: every value becomes a block of Stride×Stride, times
// Scale. When Down is set it is the other way round: a block becomes its sum, times Scale.
type Upsample struct {
	In, Out tensor.Shape
	Stride  int
	Down    bool
	Scale   float32
}

var _ = register(Kind{
	Names: []string{"upsample"},
	Doc:   "Nearest-neighbour enlargement; a negative stride sums blocks instead.",
	Schema: cfg.Schema{
		{Name: "stride", Type: cfg.Int, Default: "2", Note: "factor; negative to make the image smaller"},
		{Name: "scale", Type: cfg.Float, Default: "1", Note: "multiplies the values"},
	},
	Build: func(b *Builder) Op {
		l := &Upsample{In: b.In, Stride: b.Within("stride", -maxStride, maxStride), Scale: float32(b.Float("scale"))}
		switch {
		case l.Stride == 0:
			b.Errorf("stride", "Give the factor, such as 2.", "stride=0 is out of range")
			l.Stride = 1
		case l.Stride < 0:
			l.Stride, l.Down = -l.Stride, true
		}
		l.Out = tensor.Shape{C: b.In.C, H: b.In.H * l.Stride, W: b.In.W * l.Stride}
		if l.Down {
			l.Out.H, l.Out.W = b.In.H/l.Stride, b.In.W/l.Stride
			if b.In.H%l.Stride != 0 || b.In.W%l.Stride != 0 {
				b.Warnf("stride", "Use a network input whose size the stride divides.", "stride=-%d does not divide the input of %d×%d; the surplus rows and columns are left out", l.Stride, b.In.W, b.In.H)
			}
		}
		b.Output(l.Out)
		return l
	},
})

// Forward implements Op.
func (l *Upsample) Forward(p *Pass) {
	for plane := range p.Out.N * l.In.C {
		in := p.In[0].Data[plane*l.In.Plane() : (plane+1)*l.In.Plane()]
		out := p.Out.Data[plane*l.Out.Plane() : (plane+1)*l.Out.Plane()]
		if !l.Down {
			for i := range out {
				out[i] = l.Scale * in[i/l.Out.W/l.Stride*l.In.W+i%l.Out.W/l.Stride]
			}
			continue
		}
		clear(out)
		for y := range l.Out.H * l.Stride {
			for x := range l.Out.W * l.Stride {
				out[y/l.Stride*l.Out.W+x/l.Stride] += float32(l.Scale * in[y*l.In.W+x])
			}
		}
	}
}
