package net

import (
	"math"

	"github.com/ghostdark/ghostdark/kernels"
	"github.com/ghostdark/ghostdark/layers"
)

// maxPoolStep takes the maximum over windows one direction after the other: first down the
// columns, row by row with vectors, then along each row.
type maxPoolStep struct {
	set       *kernels.Set
	op        *layers.MaxPool
	from, out int
}

// fitsMaxPoolStep leaves out pools with antialiasing or with windows outside the image.
func fitsMaxPoolStep(op *layers.MaxPool) bool {
	pad := op.Padding / 2
	return op.Blur == nil && pad < op.Size &&
		(op.Out.H-1)*op.StrideY-pad < op.In.H && (op.Out.W-1)*op.StrideX-pad < op.In.W
}

func (s *maxPoolStep) tasks() int     { return s.op.In.C }
func (s *maxPoolStep) kernel() string { return "max " + s.set.Name }

// scratch is a row of the input with room for the window at both ends, twice.
func (s *maxPoolStep) scratch() int { return 2 * (s.op.In.W + 2*s.op.Size) }

func (s *maxPoolStep) run(task int, f *frame, w *kernels.Worker) {
	op := s.op
	in := f.at(s.from)[task*op.In.Plane() : (task+1)*op.In.Plane()]
	out := f.at(s.out)[task*op.Out.Plane() : (task+1)*op.Out.Plane()]
	pad := op.Padding / 2
	width := op.In.W + 2*op.Size
	row, next := w.Buffer()[:width], w.Buffer()[width:2*width]
	lowest := float32(-math.MaxFloat32)
	for i := range op.Size {
		row[i], row[op.Size+op.In.W+i] = lowest, lowest
	}
	column := row[op.Size : op.Size+op.In.W]
	for y := range op.Out.H {
		first, end := max(y*op.StrideY-pad, 0), min(y*op.StrideY-pad+op.Size, op.In.H)
		copy(column, in[first*op.In.W:(first+1)*op.In.W])
		for r := first + 1; r < end; r++ {
			s.set.Max(w, column, column, in[r*op.In.W:(r+1)*op.In.W])
		}
		dst := out[y*op.Out.W : (y+1)*op.Out.W]
		if op.StrideX == 1 {
			s.slide(w, row, next, dst, op.Size-pad)
			continue
		}
		for x := range dst {
			window := row[x*op.StrideX-pad+op.Size:][:op.Size]
			largest := window[0]
			for _, v := range window[1:] {
				largest = max(largest, v)
			}
			dst[x] = largest
		}
	}
}

// slide writes to dst[x] the maximum of the Size values of row from start+x on. Doubling the
// span that each value stands for takes a number of passes that grows only with the logarithm
// of the size.
func (s *maxPoolStep) slide(w *kernels.Worker, row, next, dst []float32, start int) {
	n := len(dst) + s.op.Size - 1
	if s.op.Size == 1 {
		copy(dst, row[start:])
		return
	}
	src := row[start : start+n]
	span := 1
	for 2*span < s.op.Size {
		n -= span
		s.set.Max(w, next[:n], src[:n], src[span:span+n])
		src = next
		span *= 2
	}
	s.set.Max(w, dst, src[:len(dst)], src[s.op.Size-span:][:len(dst)])
}
