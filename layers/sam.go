package layers

import (
	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/kernels"
)

// SAM is a [sam] section, spatial attention: the product of two layers, value by value.
type SAM struct{ Activation kernels.Activation }

var _ = register(Kind{
	Names: []string{"sam"},
	Doc:   "Multiplies another layer's output by the previous one's, value by value.",
	Schema: cfg.Schema{
		{Name: "from", Type: cfg.Int, Note: "the other layer"},
		{Name: "activation", Type: cfg.String, Default: "linear", Note: "applied last"},
	},
	Build: func(b *Builder) Op {
		l := &SAM{Activation: b.Activation("activation")}
		from, ok := b.Ref("from")
		if !ok {
			return nil
		}
		b.Reads(b.Previous(), from)
		if shape := b.ShapeOf(from); shape != b.In {
			b.Mismatchf("from", "Check from=, and the filters= of the convolution before it.",
				"multiplies %s with %v by the previous layer's %v", b.nameOf(from), shape, b.In)
			b.relate(b.Layer(from))
		}
		b.Output(b.In)
		return l
	},
})

// Forward implements Op.
func (l *SAM) Forward(p *Pass) {
	for i, v := range p.In[0].Data {
		p.Out.Data[i] = v * p.In[1].Data[i]
	}
	for i := range p.Out.N {
		l.Activation.Apply(p.Out.Image(i), p.Out.Shape.Plane())
	}
}
