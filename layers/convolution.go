package layers

import (
	"math"

	"github.com/ghostdark/ghostdark/kernels"
	"github.com/ghostdark/ghostdark/tensor"
	"github.com/ghostdark/ghostdark/weights"
)

// Convolution is the arithmetic that [convolutional], [crnn] and [conv_lstm] share: a grouped,
// dilated 2-D cross-correlation with zero padding, batch norm or bias, and activation.
type Convolution struct {
	In, Out                        tensor.Shape
	Groups, Size, StrideX, StrideY int
	Padding, Dilation              int // Padding counts in units of Dilation
	Activation                     kernels.Activation
	Biases, Scales, Mean, Variance *weights.Slot // of length Out.C; the last three are nil without batch norm
	Weights                        *weights.Slot // [filter][channel of its group][row][column]
}

// columnBlock bounds the working memory of one convolution, in float32 values.
const columnBlock = 1 << 20

// outputShape gives Out by the rule (in + 2·padding - dilated size)/stride + 1, which is
// darknet's where 2·padding = size-1 and stays right elsewhere.
func (c *Convolution) outputShape(filters int) tensor.Shape {
	reach := c.Dilation*(c.Size-1) + 1
	extent := func(in, stride int) int {
		room := in + 2*c.Padding*c.Dilation - reach
		if room < 0 {
			return 0
		}
		return room/stride + 1
	}
	return tensor.Shape{C: filters, H: extent(c.In.H, c.StrideY), W: extent(c.In.W, c.StrideX)}
}

// weightsPerFilter is the number of values multiplied for one output value.
func (c *Convolution) weightsPerFilter() int { return c.In.C / c.Groups * c.Size * c.Size }

// slots adds the arrays in file order, their names led by prefix. unstoredScales leaves the
// batch-norm arrays out of the file, as dontloadscales=1 does.
func (c *Convolution) slots(b *Builder, prefix string, batchNormalize, flipped, unstoredScales bool) {
	n := c.Out.C
	c.Biases = b.Slot(prefix+"biases", 1, n)
	switch {
	case batchNormalize && unstoredScales:
		c.Scales = b.UnstoredSlot(prefix+"scales", 1, n, 1)
		c.Mean = b.UnstoredSlot(prefix+"rolling_mean", 1, n, 0)
		c.Variance = b.UnstoredSlot(prefix+"rolling_variance", 1, n, 0)
	case batchNormalize:
		c.Scales, c.Mean, c.Variance = b.normSlots(prefix, n)
	}
	c.Weights = b.Slot(prefix+"weights", n, c.weightsPerFilter())
	c.Weights.FanIn = c.weightsPerFilter()
	if flipped {
		c.Weights.Order = weights.Flipped
	}
}

// normSlots adds the three arrays that batch norm has beside its bias.
func (b *Builder) normSlots(prefix string, n int) (scales, mean, variance *weights.Slot) {
	scales = b.Slot(prefix+"scales", 1, n)
	scales.Fill = 1
	mean = b.Slot(prefix+"rolling_mean", 1, n)
	variance = b.Slot(prefix+"rolling_variance", 1, n)
	variance.Fill = 1
	return scales, mean, variance
}

// Window is the geometry of the taps, with padding in pixels.
func (c *Convolution) Window() kernels.Window {
	return kernels.Window{
		Size: c.Size, Dilation: c.Dilation, StrideX: c.StrideX, StrideY: c.StrideY,
		PadX: c.Padding * c.Dilation, PadY: c.Padding * c.Dilation,
	}
}

// pointwise reports whether the input already is the matrix that Im2col would make.
func (c *Convolution) pointwise() bool {
	return c.Size == 1 && c.StrideX == 1 && c.StrideY == 1 && c.Padding == 0
}

// blockRows is the number of output rows unrolled at a time.
func (c *Convolution) blockRows() int {
	row := max(tensor.Product(c.weightsPerFilter(), c.Out.W), 1)
	return min(max(columnBlock/row, 1), c.Out.H)
}

// scratch is the working memory that forward needs.
func (c *Convolution) scratch() int {
	if c.pointwise() {
		return 0
	}
	return tensor.Product(c.weightsPerFilter(), c.blockRows(), c.Out.W)
}

// Cost counts 2 operations for each multiply-add, as darknet does.
func (c *Convolution) Cost() Cost {
	macs := float64(c.Out.C) * float64(c.weightsPerFilter()) * float64(c.Out.H) * float64(c.Out.W)
	return Cost{MACs: int64(min(macs, math.MaxInt64/2)), BFLOPs: 2 * macs / 1e9}
}

// forward computes one image with the given weights (those of c.Weights, or a binarized copy).
func (c *Convolution) forward(in, out, w, scratch []float32) {
	filters, channels := c.Out.C/c.Groups, c.In.C/c.Groups
	k, inPlane, outPlane := c.weightsPerFilter(), c.In.Plane(), c.Out.Plane()
	window, rows := c.Window(), c.blockRows()
	for g := range c.Groups {
		src := in[g*channels*inPlane : (g+1)*channels*inPlane]
		dst := out[g*filters*outPlane : (g+1)*filters*outPlane]
		wg := w[g*filters*k : (g+1)*filters*k]
		if c.pointwise() {
			kernels.Gemm(filters, outPlane, k, wg, src, dst, outPlane)
			continue
		}
		for y := 0; y < c.Out.H; y += rows {
			end := min(y+rows, c.Out.H)
			n := (end - y) * c.Out.W
			window.Im2col(src, channels, c.In.H, c.In.W, c.Out.W, y, end, scratch)
			kernels.Gemm(filters, n, k, wg, scratch[:k*n], dst[y*c.Out.W:], outPlane)
		}
	}
	normalizeOrBias(out, outPlane, c.Biases, c.Scales, c.Mean, c.Variance)
	c.Activation.Apply(out, outPlane)
}

// normalizeOrBias applies batch norm where a layer has it, and the bias alone elsewhere.
func normalizeOrBias(out []float32, plane int, biases, scales, mean, variance *weights.Slot) {
	if scales != nil {
		kernels.BatchNorm(out, plane, biases.Data, scales.Data, mean.Data, variance.Data)
	} else {
		kernels.AddBias(out, plane, biases.Data)
	}
}
