package kernels

import (
	"math"
)

// Transform is one call of a kernel around Winograd's products. It transforms some tiles of a
// row of tiles, all their vectors of channels. Steps are in bytes.
//
//	         Src                            Dst
//	input    first pixel of a patch         elements, DstStep apart
//	output   elements, SrcStep apart        first pixel of a 4×4 tile
//	weights  9 taps, SrcStep apart          elements, DstStep apart
//
// Pixels are SrcStep or DstStep apart and lines SrcLine or DstLine. The parts that elements have
// at stride 2 are DstLine apart. A tile of weights is a channel; its vectors are of filters.
type Transform struct {
	Src, Dst         *float32 // of the first tile
	SrcStep, SrcLine int
	DstStep, DstLine int
	SrcTile, DstTile int // from tile to tile
	Tiles, Vectors   int

	// Of the output only.
	Bias             *float32 // one value for each channel
	Add              *float32 // added after the activation: tiles 4 pixels apart; nil for nothing
	AddStep, AddLine int      // between its pixels and lines
	Act              int      // TileLinear, TileReLU or TileLeaky
}

// Winograd is a 3×3 convolution of stride 1 or 2 by the algorithm F(4×4, 3×3) of Lavin and Gray
// (Fast algorithms for convolutional neural networks, 2015). 4×4 output values cost the products
// of 36 elements for each pair of channels instead of 144.
//
// At stride 2 it is the sum of four convolutions of stride 1, of two taps or one down and
// across, which see every second line and column. Their elements, 25 for F(4×4, 2×2), are
// computed for the same points and so are added before they are transformed back: elements have
// four parts, all as long as there are channels, in the order 2×1, 2×2, 1×2, 1×1. Those
// at infinity lack some, which leaves 81 products.
type Winograd struct {
	ConvSpec
	set     *Set
	e       elements
	inputs  []panel   // of the channels
	panels  []panel   // of the filters
	columns int       // of all panels
	packed  []float32 // by element, panel and part: for each channel the weights of the panel's filters
	bias    []float32 // of columns
	act     int
	post    Activation

	across, down            int // tiles of the image
	blockColumns, blockRows int // tiles of a task
	blocksAcross, blocks    int
	parts                   int // along the panels

	// Steps in values: between pixels of a copied patch; between parts, tiles and elements of the
	// transformed input; between tiles and elements of the products.
	inPixel                   int
	inPart, inTile, inElement int
	outTile, outElement       int
}

const (
	tileSide = 4 // output values along the side of a tile
	tapCount = 9 // weights of a filter and channel
)

// elements is a kind of tiles: what there is of one, for a pair of channels.
type elements struct {
	side  int // along each side of a tile
	parts int // of an element
	patch int // input values along the side
	count int // products of all elements and parts
}

// tileElements is by stride.
var tileElements = [3]elements{1: {side: 6, parts: 1, patch: 6, count: 36}, 2: {side: 5, parts: 4, patch: 9, count: 81}}

// of gives the parts that an element has.
func (e elements) of(element int) (first, parts int) {
	if e.parts == 1 {
		return 0, 1
	}
	down, across := element/e.side, element%e.side
	switch infinity := e.side - 1; {
	case down == infinity && across == infinity:
		return 1, 1
	case down == infinity:
		return 0, 2
	case across == infinity:
		return 1, 2
	}
	return 0, e.parts
}

// length is the number of elements.
func (e elements) length() int { return e.side * e.side }

// CanWinograd reports whether NewWinograd takes the convolution. At stride 2, where weights grow
// most, it takes no large ones.
func (s *Set) CanWinograd(spec *ConvSpec) bool {
	const mostWeights = 1 << 24
	return spec.Size == 3 && spec.Groups == 1 && spec.StrideX <= 2 && spec.StrideY == spec.StrideX && spec.Dilation == 1 && !spec.Planes &&
		spec.PadX == spec.PadY && spec.PadX <= 2 && spec.Activation.Elementwise() && s.winograd[spec.StrideX].input != nil &&
		spec.Channels >= Granule && spec.Filters >= Granule &&
		(spec.StrideX == 1 || spec.WinogradGrowth()*tapCount*spec.Channels*spec.Filters <= mostWeights)
}

