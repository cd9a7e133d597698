package layers

import (
	"fmt"

	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/kernels"
	"github.com/ghostdark/ghostdark/tensor"
)

// Convolutional is a [convolutional] section.
type Convolutional struct {
	Convolution
	// XNOR binarizes weights (to ± the mean size of their filter) and inputs (to ±1).
	XNOR bool
	// Blur takes over the stride and gives the layer's output when antialiasing is set; the
	// Convolution then runs at stride 1.
	Blur *kernels.Blur
}

var _ = register(Kind{
	Names: []string{"convolutional", "conv"},
	Doc:   "Cross-correlation with zero padding, then batch norm or bias, then activation.",
	Schema: cfg.Schema{
		{Name: "filters", Type: cfg.Int, Default: "1", Note: "output channels"},
		{Name: "size", Type: cfg.Int, Default: "1", Note: "side of the square kernel"},
		{Name: "stride", Type: cfg.Int, Default: "1", Note: "step of the window"},
		{Name: "stride_x", Type: cfg.Int, Default: "-1", Note: "horizontal step, if not stride"},
		{Name: "stride_y", Type: cfg.Int, Default: "-1", Note: "vertical step, if not stride"},
		{Name: "pad", Type: cfg.Flag, Default: "0", Note: "pad with size/2 zeros (a flag, not an amount)"},
		{Name: "padding", Type: cfg.Int, Default: "0", Note: "zeros at each side, when pad is not set"},
		{Name: "dilation", Type: cfg.Int, Default: "1", Note: "distance of the taps; 1 for kernels of size 1"},
		{Name: "groups", Type: cfg.Int, Default: "1", Note: "independent groups of channels; groups = channels is depthwise"},
		{Name: "batch_normalize", Type: cfg.Flag, Default: "0", Note: "batch norm with ε = 1e-5 inside the root"},
		{Name: "cbn", Type: cfg.Flag, Default: "0", Note: "cross-iteration batch norm in training, ordinary batch norm here"},
		{Name: "activation", Type: cfg.String, Default: "logistic", Note: "applied last"},
		{Name: "antialiasing", Type: cfg.Int, Default: "0", Note: "run at stride 1, then blur with the stride: 1 by a 3×3, 2 by a 2×2 filter"},
		{Name: "share_index", Type: cfg.Int, Note: "use the weights of that earlier convolution; negative numbers count back"},
		{Name: "flipped", Type: cfg.Flag, Default: "0", Note: "the weights file holds the weights transposed"},
		{Name: "xnor", Type: cfg.Flag, Default: "0", Note: "binary weights and inputs"},
		{Name: "binary", Type: cfg.Flag, Default: "0", Effect: cfg.Ignored, Note: "without xnor, no effect on the CPU"},
		{Name: "bin_output", Type: cfg.Flag, Default: "0", Effect: cfg.Ignored, Note: "a hint for darknet's bit-packed path"},
		{Name: "use_bin_output", Type: cfg.Flag, Default: "1", Effect: cfg.Ignored, Note: "as bin_output"},
		{Name: "assisted_excitation", Type: cfg.Float, Default: "0", Effect: cfg.Training},
		{Name: "sway", Type: cfg.Flag, Default: "0", Effect: cfg.Training},
		{Name: "rotate", Type: cfg.Flag, Default: "0", Effect: cfg.Training},
		{Name: "stretch", Type: cfg.Flag, Default: "0", Effect: cfg.Training},
		{Name: "stretch_sway", Type: cfg.Flag, Default: "0", Effect: cfg.Training},
		{Name: "angle", Type: cfg.Float, Default: "15", Effect: cfg.Training},
		{Name: "grad_centr", Type: cfg.Flag, Default: "0", Effect: cfg.Training},
		{Name: "coordconv", Type: cfg.Flag, Default: "0", Effect: cfg.Ignored, Note: "no effect on the CPU"},
		{Name: "stream", Type: cfg.Int, Default: "-1", Effect: cfg.Ignored, Note: "of the GPU"},
		{Name: "wait_stream", Type: cfg.Int, Default: "-1", Effect: cfg.Ignored, Note: "of the GPU"},
		{Name: "reverse", Type: cfg.Float, Default: "0", Effect: cfg.Ignored, Note: "no effect on the CPU"},
	},
	Build: buildConvolutional,
})

func buildConvolutional(b *Builder) Op {
	l := &Convolutional{Convolution: readConvolution(b), XNOR: b.Flag("xnor")}
	if mode := b.Int("antialiasing"); mode != 0 {
		l.Blur = kernels.NewBlur(mode, l.StrideX, l.StrideY)
		l.StrideX, l.StrideY = 1, 1
	}
	filters := b.Within("filters", 1, MaxExtent)
	l.Groups = b.readGroups("groups", filters)
	l.Out = l.outputShape(filters)
	if 2*l.Padding != l.Size-1 && l.Dilation > 1 {
		b.Warnf("dilation", "darknet forgets the dilation in its shape formula and reads stale memory here; use an odd size= with pad=1.",
			"the output is %v, which darknet would not compute", l.Out)
	}

	batchNormalize := b.Flag("cbn") || b.Flag("batch_normalize")
	if b.Has("share_index") {
		l.share(b, batchNormalize)
	} else {
		l.slots(b, "", batchNormalize, b.Flag("flipped"), b.Flag("dontloadscales"))
	}
	cost, scratch := l.Cost(), l.scratch()
	if l.XNOR {
		cost.BFLOPs /= 32 // darknet's price for bit operations
		scratch += tensor.Product(filters, l.weightsPerFilter()) + l.In.Len()
	}
	output := l.Out
	if l.Blur != nil {
		scratch += l.Out.Len()
		output = blurredShape(l.Blur, l.Out)
	}
	b.Cost(cost)
	b.Scratch(scratch)
	b.Output(output)
	return l
}

