package kernels

import "unsafe"

// Slack is how many values behind the end of a layer's input or output a kernel may read. It
// never uses what it reads there, and never writes there.
const Slack = 64

// Aligned returns n zeroed values that begin at a cache line and are followed by Slack more.
func Aligned(n int) []float32 {
	const line = 16 // values
	raw := make([]float32, n+Slack+line)
	skip := (-int(uintptr(unsafe.Pointer(&raw[0]))/4)%line + line) % line
	return raw[skip : skip+n : skip+n+Slack]
}

// Worker is the working memory of one thread: what the kernels of one task after another use.
type Worker struct {
	tile      Tile
	rows      Rows
	pad       Pad
	span      Span
	transform Transform
	edge      []float32 // a matrix tile that reaches over the end of its rows
	edgeAdd   []float32 // and what is to be added to it
	buffer    []float32
	padded    *Depthwise // whose zeros buffer has around its planes

	logistic func(values []float32)
}

// NewWorker makes a worker with so many values of working memory, as much as the most
// demanding Scratch says.
func NewWorker(set *Set, scratch int) *Worker {
	w := &Worker{buffer: Aligned(scratch)}
	if set != nil {
		w.edge, w.edgeAdd = Aligned(max(set.MaxRows*set.MaxColumns(), patch*set.Lanes)), Aligned(set.MaxRows*set.MaxColumns())
		w.logistic = func(values []float32) { set.Activate(w, Logistic, values, values) }
	}
	return w
}

// Logistic is the logistic function by the worker's set, in place.
func (w *Worker) Logistic() func(values []float32) { return w.logistic }

func (s *Set) run(w *Worker, kernel func(*Span), dst, src, add []float32, scale float32) {
	w.span = Span{Dst: &dst[0], Src: &src[0], Length: len(src), Scale: scale}
	if add != nil {
		w.span.Add = &add[0]
	}
	kernel(&w.span)
}

// Activate computes dst = a(src), where a.Elementwise(). dst may be src.
func (s *Set) Activate(w *Worker, a Activation, dst, src []float32) {
	if len(src) == 0 {
		return
	}
	if kernel := s.unary[a]; kernel != nil {
		s.run(w, kernel, dst, src, nil, 0)
		return
	}
	if &dst[0] != &src[0] {
		copy(dst, src)
	}
	a.Apply(dst[:len(src)], len(src))
}

// Add computes dst = a + b. dst may be either.
func (s *Set) Add(w *Worker, dst, a, b []float32) { s.run(w, s.add, dst, a, b, 0) }

// Mul computes dst = a · b. dst may be either.
func (s *Set) Mul(w *Worker, dst, a, b []float32) { s.run(w, s.mul, dst, a, b, 0) }

// Max computes the larger of a and b. dst may be either.
func (s *Set) Max(w *Worker, dst, a, b []float32) { s.run(w, s.max, dst, a, b, 0) }

// Scale computes dst = src · scale. dst may be src.
func (s *Set) Scale(w *Worker, dst, src []float32, scale float32) {
	s.run(w, s.scale, dst, src, nil, scale)
}

// Sum adds up src.
func (s *Set) Sum(w *Worker, src []float32) float32 {
	s.run(w, s.sum, w.edge, src, nil, 0)
	return w.edge[0]
}

// Split parts src into its even values and its odd ones. Both need room for whole vectors.
func (s *Set) Split(w *Worker, even, odd, src []float32) {
	pair := 2 * s.Lanes
	vectors := (len(src) + pair - 1) / pair
	w.pad = Pad{Src: &src[0], Dst: &even[0], Odd: &odd[0], Rows: 1, Vectors: vectors, Tail: len(src) - (vectors-1)*pair}
	s.split(&w.pad)
}

// tileActivation divides an activation into the code with which matrix and depthwise kernels
// apply it themselves, and what is left for a pass of its own.
func tileActivation(a Activation) (act int, post Activation) {
	switch a {
	case ReLU:
		return TileReLU, Linear
	case Leaky, RevLeaky:
		return TileLeaky, Linear
	}
	return TileLinear, a
}

// Elementwise reports whether the activation computes each value from itself alone.
func (a Activation) Elementwise() bool { return activations[a].at != nil }

// Buffer is the worker's own memory, of the length that NewWorker was told. What one task
// leaves there is lost to the next.
func (w *Worker) Buffer() []float32 {
	w.padded = nil
	return w.buffer
}
