package net

import (
	"math"
	"slices"

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

// width is that of a row of the input with room for the window at both ends.
func (s *maxPoolStep) width() int { return s.op.In.W + 2*s.op.Size }

// scratch is two such rows, with room for whole vectors in two halves of the second.
func (s *maxPoolStep) scratch() int { return 2*s.width() + 4*s.set.Lanes }

func (s *maxPoolStep) run(task int, f *frame, w *kernels.Worker) {
	op := s.op
	in := f.at(s.from)[task*op.In.Plane() : (task+1)*op.In.Plane()]
	out := f.at(s.out)[task*op.Out.Plane() : (task+1)*op.Out.Plane()]
	pad := op.Padding / 2
	row, next := w.Buffer()[:s.width()], w.Buffer()[s.width():s.scratch()]
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
		switch start := op.Size - pad; op.StrideX {
		case 1:
			s.slide(w, row, next, dst, start)
		case 2:
			s.skip(w, row[start:], next, dst)
		default:
			for x := range dst {
				window := row[start+x*op.StrideX:][:op.Size]
				dst[x] = slices.Max(window)
			}
		}
	}
}

// skip writes to dst[x] the maximum of the Size values of row from 2x on. With even and odd
// values apart, each tap of all windows is an uninterrupted run.
func (s *maxPoolStep) skip(w *kernels.Worker, row, next, dst []float32) {
	n := 2*(len(dst)-1) + s.op.Size
	half := len(next) / 2
	parted := [2][]float32{next[:half], next[half:]}
	s.set.Split(w, parted[0], parted[1], row[:n])
	copy(dst, parted[0])
	for k := 1; k < s.op.Size; k++ {
		s.set.Max(w, dst, dst, parted[k%2][k/2:][:len(dst)])
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
