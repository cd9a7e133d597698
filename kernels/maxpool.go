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
	passes []pass // along a line, none if all taps are taken at once
	right  int    // columns behind the image that windows reach
	panel  int    // channels that are computed together
	lines  int    // of the output, of a task
}

// pass takes the maximum of some values that are step apart.
type pass struct{ taps, step int }

// poolPanel is how many channels the passes compute together, so that a line of them stays in
// the nearest cache.
const poolPanel = 64

// NewMaxPool prepares a pooling.
func NewMaxPool(set *Set, spec PoolSpec) *MaxPool {
	p := &MaxPool{PoolSpec: spec, set: set, panel: RoundUp(spec.Channels)}
	p.right = max((p.OutWidth-1)*p.StrideX-p.Pad+p.Size-p.Width, 0)
	work := p.Size * p.Size
	if separate := (p.StrideX + 1) * (p.Size + 1); separate < work {
		p.passes, _ = passes(p.Size)
		p.panel = min(p.panel, poolPanel)
		work = separate
	}
	p.lines = min(max(taskWork/max(p.OutWidth*p.Channels*work, 1), 1), max(p.OutHeight/(2*max(p.Threads, 1)), 1))
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

// Tasks is the number of independent parts of the work.
func (p *MaxPool) Tasks() int { return (p.OutHeight + p.lines - 1) / p.lines }

// Scratch is the number of values of a Worker's memory that Run needs.
func (p *MaxPool) Scratch() int {
	if p.passes == nil {
		return 0
	}
	return 2 * p.lineWidth() * p.panel
}

// lineWidth is the width of a line with all columns that windows reach.
func (p *MaxPool) lineWidth() int { return p.Pad + p.Width + p.right }

// Run computes one task of one image. in and out begin with the first channel of the first
// pixel.
func (p *MaxPool) Run(task int, in, out []float32, w *Worker) {
	first, end := task*p.lines, min((task+1)*p.lines, p.OutHeight)
	for c := 0; c < p.Channels; c += p.panel {
		t := &w.taps
		*t = Taps{DstStep: 4 * p.OutPitch, SrcStep: 4 * p.StrideX * p.InPitch, Column: 4 * p.InPitch, Line: 4 * p.Width * p.InPitch, Length: min(p.panel, p.Channels-c)}
		if p.passes != nil {
			p.surround(w)
		}
		for y := first; y < end; y++ {
			top := y*p.StrideY - p.Pad
			bottom := min(top+p.Size, p.Height)
			top = max(top, 0)
			dst := out[y*p.OutWidth*p.OutPitch+c:]
			switch {
			case top >= bottom:
				p.fill(dst, 0, p.OutWidth, t.Length)
			case p.passes == nil:
				t.Height = bottom - top
				p.direct(t, in[top*p.Width*p.InPitch+c:], dst)
			default:
				p.separately(w, in[top*p.Width*p.InPitch+c:], bottom-top, dst)
			}
		}
	}
}

// direct computes a line of the output from the lines of src that are inside the image.
func (p *MaxPool) direct(t *Taps, src, dst []float32) {
	// From inner to end the windows lie inside the image.
	inner := min((p.Pad+p.StrideX-1)/p.StrideX, p.OutWidth)
	end := max(min((p.Width+p.Pad-p.Size)/p.StrideX+1, p.OutWidth), inner)
	if p.Width+p.Pad < p.Size {
		end = inner
	}
	border := func(x int) {
		left := x*p.StrideX - p.Pad
		right := min(left+p.Size, p.Width)
		left = max(left, 0)
		if left >= right {
			p.fill(dst, x, x+1, t.Length)
			return
		}
		t.Width = right - left
		p.set.pool(t, dst[x*p.OutPitch:], src[left*p.InPitch:], 1)
	}
	for x := range inner {
		border(x)
	}
	if t.Width = p.Size; inner < end {
		p.set.pool(t, dst[inner*p.OutPitch:], src[(inner*p.StrideX-p.Pad)*p.InPitch:], end-inner)
	}
	for x := end; x < p.OutWidth; x++ {
		border(x)
	}
}

// surround puts the least number into the columns of the first line of working memory that lie
// outside the image.
func (p *MaxPool) surround(w *Worker) {
	lowest(w.Buffer()[:p.Pad*p.panel])
	lowest(w.Buffer()[(p.Pad+p.Width)*p.panel : p.lineWidth()*p.panel])
}

// separately computes a line of the output from some lines of src, first down the columns and
// then in passes along the line.
func (p *MaxPool) separately(w *Worker, src []float32, height int, dst []float32) {
	line, next := w.buffer, w.buffer[p.lineWidth()*p.panel:]
	t := &w.taps
	t.SrcStep, t.DstStep = 4*p.InPitch, 4*p.panel
	t.Height, t.Width = height, 1
	p.set.pool(t, line[p.Pad*p.panel:], src, p.Width)
	t.Height, t.SrcStep = 1, 4*p.panel
	column := t.Column
	width := p.lineWidth()
	for i, pass := range p.passes {
		t.Width, t.Column = pass.taps, 4*pass.step*p.panel
		width -= (pass.taps - 1) * pass.step
		if i == len(p.passes)-1 {
			t.SrcStep, t.DstStep = 4*p.StrideX*p.panel, 4*p.OutPitch
			p.set.pool(t, dst, line, p.OutWidth)
			break
		}
		p.set.pool(t, next, line, width)
		line = next
	}
	t.Column = column
}

// fill sets some pixels of the output whose windows hold nothing.
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
