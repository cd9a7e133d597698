package net

import (
	"github.com/ghostdark/ghostdark/kernels"
	"github.com/ghostdark/ghostdark/layers"
)

// chunk is about how many values a task of an element-wise step computes.
const chunk = 1 << 15

// elementwise is what steps share that compute images pixel by pixel.
type elementwise struct {
	set        *kernels.Set
	from       []place
	out        place
	activation kernels.Activation
	pixels     int // of a task
}

func (p *plan) elementwise(u *unit, a kernels.Activation) elementwise {
	e := elementwise{set: p.set, activation: a}
	if u.from == nil { // asked only whether there is a kernel
		return e
	}
	for _, v := range u.from {
		e.from = append(e.from, p.place(v))
	}
	e.out = p.place(u.out)
	e.pixels = max(chunk/e.out.channels, 1)
	return e
}

func (e *elementwise) tasks() int { return (e.out.pixels + e.pixels - 1) / e.pixels }

// image is a task's share of a value.
func (e *elementwise) image(f *frame, at place, task int) kernels.Image {
	first := task * e.pixels
	return f.image(at).From(first, min(e.pixels, at.pixels-first))
}

// activate finishes a task's share of the output.
func (e *elementwise) activate(w *kernels.Worker, out kernels.Image) {
	e.set.ActivateImage(w, e.activation, out, out)
}

// shortcutStep adds layers of the same shape.
type shortcutStep struct{ elementwise }

// shortcutStep returns nil for shortcuts with weights or of different shapes.
func (p *plan) shortcutStep(u *unit, op *layers.Shortcut) step {
	if op.Weights != nil || !op.Activation.Elementwise() || len(u.inputs) < 2 {
		return nil
	}
	for _, i := range u.inputs {
		if p.graph.Shape(i) != op.Out {
			return nil
		}
	}
	return &shortcutStep{p.elementwise(u, op.Activation)}
}

func (s *shortcutStep) kernel() string { return "add " + s.set.Name }

func (s *shortcutStep) run(task int, f *frame, w *kernels.Worker) {
	out, sum := s.image(f, s.out, task), s.image(f, s.from[0], task)
	for _, from := range s.from[1:] {
		s.set.AddImages(w, out, sum, s.image(f, from, task))
		sum = out
	}
	s.activate(w, out)
}

// scaleStep multiplies each channel by its own number.
type scaleStep struct{ elementwise }

func (s *scaleStep) kernel() string { return "scale " + s.set.Name }

func (s *scaleStep) run(task int, f *frame, w *kernels.Worker) {
	out := s.image(f, s.out, task)
	s.set.MulImages(w, out, s.image(f, s.from[1], task), kernels.Repeat(f.views[s.from[0].value], out.Pixels))
	s.activate(w, out)
}

// samStep multiplies two layers value by value.
type samStep struct{ elementwise }

func (s *samStep) kernel() string { return "multiply " + s.set.Name }

func (s *samStep) run(task int, f *frame, w *kernels.Worker) {
	out := s.image(f, s.out, task)
	s.set.MulImages(w, out, s.image(f, s.from[0], task), s.image(f, s.from[1], task))
	s.activate(w, out)
}

// avgStep takes the mean of each channel.
type avgStep struct{ elementwise }

func (s *avgStep) kernel() string { return "mean " + s.set.Name }

func (s *avgStep) run(_ int, f *frame, w *kernels.Worker) {
	out, in := f.views[s.out.value], f.image(s.from[0])
	s.set.SumImage(w, out, in)
	for c := range out[:in.Channels] {
		out[c] /= float32(in.Pixels)
	}
}

// activationStep applies an activation.
type activationStep struct{ elementwise }

func (s *activationStep) kernel() string { return s.activation.String() + " " + s.set.Name }

func (s *activationStep) run(task int, f *frame, w *kernels.Worker) {
	s.set.ActivateImage(w, s.activation, s.image(f, s.out, task), s.image(f, s.from[0], task))
}
