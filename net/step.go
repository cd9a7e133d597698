package net

import (
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/ghostdark/ghostdark/kernels"
	"github.com/ghostdark/ghostdark/layers"
	"github.com/ghostdark/ghostdark/tensor"
	"github.com/ghostdark/ghostdark/weights"
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
	views  [][]float32   // by value, nil where there is none
	passes []layers.Pass // by layer
}

// prepare makes the steps, several at a time, since packing the weights of large networks
// takes longer than reading them.
func (p *plan) prepare() error {
	length := 0
	for _, u := range p.units {
		if n := p.packed(u); n > 0 {
			length += kernels.Room(int(n))
		}
	}
	p.memory = kernels.NewMemory(length)
	p.steps = make([]step, len(p.units))
	scratch := make([]int, len(p.units))
	slots := p.graph.Slots()
	failed := make([]error, runtime.GOMAXPROCS(0))
	var next atomic.Int32
	var all sync.WaitGroup
	for k := range failed {
		all.Go(func() {
			failed[k] = weights.Guard(slots, func() {
				var room []float32
				for i := next.Add(1) - 1; int(i) < len(p.units); i = next.Add(1) - 1 {
					p.steps[i], scratch[i] = p.step(p.units[i], &room)
				}
			})
		})
	}
	all.Wait()
	for _, err := range failed {
		if err != nil {
			return err
		}
	}
	for i, u := range p.units {
		p.scratch = max(p.scratch, scratch[i])
		p.parallel = append(p.parallel, p.steps[i].tasks() > 1 && p.worthDividing(u))
	}
	return nil
}

// parallelWork is the least number of multiply-adds, or of values moved, that pays for waking
// other threads.
const parallelWork = 100_000

// worthDividing reports whether a unit is work for several threads.
func (p *plan) worthDividing(u *unit) bool {
	if u.conv != nil {
		return u.conv.Cost().MACs > parallelWork
	}
	if u.turn {
		return false
	}
	if u.stages != nil {
		return true
	}
	return max(u.layer.Cost.MACs, int64(u.layer.Output.Len())) > parallelWork
}

// step prepares a unit, and tells the memory that each worker needs for it. room is memory that
// units may use one after another.
func (p *plan) step(u *unit, room *[]float32) (s step, scratch int) {
	switch {
	case u.turn:
		return p.turnStep(u), 0
	case u.stages != nil:
		s := p.chainStep(u, room)
		return s, s.(*chainStep).scratch()
	case u.conv != nil:
		return p.convStep(u, room)
	}
	if c := p.connected(u); c != nil {
		return p.connectedStep(u, c, room)
	}
	s = p.otherStep(u)
	if k, ok := s.(interface{ scratch() int }); ok {
		return s, k.scratch()
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
	if route, ok := u.joins(); ok {
		return p.routeStep(u, route)
	}
	if p.set != nil {
		if s := p.kernelStep(u); s != nil {
			return s
		}
	}
	return &plainStep{layer: u.layer.Index, op: u.layer.Op, inputs: u.from}
}

// kernelStep is the step on fast kernels, nil for units that have none.
func (p *plan) kernelStep(u *unit) step {
	switch op := u.layer.Op.(type) {
	case *layers.Shortcut:
		return p.shortcutStep(u, op)
	case *layers.ScaleChannels:
		if !op.PerPixel && op.Activation.Elementwise() {
			return &scaleStep{p.elementwise(u, op.Activation)}
		}
	case *layers.SAM:
		if op.Activation.Elementwise() {
			return &samStep{p.elementwise(u, op.Activation)}
		}
	case *layers.AvgPool:
		return &avgStep{p.elementwise(u, kernels.Linear)}
	case *layers.Activation:
		if op.Activation.Elementwise() {
			return &activationStep{p.elementwise(u, op.Activation)}
		}
	case *layers.MaxPool:
		return p.maxPoolStep(u, op)
	case *layers.Upsample:
		return p.upsampleStep(u, op)
	case *layers.Softmax:
		if !op.Hierarchical() {
			return &softmaxStep{set: p.set, op: op, unit: u}
		}
	case activator:
		return &headStep{set: p.set, head: op, unit: u}
	}
	return nil
}

// plainStep runs a layer's own forward pass.
type plainStep struct {
	layer  int
	op     layers.Op
	inputs []value
}

func (s *plainStep) tasks() int     { return 1 }
func (s *plainStep) kernel() string { return "plain" }

func (s *plainStep) run(_ int, f *frame, w *kernels.Worker) {
	pass := &f.passes[s.layer]
	for k, from := range s.inputs {
		pass.In[k].Data = f.views[from]
	}
	pass.Scratch = w.Buffer()
	s.op.Forward(pass)
}

// newPasses makes the argument of plain forward passes.
func (p *plan) newPasses(f *frame) {
	f.passes = make([]layers.Pass, len(p.graph.Layers))
	for i, s := range p.steps {
		if _, plain := s.(*plainStep); !plain {
			continue
		}
		l := p.units[i].layer
		pass := &f.passes[l.Index]
		pass.Out = tensor.Tensor{N: 1, Shape: l.Output, Data: f.views[valueOf(l.Index, planes)]}
		for _, from := range l.Inputs {
			pass.In = append(pass.In, tensor.Tensor{N: 1, Shape: p.graph.Shape(from)})
		}
	}
}
