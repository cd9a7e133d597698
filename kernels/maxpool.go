package kernels

import "math"

// Taps is one call of a kernel over windows: Pixels results, each of Length values, which are
// the maxima over Height lines of Width pixels, or -math.MaxFloat32 if that is larger. Steps
// are in bytes. Behind each result the values up to the next multiple of Granule may be
// overwritten.
type Taps struct {
	Dst     *float32
	Src     *float32 // first tap of the first result
	DstStep int      // between results
	SrcStep int      // between their windows
	Column  int      // between the columns of a window
	Line    int      // between its lines
	Width   int
	Height  int
	Pixels  int
	Length  int
}

// PoolSpec describes a pooling of one image in the pixels layout. The window of output (y, x)
// begins at line y·StrideY - Pad and column x·StrideX - Pad; what lies outside the image is
// left out.
type PoolSpec struct {
	Channels            int
	Height, Width       int
	OutHeight, OutWidth int
	Size                int
	StrideX, StrideY    int
	Pad                 int
	InPitch, OutPitch   int // values from pixel to pixel
	// Threads is for how many threads the work is to be divided.
	Threads int
}

// MaxPool takes the maximum of each channel over windows. NaN are left out, and windows
// without any number give -math.MaxFloat32, as in darknet.
//
// Pools of stride 1 with Pad = (Size-1)/2 may be chained: one of size n of the output of one of
// size m gives the same as one of size n+m-1 of the first one's input.
type MaxPool struct {
	PoolSpec
	set    *Set
	direct bool   // all taps are taken at once
	passes []pass // along a line otherwise
	right  int    // columns behind the image that windows reach
	panel  int    // channels of a task
	panels int
	lines  int // of the output, of a task
}

// pass takes the maximum of some values that are step apart.
type pass struct{ taps, step int }

// poolPanel is how many channels are computed together where lines and columns are taken
// separately, so that as many lines as windows have stay in the nearest cache.
const poolPanel = 64

// poolStrip is how many values of lines a task keeps at most, if that is enough of them.
const poolStrip = 1 << 16

// NewMaxPool prepares a pooling.
func NewMaxPool(set *Set, spec PoolSpec) *MaxPool {
	p := &MaxPool{PoolSpec: spec, set: set, panel: RoundUp(spec.Channels)}
	p.right = max((p.OutWidth-1)*p.StrideX-p.Pad+p.Size-p.Width, 0)
	work := (p.StrideY + 1) * (p.Size + 1)
	if p.direct = p.Size*p.Size <= work; p.direct {
		work = p.Size * p.Size
	} else {
		p.passes, _ = passes(p.Size)
		p.panel = min(p.panel, poolPanel)
	}
	p.panels = (p.Channels + p.panel - 1) / p.panel
	tasks := min(4*max(p.Threads, 1), p.OutHeight*p.OutWidth*p.Channels*work/taskWork+1)
	p.lines = max(p.OutHeight*p.panels/tasks, 1)
	if !p.direct {
		p.lines = max(min(p.lines, poolStrip/max(p.stripLine(), 1)), 2*p.Size) // each task computes Size-1 lines more
	}
	p.lines = max(min(p.lines, p.OutHeight), 1)
	return p
}

// passes divides windows of a size into passes, of which each makes every value stand for more
// of the first one's, with as few loads and stores as can be.
func passes(size int) (list []pass, cost int) {
	if size == 1 {
		return nil, 0
	}
	cost = math.MaxInt
	for taps := 2; taps <= min(size, 6); taps++ {
		step := size / taps
		before, n := passes(size - (taps-1)*step)
		if n += taps + 1; n < cost {
			list, cost = append(before, pass{taps, step}), n
		}
	}
	return list, cost
}

// blocks is how many runs of lines the output is divided into.
func (p *MaxPool) blocks() int { return (p.OutHeight + p.lines - 1) / p.lines }

// Tasks is the number of independent parts of the work.
func (p *MaxPool) Tasks() int { return p.blocks() * p.panels }

// Scratch is the number of values of a Worker's memory that Run needs.
func (p *MaxPool) Scratch() int {
	if p.direct {
		return 0
	}
	return p.stripLines()*p.stripLine() + 2*p.paddedWidth()*p.panel
}

// stripLines is how many lines of the input a task needs at most.
func (p *MaxPool) stripLines() int { return (p.lines-1)*p.StrideY + p.Size }

// stripLine is the number of values of a line, after the maximum along it.
func (p *MaxPool) stripLine() int { return p.OutWidth * p.panel }

// paddedWidth is the width of a line with all columns that windows reach.
func (p *MaxPool) paddedWidth() int { return p.Pad + p.Width + p.right }

