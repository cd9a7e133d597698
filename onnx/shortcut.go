package onnx

import (
	"fmt"
	"math"

	"github.com/ghostdark/ghostdark/layers"
	"github.com/ghostdark/ghostdark/tensor"
)

func (e *exporter) shortcut(op *layers.Shortcut) value {
	sum := e.weighted(op, 0, e.input(0))
	for k := 1; k < len(e.layer.Inputs); k++ {
		x := e.matched(e.weighted(op, k, e.input(k)), e.net.Shape(e.layer.Inputs[k]).W, op.Out)
		sum = e.apply("Add", sum, x.name)
	}
	return e.activate(op.Activation, sum)
}

// weighted multiplies input number k by its weights, if the shortcut has any.
func (e *exporter) weighted(op *layers.Shortcut, k int, x value) value {
	if op.Weights == nil {
		return x
	}
	scale := normalized(op, len(e.layer.Inputs), k)
	if !op.PerChannel {
		return e.times(x, scale[0])
	}
	// A source may have more channels than there are weights; they don't take part.
	channels := min(x.dims[1], len(scale))
	name := e.weights(fmt.Sprintf("%s.scale_%d", prefix(e.layer), k), scale[:channels], 1, channels, 1, 1)
	return e.apply("Mul", e.slice(x, 1, 0, channels), name)
}

// normalized is one input's weights, of which there is one for each channel or just one:
// f(w)/(1e-4 + Σf(w)) over the inputs, where f(w) is max(w, 0), or e^(w - largest) for softmax.
func normalized(op *layers.Shortcut, inputs, k int) []float32 {
	columns := op.Weights.Len() / inputs
	scale := make([]float32, columns)
	for c := range columns {
		at := func(n int) float64 { return float64(op.Weights.Data[n*columns+c]) }
		largest := math.Inf(-1)
		for n := range inputs {
			largest = max(largest, at(n))
		}
		f := func(n int) float64 {
			if op.SoftmaxNormal {
				return math.Exp(at(n) - largest)
			}
			return max(at(n), 0)
		}
		sum := 1e-4
		for n := range inputs {
			sum += f(n)
		}
		scale[c] = float32(f(k) / sum)
	}
	return scale
}

// matched gives a source the extents of the output: the common channels, every so manyth pixel
// of a larger image, and a smaller one with zeros between its pixels.
func (e *exporter) matched(x value, width int, out tensor.Shape) value {
	x = e.slice(x, 1, 0, min(x.dims[1], out.C))
	sampled := e.dims(tensor.Shape{C: x.dims[1], H: out.H, W: out.W})
	switch {
	case width > out.W:
		step := width / out.W
		x = e.node("Slice", sampled, nil, x.name, e.ints(0, 0), e.ints(math.MaxInt32, math.MaxInt32), e.ints(2, 3), e.ints(step, step))
	case width < out.W:
		step, channels := out.W/width, x.dims[1]
		ones := make([]float32, channels)
		for i := range ones {
			ones[i] = 1
		}
		x = e.node("ConvTranspose", sampled, attrs{
			{"kernel_shape", []int{1, 1}}, {"strides", []int{step, step}}, {"output_padding", []int{step - 1, step - 1}}, {"group", channels},
		}, x.name, e.weights(fmt.Sprintf("ones %d", channels), ones, channels, 1, 1, 1))
	}
	if missing := out.C - x.dims[1]; missing > 0 {
		x = e.node("Pad", e.dims(out), nil, x.name, e.ints(0, 0, 0, 0, 0, missing, 0, 0), e.scalar(0))
	}
	return x
}
