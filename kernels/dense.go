package kernels

// Dense is a product of a matrix with one vector: a connected layer, or a convolution of a
// single pixel.
type Dense struct {
	set        *Set
	in, out    int
	weights    []float32 // [output][input]
	bias       []float32
	activation Activation
	addLast    bool
	block      int // outputs of a task
}

// NewDense prepares y = activation(W·x + bias).
func NewDense(set *Set, in, out int, weights, bias []float32, activation Activation, addLast bool) *Dense {
	d := &Dense{set: set, in: in, out: out, weights: weights, bias: bias, activation: activation, addLast: addLast}
	d.block = min(max(taskWork/in, 4), max((out+3)/4, 1))
	return d
}

// Tasks is the number of independent parts of the work.
func (d *Dense) Tasks() int { return (d.out + d.block - 1) / d.block }

// Scratch is the number of values of a Worker's memory that Run needs.
func (d *Dense) Scratch() int { return 0 }

// Run computes one task of one vector. add is nil, or as many values as there are outputs.
func (d *Dense) Run(task int, in, out, add []float32, w *Worker) {
	first := task * d.block
	end := min(first+d.block, d.out)
	lanes := d.set.Lanes
	t := &w.dots
	t.Input, t.Step = &in[0], 4*d.in
	t.Vectors = (d.in + lanes - 1) / lanes
	t.Tail = d.in - (t.Vectors-1)*lanes
	for _, rows := range [...]int{4, 1} {
		if t.Rows = (end - first) / rows; t.Rows == 0 {
			continue
		}
		t.Weights, t.Bias, t.Out = &d.weights[first*d.in], &d.bias[first], &out[first]
		d.set.dots[rows](t)
		first += t.Rows * rows
	}
	values := out[task*d.block : end]
	if add != nil && !d.addLast {
		d.set.Add(w, values, values, add[task*d.block:end])
	}
	d.set.apply(w, d.activation, values)
	if add != nil && d.addLast {
		d.set.Add(w, values, values, add[task*d.block:end])
	}
}
