package onnx

import (
	"fmt"

	"github.com/ghostdark/ghostdark/kernels"
)

// activate adds an activation function, by the formula that package kernels has for it.
func (e *exporter) activate(a kernels.Activation, x value) value {
	switch a {
	case kernels.Linear:
		return x
	case kernels.Logistic:
		return e.apply("Sigmoid", x)
	case kernels.Loggy: // 2/(1+e^-x) - 1
		return e.apply("Tanh", e.times(x, .5))
	case kernels.ReLU:
		return e.apply("Relu", x)
	case kernels.ReLU6:
		return e.clip(x, 0, 6)
	case kernels.ELU:
		return e.apply("Elu", x)
	case kernels.SELU:
		return e.node("Selu", x.dims, attrs{{"alpha", float32(1.6732)}, {"gamma", float32(1.0507)}}, x.name)
	case kernels.GELU:
		return e.gelu(x)
	case kernels.ReLIE:
		return e.leaky(x, .01)
	case kernels.Ramp:
		return e.apply("Add", e.apply("Relu", x), e.times(x, .1).name)
	case kernels.Leaky, kernels.RevLeaky:
		return e.leaky(x, .1)
	case kernels.Tanh:
		return e.apply("Tanh", x)
	case kernels.PLSE: // a step from -4 to 4, and a slope of .01 outside
		return e.apply("Add", e.hardSigmoid(x, .125), e.times(e.beyond(x, -4, 4), .01).name)
	case kernels.Stair:
		return e.stair(x)
	case kernels.HardTan:
		return e.clip(x, -1, 1)
	case kernels.LHTan: // the identity from 0 to 1, and a slope of .001 outside
		return e.apply("Add", e.clip(x, 0, 1), e.times(e.beyond(x, 0, 1), .001).name)
	case kernels.Swish:
		return e.apply("Mul", x, e.apply("Sigmoid", x).name)
	case kernels.Mish:
		return e.mish(x)
	case kernels.HardMish: // x/2 · min(max(x+2, 0), 2)
		return e.apply("Mul", e.clip(e.plus(x, 2), 0, 2), e.times(x, .5).name)
	case kernels.HardSigmoid:
		return e.hardSigmoid(x, 1./6)
	case kernels.NormChannels:
		return e.normalizeChannels(e.apply("Relu", x))
	case kernels.NormChannelsSoftmax:
		return e.normalizeChannels(e.apply("Exp", x))
	case kernels.NormChannelsSoftmaxMax:
		largest := e.node("ReduceMax", with(x.dims, 1, 1), attrs{{"axes", []int{1}}}, x.name)
		return e.normalizeChannels(e.apply("Exp", e.apply("Sub", x, largest.name)))
	}
	panic(fmt.Sprintf("BUG: onnx: activation %v", a))
}

func (e *exporter) times(x value, factor float32) value { return e.apply("Mul", x, e.scalar(factor)) }

func (e *exporter) plus(x value, term float32) value { return e.apply("Add", x, e.scalar(term)) }

func (e *exporter) clip(x value, low, high float32) value {
	return e.apply("Clip", x, e.scalar(low), e.scalar(high))
}

// beyond is how far values lie outside an interval: x - min(max(x, low), high).
func (e *exporter) beyond(x value, low, high float32) value {
	return e.apply("Sub", x, e.clip(x, low, high).name)
}

func (e *exporter) leaky(x value, slope float32) value {
	return e.node("LeakyRelu", x.dims, attrs{{"alpha", slope}}, x.name)
}

// hardSigmoid is min(max(slope·x + ½, 0), 1).
func (e *exporter) hardSigmoid(x value, slope float32) value {
	return e.node("HardSigmoid", x.dims, attrs{{"alpha", slope}, {"beta", float32(.5)}}, x.name)
}

// mish is x·tanh(softplus(x)) without its logarithm:
//
//	x · n/(n+2)   with n = e^x·(e^x + 2)
//
// Runtimes need little more than half the time for this than for Softplus and Tanh. Beyond 20
// the quotient is 1, below -80 it is next to 0.
func (e *exporter) mish(x value) value {
	exp := e.apply("Exp", e.clip(x, -80, 20))
	n := e.apply("Mul", exp, e.plus(exp, 2).name)
	return e.apply("Mul", x, e.apply("Div", n, e.plus(n, 2).name).name)
}

// gelu is x/2 · (1 + tanh(x·(.797885 + .035677x²))).
func (e *exporter) gelu(x value) value {
	factor := e.plus(e.times(e.apply("Mul", x, x.name), .035677), .797885)
	inner := e.apply("Mul", factor, x.name)
	return e.apply("Mul", e.plus(e.apply("Tanh", inner), 1), e.times(x, .5).name)
}

// stair is ⌊x/2⌋, and between odd numbers and the next ones also the part of x behind the
// point.
func (e *exporter) stair(x value) value {
	half, whole := e.apply("Floor", e.times(x, .5)), e.apply("Floor", x)
	odd := e.apply("Sub", whole, e.times(half, 2).name) // 0 or 1
	return e.apply("Add", half, e.apply("Mul", odd, e.apply("Sub", x, whole.name).name).name)
}

// normalizeChannels divides values by 1e-4 + their sum over the channels.
func (e *exporter) normalizeChannels(x value) value {
	sum := e.node("ReduceSum", with(x.dims, 1, 1), nil, x.name, e.ints(1))
	return e.apply("Div", x, e.plus(sum, 1e-4).name)
}
