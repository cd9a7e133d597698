package onnx

import (
	"errors"

	"github.com/ghostdark/ghostdark/kernels"
	"github.com/ghostdark/ghostdark/layers"
)

// convert adds the nodes of one layer and returns what it gives.
func (e *exporter) convert(l *layers.Layer) (value, error) {
	switch op := l.Op.(type) {
	case *layers.Convolutional:
		return e.convolutional(op), nil
	case *layers.Local:
		return e.local(op), nil
	case *layers.Deconvolutional:
		return e.deconvolutional(op), nil
	case *layers.Connected:
		return e.connected(op), nil
	case *layers.BatchNorm:
		return e.batchNorm(op), nil
	case *layers.Activation:
		return e.activate(op.Activation, e.input(0)), nil
	case *layers.MaxPool:
		return e.maxPool(op), nil
	case *layers.MaxPoolDepth:
		return e.maxPoolDepth(op), nil
	case *layers.LocalAvgPool:
		return e.window("AveragePool", e.input(0), op.Pool), nil
	case *layers.AvgPool:
		return e.node("GlobalAveragePool", e.dims(l.Output), nil, e.input(0).name), nil
	case *layers.Route:
		return e.route(op), nil
	case *layers.Shortcut:
		return e.shortcut(op), nil
	case *layers.ScaleChannels: // broadcast over the pixels, or the channels
		return e.activate(op.Activation, e.apply("Mul", e.input(1), e.input(0).name)), nil
	case *layers.SAM:
		return e.activate(op.Activation, e.apply("Mul", e.input(0), e.input(1).name)), nil
	case *layers.Upsample:
		return e.upsample(op), nil
	case *layers.Reorg:
		return e.reorg(op), nil
	case *layers.Crop:
		return e.crop(op), nil
	case *layers.Normalization:
		return e.normalization(op)
	case *layers.L2Norm:
		return e.node("LpNormalization", e.dims(l.Output), attrs{{"axis", 1}, {"p", 2}}, e.input(0).name), nil
	case *layers.Implicit:
		return e.implicit(op), nil
	case layers.Identity:
		return e.given(0), nil
	case *layers.Softmax:
		if op.Tree() != nil {
			return value{}, errTree
		}
		return e.softmax(op), nil
	case *layers.Yolo:
		return e.yolo(op), nil
	case *layers.GaussianYolo:
		return e.gaussianYolo(op), nil
	case *layers.Region:
		if op.Tree() != nil {
			return value{}, errTree
		}
		return e.region(op), nil
	case *layers.Detection:
		return e.detection(op), nil
	}
	return value{}, errors.New("sections of this type can't be exported to ONNX")
}

var errTree = errors.New("a class tree can't be exported to ONNX")

func (e *exporter) convolutional(op *layers.Convolutional) value {
	x := e.input(0)
	a := arrays{op.Weights, op.Biases, op.Scales, op.Mean, op.Variance}
	if op.XNOR {
		x = e.signs(x)
		binary := *op.Weights
		binary.Name, binary.Data = "binary_weights", op.BinaryWeights()
		a.weights = &binary
	}
	p := op.Padding * op.Dilation
	y := e.node("Conv", e.dims(op.Out), attrs{
		{"kernel_shape", []int{op.Size, op.Size}}, {"strides", []int{op.StrideY, op.StrideX}}, {"pads", []int{p, p, p, p}},
		{"dilations", []int{op.Dilation, op.Dilation}}, {"group", op.Groups},
	}, e.folded(x.name, a, op.Weights.Cols, op.Out.C, op.In.C/op.Groups, op.Size, op.Size)...)
	y = e.activate(op.Activation, y)
	if op.Blur != nil {
		y = e.blur(op.Blur, y)
	}
	return y
}

// signs are 1 for positive values and -1 for all others.
func (e *exporter) signs(x value) value {
	positive := e.apply("Greater", x, e.scalar(0))
	return e.node("Where", x.dims, nil, positive.name, e.scalar(1), e.scalar(-1))
}

func (e *exporter) deconvolutional(op *layers.Deconvolutional) value {
	p := op.Padding
	y := e.node("ConvTranspose", e.dims(op.Out), attrs{
		{"kernel_shape", []int{op.Size, op.Size}}, {"strides", []int{op.Stride, op.Stride}}, {"pads", []int{p, p, p, p}},
	}, e.folded(e.input(0).name, arrays{op.Weights, op.Biases, op.Scales, op.Mean, op.Variance}, op.Size*op.Size, op.In.C, op.Out.C, op.Size, op.Size)...)
	return e.activate(op.Activation, y)
}

func (e *exporter) connected(op *layers.Connected) value {
	x := e.reshape(e.given(0), e.batch, op.In)
	y := e.node("Gemm", []int{e.batch, op.Out}, attrs{{"transB", 1}},
		e.folded(x.name, arrays{op.Weights, op.Biases, op.Scales, op.Mean, op.Variance}, op.In, op.Out, op.In)...)
	return e.activate(op.Activation, y)
}

func (e *exporter) batchNorm(op *layers.BatchNorm) value {
	inputs := []string{e.input(0).name}
	for _, s := range []*slot{op.Scales, op.Biases, op.Mean, op.Variance} {
		inputs = append(inputs, e.weights(prefix(e.layer)+"."+s.Name, s.Data, s.Len()))
	}
	return e.node("BatchNormalization", e.dims(e.layer.Output), attrs{{"epsilon", float32(kernels.BatchNormEpsilon)}}, inputs...)
}

// blur is a depthwise convolution in which all channels have the same taps.
func (e *exporter) blur(b *kernels.Blur, x value) value {
	channels := x.dims[1]
	var taps []float32
	for range channels {
		taps = append(taps, b.Taps...)
	}
	p := b.Padding
	return e.node("Conv", e.dims(e.layer.Output), attrs{
		{"kernel_shape", []int{b.Size, b.Size}}, {"strides", []int{b.StrideY, b.StrideX}}, {"pads", []int{p, p, p, p}}, {"group", channels},
	}, x.name, e.weights(prefix(e.layer)+".blur", taps, channels, 1, b.Size, b.Size))
}

// implicit gives the same values to every image.
func (e *exporter) implicit(op *layers.Implicit) value {
	dims := with(e.dims(e.layer.Output), 0, 1)
	return e.expand(value{e.weights(prefix(e.layer)+".weights", op.Weights.Data, dims...), dims})
}
