package net

import "github.com/ghostdark/ghostdark/kernels"

// chainStep computes several convolutions by strips of lines. Each stage but the last keeps
// its newest lines in the worker's memory, where the next stage reads them.
type chainStep struct {
	set    *kernels.Set
	from   value
	stages []stage
	lines  int // of the last stage's output, of a strip
	count  int // tasks
	name   string
	memory int
}

// stage is one convolution of a chain, or the scaling of channels before the first.
type stage struct {
	pointwise *kernels.Conv
	depthwise *kernels.Depthwise
	factors   value // of a scaling, or nothing
	channels  int   // of the output

	width, height int // of its output
	inPitch       int // between the pixels that it reads
	inLine        int // between their lines
	pitch         int // between its pixels in the worker's memory
	outPitch      int // between them where they are stored
	addPitch      int
	most          int // lines that it keeps
	at            int // where they begin in the worker's memory

	// direct is set where lines go to the output's memory at once, and the next stage reads them
	// there. Where tasks meet, several compute the same lines, so those must be written only once
	// each, and nothing beside them.
	direct    bool
	out, add  value // nothing where it is not stored, or nothing added
	addOffset int
	store     place // of the output, for stages but the last
	storeAdd  place
}

// stripValues is how much of a core's cache the lines that a chain keeps may take.
var stripValues = 1 << 16

func (p *plan) chainStep(u *unit, room *[]float32) step {
	c := &chainStep{set: p.set, name: p.kernel(u), count: p.chainTasks(u)}
	for i, s := range u.stages {
		c.stages = append(c.stages, p.stage(s, c, i == len(u.stages)-1, room))
	}
	c.chooseLines()
	return c
}

// chainTasks is how many tasks a chain is divided into.
func (p *plan) chainTasks(u *unit) int { return max(min(p.threads, u.layer.Output.H), 1) }

// stage prepares one convolution of a chain that has those before it.
func (p *plan) stage(s *chainStage, c *chainStep, last bool, room *[]float32) stage {
	u, output := s.unit, s.unit.layer.Output
	st := stage{
		width: output.W, height: output.H, channels: output.C,
		factors: nothing, out: nothing, add: u.add, addOffset: s.addOffset, storeAdd: place{value: nothing},
	}
	in := u.from[0]
	if p.scales(u) {
		st.factors, in = u.from[0], u.from[1]
	}
	if st.inPitch = p.pitch(in); len(c.stages) > 0 {
		st.inPitch = c.stages[len(c.stages)-1].pitch
	} else {
		c.from = in
	}
	st.inLine = p.shape(in).W * st.inPitch
	if st.add != nothing {
		st.addPitch = p.pitch(st.add)
	}
	st.outPitch, st.pitch = p.pitch(u.out), p.pitch(u.out)
	if last {
		st.out = u.out
	} else {
		st.direct = s.store && s.storeAdd == nothing && (c.count == 1 || output.C%kernels.Granule == 0 && p.writesOnce(u))
		if !st.direct {
			st.pitch = kernels.Spread(kernels.RoundUp(output.C), 1)
		}
		if s.store {
			st.out, st.store = u.out, p.place(u.out)
		}
		if s.storeAdd != nothing && s.store {
			st.storeAdd = p.place(s.storeAdd)
			st.storeAdd.channels = output.C
		}
	}
	if st.factors != nothing {
		return st
	}
	conv := u.conv
	method, spec := p.convMethod(u)
	spec.InPitch, spec.OutPitch, spec.AddPitch, spec.Threads = st.inPitch, st.pitch, st.addPitch, 1
	weights, bias := fold(room, conv.Out.C, conv.Weights, conv.Biases, conv.Scales, conv.Mean, conv.Variance)
	if method == byDepthwise {
		st.depthwise = kernels.NewDepthwise(p.set, spec, weights, bias)
	} else {
		st.pointwise = kernels.NewConv(p.set, spec, weights, bias)
	}
	return st
}

// writesOnce reports whether a stage writes each value only when it is final.
func (p *plan) writesOnce(u *unit) bool {
	if p.scales(u) {
		return true
	}
	_, spec := p.convMethod(u)
	return spec.WritesOnce()
}

// reads gives the lines of its input that some lines of a stage see.
func (s *stage) reads(first, end int) (from, to int) {
	if s.depthwise == nil || end <= first {
		return first, end
	}
	from, n := s.depthwise.Reads(first, end-first)
	return from, from + n
}

// chooseLines makes strips as high as the cache allows, and lays out the worker's memory.
func (c *chainStep) chooseLines() {
	last := &c.stages[len(c.stages)-1]
	for c.lines = last.height; ; c.lines = (c.lines + 1) / 2 {
		c.memory = 0
		cached := 0
		for i := range c.stages[:len(c.stages)-1] {
			c.stages[i].most = 0
		}
		for task := range c.count {
			c.walk(task, func(i int, r strip) {
				c.stages[i].most = max(c.stages[i].most, r.end-r.first)
			})
		}
		for i := range c.stages[:len(c.stages)-1] {
			s := &c.stages[i]
			room := s.most*s.width*s.pitch + kernels.Slack
			cached += room
			if !s.direct {
				s.at = c.memory
				c.memory += room
			}
		}
		if cached <= stripValues || c.lines <= 2 {
			return
		}
	}
}

