package kernels

// Slack is how many values behind the end of what it is given a kernel may read. It never uses
// what it reads there, and never writes there.
const Slack = 64

// Worker is the working memory of one thread: what the kernels of one task after another use.
type Worker struct {
	tile      Tile
	rows      Rows
	span      Span
	taps      Taps
	transpose Transpose
	ends      [3][2 * Granule]float32 // the ends of slices that kernels must not write behind
	lanes     [reduceWidth]float32    // into which a slice is reduced
	transform Transform
	edge      []float32 // a matrix tile that reaches over the last filter
	buffer    []float32

	logistic func(values []float32)
}

// NewWorker makes a worker with so many values of working memory, as much as the most
// demanding Scratch says.
func NewWorker(set *Set, scratch int) *Worker {
	w := &Worker{buffer: Aligned(scratch)}
	if set != nil {
		w.edge = Aligned(set.MaxRows * set.MaxColumns())
		w.logistic = func(values []float32) { set.Activate(w, Logistic, values, values) }
	}
	return w
}

// Logistic is the logistic function by the worker's set, in place.
func (w *Worker) Logistic() func(values []float32) { return w.logistic }

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
func (w *Worker) Buffer() []float32 { return w.buffer }
