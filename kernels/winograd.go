package kernels

// Transform is one call of a kernel that transforms a row of Winograd tiles, several at a time
// in a vector. Steps are in bytes.
//
// Input: Src holds six rows, SrcStep apart, each parted into the values at 4t, 4t+1, 4t+2 and
// 4t+3, SrcPart apart; value (i, j) of the transformed tiles goes to Dst + (6i+j)·DstStep.
// Output: value (i, j) of the products is at Src + (6i+j)·SrcStep; row i of the output goes to
// Dst + i·DstStep, parted likewise, DstPart apart.
type Transform struct {
	Src     *float32
	Dst     *float32
	SrcStep int
	SrcPart int
	DstStep int
	DstPart int
	Vectors int
	Bias    *float32 // one value, of the output only
	Act     int      // TileLinear, TileReLU or TileLeaky, of the output only
	Temp    *float32 // 36 vectors of working memory
}

// Winograd is a 3×3 convolution of stride 1 by the algorithm F(4×4, 3×3) of Lavin and Gray
// (Fast algorithms for convolutional neural networks, 2015): 4×4 output values cost 36
// multiplications for each pair of channels instead of 144, and some additions.
type Winograd struct {
	ConvSpec
	set    *Set
	rowSet *Set // whose kernels transform rows of tiles: set, or its narrow one
	bias   []float32
	packed []float32 // by element of the 6×6 tile, then as Conv packs: by tile of filters, for each channel
	tiles  []filterTile
	act    int
	post   Activation

	across, down int // tiles of the image
	blockRows    int // rows of tiles of a task
	blocks       int
	parts        int // along the filters
	pitch        int // of a row of transformed values of a block
	line         int // room for an input row with padding, in values; also when parted in two or four
}

const (
	tileSide     = 4 // output values along the side of a tile
	patchSide    = 6 // input values
	patch        = patchSide * patchSide
	winogradKeep = 1 << 19 // values of a block of transformed input
)

// CanWinograd reports whether NewWinograd takes the convolution, and is likely to be faster
// than a plain product of matrices.
func (s *Set) CanWinograd(spec *ConvSpec) bool {
	across, down := (spec.OutWidth+tileSide-1)/tileSide, (spec.OutHeight+tileSide-1)/tileSide
	used := float64(spec.OutWidth*spec.OutHeight) / float64(across*down*tileSide*tileSide)
	return spec.Size == 3 && spec.Groups == 1 && spec.StrideX == 1 && spec.StrideY == 1 && spec.Dilation == 1 &&
		spec.PadX == spec.PadY && spec.PadX <= 2 && spec.Activation.Elementwise() &&
		spec.Channels >= 12 && spec.Filters >= 12 && used > .5 && across*down >= 12
}

// NewWinograd transforms and packs weights ([filter][channel][row][column]).
func NewWinograd(set *Set, spec ConvSpec, weights, bias []float32) *Winograd {
	c := &Winograd{ConvSpec: spec, set: set, bias: bias, tiles: filterTiles(spec.Filters, set.MaxRows)}
	c.act, c.post = tileActivation(spec.Activation)
	c.packed = Aligned(patch * spec.Filters * spec.Channels)
	for _, t := range c.tiles {
		for k := range spec.Channels {
			for r := range t.rows {
				u := transformWeights(weights[((t.first+r)*spec.Channels+k)*9:][:9])
				at := t.first*spec.Channels + k*t.rows + r
				for _, v := range u {
					c.packed[at] = v
					at += spec.Filters * spec.Channels
				}
			}
		}
	}
	c.across, c.down = (spec.OutWidth+tileSide-1)/tileSide, (spec.OutHeight+tileSide-1)/tileSide
	if c.rowSet = set; set.narrow != nil && c.across <= set.narrow.Lanes {
		c.rowSet = set.narrow
	}
	most := max(winogradKeep/(patch*spec.Channels), set.Lanes)
	c.blockRows = min(max(most/c.across, 1), c.down)
	n := (c.down + c.blockRows - 1) / c.blockRows
	c.blockRows = (c.down + n - 1) / n
	c.blocks = (c.down + c.blockRows - 1) / c.blockRows
	c.parts = 1
	if c.blocks < 2*c.Threads { // each part transforms the input anew
		c.parts = min(c.Threads, len(c.tiles))
	}
	up := func(n, to int) int { return (n + to - 1) / to * to }
	c.pitch = max(up(c.blockRows*c.across, set.Lanes), (c.blockRows-1)*c.across+up(c.across, c.rowSet.Lanes))
	c.line = up(tileSide*(c.across+1)+4*c.rowSet.Lanes, 4*c.rowSet.Lanes)
	return c
}

