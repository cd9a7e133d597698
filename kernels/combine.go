package kernels

// Combine is a convolution in which each output channel reads a few input channels of its own:
// Groups equals Filters, and Channels is a multiple of it. Each input channel is convolved by
// itself, and the results that belong to one output channel are added up.
type Combine struct {
	ConvSpec
	set      *Set
	channels *Depthwise // all input channels, each by itself
	sum      *Conv      // of the channels that belong together
	lines    int        // of output of a task
}

// maxCombine is how many input channels are added up; of more, a product of matrices is faster.
const maxCombine = 4

// CanCombine reports whether NewCombine takes the convolution.
func (s *Set) CanCombine(spec *ConvSpec) bool {
	each := each(*spec)
	return spec.Filters == spec.Groups && spec.Channels > spec.Groups && spec.Channels <= maxCombine*spec.Groups && s.CanDepthwise(&each)
}

// each is the convolution of all input channels by themselves. Its pixels lie without gaps.
func each(spec ConvSpec) ConvSpec {
	spec.Groups, spec.Filters = spec.Channels, spec.Channels
	spec.OutPitch = RoundUp(spec.Channels)
	spec.Activation = Linear
	return spec
}

// NewCombine prepares a convolution that CanCombine takes. Weights are
// [filter][channel of its group][row][column].
func NewCombine(set *Set, spec ConvSpec, weights, bias []float32) *Combine {
	c := &Combine{ConvSpec: spec, set: set}
	c.channels = NewDepthwise(set, each(spec), weights, make([]float32, spec.Channels))
	sum := spec
	sum.Height, sum.Width, sum.InPitch = spec.OutHeight, spec.OutWidth, c.channels.OutPitch
	sum.Groups, sum.Window = 1, Window{Size: 1, Dilation: 1, StrideX: 1, StrideY: 1}
	ones := make([]float32, spec.Filters*spec.Channels)
	for channel := range spec.Channels {
		ones[channel/(spec.Channels/spec.Groups)*spec.Channels+channel] = 1
	}
	c.sum = NewConv(set, sum, ones, bias)
	values := spec.OutWidth * c.channels.OutPitch // of a line
	c.lines = min(max(depthwiseValues/values, 1), spec.OutHeight)
	return c
}

// Tasks is the number of independent parts of the work.
func (c *Combine) Tasks() int { return (c.OutHeight + c.lines - 1) / c.lines }

// Scratch is the number of values of a Worker's memory that Run needs.
func (c *Combine) Scratch() int { return c.Parts(c.lines) }

// Run computes one task of one image. add is nil, or what is to be added.
func (c *Combine) Run(task int, in, out, add []float32, w *Worker) {
	first := task * c.lines
	lines := min(c.lines, c.OutHeight-first)
	s := Strip{Step: c.InPitch, Pitch: c.Width * c.InPitch}
	s.Line, s.Lines = c.Reads(first, lines)
	s.Values = in[s.Line*s.Pitch:]
	// The kernels read one vector of each pixel after the other, which the processor doesn't fetch
	// ahead. Reading all in a stream first brings it into the cache sooner.
	c.set.SumImage(w, w.lanes[:], Image{Data: s.Values, Pixels: s.Lines * s.Pitch / reduceWidth, Channels: reduceWidth, Pitch: reduceWidth})
	start := first * c.OutWidth
	if add != nil {
		add = add[start*c.AddPitch:]
	}
	c.Compute(first, lines, s, w.Buffer(), out[start*c.OutPitch:], add, w)
}

// Reads is as that of Depthwise.
func (c *Combine) Reads(line, lines int) (first, count int) { return c.channels.Reads(line, lines) }

// Parts is how many values of working memory Compute needs for so many lines.
func (c *Combine) Parts(lines int) int { return lines*c.OutWidth*c.channels.OutPitch + Slack }

// Compute is as that of Depthwise, with working memory of its own.
func (c *Combine) Compute(line, lines int, s Strip, parts, out, add []float32, w *Worker) {
	c.channels.Compute(line, lines, s, parts, nil, w)
	c.sum.Compute(lines*c.OutWidth, parts, out, add, w)
}
