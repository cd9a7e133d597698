package kernels

// Conv is a convolution as products of matrices: the values that the windows of some pixels
// see, and packed weights. A window's values are read from the input where they lie, or from
// a strip of it with zeros around; in both they are a few uninterrupted runs, so the matrix
// never has to be made.
type Conv struct {
	ConvSpec
	set     *Set
	panels  []panel   // of a group's filters
	columns int       // of all panels of a group
	packed  []float32 // by group and panel: for each step the weights of the panel's filters
	bias    []float32 // likewise
	chunks  []chunk
	act     int        // what the matrix kernels apply
	post    Activation // what they can't
	depth   int        // steps: input values for each output value

	strip      strip
	lines      int // of the output; runs of width pixels when pixels are read in place
	width      int // pixels of a line, the last of which may be shorter
	lineStep   int // input values from the first window of a line to that of the next
	blockLines int // of a task
	blocks     int
	parts      int // along the panels
}

// chunk is a part of the steps that stays in the cache while all pixels of a block use it.
type chunk struct {
	from    int // first of its steps
	a       int // where a pixel's values begin for it
	k, runs int // as in Tile
}

// strip is the geometry of a Worker's copy of some lines of the input.
type strip struct {
	width       int // pixels of a line, padding included
	pixel, line int // values between pixels and lines
	run         int // values between runs
	step        int // values between the windows of neighbouring pixels
	k, runs     int // of a window
}

const (
	chunkValues = 1 << 16 // weights of a chunk
	// Input values of a block: the more, the larger the weights, which each block reads.
	blockValues = 1 << 16
	mostValues  = 1 << 19
	// cachedWeights is how many weights a core keeps in its cache.
	cachedWeights = 1 << 17
)

// NewConv packs weights ([filter][channel of its group][row][column]) and bias.
func NewConv(set *Set, spec ConvSpec, weights, bias []float32) *Conv {
	spec, weights = joinGroups(spec, weights)
	c := &Conv{ConvSpec: spec, set: set, depth: spec.Channels / spec.Groups * spec.Size * spec.Size}
	c.act, c.post = tileActivation(spec.Activation)
	filters := spec.Filters / spec.Groups
	c.panels = set.panels(filters, set.maxVectors())
	c.columns = RoundUp(filters)
	c.strip = c.layStrip()
	c.chunks = c.divideSteps()
	c.packed = spec.Memory.take(spec.Groups * c.columns * c.depth)
	c.bias = Aligned(spec.Groups * c.columns)
	order := c.stepOrder()
	for g := range spec.Groups {
		copy(c.bias[g*c.columns:], bias[g*filters:(g+1)*filters])
		for _, p := range c.panels {
			dst := c.packed[(g*c.columns+p.first)*c.depth:]
			width := p.width()
			for j := range min(width, filters-p.first) {
				row := weights[(g*filters+p.first+j)*c.depth:][:c.depth]
				at := j
				for _, i := range order {
					dst[at] = row[i]
					at += width
				}
			}
		}
	}
	c.divideWork()
	return c
}

// joinGroups makes one group of several whose filters together fill no more than a granule,
// which kernels compute anyway. What the filters of one don't see of the other has weight 0.
func joinGroups(spec ConvSpec, weights []float32) (ConvSpec, []float32) {
	filters, channels, taps := spec.Filters/spec.Groups, spec.Channels/spec.Groups, spec.Size*spec.Size
	join := 1
	for n := 2; n*filters <= Granule; n++ {
		if spec.Groups%n == 0 {
			join = n
		}
	}
	if join == 1 {
		return spec, weights
	}
	spec.Groups /= join
	joined := make([]float32, len(weights)*join)
	for f := range spec.Filters {
		at := (f*join + f/filters%join) * channels * taps
		copy(joined[at:], weights[f*channels*taps:(f+1)*channels*taps])
	}
	return spec, joined
}

// layStrip chooses how the values of a window lie. Pixels beside each other are a run when
// the taps are beside each other, too; of planes, each line of a window is one.
func (c *Conv) layStrip() strip {
	channels := c.Channels / c.Groups
	width := (c.OutWidth-1)*c.StrideX + c.reach()
	switch {
	case c.inPlace():
		return strip{width: c.Width, pixel: c.InPitch, line: c.Width * c.InPitch, step: c.StrideX * c.InPitch, k: channels, runs: 1}
	case c.Planes:
		return strip{width: width, pixel: 1, line: channels * width, run: width, step: c.StrideX, k: c.Size, runs: c.Size * channels}
	case c.tapsApart():
		pixel := Spread(channels, c.StrideX)
		return strip{width: width, pixel: pixel, line: width * pixel, run: c.Dilation * pixel, step: c.StrideX * pixel, k: channels, runs: c.Size}
	}
	return strip{width: width, pixel: channels, line: width * channels, run: width * channels, step: c.StrideX * channels, k: c.Size * channels, runs: c.Size}
}