// WinogradPays reports whether a convolution that CanWinograd takes is likely to be faster so than
// as a plain product of matrices.
func (s *Set) WinogradPays(spec *ConvSpec) bool {
	across, down := (spec.OutWidth+tileSide-1)/tileSide, (spec.OutHeight+tileSide-1)/tileSide
	if used := float64(spec.OutWidth*spec.OutHeight) / float64(across*down*tileSide*tileSide); used <= .5 {
		return false
	}
	// Where there are few tiles, reading so many more weights takes longer than they save.
	heavy := tileElements[spec.StrideX].count*spec.Channels*spec.Filters > cachedValues
	few := heavy && spec.Threads > 1 // the threads share the memory
	if spec.StrideX == 1 {
		return across*down >= 9 || !few && across*down >= 4
	}
	return spec.Channels*spec.Filters >= 512 && (across*down >= 16 || !heavy && across*down >= 4)
}

// WinogradGrowth is how many times as many its weights are for NewWinograd.
func (c *ConvSpec) WinogradGrowth() int {
	e := tileElements[c.StrideX]
	return (e.length()*e.parts + tapCount - 1) / tapCount
}

// NewWinograd transforms and packs weights ([filter][channel][row][column]).
func NewWinograd(set *Set, spec ConvSpec, weights, bias []float32) *Winograd {
	c := &Winograd{ConvSpec: spec, set: set, e: tileElements[spec.StrideX], columns: RoundUp(spec.Filters)}
	c.inputs, c.panels = set.panels(spec.Channels, spec.Channels), set.panels(spec.Filters, set.maxVectors())
	c.act, c.post = tileActivation(spec.Activation)
	c.bias = Aligned(c.columns)
	copy(c.bias, bias)
	c.packed = spec.Memory.take(c.e.length() * c.e.parts * c.columns * spec.Channels)
	for _, p := range c.panels {
		c.pack(p, weights)
	}
	c.divide()
	return c
}

// packSteps is how many channels pack transforms at a time, few enough for the nearest cache.
const packSteps = 16

// pack transforms the weights of a panel of filters.
func (c *Winograd) pack(p panel, weights []float32) {
	width, filters := p.width(), min(p.width(), c.Filters-p.first)
	taps := Aligned(packSteps * tapCount * width) // by channel and tap: for each filter its weight
	t := &Transform{
		Src: &taps[0], SrcStep: 4 * width, SrcTile: 4 * tapCount * width,
		DstStep: 4 * c.columns * c.Channels * c.e.parts, DstLine: 4 * c.Channels * width, DstTile: 4 * width, Vectors: p.vectors,
	}
	for k := 0; k < c.Channels; k += packSteps {
		t.Tiles = min(packSteps, c.Channels-k)
		for j := range filters {
			at := j
			for _, v := range weights[((p.first+j)*c.Channels+k)*tapCount:][:t.Tiles*tapCount] {
				taps[at] = v
				at += width
			}
		}
		t.Dst = &c.packed[p.first*c.Channels*c.e.parts+k*width]
		p.set.winograd[c.StrideX].weights(t)
	}
}

// divide chooses the division into tasks that is likely to take the least time.
func (c *Winograd) divide() {
	most := blockTiles
	if c.e.count*c.columns*c.Channels > cachedValues {
		most = blockTilesHeavy
	}
	best, least := *c, math.Inf(1)
	for tiles := range most {
		for part := range c.panels {
			c.layOut(tiles+1, part+1)
			if cost := c.cost(); cost < least {
				best, least = *c, cost
			}
		}
	}
	*c = best
}

// layOut divides the work into tasks of about so many tiles and so many parts of the filters.
func (c *Winograd) layOut(tiles, parts int) {
	c.across, c.down = (c.OutWidth+tileSide-1)/tileSide, (c.OutHeight+tileSide-1)/tileSide
	var blocksDown int
	c.blockColumns, c.blocksAcross = even(c.across, tiles)
	c.blockRows, blocksDown = even(c.down, max(tiles/c.blockColumns, 1))
	c.blocks, c.parts = c.blocksAcross*blocksDown, parts
	most := c.blockColumns * c.blockRows
	c.inPixel = spread(c.Channels)
	c.inPart = RoundUp(c.Channels)
	c.inTile = spread(c.e.parts * c.inPart)
	c.inElement = spread(most * c.inTile)
	c.outTile = spread(min(chunkPanels*c.set.MaxColumns(), c.columns))
	c.outElement = spread(most * c.outTile)
}

