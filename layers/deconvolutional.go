package layers

import (
	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/kernels"
	"github.com/ghostdark/ghostdark/tensor"
	"github.com/ghostdark/ghostdark/weights"
)

// Deconvolutional is a [deconvolutional] section: transposed convolution.
type Deconvolutional struct {
	In, Out                        tensor.Shape
	Size, Stride, Padding          int
	Activation                     kernels.Activation
	Biases, Scales, Mean, Variance *weights.Slot // of length Out.C; the last three are nil without batch norm
	Weights                        *weights.Slot // [input channel][filter][row][column]
}

var _ = register(Kind{
	Names:  []string{"deconvolutional", "deconv"},
	Origin: cfg.Pjreddie,
	Doc:    "Transposed convolution, out = (in-1)·stride + size - 2·padding.",
	Schema: cfg.Schema{
		{Name: "filters", Type: cfg.Int, Default: "1", Note: "output channels"},
		{Name: "size", Type: cfg.Int, Default: "1", Note: "side of the square kernel"},
		{Name: "stride", Type: cfg.Int, Default: "1", Note: "factor of enlargement"},
		{Name: "pad", Type: cfg.Flag, Default: "0", Note: "padding of size/2"},
		{Name: "padding", Type: cfg.Int, Default: "0", Note: "cells cut off each side, when pad is not set"},
		{Name: "batch_normalize", Type: cfg.Flag, Default: "0", Note: "batch norm with ε = 1e-5 inside the root"},
		{Name: "activation", Type: cfg.String, Default: "logistic", Note: "applied last"},
	},
	Build: func(b *Builder) Op {
		l := &Deconvolutional{In: b.In, Activation: b.Activation("activation")}
		l.Size, l.Stride = b.Within("size", 1, maxWindow), b.Within("stride", 1, maxStride)
		l.Padding = b.readPadding(l.Size)
		filters := b.Within("filters", 1, MaxExtent)
		extent := func(in int) int { return (in-1)*l.Stride + l.Size - 2*l.Padding }
		l.Out = tensor.Shape{C: filters, H: extent(b.In.H), W: extent(b.In.W)}
		b.Output(l.Out)

		l.Biases = b.Slot("biases", 1, filters)
		if b.Flag("batch_normalize") {
			l.Scales, l.Mean, l.Variance = b.normSlots("", filters)
		}
		taps := tensor.Product(filters, l.Size, l.Size)
		l.Weights = b.Slot("weights", l.In.C, taps)
		l.Weights.FanIn = l.In.C
		macs := float64(l.In.Len()) * float64(taps)
		b.Cost(Cost{MACs: int64(macs), BFLOPs: 2 * macs / 1e9})
		b.Scratch(tensor.Product(taps, l.In.Plane()))
		return l
	},
})

// Forward implements Op.
func (l *Deconvolutional) Forward(p *Pass) {
	window := kernels.Window{Size: l.Size, Dilation: 1, StrideX: l.Stride, StrideY: l.Stride, PadX: l.Padding, PadY: l.Padding}
	taps, plane := l.Weights.Cols, l.In.Plane()
	for i := range p.Out.N {
		out := p.Out.Image(i)
		cols := p.Scratch[:taps*plane]
		kernels.GemmTransA(taps, plane, l.In.C, l.Weights.Data, p.In[0].Image(i), cols)
		clear(out)
		window.Col2im(cols, l.Out.C, l.In.H, l.In.W, l.Out.H, l.Out.W, out)
		normalizeOrBias(out, l.Out.Plane(), l.Biases, l.Scales, l.Mean, l.Variance)
		l.Activation.Apply(out, l.Out.Plane())
	}
}
