//go:build ignore

package kernels

// Dense is a product of a matrix with one vector: a connected layer, or a convolution of a
// single pixel. Its speed is that of reading the weights, so they are packed to be read from
// the first to the last: by tile of outputs, for each input the weights of the tile.
type Dense struct {
	set     *Set
	in, out int
	bias    []float32 // padded to whole tiles
	packed  []float32
	act     int
	post    Activation
	addLast bool
	tile    int // outputs of a tile
	block   int // tiles of a task
}

// NewDense prepares y = activation(W·x + bias) with weights [output][input].
func NewDense(set *Set, in, out int, weights, bias []float32, activation Activation, addLast bool) *Dense {
	d := &Dense{set: set, in: in, out: out, addLast: addLast, tile: set.MaxColumns()}
	d.act, d.post = tileActivation(activation)
	d.bias = Aligned(d.tiles() * d.tile)
	copy(d.bias, bias)
	d.packed = Aligned(d.tiles() * d.tile * in)
	for o := range out {
		at := o/d.tile*d.tile*in + o%d.tile
		for _, v := range weights[o*in : (o+1)*in] {
			d.packed[at] = v
			at += d.tile
		}
	}
	d.block = min(max(taskWork/(in*d.tile), 1), (d.tiles()+3)/4)
	return d
}

func (d *Dense) tiles() int { return (d.out + d.tile - 1) / d.tile }

// Tasks is the number of independent parts of the work.
func (d *Dense) Tasks() int { return (d.tiles() + d.block - 1) / d.block }

// Scratch is the number of values of a Worker's memory that Run needs.
func (d *Dense) Scratch() int { return 0 }

// Run computes one task of one vector. add is nil, or as many values as there are outputs.
func (d *Dense) Run(task int, in, out, add []float32, w *Worker) {
	first, end := task*d.block*d.tile, min((task+1)*d.block*d.tile, d.out)
	fused := add != nil && (!d.addLast || d.post == Linear)
	for at := first; at < end; at += d.tile {
		n := min(d.tile, end-at)
		// The kernel has one bias for all columns of a row, so it is given as sums to go on with.
		copy(w.edge, d.bias[at:at+d.tile])
		t := &w.tile
		*t = Tile{A: &in[0], LDA: 4, B: &d.packed[at*d.in], LDB: 4 * d.tile, C: &w.edge[0], K: d.in, Act: d.act}
		if fused {
			copy(w.edgeAdd, add[at:at+n])
			t.Add = &w.edgeAdd[0]
		}
		if d.addLast {
			t.AddLast = 1
		}
		d.set.gemm[len(d.set.gemm)-1][1](t)
		copy(out[at:at+n], w.edge)
	}
	d.set.Activate(w, d.post, out[first:end], out[first:end])
	if add != nil && !fused {
		d.set.Add(w, out[first:end], out[first:end], add[first:end])
	}
}
