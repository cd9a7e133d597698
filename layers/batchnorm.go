package layers

import (
	"github.com/ghostdark/ghostdark/kernels"
	"github.com/ghostdark/ghostdark/weights"
)

// BatchNorm is a [batchnorm] section.
type BatchNorm struct{ Biases, Scales, Mean, Variance *weights.Slot } // one value for each channel

var _ = register(Kind{
	Names: []string{"batchnorm"},
	Doc:   "Batch norm over channels with ε = 1e-5 inside the root.",
	Build: func(b *Builder) Op {
		l := &BatchNorm{Biases: b.Slot("biases", 1, b.In.C)}
		l.Scales, l.Mean, l.Variance = b.normSlots("", b.In.C)
		return l
	},
})

// Forward implements Op.
func (l *BatchNorm) Forward(p *Pass) {
	copy(p.Out.Data, p.In[0].Data)
	for i := range p.Out.N {
		kernels.BatchNorm(p.Out.Image(i), p.Out.Shape.Plane(), l.Biases.Data, l.Scales.Data, l.Mean.Data, l.Variance.Data)
	}
}