const (
	// chunkPanels is how many panels of filters are multiplied before their products, still in
	// the cache, are transformed.
	chunkPanels = 2
	// blockTiles is how many tiles a task has at most; where the weights are more values than
	// cachedValues, and reading them takes long, blockTilesHeavy.
	blockTiles, blockTilesHeavy = 28, 56
	cachedValues                = 1 << 21
)

// cost estimates the time that all tasks take, in the time of multiplying a vector.
func (c *Winograd) cost() float64 {
	const (
		transform = 6   // a vector of an element of a patch or tile
		call      = 80  // a matrix kernel's begin and end
		weight    = .2  // a weight that comes from far
		idle      = .05 // of a task, while others wait for the last one
		lanes     = 16
	)
	count, tiles := float64(c.e.count), float64(c.blockColumns*c.blockRows)
	calls := math.Ceil(tiles / float64(c.set.MaxRows))
	panels := math.Ceil(float64(len(c.panels)) / float64(c.parts))
	channels, filters := float64(c.Channels), panels*float64(c.set.MaxColumns())
	elements := float64(c.e.length())
	task := tiles*transform*(count*channels+elements*filters)/lanes + count*tiles*channels*filters/lanes + elements*calls*panels*call
	if c.e.count*c.columns*c.Channels > cachedValues {
		task += count * channels * filters * weight
	}
	if c.Threads <= 1 {
		return float64(c.Tasks()) * task
	}
	return (math.Ceil(float64(c.Tasks())/float64(c.Threads)) + idle) * task
}

// spread rounds a step up to an odd number of cache lines, so that values a few steps apart
// lie in different parts of the cache.
func spread(values int) int {
	return ((values+cacheLine-1)/cacheLine | 1) * cacheLine
}

// Tasks is the number of independent parts of the work.
func (c *Winograd) Tasks() int { return c.blocks * c.parts }

// Scratch is the number of values of a Worker's memory that Run needs.
func (c *Winograd) Scratch() int {
	return c.e.length()*(c.inElement+c.outElement) + max(c.e.patch*c.e.patch*c.inPixel, 2*tileSide*tileSide*c.outTile) + c.set.MaxColumns()
}

// tileBlock is the tiles of a task, and its parts of a Worker's buffer.
type tileBlock struct {
	x, y          int // of the first tile
	columns, rows int
	transformed   []float32
	products      []float32
	zeros         []float32
	edge          []float32 // a patch of input, or tiles of output and residual, at the edge of the image
}

func (b *tileBlock) tiles() int { return b.columns * b.rows }

// Run computes one task of one image. add is nil, or an image of the output's extents to be
// added after the activation.
func (c *Winograd) Run(task int, in, out, add []float32, w *Worker) {
	if add != nil && !c.AddLast && c.Activation != Linear {
		panic("BUG: kernels: Winograd adds only after its activation")
	}
	at, part := task/c.parts, task%c.parts
	b := &tileBlock{x: at % c.blocksAcross * c.blockColumns, y: at / c.blocksAcross * c.blockRows}
	b.columns, b.rows = min(c.blockColumns, c.across-b.x), min(c.blockRows, c.down-b.y)
	rest := w.Buffer()
	take := func(n int) []float32 {
		taken := rest[:n]
		rest = rest[n:]
		return taken
	}
	b.transformed, b.products = take(c.e.length()*c.inElement), take(c.e.length()*c.outElement)
	b.zeros = take(c.set.MaxColumns())
	b.edge = rest
	clear(b.zeros)
	c.transformInput(w, b, in)
	panels := c.panels[part*len(c.panels)/c.parts : (part+1)*len(c.panels)/c.parts]
	for len(panels) > 0 {
		n := min(chunkPanels, len(panels))
		c.multiply(w, b, panels[:n])
		c.transformOutput(w, b, panels[:n], out, add)
		panels = panels[n:]
	}
}

