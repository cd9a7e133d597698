package kernels

import "math"

// Depthwise is a convolution in which each output channel reads one input channel: Groups
// equals Channels, and Filters is Channels or a multiple of it. The window is 3, 5 or 7 wide
// and the stride 1 or 2.
//
// A task computes some lines of some output channels. As a rule the kernels read the input
// where it lies.
type Depthwise struct {
	ConvSpec
	set    *Set
	panels []channelPanel
	act    int        // what the kernels apply
	post   Activation // what they can't

	repeats     bool // the kernels find the input of several filters for each channel themselves
	copies      bool // tasks make a strip of the input, of one channel for each filter
	lines       int  // of output of a task
	blocks      int  // tasks that share the lines
	blockPanels int  // panels of a task
}

// channelPanel is a vector of output channels with what the kernels need for it.
type channelPanel struct {
	panel
	kernel  func(*Rows)
	source  int       // input channel at which its window begins
	order   []float32 // for each lane the place in the window, as uint32
	weights []float32 // tap after tap, a vector each
	bias    []float32
}

// CanDepthwise reports whether NewDepthwise takes the convolution.
func (s *Set) CanDepthwise(spec *ConvSpec) bool {
	_, known := s.depthwise[depthwiseKey{spec.Size, spec.StrideX, false}]
	return known && spec.Groups == spec.Channels && spec.StrideX == spec.StrideY && spec.PadX == spec.PadY &&
		spec.PadX < spec.Size && spec.Dilation == 1 && spec.Activation.Elementwise()
}

// Linewise reports whether Depthwise.Compute can be used: a depthwise convolution of which
// kernels read the input as it is.
func (s *Set) Linewise(spec *ConvSpec) bool {
	_, repeats := s.depthwise[depthwiseKey{spec.Size, spec.StrideX, true}]
	return s.CanDepthwise(spec) && (spec.Filters == spec.Channels || repeats)
}

const (
	taskWork        = 1 << 17 // multiply-adds that make a task worth having
	depthwiseBlock  = 32      // channels of a task
	depthwiseValues = 1 << 15 // of input that a task reads, to stay in the cache
)

// NewDepthwise prepares a convolution that CanDepthwise takes. Weights are
// [filter][row][column].
func NewDepthwise(set *Set, spec ConvSpec, weights, bias []float32) *Depthwise {
	d := &Depthwise{ConvSpec: spec, set: set}
	d.act, d.post = tileActivation(spec.Activation)
	if d.Filters != d.Channels {
		_, d.repeats = set.depthwise[depthwiseKey{spec.Size, spec.StrideX, true}]
	}
	d.copies = !d.repeats && (d.Filters != d.Channels || d.InPitch%crowded == 0)
	for _, p := range set.panels(d.Filters, 1) {
		d.panels = append(d.panels, d.pack(p, weights, bias))
	}
	d.divide()
	return d
}

// pack lays out what the kernels need for a panel.
func (d *Depthwise) pack(p panel, weights, bias []float32) channelPanel {
	taps, lanes := d.Size*d.Size, p.width()
	multiplier := d.Filters / d.Groups
	c := channelPanel{
		panel: p, kernel: p.set.depthwise[depthwiseKey{d.Size, d.StrideX, d.repeats}],
		source: p.first / multiplier, order: Aligned(lanes), weights: Aligned(taps * lanes), bias: Aligned(lanes),
	}
	for lane := range lanes {
		filter := p.first + lane
		c.order[lane] = math.Float32frombits(uint32(filter/multiplier - c.source))
		if filter < d.Filters {
			c.bias[lane] = bias[filter]
			for tap := range taps {
				c.weights[tap*lanes+lane] = weights[filter*taps+tap]
			}
		}
	}
	return c
}

// divide chooses what tasks compute.
func (d *Depthwise) divide() {
	// Parts of whole granules, so that none writes into the next.
	d.blocks = (len(d.panels)*d.set.Lanes + depthwiseBlock - 1) / depthwiseBlock
	d.blockPanels = (len(d.panels) + d.blocks - 1) / d.blocks
	granule := max(Granule/d.set.Lanes, 1) // panels of one
	d.blockPanels = (d.blockPanels + granule - 1) / granule * granule
	d.blocks = (len(d.panels) + d.blockPanels - 1) / d.blockPanels
	work := d.OutWidth * d.step() * d.Size * d.Size // of a line
	most := (depthwiseValues/(d.Width*d.step())-d.Size)/d.StrideY + 1
	d.lines, _ = even(d.OutHeight, min(max(most, (taskWork+work-1)/work), d.OutHeight))
}

// step is the number of values of a pixel of a task.
func (d *Depthwise) step() int { return d.blockPanels * d.set.Lanes }

// Tasks is the number of independent parts of the work.
func (d *Depthwise) Tasks() int { return d.blocks * ((d.OutHeight + d.lines - 1) / d.lines) }

