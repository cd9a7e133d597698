package net

import (
	"math"

	"github.com/ghostdark/ghostdark/kernels"
)

// chainStep computes several convolutions by strips of lines. What only its own stages read
// goes through the worker's memory, where the newest lines are kept.
type chainStep struct {
	set     *kernels.Set
	stages  []stage
	buffers []stripBuffer
	lines   int // of the last stage's output, of a strip
	count   int // tasks
	memory  int
	name    string
}

// stripBuffer is a part of the worker's memory: the newest lines of one stage's output, or of
// the joint output of several.
type stripBuffer struct {
	root         value
	width, pitch int
	most         int // lines
	at           int // in the worker's memory
}

// stage is one convolution of a chain, or the scaling of channels before the first.
type stage struct {
	pointwise *kernels.Conv
	depthwise *kernels.Depthwise
	combine   *kernels.Combine
	parts     int   // of a combine: where its own memory begins
	factors   value // of a scaling, or nothing

	width, height, channels int // of the output

	from            value // what is read
	in, inOffset    int   // the buffer that holds it and the first channel there; none for memory
	inPitch, inLine int   // between its pixels, between its lines

	out          value // where the output is stored; nothing where only stages of the chain read it
	outPitch     int
	to, toOffset int // the buffer that the output goes to; none for memory at once
	pitch        int // between the pixels that are written
	readers      []int

	add       value // or nothing
	addPitch  int
	addOffset int   // channels of what is added before the stage's own
	storeAdd  place // added to what is stored, but not to what other stages read
	store     place
}

// stripValues is how much of a core's cache the lines that a chain keeps may take.
var stripValues = 1 << 16

func (p *plan) chainStep(u *unit, room *[]float32) step {
	c := &chainStep{set: p.set, name: p.kernel(u), count: max(min(p.threads, u.layer.Output.H), 1)}
	p.layBuffers(c, u)
	for i, s := range u.stages {
		c.stages = append(c.stages, p.stage(s, c, i == len(u.stages)-1, room))
	}
	for i := range c.stages {
		for k := range i {
			if p.overlap(c.stages[i].from, u.stages[k].unit.out) {
				c.stages[k].readers = append(c.stages[k].readers, i)
			}
		}
	}
	c.chooseLines()
	return c
}

// layBuffers gives a buffer to each root that the stages but the last write, unless all of them
// can write to memory at once.
func (p *plan) layBuffers(c *chainStep, u *unit) {
	stages := u.stages[:len(u.stages)-1]
	for _, s := range stages {
		root, _ := p.resolve(s.unit.out)
		if c.buffer(root) != none {
			continue
		}
		direct := true
		for _, other := range stages {
			if r, _ := p.resolve(other.unit.out); r == root {
				direct = direct && other.store && other.storeAdd == nothing &&
					(c.count == 1 || other.unit.layer.Output.C%kernels.Granule == 0 && p.writesOnce(other.unit))
			}
		}
		if !direct {
			width := 0
			for _, other := range stages {
				if r, offset := p.resolve(other.unit.out); r == root {
					width = max(width, kernels.RoundUp(offset+kernels.RoundUp(other.unit.layer.Output.C)))
				}
			}
			c.buffers = append(c.buffers, stripBuffer{root: root, width: s.unit.layer.Output.W, pitch: kernels.Spread(width, 1)})
		}
	}
}

// buffer is the number of a root's buffer, or none.
func (c *chainStep) buffer(root value) int {
	for i, b := range c.buffers {
		if b.root == root {
			return i
		}
	}
	return none
}