// strip is what a strip does to a stage: it keeps lines first … end of what it has computed, of
// which those from fresh on are new. Before, it kept them from line before on.
type strip struct{ before, first, fresh, end int }

// maxChain is room for the stages of a chain.
const maxChain = maxStages

// walk goes through the strips of a task, stage by stage.
func (c *chainStep) walk(task int, visit func(i int, r strip)) {
	n := len(c.stages)
	last := &c.stages[n-1]
	begin, end := task*last.height/c.count, (task+1)*last.height/c.count
	var kept [maxChain]strip
	for i, first := n-1, begin; i >= 0; i-- {
		if c.stages[i].out != nothing {
			first = min(first, c.own(i, task))
		}
		kept[i] = strip{first, first, first, first}
		first, _ = c.stages[i].reads(first, first+1)
	}
	for line := begin; line < end; line += c.lines {
		stop := min(line+c.lines, end)
		var ends [maxChain]int
		for i, to := n-1, stop; i >= 0; i-- {
			if stop == end && c.stages[i].out != nothing {
				to = max(to, c.own(i, task+1))
			}
			ends[i] = to
			_, to = c.stages[i].reads(kept[i].end, to)
		}
		for i := range n {
			k := &kept[i]
			k.before, k.fresh = k.first, k.end
			if i < n-1 {
				from, _ := c.stages[i+1].reads(kept[i+1].end, kept[i+1].end+1)
				k.first = min(max(k.first, from), k.end)
			} else {
				k.first = k.end
			}
			k.end = max(ends[i], k.end)
			visit(i, *k)
		}
	}
}

// own is the first line of a stage's output that a task stores.
func (c *chainStep) own(i, task int) int { return task * c.stages[i].height / c.count }

func (c *chainStep) tasks() int   { return c.count }
func (c *chainStep) scratch() int { return c.memory }

func (c *chainStep) kernel() string { return c.name }

func (c *chainStep) run(task int, f *frame, w *kernels.Worker) {
	var firsts [maxChain]int // lines at which the stages' memory begins
	c.walk(task, func(i int, r strip) {
		s := &c.stages[i]
		firsts[i] = r.first
		memory, line := w.Buffer()[s.at:], s.width*s.pitch
		inPlace := s.direct || i == len(c.stages)-1
		if !inPlace {
			copy(memory, memory[(r.first-r.before)*line:(r.fresh-r.before)*line])
		}
		if r.fresh == r.end {
			return
		}
		var out []float32
		if inPlace {
			out = f.views[s.out][r.fresh*s.width*s.outPitch:]
		} else {
			out = memory[(r.fresh-r.first)*line:]
		}
		var add []float32
		if s.add != nothing {
			add = f.views[s.add][r.fresh*s.width*s.addPitch+s.addOffset:]
		}
		from, to := s.reads(r.fresh, r.end)
		in, begin := f.views[c.from], 0
		if i > 0 {
			if before := &c.stages[i-1]; before.direct {
				in = f.views[before.out]
			} else {
				in, begin = w.Buffer()[before.at:], firsts[i-1]
			}
		}
		in = in[(from-begin)*s.inLine:]
		switch {
		case s.factors != nothing:
			n := (r.end - r.fresh) * s.width
			c.set.MulImages(w, kernels.Image{Data: out, Pixels: n, Channels: s.channels, Pitch: s.pitch},
				kernels.Image{Data: in, Pixels: n, Channels: s.channels, Pitch: s.inPitch}, kernels.Repeat(f.views[s.factors][:s.channels], n))
		case s.depthwise == nil:
			s.pointwise.Compute((r.end-r.fresh)*s.width, in, out, add, w)
		default:
			s.depthwise.Compute(r.fresh, r.end-r.fresh, kernels.Strip{
				Values: in, Step: s.inPitch, Pitch: s.inLine, Line: from, Lines: to - from,
			}, out, add, w)
		}
		if i < len(c.stages)-1 && s.out != nothing && !s.direct {
			c.store(i, task, r, memory, f, w)
		}
	})
}

// store copies those of a stage's new lines that are the task's own to where others read them.
func (c *chainStep) store(i, task int, r strip, memory []float32, f *frame, w *kernels.Worker) {
	s := &c.stages[i]
	first, end := max(r.fresh, c.own(i, task)), min(r.end, c.own(i, task+1))
	if first >= end {
		return
	}
	at, pixels := first*s.width, (end-first)*s.width
	from := kernels.Image{Data: memory[(first-r.first)*s.width*s.pitch:], Pixels: pixels, Channels: s.store.channels, Pitch: s.pitch}
	to := f.image(s.store).From(at, pixels)
	if s.storeAdd.value == nothing {
		c.set.CopyImage(w, to, from)
	} else {
		add := f.image(s.storeAdd).From(at, pixels)
		add.Data = add.Data[s.addOffset:]
		c.set.AddImages(w, to, from, add)
	}
}