// Run computes one task of one image. in and out begin with the first channel of the first
// pixel.
func (p *MaxPool) Run(task int, in, out []float32, w *Worker) {
	first, c := task%p.blocks()*p.lines, task/p.blocks()*p.panel
	end := min(first+p.lines, p.OutHeight)
	in, out = in[c:], out[c:]
	channels := min(p.panel, p.Channels-c)
	strip := w.Buffer()
	start := max(first*p.StrideY-p.Pad, 0) // the line of the input that the strip begins with
	ready := start
	for y := first; y < end; y++ {
		top := y*p.StrideY - p.Pad
		bottom := min(top+p.Size, p.Height)
		top = max(top, 0)
		dst := out[y*p.OutWidth*p.OutPitch:]
		switch {
		case top >= bottom:
			p.fill(dst, 0, p.OutWidth, channels)
		case p.direct:
			p.along(&w.taps, in[top*p.Width*p.InPitch:], dst, channels, bottom-top, p.OutPitch)
		default:
			for ; ready < bottom; ready++ {
				p.line(w, in[ready*p.Width*p.InPitch:], strip[(ready-start)*p.stripLine():], channels)
			}
			w.taps = Taps{
				SrcStep: 4 * p.panel, DstStep: 4 * p.OutPitch, Column: 4 * p.stripLine(),
				Width: bottom - top, Height: 1, Length: channels,
			}
			p.set.pool(&w.taps, dst, strip[(top-start)*p.stripLine():], p.OutWidth)
		}
	}
}

// along takes the maximum over some lines of src, and along them over the columns of each
// window that lie inside the image. pitch is that of dst.
func (p *MaxPool) along(t *Taps, src, dst []float32, channels, height, pitch int) {
	*t = Taps{
		SrcStep: 4 * p.StrideX * p.InPitch, DstStep: 4 * pitch, Column: 4 * p.InPitch, Line: 4 * p.Width * p.InPitch,
		Height: height, Length: channels,
	}
	// From inner to end the windows lie inside the image.
	inner := min((p.Pad+p.StrideX-1)/p.StrideX, p.OutWidth)
	end := inner
	if room := p.Width + p.Pad - p.Size; room >= 0 {
		end = max(min(room/p.StrideX+1, p.OutWidth), inner)
	}
	border := func(x int) {
		left := x*p.StrideX - p.Pad
		right := min(left+p.Size, p.Width)
		left = max(left, 0)
		if left >= right {
			p.fill(dst[x*pitch:], 0, 1, channels)
			return
		}
		t.Width = right - left
		p.set.pool(t, dst[x*pitch:], src[left*p.InPitch:], 1)
	}
	for x := range inner {
		border(x)
	}
	if t.Width = p.Size; inner < end {
		p.set.pool(t, dst[inner*pitch:], src[(inner*p.StrideX-p.Pad)*p.InPitch:], end-inner)
	}
	for x := end; x < p.OutWidth; x++ {
		border(x)
	}
}

// line takes the maximum along a line of src.
func (p *MaxPool) line(w *Worker, src, dst []float32, channels int) {
	if len(p.passes) == 1 {
		p.along(&w.taps, src, dst, channels, 1, p.panel)
		return
	}
	padded := w.buffer[p.stripLines()*p.stripLine():][:2*p.paddedWidth()*p.panel]
	next := padded[p.paddedWidth()*p.panel:]
	lowest(padded[:p.Pad*p.panel])
	lowest(padded[(p.Pad+p.Width)*p.panel : p.paddedWidth()*p.panel])
	p.set.CopyImage(w, Image{padded[p.Pad*p.panel:], p.Width, channels, p.panel}, Image{src, p.Width, channels, p.InPitch})
	width := p.paddedWidth()
	t := &w.taps
	*t = Taps{SrcStep: 4 * p.panel, DstStep: 4 * p.panel, Height: 1, Length: channels}
	for i, pass := range p.passes {
		t.Width, t.Column = pass.taps, 4*pass.step*p.panel
		width -= (pass.taps - 1) * pass.step
		if i == len(p.passes)-1 {
			t.SrcStep = 4 * p.StrideX * p.panel
			p.set.pool(t, dst, padded, p.OutWidth)
			break
		}
		p.set.pool(t, next, padded, width)
		padded = next
	}
}

// fill sets some pixels of a line of the output whose windows hold nothing.
func (p *MaxPool) fill(dst []float32, first, end, channels int) {
	for x := first; x < end; x++ {
		lowest(dst[x*p.OutPitch:][:channels])
	}
}

func lowest(values []float32) {
	for i := range values {
		values[i] = -math.MaxFloat32
	}
}

// pool calls the kernel over windows, for so many of them that each call has bounded work.
func (s *Set) pool(t *Taps, dst, src []float32, pixels int) {
	most := max(8*spanWork/(t.Width*t.Height*RoundUp(t.Length)), 1)
	for x := 0; x < pixels; x += most {
		t.Pixels = min(most, pixels-x)
		t.Dst, t.Src = &dst[x*t.DstStep/4], &src[x*t.SrcStep/4]
		s.maxTaps(t)
	}
}