// stage prepares one stage of a chain that has those before it.
func (p *plan) stage(s *chainStage, c *chainStep, last bool, room *[]float32) stage {
	u, output := s.unit, s.unit.layer.Output
	st := stage{
		width: output.W, height: output.H, channels: output.C, from: u.from[0], in: none, to: none,
		factors: nothing, out: nothing, add: u.add, addOffset: s.addOffset, storeAdd: place{value: nothing},
	}
	if p.scales(u) {
		st.factors, st.from = u.from[0], u.from[1]
	}
	st.inPitch = p.pitch(st.from)
	if root, offset := p.resolve(st.from); c.buffer(root) != none && len(c.stages) > 0 {
		st.in, st.inOffset = c.buffer(root), offset
		st.inPitch = c.buffers[st.in].pitch
	}
	st.inLine = p.shape(st.from).W * st.inPitch
	if st.add != nothing {
		st.addPitch = p.pitch(st.add)
	}
	if last || s.store {
		st.out, st.outPitch, st.store = u.out, p.pitch(u.out), p.place(u.out)
	}
	st.pitch = st.outPitch
	if root, offset := p.resolve(u.out); !last && c.buffer(root) != none {
		st.to, st.toOffset = c.buffer(root), offset
		st.pitch = c.buffers[st.to].pitch
	}
	if s.storeAdd != nothing {
		st.storeAdd = p.place(s.storeAdd)
		st.storeAdd.channels = output.C
	}
	if st.factors != nothing {
		return st
	}
	conv := u.conv
	method, spec := p.convMethod(u)
	spec.InPitch, spec.OutPitch, spec.AddPitch, spec.Threads = st.inPitch, st.pitch, st.addPitch, 1
	weights, bias := fold(room, conv.Out.C, conv.Weights, conv.Biases, conv.Scales, conv.Mean, conv.Variance)
	switch method {
	case byDepthwise:
		st.depthwise = kernels.NewDepthwise(p.set, spec, weights, bias)
	case byCombine:
		st.combine = kernels.NewCombine(p.set, spec, weights, bias)
	default:
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
	if end <= first {
		return math.MaxInt, 0
	}
	var n int
	switch {
	case s.depthwise != nil:
		from, n = s.depthwise.Reads(first, end-first)
	case s.combine != nil:
		from, n = s.combine.Reads(first, end-first)
	default:
		return first, end
	}
	return from, from + n
}

// chooseLines makes strips as high as the cache allows, and lays out the worker's memory.
func (c *chainStep) chooseLines() {
	last := &c.stages[len(c.stages)-1]
	for c.lines = last.height; ; c.lines = (c.lines + 1) / 2 {
		for b := range c.buffers {
			c.buffers[b].most = 0
		}
		highest := make([]int, len(c.stages))
		for task := range c.count {
			c.walk(task, func(b int, r kept) {
				c.buffers[b].most = max(c.buffers[b].most, r.end-r.first)
			}, func(i, first, end int) { highest[i] = max(highest[i], end-first) })
		}
		c.memory = 0
		cached := 0
		for b := range c.buffers {
			buffer := &c.buffers[b]
			buffer.at = c.memory
			c.memory += buffer.most*buffer.width*buffer.pitch + kernels.Slack
		}
		for i := range c.stages {
			s := &c.stages[i]
			if s.combine != nil {
				s.parts = c.memory
				c.memory += s.combine.Parts(highest[i])
			}
			if s.to == none && i < len(c.stages)-1 {
				cached += highest[i] * s.width * s.pitch
			}
		}
		if cached+c.memory <= stripValues || c.lines <= 2 {
			return
		}
	}
}

// kept are the lines that a buffer holds in a strip, once it is computed. Before, it held lines
// before … had.
type kept struct{ before, had, first, end int }

// maxChain is room for the stages of a chain, and for their buffers.
const maxChain = maxStages

// walk goes through the strips of a task. In each it shifts the buffers and then computes the
// stages' new lines in turn.
func (c *chainStep) walk(task int, shift func(b int, r kept), compute func(i, first, end int)) {
	n := len(c.stages)
	last := &c.stages[n-1]
	begin, end := task*last.height/c.count, (task+1)*last.height/c.count
	var done, ends [maxChain]int // lines of each stage
	var held [maxChain]kept
	for i := n - 1; i >= 0; i-- {
		s := &c.stages[i]
		first := math.MaxInt
		if s.out != nothing {
			first = c.own(i, task)
		}
		for _, r := range s.readers {
			from, _ := c.stages[r].reads(done[r], done[r]+1)
			first = min(first, from)
		}
		done[i] = first
	}
	for b := range c.buffers {
		first := math.MaxInt
		for i := range n {
			if c.stages[i].to == b {
				first = min(first, done[i])
			}
		}
		held[b] = kept{first: first, end: first}
	}
	for line := begin; line < end; line += c.lines {
		stop := min(line+c.lines, end)
		for i := n - 1; i >= 0; i-- {
			s := &c.stages[i]
			ends[i] = done[i]
			if i == n-1 {
				ends[i] = stop
			} else if stop == end && s.out != nothing {
				ends[i] = max(ends[i], c.own(i, task+1))
			}
			for _, r := range s.readers {
				_, to := c.stages[r].reads(done[r], ends[r])
				ends[i] = max(ends[i], to)
			}
		}
		for b := range c.buffers {
			k := &held[b]
			k.before, k.had = k.first, k.end
			first := math.MaxInt
			for i := range n {
				s := &c.stages[i]
				if s.to == b {
					first = min(first, done[i])
					k.end = max(k.end, ends[i])
				}
				if s.in == b {
					from, _ := s.reads(done[i], max(ends[i], done[i]+1))
					first = min(first, from)
				}
			}
			k.first = max(k.first, first)
			shift(b, *k)
		}
		for i := range n {
			if done[i] < ends[i] {
				compute(i, done[i], ends[i])
				done[i] = ends[i]
			}
		}
	}
}

// own is the first line of a stage's output that a task stores.
func (c *chainStep) own(i, task int) int { return task * c.stages[i].height / c.count }

func (c *chainStep) tasks() int     { return c.count }
func (c *chainStep) scratch() int   { return c.memory }
func (c *chainStep) kernel() string { return c.name }

func (c *chainStep) run(task int, f *frame, w *kernels.Worker) {
	var firsts [maxChain]int // lines at which the buffers begin
	memory := w.Buffer()
	c.walk(task, func(b int, r kept) {
		buffer := &c.buffers[b]
		line := buffer.width * buffer.pitch
		if lines := memory[buffer.at:]; r.had > r.first {
			copy(lines, lines[(r.first-r.before)*line:(r.had-r.before)*line])
		}
		firsts[b] = r.first
	}, func(i, first, end int) {
		s := &c.stages[i]
		var in, out, add []float32
		from, to := s.reads(first, end)
		if s.in == none {
			in = f.views[s.from][from*s.inLine:]
		} else {
			in = memory[c.buffers[s.in].at+(from-firsts[s.in])*s.inLine+s.inOffset:]
		}
		if s.to == none {
			out = f.views[s.out][first*s.width*s.outPitch:]
		} else {
			out = memory[c.buffers[s.to].at+(first-firsts[s.to])*s.width*s.pitch+s.toOffset:]
		}
		if s.add != nothing {
			add = f.views[s.add][first*s.width*s.addPitch+s.addOffset:]
		}
		strip := kernels.Strip{Values: in, Step: s.inPitch, Pitch: s.inLine, Line: from, Lines: to - from}
		pixels := (end - first) * s.width
		switch {
		case s.factors != nothing:
			c.set.MulImages(w, kernels.Image{Data: out, Pixels: pixels, Channels: s.channels, Pitch: s.pitch},
				kernels.Image{Data: in, Pixels: pixels, Channels: s.channels, Pitch: s.inPitch}, kernels.Repeat(f.views[s.factors][:s.channels], pixels))
		case s.depthwise != nil:
			s.depthwise.Compute(first, end-first, strip, out, add, w)
		case s.combine != nil:
			s.combine.Compute(first, end-first, strip, memory[s.parts:], out, add, w)
		default:
			s.pointwise.Compute(pixels, in, out, add, w)
		}
		if s.to != none && s.out != nothing {
			c.store(i, task, first, end, out, f, w)
		}
	})
}

// store copies those of a stage's new lines that are the task's own to where others read them.
func (c *chainStep) store(i, task, first, end int, lines []float32, f *frame, w *kernels.Worker) {
	s := &c.stages[i]
	begin, stop := max(first, c.own(i, task)), min(end, c.own(i, task+1))
	if begin >= stop {
		return
	}
	at, pixels := begin*s.width, (stop-begin)*s.width
	from := kernels.Image{Data: lines[(begin-first)*s.width*s.pitch:], Pixels: pixels, Channels: s.channels, Pitch: s.pitch}
	to := f.image(s.store).From(at, pixels)
	if s.storeAdd.value == nothing {
		c.set.CopyImage(w, to, from)
		return
	}
	add := f.image(s.storeAdd).From(at, pixels)
	add.Data = add.Data[s.addOffset:]
	c.set.AddImages(w, to, from, add)
}
