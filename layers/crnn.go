package layers

import (
	"slices"

	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/kernels"
	"github.com/ghostdark/ghostdark/tensor"
)

// CRNN is a [crnn] section: [rnn] with convolutions in place of the matrices.
type CRNN struct {
	Input, Self, Output *Convolution
	Shortcut            bool
}

// recurrentOptions are the options that describe the convolutions of [crnn] and [conv_lstm].
var recurrentOptions = cfg.Schema{
	{Name: "output", Type: cfg.Int, Default: "1", Note: "output channels"},
	{Name: "size", Type: cfg.Int, Default: "3", Note: "side of the square kernels"},
	{Name: "stride", Type: cfg.Int, Default: "1", Note: "must be 1"},
	{Name: "dilation", Type: cfg.Int, Default: "1", Note: "distance of the taps"},
	{Name: "pad", Type: cfg.Flag, Default: "0", Note: "pad with size/2 zeros"},
	{Name: "padding", Type: cfg.Int, Default: "0", Note: "zeros at each side, when pad is not set"},
	{Name: "groups", Type: cfg.Int, Default: "1", Note: "independent groups of channels in each convolution"},
	{Name: "batch_normalize", Type: cfg.Flag, Default: "0", Note: "batch norm in each convolution"},
	{Name: "xnor", Type: cfg.Flag, Default: "0", Effect: cfg.Ignored, Note: "binary weights; no effect here"},
}

var _ = register(Kind{
	Names: []string{"crnn"},
	Doc:   "Recurrent layer of convolutions; its state is kept from call to call.",
	Schema: slices.Concat(recurrentOptions, cfg.Schema{
		{Name: "hidden", Type: cfg.Int, Default: "1", Note: "channels of the state"},
		{Name: "shortcut", Type: cfg.Flag, Default: "0", Note: "add the old state to the new"},
		{Name: "activation", Type: cfg.String, Default: "logistic", Note: "of each convolution"},
		{Name: "hidden_filters", Type: cfg.Int, Default: "1", Effect: cfg.Ignored, Note: "another name of hidden, which is not read"},
		{Name: "output_filters", Type: cfg.Int, Default: "1", Effect: cfg.Ignored, Note: "another name of output, which is not read"},
	}),
	Build: func(b *Builder) Op {
		out, hidden := b.Within("output", 1, MaxExtent), b.Within("hidden", 1, MaxExtent)
		activation := b.Activation("activation")
		c := newCells(b)
		state := tensor.Shape{C: hidden, H: b.In.H, W: b.In.W}
		l := &CRNN{
			Shortcut: b.Flag("shortcut"),
			Input:    c.convolution("input ", b.In, hidden, activation),
			Self:     c.convolution("self ", state, hidden, activation),
			Output:   c.convolution("output ", state, out, activation),
		}
		b.State(state.Len())
		b.Scratch(state.Len() + c.scratch)
		b.Output(tensor.Shape{C: out, H: b.In.H, W: b.In.W})
		return l
	},
})

// cells makes the convolutions of a recurrent layer, all of one geometry.
type cells struct {
	b              *Builder
	geometry       Convolution
	groups         int
	batchNormalize bool
	scratch        int // of the largest convolution
}

func newCells(b *Builder) *cells {
	c := &cells{b: b, batchNormalize: b.Flag("batch_normalize"), groups: max(b.Int("groups"), 1)}
	c.geometry = Convolution{
		Size: b.Within("size", 1, maxWindow), StrideX: 1, StrideY: 1,
		Dilation: b.Within("dilation", 1, maxWindow),
	}
	c.geometry.Padding = b.readPadding(c.geometry.Size)
	if stride := b.Int("stride"); stride != 1 {
		b.Errorf("stride", "Write stride=1.", "stride=%d, but the state must keep its size", stride)
	}
	if 2*c.geometry.Padding != c.geometry.Size-1 {
		b.Errorf("size", "Use an odd size with pad=1.", "size=%d with padding %d changes the size of the state", c.geometry.Size, c.geometry.Padding)
	}
	return c
}

// convolution adds one convolution and its arrays, in file order.
func (c *cells) convolution(prefix string, in tensor.Shape, filters int, a kernels.Activation) *Convolution {
	conv := c.geometry
	conv.In, conv.Activation, conv.Groups = in, a, c.groups
	if in.C%c.groups != 0 || filters%c.groups != 0 {
		c.b.Mismatchf("groups", "Use groups=1.", "groups=%d does not divide the %d → %d channels of its %sconvolution", c.groups, in.C, filters, prefix)
		conv.Groups = 1
	}
	conv.Out = tensor.Shape{C: filters, H: in.H, W: in.W}
	conv.slots(c.b, prefix, c.batchNormalize, false, c.b.Flag("dontloadscales"))
	c.b.Cost(conv.Cost())
	c.scratch = max(c.scratch, conv.scratch())
	return &conv
}

// run computes one image with the convolution's own weights.
func (c *Convolution) run(in, out, scratch []float32) { c.forward(in, out, c.Weights.Data, scratch) }

// Forward implements Op.
func (l *CRNN) Forward(p *Pass) {
	n := l.Self.Out.Len()
	part, scratch := p.Scratch[:n], p.Scratch[n:]
	for i := range p.Out.N {
		state := p.StateOf(i)
		l.Self.run(state, part, scratch)
		if !l.Shortcut {
			clear(state)
		}
		accumulate(state, part)
		l.Input.run(p.In[0].Image(i), part, scratch)
		accumulate(state, part)
		l.Output.run(state, p.Out.Image(i), scratch)
	}
}
