package net

import (
	"github.com/ghostdark/ghostdark/kernels"
	"github.com/ghostdark/ghostdark/layers"
)

// chunk is how many values a task of an element-wise step computes.
const chunk = 1 << 15

func chunks(n int) int { return (n + chunk - 1) / chunk }

func part(x []float32, task int) []float32 { return x[task*chunk : min((task+1)*chunk, len(x))] }

// shortcutStep adds layers of the same shape.
type shortcutStep struct {
	set        *kernels.Set
	inputs     []int
	out        int
	length     int
	activation kernels.Activation
}

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
	return &shortcutStep{set: p.set, inputs: u.inputs, out: u.layer.Index, length: op.Out.Len(), activation: op.Activation}
}

func (s *shortcutStep) tasks() int     { return chunks(s.length) }
func (s *shortcutStep) kernel() string { return "add " + s.set.Name }

func (s *shortcutStep) run(task int, f *frame, w *kernels.Worker) {
	out, sum := part(f.at(s.out), task), part(f.at(s.inputs[0]), task)
	for _, i := range s.inputs[1:] {
		s.set.Add(w, out, sum, part(f.at(i), task))
		sum = out
	}
	s.set.Activate(w, s.activation, out, out)
}

// scaleStep multiplies each channel by its own number.
type scaleStep struct {
	set              *kernels.Set
	scale, from, out int
	plane            int
	activation       kernels.Activation
}

func (s *scaleStep) tasks() int     { return 1 }
func (s *scaleStep) kernel() string { return "scale " + s.set.Name }

func (s *scaleStep) run(_ int, f *frame, w *kernels.Worker) {
	scale, from, out := f.at(s.scale), f.at(s.from), f.at(s.out)
	for c, v := range scale {
		s.set.Scale(w, out[c*s.plane:(c+1)*s.plane], from[c*s.plane:(c+1)*s.plane], v)
	}
	s.set.Activate(w, s.activation, out, out)
}

// samStep multiplies two layers value by value.
type samStep struct {
	set        *kernels.Set
	a, b, out  int
	activation kernels.Activation
}

func (s *samStep) tasks() int     { return 1 }
func (s *samStep) kernel() string { return "multiply " + s.set.Name }

func (s *samStep) run(_ int, f *frame, w *kernels.Worker) {
	out := f.at(s.out)
	s.set.Mul(w, out, f.at(s.a), f.at(s.b))
	s.set.Activate(w, s.activation, out, out)
}

// avgStep takes the mean of each channel.
type avgStep struct {
	set       *kernels.Set
	from, out int
	plane     int
}

func (s *avgStep) tasks() int     { return 1 }
func (s *avgStep) kernel() string { return "sum " + s.set.Name }

func (s *avgStep) run(_ int, f *frame, w *kernels.Worker) {
	from, out := f.at(s.from), f.at(s.out)
	for c := range out {
		out[c] = s.set.Sum(w, from[c*s.plane:(c+1)*s.plane]) / float32(s.plane)
	}
}

// activationStep applies an activation.
type activationStep struct {
	set        *kernels.Set
	from, out  int
	activation kernels.Activation
}

func (s *activationStep) tasks() int     { return 1 }
func (s *activationStep) kernel() string { return s.activation.String() + " " + s.set.Name }

func (s *activationStep) run(_ int, f *frame, w *kernels.Worker) {
	s.set.Activate(w, s.activation, f.at(s.out), f.at(s.from))
}

// upsampleStep repeats values and rows.
type upsampleStep struct {
	op        *layers.Upsample
	from, out int
}

func (s *upsampleStep) tasks() int     { return s.op.In.C }
func (s *upsampleStep) kernel() string { return "repeat" }

func (s *upsampleStep) run(task int, f *frame, _ *kernels.Worker) {
	in, out := s.op.In, s.op.Out
	from := f.at(s.from)[task*in.Plane() : (task+1)*in.Plane()]
	to := f.at(s.out)[task*out.Plane() : (task+1)*out.Plane()]
	for y := range in.H {
		rows := to[y*s.op.Stride*out.W:]
		first := rows[:out.W]
		at := 0
		for _, v := range from[y*in.W : (y+1)*in.W] {
			v *= s.op.Scale
			for range s.op.Stride {
				first[at] = v
				at++
			}
		}
		for r := 1; r < s.op.Stride; r++ {
			copy(rows[r*out.W:(r+1)*out.W], first)
		}
	}
}

// headStep activates the output of an anchor head.
type headStep struct {
	set       *kernels.Set
	head      activator
	from, out int
}

// activator is a head that applies the logistic function to some of its planes.
type activator interface {
	Activate(in, out []float32, logistic func(values []float32))
}

func (s *headStep) tasks() int     { return 1 }
func (s *headStep) kernel() string { return "logistic " + s.set.Name }

func (s *headStep) run(_ int, f *frame, w *kernels.Worker) {
	s.head.Activate(f.at(s.from), f.at(s.out), w.Logistic())
}
