package net

import (
	"fmt"
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

func (p *plan) convStep(u *unit) (step, int) {
	c := u.conv
	spec := kernels.ConvSpec{
		Channels: c.In.C, Height: c.In.H, Width: c.In.W,
		Filters: c.Out.C, OutHeight: c.Out.H, OutWidth: c.Out.W,
		Groups: c.Groups, Window: c.Window(),
		Activation: u.activation, AddLast: u.addLast,
	}
	weights, bias := fold(c.Out.C, c.Weights, c.Biases, c.Scales, c.Mean, c.Variance)
	s := &convStep{from: u.inputs[0], out: u.layer.Index, residual: u.residual}
	switch {
	case c.Groups == 1 && c.Size == 1 && c.Padding == 0 && c.In.IsFlat():
		s.kernels, s.name = kernels.NewDense(p.set, c.In.C, c.Out.C, weights, bias, u.activation, u.addLast), "dense"
	case p.set.CanDepthwise(&spec):
		s.kernels, s.name = kernels.NewDepthwise(p.set, spec, weights, bias), "depthwise"
	default:
		s.kernels, s.name = kernels.NewConv(p.set, spec, weights, bias), "matrix"
	}
	s.name = fmt.Sprintf("%s %s", s.name, p.set.Name)
	return s, s.kernels.Scratch()
}

// connectedStep computes a connected layer.
func (p *plan) connectedStep(u *unit, c *layers.Connected) step {
	weights, bias := fold(c.Out, c.Weights, c.Biases, c.Scales, c.Mean, c.Variance)
	return &convStep{
		from: u.inputs[0], out: u.layer.Index, residual: none, name: "dense " + p.set.Name,
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
