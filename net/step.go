package net

import (
	"github.com/ghostdark/ghostdark/kernels"
	"github.com/ghostdark/ghostdark/layers"
	"github.com/ghostdark/ghostdark/tensor"
)

// step is a unit made ready to run. Its tasks are independent of each other.
type step interface {
	tasks() int
	run(task int, f *frame, w *kernels.Worker)
	// kernel names what computes it, for people.
	kernel() string
}

// frame is a session's memory for running a plan on one image.
type frame struct {
	input  []float32   // a copy with Slack behind it
	views  [][]float32 // by layer, nil where there is no output
	passes []layers.Pass
}

// at returns the output of a layer, or the input.
func (f *frame) at(layer int) []float32 {
	if layer == layers.NetworkInput {
		return f.input
	}
	return f.views[layer]
}

// prepare makes the steps.
func (p *plan) prepare() {
	for _, u := range p.units {
		s, scratch := p.step(u)
		p.steps = append(p.steps, s)
		p.scratch = max(p.scratch, scratch)
		p.parallel = append(p.parallel, s.tasks() > 1 && p.worthDividing(u))
	}
}

// parallelWork is the least number of multiply-adds, or of values moved, that pays for waking
// other threads.
const parallelWork = 100_000

func (p *plan) worthDividing(u *unit) bool {
	return u.layer.Cost.MACs+int64(len(u.fused))*parallelWork > parallelWork || p.work(u) > parallelWork
}

func (p *plan) work(u *unit) int64 {
	if u.conv != nil {
		return p.network.Layers[append(u.fused, u.layer.Index)[0]].Cost.MACs
	}
	return int64(u.layer.Output.Len())
}

// step chooses how to compute a unit, and tells the memory that each worker needs for it.
func (p *plan) step(u *unit) (s step, scratch int) {
	out := u.layer.Index
	if u.conv != nil {
		return p.convStep(u)
	}
	if p.set != nil {
		switch op := u.layer.Op.(type) {
		case *layers.Connected:
			if op.Activation.Elementwise() {
				return p.connectedStep(u, op), 0
			}
		case *layers.Shortcut:
			if s := p.shortcutStep(u, op); s != nil {
				return s, 0
			}
		case *layers.ScaleChannels:
			if !op.PerPixel && op.Activation.Elementwise() {
				return &scaleStep{set: p.set, scale: u.inputs[0], from: u.inputs[1], out: out, plane: op.Out.Plane(), activation: op.Activation}, 0
			}
		case *layers.SAM:
			if op.Activation.Elementwise() {
				return &samStep{set: p.set, a: u.inputs[0], b: u.inputs[1], out: out, activation: op.Activation}, 0
			}
		case *layers.AvgPool:
			return &avgStep{set: p.set, from: u.inputs[0], out: out, plane: op.In.Plane()}, 0
		case *layers.Activation:
			if op.Activation.Elementwise() {
				return &activationStep{set: p.set, from: u.inputs[0], out: out, activation: op.Activation}, 0
			}
		case *layers.MaxPool:
			if s := newMaxPoolStep(p.set, op, u.inputs[0], out); s != nil {
				return s, s.scratch()
			}
		case *layers.Upsample:
			if !op.Down {
				return &upsampleStep{op: op, from: u.inputs[0], out: out}, 0
			}
		case *layers.Yolo:
			return newHeadStep(p.set, op, u.inputs[0], out), 0
		case *layers.GaussianYolo:
			return newHeadStep(p.set, op, u.inputs[0], out), 0
		}
	}
	if route, ok := u.layer.Op.(*layers.Route); ok && route.Groups == 1 {
		return p.routeStep(u), 0
	}
	return &plainStep{layer: out, op: u.layer.Op, inputs: u.inputs}, u.layer.Scratch
}

// plainStep runs a layer's own forward pass.
type plainStep struct {
	layer  int
	op     layers.Op
	inputs []int
}

func (s *plainStep) tasks() int     { return 1 }
func (s *plainStep) kernel() string { return "plain" }

func (s *plainStep) run(_ int, f *frame, w *kernels.Worker) {
	pass := &f.passes[s.layer]
	for k, from := range s.inputs {
		pass.In[k].Data = f.at(from)
	}
	pass.Scratch = w.Buffer()
	s.op.Forward(pass)
}

// routeStep copies those inputs of a route that don't lie in its output already.
type routeStep struct {
	from, offset []int
	out          int
}

func (p *plan) routeStep(u *unit) step {
	s := &routeStep{out: u.layer.Index}
	offset := 0
	for _, i := range u.inputs {
		if !p.placed(s.out, i, offset) {
			s.from, s.offset = append(s.from, i), append(s.offset, offset)
		}
		offset += p.network.Shape(i).Len()
	}
	return s
}

func (s *routeStep) tasks() int { return len(s.from) }

func (s *routeStep) kernel() string {
	if len(s.from) == 0 {
		return "in place"
	}
	return "copy"
}

func (s *routeStep) run(task int, f *frame, _ *kernels.Worker) {
	copy(f.at(s.out)[s.offset[task]:], f.at(s.from[task]))
}

// newPasses makes the argument of plain forward passes.
func (p *plan) newPasses(f *frame) {
	f.passes = make([]layers.Pass, len(p.homes))
	for i, s := range p.steps {
		if _, plain := s.(*plainStep); !plain {
			continue
		}
		l := p.units[i].layer
		pass := &f.passes[l.Index]
		pass.Out = tensor.Tensor{N: 1, Shape: l.Output, Data: f.views[l.Index]}
		for _, from := range l.Inputs {
			pass.In = append(pass.In, tensor.Tensor{N: 1, Shape: p.network.Shape(from)})
		}
	}
}