// tapsApart reports whether each tap of a window is a run of its own, since it doesn't lie
// beside the next one or shall not, see Spread. Then each line of taps is a chunk.
func (c *Conv) tapsApart() bool {
	channels := c.Channels / c.Groups
	return !c.inPlace() && !c.Planes && (c.Dilation > 1 || Spread(channels, c.StrideX) != channels)
}

// stepOrder gives for each step the index of its weight among those of a filter.
func (c *Conv) stepOrder() []int {
	channels := c.Channels / c.Groups
	order := make([]int, 0, c.depth)
	for y := range c.Size {
		for i := range c.Size * channels {
			channel, x := i%channels, i/channels
			if c.Planes {
				channel, x = i/c.Size, i%c.Size
			}
			order = append(order, (channel*c.Size+y)*c.Size+x)
		}
	}
	return order
}

// divideSteps makes chunks: several whole runs, or parts of one.
func (c *Conv) divideSteps() []chunk {
	s := &c.strip
	most := max(chunkValues/c.panels[0].width(), 1)
	var chunks []chunk
	add := func(runs, line int) {
		for first := 0; first < runs; {
			n := min(max(most/s.k, 1), runs-first)
			for k := 0; k < s.k; {
				count := s.k
				if n == 1 && s.k > most {
					parts := (s.k + most - 1) / most
					count = min((s.k+parts-1)/parts, s.k-k)
				}
				from := 0
				if len(chunks) > 0 {
					last := chunks[len(chunks)-1]
					from = last.from + last.k*last.runs
				}
				chunks = append(chunks, chunk{from: from, a: line + first*s.run + k, k: count, runs: n})
				k += count
			}
			first += n
		}
	}
	if c.tapsApart() {
		for y := range c.Size {
			add(s.runs, y*c.Dilation*s.line)
		}
		return chunks
	}
	add(s.runs, 0)
	return chunks
}

// divideWork chooses the blocks that tasks compute.
func (c *Conv) divideWork() {
	c.lineStep = c.StrideY * c.strip.line
	c.lines, c.width = c.OutHeight, c.OutWidth
	if c.inPlace() && c.StrideX == 1 && c.StrideY == 1 {
		pixels := c.OutHeight * c.OutWidth
		tiles := (pixels + c.set.MaxRows - 1) / c.set.MaxRows
		perTile := max(1, 64/c.set.MaxRows) // tiles of a line
		c.lines = max(1, (tiles+perTile-1)/perTile)
		c.width = (pixels + c.lines - 1) / c.lines
		c.lineStep = c.width * c.strip.pixel
	}
	values := min(max(blockValues, c.columns*c.depth/4), mostValues)
	c.blockLines = min(max(values/c.lineStep, 1), c.lines)
	// Each block reads all weights: dividing lines pays only while they stay in the cache.
	light := c.columns*c.depth <= cachedWeights
	for light && c.Threads > 1 && c.blockLines > 1 && (c.lines+c.blockLines-1)/c.blockLines < 2*c.Threads {
		c.blockLines = (c.blockLines + 1) / 2
	}
	c.blockLines, c.blocks = even(c.lines, c.blockLines)
	c.parts = 1
	for c.Threads > 1 && c.Groups == 1 && c.blocks*c.parts < 2*c.Threads && c.parts*2 <= len(c.panels) {
		c.parts *= 2
	}
}

// Tasks is the number of independent parts of the work.
func (c *Conv) Tasks() int { return c.blocks * c.parts }

// Scratch is the number of values of a Worker's memory that Run needs.
func (c *Conv) Scratch() int {
	if c.inPlace() {
		return 0
	}
	return c.inputLines(c.blockLines)*c.strip.line + Slack
}

// inputLines is how many lines of the input some lines of the output see.
func (c *Conv) inputLines(lines int) int { return (lines-1)*c.StrideY + c.reach() }

// Run computes one task of one image. add is nil, or an image of the output's extents to be
// added.
func (c *Conv) Run(task int, in, out, add []float32, w *Worker) {
	block, part := task/c.parts, task%c.parts
	b := convBlock{first: block * c.blockLines}
	b.lines = min(c.blockLines, c.lines-b.first)
	start := b.first * c.width
	b.pixels = min(b.lines*c.width, c.OutHeight*c.OutWidth-start)
	if b.out = out[start*c.OutPitch:]; add != nil {
		b.add = add[start*c.AddPitch:]
	}
	panels := c.panels[part*len(c.panels)/c.parts : (part+1)*len(c.panels)/c.parts]
	for g := range c.Groups {
		if c.inPlace() {
			b.values = in[b.first*c.lineStep+g*c.Channels/c.Groups:]
		} else {
			b.values = w.Buffer()
			c.fill(w, &b, in, g)
		}
		c.computeGroup(w, &b, panels, g)
	}
	if c.Groups > 1 {
		c.finish(w, &b, 0, b.pixels, 0, c.Filters)
	}
}

// computeGroup computes some panels of a group's filters.
func (c *Conv) computeGroup(w *Worker, b *convBlock, panels []panel, group int) {
	for i, ch := range c.chunks {
		for _, p := range panels {
			c.multiply(w, b, ch, p, group, i == len(c.chunks)-1)
		}
	}
}

