package kernels

// Depthwise is a convolution in which each output channel reads only one input channel, or a
// few: Groups equals Channels, or is a fraction of it. Filters may be a multiple of Groups. The
// window is 3, 5 or 7 wide and the stride 1 or 2.
type Depthwise struct {
	ConvSpec
	set     *Set
	rowSet  *Set           // whose kernels compute the rows: set, or its narrow one
	weights []float32      // [filter][channel of its group][row][column]
	kernels [2]func(*Rows) // for RowBlock rows, and for one
	bias    []float32
	act     int
	post    Activation

	stride, pad int
	vectors     int // of an output row
	pitch       int // of a row of the padded plane, in values
	half        int // where odd columns begin in it
	rows        int // of the padded plane
	groupBlock  int // groups of a task
}

// maxFanIn is how many input channels of a group a Depthwise adds up one after another, and
// maxFanOut how many filters it computes from them; beyond, a product of matrices is faster.
const (
	maxFanIn  = 4
	maxFanOut = 8
)

// CanDepthwise reports whether NewDepthwise takes the convolution.
func (s *Set) CanDepthwise(spec *ConvSpec) bool {
	_, known := s.depthwise[depthwiseKey{spec.Size, spec.StrideX, 1}]
	fanIn, fanOut := spec.Channels/spec.Groups, spec.Filters/spec.Groups
	few := fanIn == 1 || spec.Groups > 1 && fanIn <= maxFanIn && fanOut <= maxFanOut
	return known && few && spec.StrideX == spec.StrideY && spec.PadX == spec.PadY &&
		spec.PadX < spec.Size && spec.Dilation == 1 && spec.Activation.Elementwise()
}

// taskWork is how many multiply-adds make a task worth having.
const taskWork = 1 << 17

// NewDepthwise prepares a convolution that CanDepthwise takes.
func NewDepthwise(set *Set, spec ConvSpec, weights, bias []float32) *Depthwise {
	d := &Depthwise{ConvSpec: spec, set: set, weights: weights, bias: bias, stride: spec.StrideX, pad: spec.PadX}
	d.act, d.post = tileActivation(spec.Activation)
	if d.rowSet = set; set.narrow != nil && d.OutWidth <= set.narrow.Lanes {
		set = set.narrow
		d.rowSet = set
	}
	d.kernels[0] = set.depthwise[depthwiseKey{d.Size, d.stride, set.RowBlock[d.Size]}]
	d.kernels[1] = set.depthwise[depthwiseKey{d.Size, d.stride, 1}]
	d.vectors = (d.OutWidth + set.Lanes - 1) / set.Lanes
	d.rows = max((d.OutHeight-1)*d.stride+d.Size, d.pad+d.Height)
	reach := d.vectors*set.Lanes + d.Size
	if d.stride == 1 {
		d.pitch = max(reach, d.pad+(d.Width+set.Lanes-1)/set.Lanes*set.Lanes)
	} else {
		pairs := (d.Width + 2*set.Lanes - 1) / (2 * set.Lanes)
		d.half = max(reach, (d.pad+1)/2+pairs*set.Lanes)
		d.pitch = 2 * d.half
	}
	perGroup := d.Filters / d.Groups * d.Channels / d.Groups * d.OutHeight * d.OutWidth * d.Size * d.Size
	d.groupBlock = min(max(taskWork/max(perGroup, 1), 1), max((d.Groups+3)/4, 1))
	return d
}

// Tasks is the number of independent parts of the work.
func (d *Depthwise) Tasks() int { return (d.Groups + d.groupBlock - 1) / d.groupBlock }

// Scratch is the number of values of a Worker's memory that Run needs.
func (d *Depthwise) Scratch() int { return d.rows*d.pitch + d.rowSet.Lanes }

// Run computes one task of one image. add is nil, or values of the output's extents to be
// added.
func (d *Depthwise) Run(task int, in, out, add []float32, w *Worker) {
	if w.padded != d {
		clear(w.buffer[:d.Scratch()])
		w.padded = d
	}
	fanIn, fanOut := d.Channels/d.Groups, d.Filters/d.Groups
	first := task * d.groupBlock
	for group := first; group < min(first+d.groupBlock, d.Groups); group++ {
		for i := range fanIn {
			d.load(w, in[(group*fanIn+i)*d.Height*d.Width:])
			for f := group * fanOut; f < (group+1)*fanOut; f++ {
				d.filter(w, f, i, out)
			}
		}
		for f := group * fanOut; f < (group+1)*fanOut; f++ {
			d.finish(w, f, out, add)
		}
	}
}

// load copies a plane into the middle of the padded one.
func (d *Depthwise) load(w *Worker, plane []float32) {
	p := &w.pad
	*p = Pad{Src: &plane[0], SrcStep: 4 * d.Width, DstStep: 4 * d.pitch, Rows: d.Height}
	top := d.pad * d.pitch
	if d.stride == 1 {
		p.Dst = &w.buffer[top+d.pad]
		p.Vectors = (d.Width + d.rowSet.Lanes - 1) / d.rowSet.Lanes
		p.Tail = d.Width - (p.Vectors-1)*d.rowSet.Lanes
		d.rowSet.copyRows[1](p)
		return
	}
	// Column x of the plane is column x+pad of the padded one: with an odd pad the first value
	// goes to the odd columns.
	even, odd := top+d.pad/2, top+d.half+d.pad/2
	if d.pad%2 == 1 {
		even, odd = odd, top+(d.pad+1)/2
	}
	p.Dst, p.Odd = &w.buffer[even], &w.buffer[odd]
	p.Vectors = (d.Width + 2*d.rowSet.Lanes - 1) / (2 * d.rowSet.Lanes)
	p.Tail = d.Width - (p.Vectors-1)*2*d.rowSet.Lanes
	d.rowSet.split(p)
}

// filter computes one output plane from the padded plane, which is that of the group's input
// channel i, or adds to what the channels before it gave.
func (d *Depthwise) filter(w *Worker, f, i int, out []float32) {
	plane := out[f*d.OutHeight*d.OutWidth : (f+1)*d.OutHeight*d.OutWidth]
	fanIn := d.Channels / d.Groups
	r := &w.rows
	*r = Rows{
		Weights: &d.weights[(f*fanIn+i)*d.Size*d.Size], SrcStep: 4 * d.pitch, DstStep: 4 * d.OutWidth, Odd: 4 * d.half,
		Vectors: d.vectors, Tail: d.OutWidth - (d.vectors-1)*d.rowSet.Lanes,
	}
	if i == 0 {
		r.Bias = &d.bias[f]
	}
	if i == fanIn-1 {
		r.Act = d.act
	}
	block := d.rowSet.RowBlock[d.Size]
	r.Src, r.Dst, r.Blocks = &w.buffer[0], &plane[0], d.OutHeight/block
	if r.Blocks > 0 {
		d.kernels[0](r)
	}
	if y := r.Blocks * block; y < d.OutHeight {
		r.Src, r.Dst, r.Blocks = &w.buffer[y*d.stride*d.pitch], &plane[y*d.OutWidth], d.OutHeight-y
		d.kernels[1](r)
	}
}

// finish applies what the kernels can't to an output plane.
func (d *Depthwise) finish(w *Worker, f int, out, add []float32) {
	if add != nil && !d.AddLast {
		panic("BUG: kernels: a depthwise convolution adds only after its activation")
	}
	n := d.OutHeight * d.OutWidth
	plane := out[f*n : (f+1)*n]
	d.set.Activate(w, d.post, plane, plane)
	if add != nil {
		d.set.Add(w, plane, plane, add[f*n:(f+1)*n])
	}
}
