package layers

import (
	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/kernels"
)

// Activation is an [activation] section.
type Activation struct{ Activation kernels.Activation }

var _ = register(Kind{
	Names: []string{"activation"},
	Doc:   "Applies an activation function.",
	Schema: cfg.Schema{
		{Name: "activation", Type: cfg.String, Default: "linear", Note: "which function, see Activations below"},
	},
	Build: func(b *Builder) Op { return &Activation{b.Activation("activation")} },
})

// Forward implements Op.
func (l *Activation) Forward(p *Pass) {
	copy(p.Out.Data, p.In[0].Data)
	for i := range p.Out.N {
		l.Activation.Apply(p.Out.Image(i), p.Out.Shape.Plane())
	}
}