// Compute computes so many pixels that follow each other, of all filters, for a convolution of
// single pixels of stride 1 and one group. It is for whoever has another way than Run to come
// by the input. in, out and add begin with the first of the pixels.
func (c *Conv) Compute(pixels int, in, out, add []float32, w *Worker) {
	b := convBlock{values: in, out: out, add: add, lines: (pixels + c.width - 1) / c.width, pixels: pixels}
	c.computeGroup(w, &b, c.panels, 0)
}

// convBlock is what one task computes.
type convBlock struct {
	values       []float32 // the input, from the first window on
	out, add     []float32
	first, lines int // of the output
	pixels       int // of all lines
}

// multiply computes a panel of filters for all pixels of a block.
func (c *Conv) multiply(w *Worker, b *convBlock, ch chunk, p panel, group int, last bool) {
	t := &w.tile
	width, filter := p.width(), group*c.Filters/c.Groups+p.first
	at := group*c.columns + p.first
	*t = Tile{
		B: &c.packed[at*c.depth+ch.from*width],
		K: ch.k, Runs: ch.runs, RunStep: 4 * c.strip.run, AStep: 4 * c.strip.step,
	}
	if ch.from == 0 {
		t.Bias = &c.bias[at]
	}
	add := b.add
	if last {
		t.Act = c.act
	}
	if !last || c.AddLast && c.post != Linear {
		add = nil
	}
	if c.AddLast {
		t.AddLast = 1
	}
	kernels := p.set.gemm[p.vectors]
	for l := range b.lines {
		start := l * c.width
		pixels := min(c.width, b.pixels-start)
		tiles := (pixels + p.set.MaxRows - 1) / p.set.MaxRows
		for i := range tiles {
			x, end := i*pixels/tiles, (i+1)*pixels/tiles
			t.A = &b.values[l*c.lineStep+x*c.strip.step+ch.a]
			t.C, t.CStep = &b.out[(start+x)*c.OutPitch+filter], 4*c.OutPitch
			t.Add = nil
			if add != nil {
				t.Add, t.AddStep = &add[(start+x)*c.AddPitch+filter], 4*c.AddPitch
			}
			if kernel := kernels[end-x]; filter+width <= RoundUp(c.Filters) {
				kernel(t)
			} else {
				c.edge(w, kernel, b.out[(start+x)*c.OutPitch+filter:], end-x, width, c.Filters-filter)
			}
		}
		if last && c.Groups == 1 { // while the line is in the nearest cache
			c.finish(w, b, start, pixels, filter, min(width, c.Filters-filter))
		}
	}
}

// edge runs a kernel in the worker's own memory, for columns of which only the first n exist.
func (c *Conv) edge(w *Worker, kernel func(*Tile), out []float32, rows, width, n int) {
	t := &w.tile
	t.C, t.CStep = &w.edge[0], 4*width
	if t.Bias == nil {
		for r := range rows {
			copy(w.edge[r*width:], out[r*c.OutPitch:][:n])
		}
	}
	kernel(t)
	for r := range rows {
		copy(out[r*c.OutPitch:][:n], w.edge[r*width:])
	}
}

// fill copies the lines of the input that a block sees into the strip, one group's channels of
// them, with zeros where there is no input.
func (c *Conv) fill(w *Worker, b *convBlock, in []float32, group int) {
	channels := c.Channels / c.Groups
	left := min(c.PadX, c.strip.width)
	columns := max(min(c.Width, c.strip.width-left), 0)
	for l := range c.inputLines(b.lines) {
		line := b.values[l*c.strip.line:][:c.strip.line]
		y := b.first*c.StrideY - c.PadY + l
		switch {
		case y < 0 || y >= c.Height || columns == 0:
			clear(line)
		case c.Planes:
			for i := range channels {
				row := line[i*c.strip.width:][:c.strip.width]
				clear(row[:left])
				copy(row[left:], in[((group*channels+i)*c.Height+y)*c.Width:][:columns])
				clear(row[left+columns:])
			}
		default:
			pixel := c.strip.pixel
			clear(line[:left*pixel])
			from := Image{Data: in[y*c.Width*c.InPitch+group*channels:], Pixels: columns, Channels: channels, Pitch: c.InPitch}
			c.set.CopyImage(w, Image{Data: line[left*pixel:], Pixels: columns, Channels: channels, Pitch: pixel}, from)
			clear(line[(left+columns)*pixel:])
		}
	}
}

// finish does to n filters of some pixels of a block what the matrix kernels can't: other
// activations, and additions after them.
func (c *Conv) finish(w *Worker, b *convBlock, start, pixels, filter, n int) {
	if c.post == Linear {
		return
	}
	out := Image{Data: b.out[start*c.OutPitch+filter:], Pixels: pixels, Channels: n, Pitch: c.OutPitch}
	c.set.ActivateImage(w, c.post, out, out)
	if b.add != nil && c.AddLast {
		c.set.AddImages(w, out, out, Image{Data: b.add[start*c.AddPitch+filter:], Pixels: pixels, Channels: n, Pitch: c.AddPitch})
	}
}
