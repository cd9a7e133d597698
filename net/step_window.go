package net

import (
	"github.com/ghostdark/ghostdark/kernels"
	"github.com/ghostdark/ghostdark/layers"
)

// windowStep computes one image from another by a kernel that divides its work itself.
type windowStep struct {
	from, out value
	kernels   windowKernels
	memory    int // scratch
	name      string
}

// windowKernels is what pooling and upsampling of package kernels share.
type windowKernels interface {
	Tasks() int
	Run(task int, in, out []float32, w *kernels.Worker)
}

func (s *windowStep) tasks() int     { return s.kernels.Tasks() }
func (s *windowStep) kernel() string { return s.name }
func (s *windowStep) scratch() int   { return s.memory }

func (s *windowStep) run(task int, f *frame, w *kernels.Worker) {
	s.kernels.Run(task, f.views[s.from], f.views[s.out], w)
}

// maxPoolStep returns nil for pools with antialiasing.
func (p *plan) maxPoolStep(u *unit, op *layers.MaxPool) step {
	if op.Blur != nil {
		return nil
	}
	s := &windowStep{name: "max " + p.set.Name}
	if u.from == nil { // asked only whether there is a kernel
		return s
	}
	s.from, s.out = u.from[0], u.out
	size, pad := op.Size, op.Padding/2
	if u.window > 0 {
		size, pad = u.window, u.window/2
	}
	pool := kernels.NewMaxPool(p.set, kernels.PoolSpec{
		Channels: op.In.C, Height: op.In.H, Width: op.In.W, OutHeight: op.Out.H, OutWidth: op.Out.W,
		Size: size, StrideX: op.StrideX, StrideY: op.StrideY, Pad: pad,
		InPitch: p.pitch(s.from), OutPitch: p.pitch(s.out), Threads: p.threads,
	})
	s.kernels, s.memory = pool, pool.Scratch()
	return s
}

// upsampleStep returns nil for those that make the image smaller.
func (p *plan) upsampleStep(u *unit, op *layers.Upsample) step {
	if op.Down {
		return nil
	}
	s := &windowStep{name: "repeat " + p.set.Name}
	if u.from == nil {
		return s
	}
	s.from, s.out = u.from[0], u.out
	s.kernels = &kernels.Upsample{
		Set: p.set, Channels: op.In.C, Height: op.In.H, Width: op.In.W, Stride: op.Stride, Scale: op.Scale,
		InPitch: p.pitch(s.from), OutPitch: p.pitch(s.out),
	}
	return s
}