// Scratch is the number of values of a Worker's memory that Run needs.
func (d *Depthwise) Scratch() int {
	if !d.copies {
		return 0
	}
	return ((d.lines-1)*d.StrideY + d.Size) * d.Width * d.step()
}

// Run computes one task of one image. add is nil, or what is to be added. Behind in, out and
// add there must be Slack readable values.
func (d *Depthwise) Run(task int, in, out, add []float32, w *Worker) {
	block, line := task%d.blocks, task/d.blocks*d.lines
	lines := min(d.lines, d.OutHeight-line)
	panels := d.panels[block*d.blockPanels : min((block+1)*d.blockPanels, len(d.panels))]
	s := Strip{Step: d.InPitch, Pitch: d.Width * d.InPitch}
	s.Line, s.Lines = d.Reads(line, lines)
	s.Values = in[s.Line*s.Pitch:]
	if d.copies {
		s = d.spread(s, panels, w)
	}
	at := line * d.OutWidth
	if add != nil {
		add = add[at*d.AddPitch:]
	}
	d.compute(line, lines, panels, s, out[at*d.OutPitch:], add, w)
}

// Strip is some lines of the input, from channel First on: value (y, x, c) lies at
// (y-Line)·Pitch + x·Step + c-First. Behind them there must be Slack readable values.
type Strip struct {
	Values      []float32
	Step, Pitch int // between pixels, between lines
	Line, Lines int
	First       int
}

// Reads says which lines of the input so many lines of the output read.
func (d *Depthwise) Reads(line, lines int) (first, count int) {
	begin := line*d.StrideY - d.PadY
	end := begin + (lines-1)*d.StrideY + d.Size
	first = max(begin, 0)
	return first, min(end, d.Height) - first
}

// Compute computes some lines of all channels of the output from a strip with all that they
// read, for convolutions that are Linewise. It is for whoever has another way than Run to come
// by the input. out and add are as in Run, but begin with the first of the lines.
func (d *Depthwise) Compute(line, lines int, s Strip, out, add []float32, w *Worker) {
	d.compute(line, lines, d.panels, s, out, add, w)
}

// spread makes the strip for some panels in the worker's buffer. In it each input channel is
// repeated for all output channels that read it.
func (d *Depthwise) spread(in Strip, panels []channelPanel, w *Worker) Strip {
	s := Strip{
		Values: w.buffer, Step: d.step(), Pitch: d.Width * d.step(), Line: in.Line, Lines: in.Lines, First: panels[0].first,
	}
	for i := range panels {
		p := &panels[i]
		w.rows = Rows{
			Src: reach(in.Values, p.source), SrcStep: 4 * in.Step, SrcLine: 4 * in.Pitch,
			Dst: &s.Values[p.first-s.First], DstStep: 4 * s.Step, DstLine: 4 * s.Pitch,
			Weights: &p.order[0], Columns: d.Width, Lines: s.Lines,
		}
		p.set.spread(&w.rows)
	}
	return s
}

// source is the channel of the input, or of its copy, at which a panel's values begin.
func (d *Depthwise) source(p *channelPanel) int {
	if d.repeats {
		return p.source
	}
	return p.first
}

// compute computes some lines of some panels. out and add begin with the first of them.
func (d *Depthwise) compute(line, lines int, panels []channelPanel, s Strip, out, add []float32, w *Worker) {
	act, post, last := d.act, d.post, []float32(nil)
	switch {
	case add != nil && !d.AddLast:
		act, post = TileLinear, d.Activation
	case post != Linear:
		add, last = nil, add
	}
	for i := range panels {
		p := &panels[i]
		r := &w.rows
		*r = Rows{
			Src: reach(s.Values, d.source(p)-s.First), SrcStep: 4 * s.Step, SrcLine: 4 * s.Pitch,
			Dst: reach(out, p.first), DstStep: 4 * d.OutPitch, DstLine: 4 * d.OutWidth * d.OutPitch,
			AddStep: 4 * d.AddPitch, AddLine: 4 * d.OutWidth * d.AddPitch,
			Weights: &p.weights[0], Bias: &p.bias[0], Act: act, Order: &p.order[0],
			Columns: d.OutWidth, Lines: lines, Width: d.Width, Height: s.Lines,
			Left: -d.PadX, Top: line*d.StrideY - d.PadY - s.Line,
		}
		if add != nil {
			r.Add = reach(add, p.first)
		}
		p.kernel(r)
	}
	if post == Linear {
		return
	}
	first, end := panels[0].first, &panels[len(panels)-1]
	channels, pixels := min(end.first+end.width(), d.Filters)-first, lines*d.OutWidth
	image := Image{Data: out[first:], Channels: channels, Pixels: pixels, Pitch: d.OutPitch}
	d.set.ActivateImage(w, post, image, image)
	if last != nil {
		d.set.AddImages(w, image, image, Image{Data: last[first:], Channels: channels, Pixels: pixels, Pitch: d.AddPitch})
	}
}
