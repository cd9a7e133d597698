package net

import (
	"runtime"
	"sync"
	"sync/atomic"

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

// prepare makes the steps, several at a time, since packing the weights of large networks
// takes longer than reading them.
func (p *plan) prepare() {
	p.steps = make([]step, len(p.units))
	scratch := make([]int, len(p.units))
	var next atomic.Int32
	var all sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for i := next.Add(1) - 1; int(i) < len(p.units); i = next.Add(1) - 1 {
				p.steps[i], scratch[i] = p.step(p.units[i])
			}
		})
	}
	all.Wait()
	for i, u := range p.units {
		p.scratch = max(p.scratch, scratch[i])
		p.parallel = append(p.parallel, p.steps[i].tasks() > 1 && p.worthDividing(u))
	}
}

// parallelWork is the least number of multiply-adds, or of values moved, that pays for waking
// other threads.
const parallelWork = 100_000

// worthDividing reports whether a unit is work for several threads.
func (p *plan) worthDividing(u *unit) bool {
	if u.conv != nil {
		return u.conv.Cost().MACs > parallelWork
	}
	return max(u.layer.Cost.MACs, int64(u.layer.Output.Len())) > parallelWork
}

// step prepares a unit, and tells the memory that each worker needs for it.
func (p *plan) step(u *unit) (s step, scratch int) {
	if u.conv != nil {
		return p.convStep(u)
	}
	if c := p.connected(u); c != nil {
		return p.connectedStep(u, c), 0
	}
	s = p.otherStep(u)
	if pool, ok := s.(*maxPoolStep); ok {
		return s, pool.scratch()
	}
	return s, u.layer.Scratch
}

// connected is the unit's connected layer, nil if it is none that has a kernel.
func (p *plan) connected(u *unit) *layers.Connected {
	if c, ok := u.layer.Op.(*layers.Connected); ok && p.set != nil && c.Activation.Elementwise() {
		return c
	}
	return nil
}

// otherStep prepares a unit that has no weights to pack.
func (p *plan) otherStep(u *unit) step {
	out := u.layer.Index
	if route, ok := u.layer.Op.(*layers.Route); ok && route.Groups == 1 {
		return p.routeStep(u)
	}
	if p.set != nil {
		if s := p.kernelStep(u); s != nil {
			return s
		}
	}
	return &plainStep{layer: out, op: u.layer.Op, inputs: u.inputs}
}

// kernelStep is the step on fast kernels, nil for units that have none.
func (p *plan) kernelStep(u *unit) step {
	out, set := u.layer.Index, p.set
	switch op := u.layer.Op.(type) {
	case *layers.Shortcut:
		return p.shortcutStep(u, op)
	case *layers.ScaleChannels:
		if !op.PerPixel && op.Activation.Elementwise() {
			return &scaleStep{set: set, scale: u.inputs[0], from: u.inputs[1], out: out, plane: op.Out.Plane(), activation: op.Activation}
		}
	case *layers.SAM:
		if op.Activation.Elementwise() {
			return &samStep{set: set, a: u.inputs[0], b: u.inputs[1], out: out, activation: op.Activation}
		}
	case *layers.AvgPool:
		return &avgStep{set: set, from: u.inputs[0], out: out, plane: op.In.Plane()}
	case *layers.Activation:
		if op.Activation.Elementwise() {
			return &activationStep{set: set, from: u.inputs[0], out: out, activation: op.Activation}
		}
	case *layers.MaxPool:
		if fitsMaxPoolStep(op) {
			return &maxPoolStep{set: set, op: op, from: u.inputs[0], out: out}
		}
	case *layers.Upsample:
		if !op.Down {
			return &upsampleStep{op: op, from: u.inputs[0], out: out}
		}
	case activator:
		return &headStep{set: set, head: op, from: u.inputs[0], out: out}
	}
	return nil
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
		offset += p.graph.Shape(i).Len()
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
			pass.In = append(pass.In, tensor.Tensor{N: 1, Shape: p.graph.Shape(from)})
		}
	}
}
