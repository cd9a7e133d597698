package layers

import (
	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/tensor"
	"github.com/ghostdark/ghostdark/weights"
)

// Implicit is an [implicit] section: its output is its weights, whatever the input.
type Implicit struct{ Weights *weights.Slot } // [filter][atom]

var _ = register(Kind{
	Names: []string{"implicit"},
	Doc:   "Learned values that don't depend on the input.",
	Schema: cfg.Schema{
		{Name: "filters", Type: cfg.Int, Default: "128", Note: "output channels"},
		{Name: "atoms", Type: cfg.Int, Default: "1", Note: "values in each channel"},
		{Name: "mean", Type: cfg.Float, Default: "0", Effect: cfg.Training, Note: "of the initial values"},
		{Name: "std", Type: cfg.Float, Default: "0.2", Effect: cfg.Training, Note: "of the initial values"},
	},
	Build: func(b *Builder) Op {
		filters, atoms := b.Within("filters", 1, MaxExtent), b.Within("atoms", 1, MaxExtent)
		b.Reads()
		b.Output(tensor.Shape{C: filters, H: atoms, W: 1})
		return &Implicit{b.Slot("weights", filters, atoms)}
	},
})

// Forward implements Op.
func (l *Implicit) Forward(p *Pass) {
	for i := range p.Out.N {
		copy(p.Out.Image(i), l.Weights.Data)
	}
}
