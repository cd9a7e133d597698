package layers

import (
	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/kernels"
	"github.com/ghostdark/ghostdark/tensor"
	"github.com/ghostdark/ghostdark/weights"
)

// Dense is the arithmetic that [connected], [rnn], [gru] and [lstm] share: y = W·x, batch norm
// or bias, and activation.
type Dense struct {
	In, Out                        int // values for one image
	Activation                     kernels.Activation
	Biases, Scales, Mean, Variance *weights.Slot // of length Out; the last three are nil without batch norm
	Weights                        *weights.Slot // [output][input]
}

// newDense adds the arrays in file order, which for dense layers has the weights before the
// batch-norm arrays.
func newDense(b *Builder, prefix string, in, out int, batchNormalize bool, a kernels.Activation) *Dense {
	d := &Dense{In: in, Out: out, Activation: a}
	d.Biases = b.Slot(prefix+"biases", 1, out)
	d.Weights = b.Slot(prefix+"weights", out, in)
	d.Weights.Order, d.Weights.FanIn = weights.FlippedByHeader, in
	switch {
	case batchNormalize && b.Flag("dontloadscales"):
		d.Scales = b.UnstoredSlot(prefix+"scales", 1, out, 1)
		d.Mean = b.UnstoredSlot(prefix+"rolling_mean", 1, out, 0)
		d.Variance = b.UnstoredSlot(prefix+"rolling_variance", 1, out, 0)
	case batchNormalize:
		d.Scales, d.Mean, d.Variance = b.normSlots(prefix, out)
	}
	b.Cost(Cost{MACs: int64(in) * int64(out)})
	return d
}

// forward computes n vectors.
func (d *Dense) forward(n int, in, out []float32) {
	kernels.GemmTransB(n, d.Out, d.In, in, d.Weights.Data, out)
	for i := range n {
		y := out[i*d.Out : (i+1)*d.Out]
		normalizeOrBias(y, 1, d.Biases, d.Scales, d.Mean, d.Variance)
		d.Activation.Apply(y, 1)
	}
}

// Connected is a [connected] section.
type Connected struct{ Dense }

var _ = register(Kind{
	Names: []string{"connected", "conn"},
	Doc:   "Fully connected layer over the flattened input.",
	Schema: cfg.Schema{
		{Name: "output", Type: cfg.Int, Default: "1", Note: "length of the output"},
		{Name: "activation", Type: cfg.String, Default: "logistic", Note: "applied last"},
		{Name: "batch_normalize", Type: cfg.Flag, Default: "0", Note: "batch norm with ε = 1e-5 inside the root"},
	},
	Build: func(b *Builder) Op {
		out := b.Within("output", 1, MaxExtent)
		d := newDense(b, "", b.In.Len(), out, b.Flag("batch_normalize"), b.Activation("activation"))
		b.Output(tensor.Shape{C: out, H: 1, W: 1})
		return &Connected{*d}
	},
})

// Forward implements Op.
func (l *Connected) Forward(p *Pass) { l.forward(p.Out.N, p.In[0].Data, p.Out.Data) }