// readConvolution reads the options that describe the window and the activation.
func readConvolution(b *Builder) Convolution {
	c := Convolution{In: b.In, Groups: 1, Activation: b.Activation("activation")}
	c.Size = b.Within("size", 1, maxWindow)
	c.StrideX, c.StrideY = b.readStrides()
	c.Padding = b.readPadding(c.Size)
	c.Dilation = b.Within("dilation", 1, maxWindow)
	if c.Size == 1 {
		c.Dilation = 1
	}
	return c
}

// readStrides reads stride_x and stride_y, each of which falls back to stride.
func (b *Builder) readStrides() (x, y int) {
	stride := b.Int("stride") // given beside both, it is read but not used
	if b.Int("stride_x") < 1 || b.Int("stride_y") < 1 {
		stride = b.Within("stride", 1, maxStride)
	}
	read := func(option string) int {
		if b.Int(option) < 1 {
			return stride
		}
		return b.Within(option, 1, maxStride)
	}
	return read("stride_x"), read("stride_y")
}

// readPadding gives size/2 when pad is set, else padding.
func (b *Builder) readPadding(size int) int {
	if b.Flag("pad") {
		return size / 2
	}
	return b.Within("padding", 0, maxWindow)
}

// readGroups reads a number of groups that must divide the input channels and the filters.
func (b *Builder) readGroups(option string, filters int) int {
	given := b.Int(option)
	groups := max(given, 1)
	switch {
	case given < 1:
		b.Warnf(option, "darknet does so, too: leave it out, or give the number of groups.", "%s=%d is taken as 1", option, given)
	case b.In.C%groups != 0:
		b.Mismatchf(option, fmt.Sprintf("For a depthwise convolution write groups=%d.", b.In.C),
			"groups=%d does not divide the %d input channels", groups, b.In.C)
		return 1
	case filters%groups != 0:
		b.Errorf(option, fmt.Sprintf("Use a multiple of %d filters, or other groups.", groups),
			"groups=%d does not divide filters=%d", groups, filters)
		return 1
	}
	return groups
}

// share takes the weights of the layer that share_index names.
func (l *Convolutional) share(b *Builder, batchNormalize bool) {
	i, ok := b.resolve("share_index", b.Int("share_index"))
	if !ok {
		return
	}
	other := b.Layer(i)
	from, ok := other.Op.(*Convolutional)
	switch {
	case other.Op == nil:
		b.doubtful, b.failed = true, true
	case !ok:
		b.Errorf("share_index", "It must name a [convolutional] section.", "share_index=%d is %s", b.Int("share_index"), other.Label())
	case from.Size != l.Size || from.weightsPerFilter() != l.weightsPerFilter() || from.In.C != l.In.C || from.Out.C != l.Out.C:
		b.Mismatchf("share_index", "size, filters, groups and input channels must be the same in both.",
			"can't share the weights of %s: %d×%d, %d → %d channels there, %d×%d, %d → %d here", other.Label(),
			from.Size, from.Size, from.In.C, from.Out.C, l.Size, l.Size, l.In.C, l.Out.C)
		b.relate(other)
	case (from.Scales != nil) != batchNormalize:
		b.Errorf("share_index", "Set batch_normalize to the same in both.", "shares weights with %s, but only one of the two has batch norm", other.Label())
	default:
		l.Biases, l.Scales, l.Mean, l.Variance, l.Weights = from.Biases, from.Scales, from.Mean, from.Variance, from.Weights
	}
}

func blurredShape(blur *kernels.Blur, s tensor.Shape) tensor.Shape {
	if s.H+2*blur.Padding < blur.Size || s.W+2*blur.Padding < blur.Size {
		return tensor.Shape{C: s.C}
	}
	h, w := blur.OutputSize(s.H, s.W)
	return tensor.Shape{C: s.C, H: h, W: w}
}

// Forward implements Op.
func (l *Convolutional) Forward(p *Pass) {
	w, scratch := l.Weights.Data, p.Scratch
	if l.XNOR {
		w, scratch = scratch[:len(w)], scratch[len(w):]
		binarizeFilters(l.Weights.Data, w, l.weightsPerFilter())
	}
	for i := range p.Out.N {
		in, out, scratch := p.In[0].Image(i), p.Out.Image(i), scratch
		if l.XNOR {
			signs := scratch[:len(in)]
			scratch = scratch[len(in):]
			for j, v := range in {
				signs[j] = sign(v)
			}
			in = signs
		}
		if l.Blur == nil {
			l.forward(in, out, w, scratch)
			continue
		}
		sharp := scratch[:l.Out.Len()]
		l.forward(in, sharp, w, scratch[len(sharp):])
		l.Blur.Apply(sharp, l.Out.C, l.Out.H, l.Out.W, out)
	}
}

// BinaryWeights returns a copy of the weights as xnor=1 makes them.
func (l *Convolutional) BinaryWeights() []float32 {
	w := make([]float32, len(l.Weights.Data))
	binarizeFilters(l.Weights.Data, w, l.weightsPerFilter())
	return w
}

// binarizeFilters replaces each weight by the mean size of its filter's weights, with its sign.
func binarizeFilters(w, out []float32, perFilter int) {
	for f := 0; f < len(w); f += perFilter {
		var mean float32
		for _, v := range w[f : f+perFilter] {
			mean += max(v, -v)
		}
		mean /= float32(perFilter)
		for i, v := range w[f : f+perFilter] {
			out[f+i] = mean * sign(v)
		}
	}
}

// sign is 1 for positive values and -1 for all others, as darknet's binarize has it.
func sign(v float32) float32 {
	if v > 0 {
		return 1
	}
	return -1
}
