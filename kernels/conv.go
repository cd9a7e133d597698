//go:build ignore

package kernels

// ConvSpec describes a convolution of one image: planes of Height × Width values to planes of
// OutHeight × OutWidth.
type ConvSpec struct {
	Channels, Height, Width      int
	Filters, OutHeight, OutWidth int
	Groups                       int
	Window
	// Activation comes last, or before the addition of a residual when AddLast is set.
	Activation Activation
	AddLast    bool
	// Threads is for how many threads the work is to be divided.
	Threads int
}

// pointwise reports whether the input already is the matrix to multiply with.
func (c *ConvSpec) pointwise() bool {
	return c.Size == 1 && c.StrideX == 1 && c.StrideY == 1 && c.PadX == 0 && c.PadY == 0
}

// Conv is a convolution as a product of matrices, with its weights packed for one Set. The
// matrix of inputs is made block by block in a Worker's buffer, or read in place when the
// convolution is pointwise.
type Conv struct {
	ConvSpec
	set    *Set
	bias   []float32
	packed []float32 // by group, then by tile: for each k the weights of the tile's filters
	tiles  []filterTile
	act    int        // what the matrix kernels apply
	post   Activation // what they can't
	depth  int        // k: input values for each output value

	lines, width int // the output as rows: one row of all pixels when pointwise
	blockLines   int // of a task
	blockWidth   int
	blocks       int // along the output
	parts        int // along the filters
}

// filterTile is a run of filters that one kernel call computes.
type filterTile struct{ first, rows int }

const (
	blockDepth  = 512     // rows of the input matrix that are multiplied at a time
	blockValues = 1 << 17 // of a block of it, to stay in the cache
	maxColumns  = 2048
)

// NewConv packs weights ([filter][channel of its group][row][column]) and bias.
func NewConv(set *Set, spec ConvSpec, weights, bias []float32) *Conv {
	c := &Conv{ConvSpec: spec, set: set, bias: bias, depth: spec.Channels / spec.Groups * spec.Size * spec.Size}
	c.act, c.post = tileActivation(spec.Activation)
	filters := spec.Filters / spec.Groups
	c.tiles = filterTiles(filters, set.MaxRows)
	c.packed = Aligned(len(weights))
	for g := range spec.Groups {
		group := weights[g*filters*c.depth:]
		dst := c.packed[g*filters*c.depth:]
		for _, t := range c.tiles {
			for r := range t.rows {
				row := group[(t.first+r)*c.depth:][:c.depth]
				at := t.first*c.depth + r
				for _, v := range row {
					dst[at] = v
					at += t.rows
				}
			}
		}
	}
	c.divide()
	return c
}

// filterTiles divides filters into tiles of at most so many rows, as equal as can be.
func filterTiles(filters, rows int) []filterTile {
	count := (filters + rows - 1) / rows
	tiles := make([]filterTile, count)
	for i := range tiles {
		first := i * filters / count
		tiles[i] = filterTile{first, (i+1)*filters/count - first}
	}
	return tiles
}

// divide chooses the blocks that tasks compute.
func (c *Conv) divide() {
	c.lines, c.width = c.OutHeight, c.OutWidth
	if c.pointwise() {
		c.lines, c.width = 1, c.OutHeight*c.OutWidth
	}
	columns := min(max(blockValues/min(c.depth, blockDepth), 4*c.set.MaxColumns()), maxColumns)
	c.blockLines, c.blockWidth = 1, c.width
	switch {
	case c.pointwise():
		c.blockWidth = min(columns, c.width)
	case c.width < columns:
		c.blockLines = min(max(columns/c.width, 1), c.lines)
		// Equal blocks, so that the last is not a stub.
		n := (c.lines + c.blockLines - 1) / c.blockLines
		c.blockLines = (c.lines + n - 1) / n
	}
	across := (c.width + c.blockWidth - 1) / c.blockWidth
	c.blocks = across * ((c.lines + c.blockLines - 1) / c.blockLines)
	c.parts = 1
	for c.Threads > 1 && c.blocks*c.parts*c.Groups < 2*c.Threads && c.parts*2 <= len(c.tiles) {
		c.parts *= 2
	}
}

