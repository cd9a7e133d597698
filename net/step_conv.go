package net

import (
	"math"

	"github.com/ghostdark/ghostdark/kernels"
	"github.com/ghostdark/ghostdark/layers"
	"github.com/ghostdark/ghostdark/weights"
)

// convStep is a convolution with batch norm folded into its weights, its activation and
// perhaps a residual.
type convStep struct {
	from, out, residual int
	kernels             convKernels
	name                string
}

// convKernels is what kernels.Conv and kernels.Depthwise share.
type convKernels interface {
	Tasks() int
	Scratch() int
	Run(task int, in, out, add []float32, w *kernels.Worker)
}

// convMethod is a way to compute a convolution.
type convMethod string

const (
	byMatrix    convMethod = "matrix"    // product of matrices, kernels.Conv
	byDepthwise convMethod = "depthwise" // plane by plane, kernels.Depthwise
	byDense     convMethod = "dense"     // product with a vector, kernels.Dense
	byWinograd  convMethod = "winograd"  // 3×3 with fewer multiplications, kernels.Winograd
)

// growth is how many times the memory of its weights the method takes.
func (m convMethod) growth() int64 {
	if m == byWinograd {
		return 4 // 36 values for each 3×3
	}
	return 1
}

// convMethod chooses by shape.
func (p *plan) convMethod(u *unit) (convMethod, kernels.ConvSpec) {
	c := u.conv
	spec := kernels.ConvSpec{
		Channels: c.In.C, Height: c.In.H, Width: c.In.W,
		Filters: c.Out.C, OutHeight: c.Out.H, OutWidth: c.Out.W,
		Groups: c.Groups, Window: c.Window(),
		Activation: u.activation, AddLast: u.addLast, Threads: p.threads,
	}
	switch {
	case c.Groups == 1 && c.Size == 1 && c.Padding == 0 && c.In.IsFlat():
		return byDense, spec
	case p.set.CanDepthwise(&spec):
		return byDepthwise, spec
	case p.set.CanWinograd(&spec) && (u.residual == none || u.addLast):
		return byWinograd, spec
	}
	return byMatrix, spec
}

func (p *plan) convStep(u *unit) (step, int) {
	c := u.conv
	method, spec := p.convMethod(u)
	weights, bias := fold(c.Out.C, c.Weights, c.Biases, c.Scales, c.Mean, c.Variance)
	s := &convStep{from: u.inputs[0], out: u.layer.Index, residual: u.residual, name: string(method) + " " + p.set.Name}
	switch method {
	case byDense:
		s.kernels = kernels.NewDense(p.set, c.In.C, c.Out.C, weights, bias, u.activation, u.addLast)
	case byDepthwise:
		s.kernels = kernels.NewDepthwise(p.set, spec, weights, bias)
	case byWinograd:
		s.kernels = kernels.NewWinograd(p.set, spec, weights, bias)
	default:
		s.kernels = kernels.NewConv(p.set, spec, weights, bias)
	}
	return s, s.kernels.Scratch()
}

// connectedStep computes a connected layer.
func (p *plan) connectedStep(u *unit, c *layers.Connected) step {
	weights, bias := fold(c.Out, c.Weights, c.Biases, c.Scales, c.Mean, c.Variance)
	return &convStep{
		from: u.inputs[0], out: u.layer.Index, residual: none, name: string(byDense) + " " + p.set.Name,
		kernels: kernels.NewDense(p.set, c.In, c.Out, weights, bias, c.Activation, false),
	}
}

// fold multiplies batch norm, where scales are given, into weights and bias:
// w' = w·scale/√(variance+ε), b' = bias - scale·mean/√(variance+ε).
func fold(filters int, weights, biases, scales, mean, variance *weights.Slot) (folded, bias []float32) {
	if scales == nil {
		return weights.Data, biases.Data
	}
	perFilter := len(weights.Data) / filters
	folded = make([]float32, len(weights.Data))
	bias = make([]float32, filters)
	for f := range bias {
		factor := float64(scales.Data[f]) / math.Sqrt(float64(variance.Data[f])+kernels.BatchNormEpsilon)
		bias[f] = float32(float64(biases.Data[f]) - factor*float64(mean.Data[f]))
		for i, w := range weights.Data[f*perFilter : (f+1)*perFilter] {
			folded[f*perFilter+i] = float32(float64(w) * factor)
		}
	}
	return folded, bias
}

func (s *convStep) tasks() int     { return s.kernels.Tasks() }
func (s *convStep) kernel() string { return s.name }

func (s *convStep) run(task int, f *frame, w *kernels.Worker) {
	var add []float32
	if s.residual != none {
		add = f.at(s.residual)
	}
	s.kernels.Run(task, f.at(s.from), f.at(s.out), add, w)
}