// within is the part of n tiles from the first on whose patches lie in 0 … length-1.
func (c *Winograd) within(first, n, pad, length int) (begin, end int) {
	step := tileSide * c.StrideX
	begin = max(first, (pad+step-1)/step)
	if length+pad < c.e.patch {
		return begin, begin
	}
	return begin, min(first+n, (length+pad-c.e.patch)/step+1)
}

// transformInput transforms the patches of a block.
func (c *Winograd) transformInput(w *Worker, b *tileBlock, in []float32) {
	t := &w.transform
	step := tileSide * c.StrideX // input pixels from tile to tile
	firstRow, endRow := c.within(b.y, b.rows, c.PadY, c.Height)
	firstColumn, endColumn := c.within(b.x, b.columns, c.PadX, c.Width)
	for y := b.y; y < b.y+b.rows; y++ {
		dst := b.transformed[(y-b.y)*b.columns*c.inTile:]
		for x := b.x; x < b.x+b.columns; {
			*t = Transform{DstStep: 4 * c.inElement, DstLine: 4 * c.inPart, SrcTile: 4 * step * c.InPitch, DstTile: 4 * c.inTile, Tiles: 1}
			var src []float32
			if y >= firstRow && y < endRow && x >= firstColumn && x < endColumn {
				src = in[((y*step-c.PadY)*c.Width+x*step-c.PadX)*c.InPitch:]
				t.SrcStep, t.SrcLine = 4*c.InPitch, 4*c.InPitch*c.Width
				t.Tiles = endColumn - x
			} else {
				src = b.edge
				c.copyPatch(src, in, y*step-c.PadY, x*step-c.PadX)
				t.SrcStep, t.SrcLine = 4*c.inPixel, 4*c.inPixel*c.e.patch
			}
			for _, p := range c.inputs {
				t.Src, t.Dst, t.Vectors = &src[p.first], &dst[(x-b.x)*c.inTile+p.first], p.vectors
				p.set.winograd[c.StrideX].input(t)
			}
			x += t.Tiles
		}
	}
}

// copyPatch copies the patch that begins at line y and column x, with zeros outside the image.
func (c *Winograd) copyPatch(dst, in []float32, y, x int) {
	for i := range c.e.patch {
		for j := range c.e.patch {
			pixel := dst[(i*c.e.patch+j)*c.inPixel:][:c.Channels]
			if y+i < 0 || y+i >= c.Height || x+j < 0 || x+j >= c.Width {
				clear(pixel)
				continue
			}
			copy(pixel, in[((y+i)*c.Width+x+j)*c.InPitch:])
		}
	}
}

// multiply computes the products of some panels of filters with the transformed input.
func (c *Winograd) multiply(w *Worker, b *tileBlock, panels []panel) {
	t := &w.tile
	*t = Tile{Bias: &b.zeros[0], K: c.Channels, RunStep: 4 * c.inPart, AStep: 4 * c.inTile, CStep: 4 * c.outTile}
	tiles := b.tiles()
	groups := (tiles + c.set.MaxRows - 1) / c.set.MaxRows
	weights := func(element int, p panel) int {
		part, _ := c.e.of(element)
		return ((element*c.columns+p.first)*c.e.parts + part*p.width()) * c.Channels
	}
	for e := range c.e.length() {
		var part int
		part, t.Runs = c.e.of(e)
		for i, p := range panels {
			t.B = &c.packed[weights(e, p)]
			// The weights that come next, half of them during each of the first two kernels.
			next := weights(e+1, panels[0])
			if i < len(panels)-1 {
				next = weights(e, panels[i+1])
			}
			kernels := p.set.gemm[p.vectors]
			for g := range groups {
				first, end := g*tiles/groups, (g+1)*tiles/groups
				t.A = &b.transformed[e*c.inElement+first*c.inTile+part*c.inPart]
				t.C = &b.products[e*c.outElement+p.first-panels[0].first+first*c.outTile]
				t.Ahead = nil
				if half := next + g*t.Runs*c.Channels*cacheLine; g < 2 && half < len(c.packed) {
					t.Ahead = &c.packed[half]
				}
				kernels[end-first](t)
			}
		}
	}
}

