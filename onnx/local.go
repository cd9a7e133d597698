package onnx

import (
	"fmt"
	"slices"

	"github.com/ghostdark/ghostdark/layers"
)

// local multiplies the values of each window, [position, channel·tap, batch], by the weights of its
// position, [position, filter, channel·tap].
func (e *exporter) local(op *layers.Local) value {
	x, p, s, taps := e.input(0), op.Padding, op.Stride, op.Size*op.Size
	if p > 0 {
		padded := []int{e.batch, op.In.C, op.In.H + 2*p, op.In.W + 2*p}
		x = e.node("Pad", padded, nil, x.name, e.ints(0, 0, p, p, 0, 0, p, p), e.scalar(0))
	}
	positions, filters := op.Out.Plane(), op.Out.C
	var windows []value
	for tap := range taps {
		row, column := tap/op.Size, tap%op.Size
		part := e.node("Slice", []int{e.batch, op.In.C, op.Out.H, op.Out.W}, nil, x.name, e.ints(row, column),
			e.ints(row+(op.Out.H-1)*s+1, column+(op.Out.W-1)*s+1), e.ints(2, 3), e.ints(s, s))
		windows = append(windows, e.reshape(part, e.batch, op.In.C, 1, positions))
	}
	values := e.reshape(e.concat(2, windows...), e.batch, op.In.C*taps, positions)
	values = e.turned(values)
	w := e.weights(prefix(e.layer)+".weights", op.Weights.Data, positions, filters, op.In.C*taps)
	y := e.turned(e.node("MatMul", []int{positions, filters, e.batch}, nil, w, values.name))
	y = e.apply("Add", y, e.weights(prefix(e.layer)+".biases", op.Biases.Data, 1, filters, positions))
	return e.activate(op.Activation, e.reshape(y, e.dims(op.Out)...))
}

// turned has its three axes in the opposite order.
func (e *exporter) turned(x value) value {
	return e.node("Transpose", []int{x.dims[2], x.dims[1], x.dims[0]}, attrs{{"perm", []int{2, 1, 0}}}, x.name)
}

// maxNormalized bounds the channels of a [normalization], for which a square matrix is written.
const maxNormalized = 4096

// normalization sums up squares by a pointwise convolution, since LRN has other windows than darknet.
func (e *exporter) normalization(op *layers.Normalization) (value, error) {
	channels := op.In.C
	if channels > maxNormalized {
		return value{}, fmt.Errorf("with more than %d channels it can't be exported to ONNX", maxNormalized)
	}
	var factors []float32 // [channel][channel that it sums up]
	row := make([]float32, channels)
	add := func(channel int, factor float32) {
		if channel >= 0 && channel < channels {
			row[channel] += factor
		}
	}
	for c := range op.Size / 2 {
		add(c, op.Alpha)
	}
	for c := range channels {
		if c > 0 {
			add(c-(op.Size-1)/2-1, -op.Alpha)
			add(c+op.Size/2, op.Alpha)
		}
		factors = append(factors, row...)
	}
	x := e.input(0)
	name := prefix(e.layer)
	sum := e.node("Conv", x.dims, attrs{{"kernel_shape", []int{1, 1}}}, e.apply("Mul", x, x.name).name,
		e.weights(name+".factors", factors, channels, channels, 1, 1), e.weights(name+".kappa", slices.Repeat([]float32{op.Kappa}, channels), channels))
	return e.apply("Mul", x, e.apply("Pow", sum, e.scalar(-op.Beta)).name), nil
}
