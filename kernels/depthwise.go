package kernels

import "math"

// Depthwise is a convolution in which each output channel reads one input channel: Groups
// equals Channels, and Filters is Channels or a multiple of it. The window is 3, 5 or 7 wide
// and the stride 1 or 2.
//
// A task computes some lines of some output channels. Where there are as many output channels
// as input channels, the kernels read the input where it lies.
type Depthwise struct {
	ConvSpec
	set    *Set
	kernel depthwiseKey
	panels []channelPanel
	act    int        // what the kernels apply
	post   Activation // what they can't

	lines       int // of output of a task
	blocks      int // tasks that share the lines
	blockPanels int // panels of a task
}

// channelPanel is a vector of output channels with what the kernels need for it.
type channelPanel struct {
	panel
	source  int       // input channel at which its window begins
	order   []float32 // for each lane the place in the window, as uint32
	weights []float32 // tap after tap, a vector each
	bias    []float32
}

// CanDepthwise reports whether NewDepthwise takes the convolution.
func (s *Set) CanDepthwise(spec *ConvSpec) bool {
	_, known := s.depthwise[depthwiseKey{spec.Size, spec.StrideX}]
	return known && spec.Groups == spec.Channels && spec.StrideX == spec.StrideY && spec.PadX == spec.PadY &&
		spec.PadX < spec.Size && spec.Dilation == 1 && spec.Activation.Elementwise()
}

const taskWork = 1 << 17

var (
	TaskWork    = 1 << 17 // multiply-adds that make a task worth having
	StripValues = 1 << 15 // of a strip, to stay in the cache
	BlockWidth  = 32      // channels of a task
)

// NewDepthwise prepares a convolution that CanDepthwise takes. Weights are
// [filter][row][column].
func NewDepthwise(set *Set, spec ConvSpec, weights, bias []float32) *Depthwise {
	d := &Depthwise{ConvSpec: spec, set: set, kernel: depthwiseKey{spec.Size, spec.StrideX}}
	d.act, d.post = tileActivation(spec.Activation)
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
	c := channelPanel{p, p.first / multiplier, Aligned(lanes), Aligned(taps * lanes), Aligned(lanes)}
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
	d.blockPanels = min(max(BlockWidth/d.set.Lanes, 1), len(d.panels))
	d.blocks = (len(d.panels) + d.blockPanels - 1) / d.blockPanels
	// Equal blocks, so that the last is not a stub.
	d.blockPanels = (len(d.panels) + d.blocks - 1) / d.blocks
	work := d.OutWidth * d.step() * d.Size * d.Size // of a line
	most := max((StripValues/(d.Width*d.step())-d.Size)/d.StrideY+1, 1)
	least := (TaskWork + work - 1) / work
	d.lines = min(max(most, least), d.OutHeight)
	parts := (d.OutHeight + d.lines - 1) / d.lines
	d.lines = (d.OutHeight + parts - 1) / parts
}

// step is the number of values of a pixel of a task.
func (d *Depthwise) step() int { return d.blockPanels * d.set.Lanes }

// multiplier is the number of output channels for each input channel.
func (d *Depthwise) multiplier() int { return d.Filters / d.Groups }

// Tasks is the number of independent parts of the work.
func (d *Depthwise) Tasks() int { return d.blocks * ((d.OutHeight + d.lines - 1) / d.lines) }

// Scratch is the number of values of a Worker's memory that Run needs.
func (d *Depthwise) Scratch() int {
	if d.multiplier() == 1 {
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
	if d.multiplier() == 1 {
		s.Values = in[s.Line*s.Pitch:]
	} else {
		w.padded = nil
		s = d.spread(s, panels, in, w)
	}
	d.compute(line, lines, panels, s, out, add, w)
}

// Strip is some lines of the values that output channels read: what output channel c reads at
// (y, x) lies at (y-Line)·Pitch + x·Step + c-First of Values.
type Strip struct {
	Values      []float32
	Step, Pitch int
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

// Compute computes some lines of the output, which read those of the strip. out and add are as
// in Run.
func (d *Depthwise) Compute(line, lines int, s Strip, out, add []float32, w *Worker) {
	d.compute(line, lines, d.panels, s, out, add, w)
}

// spread makes the strip for some panels, in which each input channel is repeated for all
// output channels that read it.
func (d *Depthwise) spread(from Strip, panels []channelPanel, in []float32, w *Worker) Strip {
	s := Strip{Values: w.buffer, Step: d.step(), Pitch: d.Width * d.step(), Line: from.Line, Lines: from.Lines, First: panels[0].first}
	r := &w.rows
	*r = Rows{
		SrcStep: 4 * from.Step, SrcLine: 4 * from.Pitch, DstStep: 4 * s.Step, DstLine: 4 * s.Pitch,
		Columns: d.Width, Lines: s.Lines,
	}
	for i := range panels {
		p := &panels[i]
		r.Src, r.Dst, r.Weights = &in[s.Line*from.Pitch+p.source], &s.Values[p.first-s.First], &p.order[0]
		p.set.spread(r)
	}
	return s
}

// compute computes some lines of some panels.
func (d *Depthwise) compute(line, lines int, panels []channelPanel, s Strip, out, add []float32, w *Worker) {
	act, post, last := d.act, d.post, []float32(nil)
	switch {
	case add != nil && !d.AddLast:
		act, post = TileLinear, d.Activation
	case post != Linear:
		add, last = nil, add
	}
	r := &w.rows
	at, addAt := line*d.OutWidth*d.OutPitch, line*d.OutWidth*d.AddPitch
	for i := range panels {
		p := &panels[i]
		*r = Rows{
			Src: &s.Values[p.first-s.First], SrcStep: 4 * s.Step, SrcLine: 4 * s.Pitch,
			Dst: &out[at+p.first], DstStep: 4 * d.OutPitch, DstLine: 4 * d.OutWidth * d.OutPitch,
			AddStep: 4 * d.AddPitch, AddLine: 4 * d.OutWidth * d.AddPitch,
			Weights: &p.weights[0], Bias: &p.bias[0], Act: act,
			Columns: d.OutWidth, Lines: lines, Width: d.Width, Height: s.Lines,
			Left: -d.PadX, Top: line*d.StrideY - d.PadY - s.Line,
		}
		if add != nil {
			r.Add = &add[addAt+p.first]
		}
		p.set.depthwise[d.kernel](r)
	}
	first, tail := panels[0].first, &panels[len(panels)-1]
	n := min(tail.first+tail.width(), d.Filters) - first
	if post == Linear {
		return
	}
	for i := range lines * d.OutWidth {
		pixel := out[at+i*d.OutPitch+first:][:n]
		d.set.Activate(w, post, pixel, pixel)
		if last != nil {
			d.set.Add(w, pixel, pixel, last[addAt+i*d.AddPitch+first:][:n])
		}
	}
}
