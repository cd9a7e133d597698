package net

import (
	"github.com/ghostdark/ghostdark/kernels"
	"github.com/ghostdark/ghostdark/layers"
)

// headStep activates the output of an anchor head.
type headStep struct {
	set  *kernels.Set
	head activator
	unit *unit
}

// activator is a head that applies the logistic function to some of its planes.
type activator interface {
	layers.Op
	Activate(in, out []float32, logistic func(values []float32))
}

func (s *headStep) tasks() int     { return 1 }
func (s *headStep) kernel() string { return "logistic " + s.set.Name }

func (s *headStep) run(_ int, f *frame, w *kernels.Worker) {
	s.head.Activate(f.views[s.unit.from[0]], f.views[s.unit.out], w.Logistic())
}

// softmaxStep computes the softmax of each group of the flattened planes.
type softmaxStep struct {
	set  *kernels.Set
	op   *layers.Softmax
	unit *unit
}

func (s *softmaxStep) tasks() int     { return 1 }
func (s *softmaxStep) kernel() string { return "softmax " + s.set.Name }

func (s *softmaxStep) run(_ int, f *frame, w *kernels.Worker) {
	from, out := f.views[s.unit.from[0]], f.views[s.unit.out]
	n := len(out) / s.op.Groups
	for at := 0; at < len(out); at += n {
		s.set.Softmax(w, out[at:at+n], from[at:at+n], s.op.Temperature)
	}
}