// Tasks is the number of independent parts of the work.
func (c *Conv) Tasks() int { return c.Groups * c.blocks * c.parts }

// Scratch is the number of values of a Worker's memory that Run needs.
func (c *Conv) Scratch() int {
	if c.pointwise() {
		return 0
	}
	return min(c.depth, blockDepth)*c.blockLines*c.blockWidth + 2*c.set.MaxColumns()
}

// Run computes one task of one image. add is nil, or values of the output's extents to be
// added. Behind in, out and add there must be Slack readable values.
func (c *Conv) Run(task int, in, out, add []float32, w *Worker) {
	w.padded = nil
	part := task % c.parts
	block := task / c.parts % c.blocks
	group := task / c.parts / c.blocks
	across := (c.width + c.blockWidth - 1) / c.blockWidth
	line, column := block/across*c.blockLines, block%across*c.blockWidth
	lines := min(c.blockLines, c.lines-line)
	columns := lines * min(c.blockWidth, c.width-column)

	filters, channels := c.Filters/c.Groups, c.Channels/c.Groups
	plane := c.OutHeight * c.OutWidth
	source := in[group*channels*c.Height*c.Width:]
	start := line*c.width + column
	tiles := c.tiles[part*len(c.tiles)/c.parts : (part+1)*len(c.tiles)/c.parts]
	firstFilter := group * filters
	for k := 0; k < c.depth; k += blockDepth {
		depth := min(blockDepth, c.depth-k)
		matrix, stride := w.buffer, columns
		if c.pointwise() {
			matrix, stride = source[k*plane+start:], plane
		} else {
			c.unroll(w, source, matrix, k, depth, line, lines)
		}
		last := k+depth == c.depth
		for _, t := range tiles {
			weights := c.packed[(firstFilter+t.first)*c.depth+k*t.rows:]
			row := firstFilter + t.first
			c.multiply(w, product{
				rows: t.rows, columns: columns, depth: depth, weights: weights, matrix: matrix, stride: stride,
				at: row*plane + start, plane: plane, row: row, first: k == 0, last: last,
			}, out, add)
		}
	}
	if c.post == Linear {
		return
	}
	for _, t := range tiles {
		for r := range t.rows {
			at := (firstFilter+t.first+r)*plane + start
			values := out[at : at+columns]
			c.set.Activate(w, c.post, values, values)
			if add != nil && c.AddLast {
				c.set.Add(w, values, values, add[at:at+columns])
			}
		}
	}
}

// product is the part of a block that one tile of filters computes.
type product struct {
	rows, columns, depth int
	weights              []float32
	matrix               []float32
	stride               int // between rows of matrix
	at, plane            int // first output value, and distance of the output's rows
	row                  int // first filter
	first, last          bool
}

// multiply computes a product tile by tile along its columns.
func (c *Conv) multiply(w *Worker, p product, out, add []float32) {
	t := &w.tile
	t.K, t.LDA, t.LDB = p.depth, 4*p.rows, 4*p.stride
	t.A = &p.weights[0]
	t.Act, t.AddLast = TileLinear, 0
	if p.last {
		t.Act = c.act
	}
	if !p.last || add != nil && c.AddLast && c.post != Linear {
		add = nil
	}
	if c.AddLast {
		t.AddLast = 1
	}
	t.Bias = nil
	if p.first {
		t.Bias = &c.bias[p.row]
	}
	lanes := c.set.Lanes
	for col := 0; col < p.columns; {
		vectors := 2
		if p.columns-col <= lanes {
			vectors = 1
		}
		kernel := c.set.gemm[vectors][p.rows]
		wide := vectors * lanes
		t.B = &p.matrix[col]
		at := p.at + col
		if n := p.columns - col; n < wide {
			c.edge(w, p, kernel, out, add, at, n, wide)
			return
		}
		t.C, t.LDC, t.Add = &out[at], 4*p.plane, nil
		if add != nil {
			t.Add = &add[at]
		}
		kernel(t)
		col += wide
	}
}

