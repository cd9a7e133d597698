package net

import (
	"slices"

	"github.com/ghostdark/ghostdark/kernels"
	"github.com/ghostdark/ghostdark/layers"
	"github.com/ghostdark/ghostdark/weights"
)

// convStep is a convolution with batch norm folded into its weights, its activation and
// perhaps a residual.
type convStep struct {
	from, out, add value
	kernels        convKernels
	name           string
}

// convKernels is what the convolutions of package kernels share.
type convKernels interface {
	Tasks() int
	Scratch() int
	Run(task int, in, out, add []float32, w *kernels.Worker)
}

// convMethod is a way to compute a convolution.
type convMethod string

const (
	byMatrix    convMethod = "matrix"    // product of matrices, kernels.Conv
	byDepthwise convMethod = "depthwise" // channel by channel, kernels.Depthwise
	byCombine   convMethod = "combine"   // channel by channel, a few added up, kernels.Combine
	byWinograd  convMethod = "winograd"  // 3×3 with fewer multiplications, kernels.Winograd
)

// packed is how many values the weights are packed into.
func (m convMethod) packed(spec *kernels.ConvSpec) int64 {
	filters, taps := kernels.RoundUp(spec.Filters), int64(spec.Channels/spec.Groups*spec.Size*spec.Size)
	switch m {
	case byMatrix:
		filters = spec.Groups * kernels.RoundUp(spec.Filters/spec.Groups)
	case byWinograd:
		taps *= int64(spec.WinogradGrowth())
	}
	return int64(filters) * taps
}

// convMethod chooses by shape, unless the plan's choices name a method that can compute the
// convolution. The pitches of the spec are known only once memory is laid out.
func (p *plan) convMethod(u *unit) (convMethod, kernels.ConvSpec) {
	spec := p.convSpec(u)
	methods := p.convMethods(u, &spec)
	if chosen := convMethod(p.choices.method(u)); slices.Contains(methods, chosen) {
		return chosen, spec
	}
	return methods[0], spec
}

// convMethods lists the ways to compute a convolution, first the one that the rules choose.
func (p *plan) convMethods(u *unit, spec *kernels.ConvSpec) []convMethod {
	var methods []convMethod
	if p.set.CanDepthwise(spec) {
		methods = append(methods, byDepthwise)
	}
	if p.set.CanCombine(spec) {
		methods = append(methods, byCombine)
	}
	switch winograd := p.set.CanWinograd(spec) && (u.residual == none || u.addLast); {
	case winograd && p.set.WinogradPays(spec):
		return append(methods, byWinograd, byMatrix)
	case winograd:
		return append(methods, byMatrix, byWinograd)
	}
	return append(methods, byMatrix)
}

func (p *plan) convSpec(u *unit) kernels.ConvSpec {
	c := u.conv
	return kernels.ConvSpec{
		Channels: c.In.C, Height: c.In.H, Width: c.In.W,
		Filters: c.Out.C, OutHeight: c.Out.H, OutWidth: c.Out.W,
		Groups: c.Groups, Window: c.Window(),
		Activation: u.activation, AddLast: u.addLast, Threads: p.threads, Memory: p.memory,
	}
}

func (p *plan) convStep(u *unit, room *[]float32) (step, int) {
	c := u.conv
	method, spec := p.convMethod(u)
	weights, bias := fold(room, c.Out.C, c.Weights, c.Biases, c.Scales, c.Mean, c.Variance)
	s := &convStep{from: u.from[0], out: u.out, add: u.add, name: string(method) + " " + p.set.Name}
	spec.OutPitch = p.pitch(u.out)
	if spec.Planes = u.from[0].layout() == planes; !spec.Planes {
		spec.InPitch = p.pitch(u.from[0])
	}
	if u.add != nothing {
		spec.AddPitch = p.pitch(u.add)
	}
	switch method {
	case byDepthwise:
		s.kernels = kernels.NewDepthwise(p.set, spec, weights, bias)
	case byCombine:
		s.kernels = kernels.NewCombine(p.set, spec, weights, bias)
	case byWinograd:
		s.kernels = kernels.NewWinograd(p.set, spec, weights, bias)
	default:
		s.kernels = kernels.NewConv(p.set, spec, weights, bias)
	}
	return s, s.kernels.Scratch()
}

// connectedStep computes a connected layer: a convolution of a single pixel that has all its
// inputs as channels.
func (p *plan) connectedStep(u *unit, c *layers.Connected, room *[]float32) (step, int) {
	weights, bias := fold(room, c.Out, c.Weights, c.Biases, c.Scales, c.Mean, c.Variance)
	spec := kernels.ConvSpec{
		Channels: c.In, Height: 1, Width: 1, InPitch: c.In,
		Filters: c.Out, OutHeight: 1, OutWidth: 1, OutPitch: p.pitch(u.out),
		Groups: 1, Window: kernels.Window{Size: 1, StrideX: 1, StrideY: 1, Dilation: 1},
		Activation: c.Activation, Threads: p.threads, Memory: p.memory,
	}
	s := &convStep{from: u.from[0], out: u.out, add: nothing, name: string(byMatrix) + " " + p.set.Name}
	s.kernels = kernels.NewConv(p.set, spec, weights, bias)
	return s, s.kernels.Scratch()
}

// fold multiplies batch norm, where scales are given, into weights and bias. The folded weights lie in
// room until the next call, since kernels make a copy of their own.
func fold(room *[]float32, filters int, weights, biases, scales, mean, variance *weights.Slot) (folded, bias []float32) {
	if scales == nil {
		return weights.Data, biases.Data
	}
	if cap(*room) < len(weights.Data) {
		*room = make([]float32, len(weights.Data))
	}
	folded = (*room)[:len(weights.Data)]
	bias = kernels.FoldBatchNorm(folded, weights.Data, len(folded)/filters, biases.Data, scales.Data, mean.Data, variance.Data)
	return folded, bias
}

func (s *convStep) tasks() int     { return s.kernels.Tasks() }
func (s *convStep) kernel() string { return s.name }

func (s *convStep) run(task int, f *frame, w *kernels.Worker) {
	var add []float32
	if s.add != nothing {
		add = f.views[s.add]
	}
	s.kernels.Run(task, f.views[s.from], f.views[s.out], add, w)
}