// transformWeights is G·g·Gᵀ.
func transformWeights(g []float32) (u [patch]float32) {
	for x := range 3 {
		for i, v := range transformColumn(g[x], g[3+x], g[6+x]) {
			u[i*patchSide+x] = v
		}
	}
	for i := range patchSide {
		row := u[i*patchSide : (i+1)*patchSide]
		*(*[patchSide]float32)(row) = transformColumn(row[0], row[1], row[2])
	}
	return u
}

// transformColumn is G times a column.
func transformColumn(a, b, c float32) [patchSide]float32 {
	sum, wide := a+c, a+4*c
	return [patchSide]float32{a * (1. / 4), -(sum + b) * (1. / 6), -(sum - b) * (1. / 6), (wide + 2*b) * (1. / 24), (wide - 2*b) * (1. / 24), c}
}

// Tasks is the number of independent parts of the work.
func (c *Winograd) Tasks() int { return c.blocks * c.parts }

// The parts of a Worker's buffer.
func (c *Winograd) inputLength() int   { return patch * c.Channels * c.pitch }
func (c *Winograd) productLength() int { return patch * c.Filters * c.pitch }
func (c *Winograd) inputLines() int    { return tileSide*c.blockRows + patchSide - tileSide }
func (c *Winograd) outputLines() int   { return tileSide * c.blockRows }

// Scratch is the number of values of a Worker's memory that Run needs.
func (c *Winograd) Scratch() int {
	return c.inputLength() + c.productLength() + (3*c.inputLines()+2*c.outputLines())*c.line + c.set.MaxRows + 2*c.set.MaxColumns()
}

// Run computes one task of one image. add is nil, or values of the output's extents to be
// added after the activation.
func (c *Winograd) Run(task int, in, out, add []float32, w *Worker) {
	if add != nil && !c.AddLast {
		panic("BUG: kernels: Winograd adds only after its activation")
	}
	w.padded = nil
	block, part := task/c.parts, task%c.parts
	first := block * c.blockRows
	rows := min(c.blockRows, c.down-first)
	rest := w.buffer
	take := func(n int) []float32 {
		taken := rest[:n]
		rest = rest[n:]
		return taken
	}
	transformed, products, zeros := take(c.inputLength()), take(c.productLength()), take(c.set.MaxRows)
	clear(zeros)
	lines := take(3 * c.inputLines() * c.line)
	clear(lines[:c.inputLines()*c.line]) // the padding
	for k := range c.Channels {
		c.transformInput(w, in[k*c.Height*c.Width:], lines, transformed[k*c.pitch:], first, rows)
	}
	tiles := c.tiles[part*len(c.tiles)/c.parts : (part+1)*len(c.tiles)/c.parts]
	c.multiply(w, tiles, transformed, products, zeros, rows*c.across)
	lines = take(2 * c.outputLines() * c.line)
	last := tiles[len(tiles)-1]
	for f := tiles[0].first; f < last.first+last.rows; f++ {
		c.transformOutput(w, f, products[f*c.pitch:], lines, first, rows, out, add)
	}
}

// transformInput transforms some rows of tiles of one channel. The values that belong to one
// element of the tiles lie Channels·pitch apart in transformed.
func (c *Winograd) transformInput(w *Worker, plane, lines, transformed []float32, first, rows int) {
	count := tileSide*rows + patchSide - tileSide // of lines
	size := c.inputLines() * c.line
	padded, halves, quarters := lines[:size], lines[size:2*size], lines[2*size:]
	top := first*tileSide - c.PadY
	begin, end := max(0, -top), min(count, c.Height-top)
	lanes := c.rowSet.Lanes
	if begin < end {
		vectors := (c.Width + lanes - 1) / lanes
		w.pad = Pad{
			Src: &plane[(top+begin)*c.Width], Dst: &padded[begin*c.line+c.PadX], SrcStep: 4 * c.Width, DstStep: 4 * c.line,
			Rows: end - begin, Vectors: vectors, Tail: c.Width - (vectors-1)*lanes,
		}
		c.rowSet.copyRows[1](&w.pad)
	}
	half, quarter := c.line/2, c.line/4
	c.split(w, padded, halves, halves[half:], tileSide*(c.across+1), count)
	c.split(w, halves, quarters, quarters[2*quarter:], tileSide/2*(c.across+1), count)
	c.split(w, halves[half:], quarters[quarter:], quarters[3*quarter:], tileSide/2*(c.across+1), count)
	w.transform = Transform{
		SrcStep: 4 * c.line, SrcPart: 4 * quarter,
		DstStep: 4 * c.Channels * c.pitch, Vectors: (c.across + lanes - 1) / lanes, Temp: &w.edge[0],
	}
	for r := range rows {
		w.transform.Src, w.transform.Dst = &quarters[r*tileSide*c.line], &transformed[r*c.across]
		c.rowSet.winogradInput(&w.transform)
	}
}