// edge computes a tile of which only the first n columns exist, in the worker's own memory.
func (c *Conv) edge(w *Worker, p product, kernel func(*Tile), out, add []float32, at, n, wide int) {
	t := &w.tile
	t.C, t.LDC, t.Add = &w.edge[0], 4*wide, nil
	for r := range p.rows {
		if !p.first {
			copy(w.edge[r*wide:], out[at+r*p.plane:][:n])
		}
		if add != nil {
			copy(w.edgeAdd[r*wide:], add[at+r*p.plane:][:n])
			t.Add = &w.edgeAdd[0]
		}
	}
	kernel(t)
	for r := range p.rows {
		copy(out[at+r*p.plane:][:n], w.edge[r*wide:])
	}
}

// unroll makes rows k … k+depth of the input matrix for some lines of the output: for each
// channel and tap the input value that it meets at each output position, zero outside.
func (c *Conv) unroll(w *Worker, source, matrix []float32, k, depth, line, lines int) {
	columns := lines * c.width
	for i := range depth {
		tap := (k + i) % (c.Size * c.Size)
		channel := (k + i) / (c.Size * c.Size)
		c.unrollTap(w, source[channel*c.Height*c.Width:], matrix[i*columns:], tap/c.Size*c.Dilation-c.PadY, tap%c.Size*c.Dilation-c.PadX, line, lines)
	}
}

// unrollTap makes one row of the input matrix: the values dy rows below and dx columns right
// of each window's origin.
func (c *Conv) unrollTap(w *Worker, plane, row []float32, dy, dx, line, lines int) {
	firstLine, endLine := inside(c.Height, c.StrideY, dy, line, line+lines)
	firstColumn, endColumn := inside(c.Width, c.StrideX, dx, 0, c.width)
	if firstLine >= endLine || firstColumn >= endColumn {
		clear(row[:lines*c.width])
		return
	}
	clear(row[:(firstLine-line)*c.width])
	y := firstLine*c.StrideY + dy
	from := plane[y*c.Width+firstColumn*c.StrideX+dx:]
	n := endColumn - firstColumn
	at := (firstLine-line)*c.width + firstColumn
	if kernel := c.copier(); kernel != nil {
		vectors := (n + c.set.Lanes - 1) / c.set.Lanes
		w.pad = Pad{
			Src: &from[0], Dst: &row[at], SrcStep: 4 * c.StrideY * c.Width, DstStep: 4 * c.width,
			Rows: endLine - firstLine, Vectors: vectors, Tail: (n-(vectors-1)*c.set.Lanes-1)*c.StrideX + 1,
		}
		kernel(&w.pad)
	} else {
		for l := range endLine - firstLine {
			src := from[l*c.StrideY*c.Width:]
			dst := row[at+l*c.width:]
			for x := range n {
				dst[x] = src[x*c.StrideX]
			}
		}
	}
	if firstColumn > 0 || endColumn < c.width {
		for l := range endLine - firstLine {
			dst := row[(firstLine-line+l)*c.width:][:c.width]
			clear(dst[:firstColumn])
			clear(dst[endColumn:])
		}
	}
	clear(row[(endLine-line)*c.width : lines*c.width])
}

// copier is the kernel that copies rows at the stride, if there is one.
func (c *Conv) copier() func(*Pad) {
	if c.StrideX < len(c.set.copyRows) {
		return c.set.copyRows[c.StrideX]
	}
	return nil
}

// inside gives the part of first ≤ i < end whose position i·stride + offset lies in 0 … n-1.
func inside(n, stride, offset, first, end int) (int, int) {
	if offset < 0 {
		first = max(first, (-offset+stride-1)/stride)
	}
	if n-offset <= 0 {
		return first, first
	}
	return first, min(end, (n-offset+stride-1)/stride)
}
