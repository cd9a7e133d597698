package net

import (
	"fmt"
	"math"

	"github.com/ghostdark/ghostdark/kernels"
	"github.com/ghostdark/ghostdark/layers"
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
	weights, bias := fold(&c.Convolution)
	s := &convStep{from: u.inputs[0], out: u.layer.Index, residual: u.residual}
	if p.set.CanDepthwise(&spec) {
		s.kernels, s.name = kernels.NewDepthwise(p.set, spec, weights, bias), "depthwise"
	} else {
		s.kernels, s.name = kernels.NewConv(p.set, spec, weights, bias), "matrix"
	}
	s.name = fmt.Sprintf("%s %s", s.name, p.set.Name)
	return s, s.kernels.Scratch()
}

// fold multiplies batch norm into weights and bias:
// w' = w·scale/√(variance+ε), b' = bias - scale·mean/√(variance+ε).
func fold(c *layers.Convolution) (weights, bias []float32) {
	if c.Scales == nil {
		return c.Weights.Data, c.Biases.Data
	}
	perFilter := len(c.Weights.Data) / c.Out.C
	weights = make([]float32, len(c.Weights.Data))
	bias = make([]float32, c.Out.C)
	for f := range bias {
		factor := float64(c.Scales.Data[f]) / math.Sqrt(float64(c.Variance.Data[f])+kernels.BatchNormEpsilon)
		bias[f] = float32(float64(c.Biases.Data[f]) - factor*float64(c.Mean.Data[f]))
		for i, w := range c.Weights.Data[f*perFilter : (f+1)*perFilter] {
			weights[f*perFilter+i] = float32(float64(w) * factor)
		}
	}
	return weights, bias
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