// split parts the n values of each line into even and odd ones.
func (c *Winograd) split(w *Worker, from, even, odd []float32, n, lines int) {
	pair := 2 * c.rowSet.Lanes
	vectors := (n + pair - 1) / pair
	w.pad = Pad{
		Src: &from[0], Dst: &even[0], Odd: &odd[0], SrcStep: 4 * c.line, DstStep: 4 * c.line,
		Rows: lines, Vectors: vectors, Tail: n - (vectors-1)*pair,
	}
	c.rowSet.split(&w.pad)
}

// multiply computes the 36 products of the filters with the transformed input. One element of
// the tiles after the other, so that its weights and its input stay in the cache.
func (c *Winograd) multiply(w *Worker, tiles []filterTile, transformed, products, zeros []float32, columns int) {
	t := &w.tile
	*t = Tile{Bias: &zeros[0], K: c.Channels, LDB: 4 * c.pitch, LDC: 4 * c.pitch}
	lanes := c.set.Lanes
	for e := range patch {
		for _, f := range tiles {
			t.A, t.LDA = &c.packed[(e*c.Filters+f.first)*c.Channels], 4*f.rows
			for col := 0; col < columns; {
				vectors := 2
				if columns-col <= lanes {
					vectors = 1
				}
				t.B = &transformed[e*c.Channels*c.pitch+col]
				t.C = &products[(e*c.Filters+f.first)*c.pitch+col]
				c.set.gemm[vectors][f.rows](t)
				col += vectors * lanes
			}
		}
	}
}

// transformOutput makes some rows of tiles of one output plane.
func (c *Winograd) transformOutput(w *Worker, filter int, products, lines []float32, first, rows int, out, add []float32) {
	lanes := c.rowSet.Lanes
	size := c.outputLines() * c.line
	quarters, halves := lines[:size], lines[size:]
	half, quarter := c.line/2, c.line/4
	w.transform = Transform{
		SrcStep: 4 * c.Filters * c.pitch, DstStep: 4 * c.line, DstPart: 4 * quarter,
		Vectors: (c.across + lanes - 1) / lanes, Bias: &c.bias[filter], Act: c.act, Temp: &w.edge[0],
	}
	for r := range rows {
		w.transform.Src, w.transform.Dst = &products[r*c.across], &quarters[r*tileSide*c.line]
		c.rowSet.winogradOutput(&w.transform)
	}
	count := min(tileSide*rows, c.OutHeight-first*tileSide)
	whole := w.transform.Vectors * 2 * lanes
	c.merge(w, quarters, quarters[2*quarter:], halves, c.line, count, whole)
	c.merge(w, quarters[quarter:], quarters[3*quarter:], halves[half:], c.line, count, whole)
	at := (filter*c.OutHeight + first*tileSide) * c.OutWidth
	values := out[at : at+count*c.OutWidth]
	c.merge(w, halves, halves[half:], values, c.OutWidth, count, c.OutWidth)
	c.set.Activate(w, c.post, values, values)
	if add != nil {
		c.set.Add(w, values, values, add[at:at+len(values)])
	}
}

// merge puts the values of two lines in turn into one of n values.
func (c *Winograd) merge(w *Worker, even, odd, to []float32, step, rows, n int) {
	pair := 2 * c.rowSet.Lanes
	vectors := (n + pair - 1) / pair
	w.pad = Pad{
		Src: &even[0], Odd: &odd[0], Dst: &to[0], SrcStep: 4 * c.line, DstStep: 4 * step,
		Rows: rows, Vectors: vectors, Tail: n - (vectors-1)*pair,
	}
	c.rowSet.merge(&w.pad)
}
