package layers

import (
	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/kernels"
	"github.com/ghostdark/ghostdark/tensor"
	"github.com/ghostdark/ghostdark/weights"
)

// Local is a [local] section: a convolution with weights of its own at every output position.
type Local struct {
	In, Out      tensor.Shape
	Size, Stride int
	Padding      int
	Activation   kernels.Activation
	Biases       *weights.Slot // [filter][row][column]
	Weights      *weights.Slot // [position][filter][channel][row][column]
}

var _ = register(Kind{
	Names: []string{"local"},
	Doc:   "Convolution with separate weights at every output position.",
	Schema: cfg.Schema{
		{Name: "filters", Type: cfg.Int, Default: "1", Note: "output channels"},
		{Name: "size", Type: cfg.Int, Default: "1", Note: "side of the square kernel"},
		{Name: "stride", Type: cfg.Int, Default: "1", Note: "step of the window"},
		{Name: "pad", Type: cfg.Int, Default: "0", Note: "zeros at each side; any but 0 makes the output in/stride large"},
		{Name: "activation", Type: cfg.String, Default: "logistic", Note: "applied last"},
	},
	Build: func(b *Builder) Op {
		l := &Local{In: b.In, Activation: b.Activation("activation")}
		l.Size, l.Stride = b.Within("size", 1, maxWindow), b.Within("stride", 1, maxStride)
		l.Padding = b.Within("pad", 0, maxWindow)
		filters := b.Within("filters", 1, MaxExtent)
		if l.Padding != 0 && 2*l.Padding != l.Size-1 {
			b.Errorf("pad", "Use pad=0, or an odd size with pad=(size-1)/2.",
				"pad=%d with size=%d, for which darknet reads stale memory", l.Padding, l.Size)
		}
		extent := func(in int) int {
			if room := in + 2*l.Padding - l.Size; room >= 0 {
				return room/l.Stride + 1
			}
			return 0
		}
		l.Out = tensor.Shape{C: filters, H: extent(b.In.H), W: extent(b.In.W)}
		b.Output(l.Out)
		perFilter := tensor.Product(l.In.C, l.Size, l.Size)
		l.Biases = b.Slot("biases", 1, l.Out.Len())
		l.Weights = b.Slot("weights", l.Out.Len(), perFilter)
		l.Weights.FanIn = perFilter
		macs := float64(l.Out.Len()) * float64(perFilter)
		b.Cost(Cost{MACs: int64(macs)})
		b.Scratch(tensor.Product(perFilter, l.Out.Plane()))
		return l
	},
})

// Forward implements Op.
func (l *Local) Forward(p *Pass) {
	window := kernels.Window{Size: l.Size, Dilation: 1, StrideX: l.Stride, StrideY: l.Stride, PadX: l.Padding, PadY: l.Padding}
	k, plane := l.Weights.Cols, l.Out.Plane()
	for i := range p.Out.N {
		out := p.Out.Image(i)
		window.Im2col(p.In[0].Image(i), l.In.C, l.In.H, l.In.W, l.Out.W, 0, l.Out.H, p.Scratch)
		for position := range plane {
			for f := range l.Out.C {
				w := l.Weights.Data[(position*l.Out.C+f)*k:][:k]
				sum := l.Biases.Data[f*plane+position]
				for j, v := range w {
					sum += float32(v * p.Scratch[j*plane+position])
				}
				out[f*plane+position] = sum
			}
		}
		l.Activation.Apply(out, plane)
	}
}