// transformOutput makes the output tiles of some panels of filters.
func (c *Winograd) transformOutput(w *Worker, b *tileBlock, panels []panel, out, add []float32) {
	first, last := panels[0].first, panels[len(panels)-1]
	n := min(last.first+last.width(), c.Filters) - first
	at := func(x, y int) (output, residual []float32) {
		pixel := y*c.OutWidth + x
		if add != nil {
			residual = add[pixel*c.AddPitch+first:]
		}
		return out[pixel*c.OutPitch+first:], residual
	}
	for y := b.y; y < b.y+b.rows; y++ {
		whole := b.x // tiles from here on reach over the edge
		if (y+1)*tileSide <= c.OutHeight {
			whole = min(b.x+b.columns, c.OutWidth/tileSide)
		}
		for x := b.x; x < b.x+b.columns; {
			src := b.products[((y-b.y)*b.columns+x-b.x)*c.outTile:]
			dst, residual := at(x*tileSide, y*tileSide)
			if c.post != Linear {
				residual = nil
			}
			if x < whole {
				w.transform = Transform{
					DstStep: 4 * c.OutPitch, DstLine: 4 * c.OutPitch * c.OutWidth, DstTile: 4 * tileSide * c.OutPitch,
					AddStep: 4 * c.AddPitch, AddLine: 4 * c.AddPitch * c.OutWidth, Tiles: whole - x,
				}
				c.transformPanels(&w.transform, src, dst, residual, panels)
				x = whole
				continue
			}
			c.transformEdge(w, b, src, dst, residual, panels, n, min(tileSide, c.OutWidth-x*tileSide), min(tileSide, c.OutHeight-y*tileSide))
			x++
		}
	}
	if c.post == Linear {
		return
	}
	columns := min((b.x+b.columns)*tileSide, c.OutWidth) - b.x*tileSide
	for y := b.y * tileSide; y < min((b.y+b.rows)*tileSide, c.OutHeight); y++ {
		output, residual := at(b.x*tileSide, y)
		line := Image{Data: output, Pixels: columns, Channels: n, Pitch: c.OutPitch}
		c.set.ActivateImage(w, c.post, line, line)
		if add != nil {
			c.set.AddImages(w, line, line, Image{Data: residual, Pixels: columns, Channels: n, Pitch: c.AddPitch})
		}
	}
}

// transformEdge makes an output tile of which only some columns and rows are in the image, n
// filters of it.
func (c *Winograd) transformEdge(w *Worker, b *tileBlock, src, dst, add []float32, panels []panel, n, columns, rows int) {
	tile, residual := b.edge, b.edge[tileSide*tileSide*c.outTile:]
	step := 4 * c.outTile
	w.transform = Transform{DstStep: step, DstLine: tileSide * step, AddStep: step, AddLine: tileSide * step, Tiles: 1}
	copyPixels := func(to []float32, toPixel, toLine int, from []float32, fromPixel, fromLine int) {
		for i := range rows {
			for j := range columns {
				copy(to[i*toLine+j*toPixel:][:n], from[i*fromLine+j*fromPixel:])
			}
		}
	}
	if add == nil {
		residual = nil
	} else {
		copyPixels(residual, c.outTile, tileSide*c.outTile, add, c.AddPitch, c.AddPitch*c.OutWidth)
	}
	c.transformPanels(&w.transform, src, tile, residual, panels)
	copyPixels(dst, c.OutPitch, c.OutPitch*c.OutWidth, tile, c.outTile, tileSide*c.outTile)
}

// transformPanels transforms the products of some panels of filters, as t says.
func (c *Winograd) transformPanels(t *Transform, src, dst, add []float32, panels []panel) {
	t.SrcStep, t.SrcTile, t.Act = 4*c.outElement, 4*c.outTile, c.act
	for _, p := range panels {
		at := p.first - panels[0].first
		t.Src, t.Dst, t.Bias, t.Vectors = &src[at], &dst[at], &c.bias[p.first], p.vectors
		t.Add = nil
		if add != nil {
			t.Add = &add[at]
		}
		p.set.winograd[c.StrideX].output(t)
	}
}
