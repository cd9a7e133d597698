package kernels

// Transform is one call of a kernel that transforms some tiles of a row of Winograd tiles, all
// their vectors of channels. Steps are in bytes.
type Transform struct {
	// Input: the first pixel of the first 6×6 patch. Output: element 0 of the first tile's
	// products.
	Src *float32
	// Input: element 0 of the first tile. Output: the first pixel of the first 4×4 tile.
	Dst *float32
	// Input: between pixels and lines of Src; DstStep is between the 36 elements. Output:
	// SrcStep is between the 36 elements, the others between pixels and lines of Dst.
	SrcStep, SrcLine int
	DstStep, DstLine int
	SrcTile, DstTile int // from tile to tile
	Tiles, Vectors   int
	// Of the output only: one value for each channel; what is added after the activation, nil
	// for nothing; TileLinear, TileReLU or TileLeaky.
	Bias             *float32
	Add              *float32
	AddStep, AddLine int
	Act              int
}

// Winograd is a 3×3 convolution of stride 1 by the algorithm F(4×4, 3×3) of Lavin and Gray
// (Fast algorithms for convolutional neural networks, 2015): 4×4 output values cost 36
// multiplications for each pair of channels instead of 144, and some additions.
type Winograd struct {
	ConvSpec
	set     *Set
	panels  []panel   // of the filters
	columns int       // of all panels
	packed  []float32 // by element of the 6×6 tile, then by panel: for each channel the weights of its filters
	bias    []float32 // of columns
	act     int
	post    Activation

	across, down            int // tiles of the image
	blockColumns, blockRows int // tiles of a task
	blocksAcross, blocks    int
	parts                   int // along the panels
	chunk                   int // panels whose products are made before they are transformed

	// Steps in values: between tiles and between elements of the transformed input, and of the
	// products.
	inTile, inElement   int
	outTile, outElement int
}

const (
	tileSide  = 4 // output values along the side of a tile
	patchSide = 6 // input values
	patch     = patchSide * patchSide
)

// CanWinograd reports whether NewWinograd takes the convolution, and is likely to be faster
// than a plain product of matrices.
func (s *Set) CanWinograd(spec *ConvSpec) bool {
	across, down := (spec.OutWidth+tileSide-1)/tileSide, (spec.OutHeight+tileSide-1)/tileSide
	used := float64(spec.OutWidth*spec.OutHeight) / float64(across*down*tileSide*tileSide)
	return spec.Size == 3 && spec.Groups == 1 && spec.StrideX == 1 && spec.StrideY == 1 && spec.Dilation == 1 && !spec.Planes &&
		spec.PadX == spec.PadY && spec.PadX <= 2 && spec.Activation.Elementwise() &&
		spec.Channels >= 12 && spec.Filters >= 12 && used > .5 && across*down >= 12
}

// NewWinograd transforms and packs weights ([filter][channel][row][column]).
func NewWinograd(set *Set, spec ConvSpec, weights, bias []float32) *Winograd {
	c := &Winograd{ConvSpec: spec, set: set, panels: set.panels(spec.Filters, set.maxVectors()), columns: RoundUp(spec.Filters)}
	c.act, c.post = tileActivation(spec.Activation)
	c.bias = Aligned(c.columns)
	copy(c.bias, bias)
	c.packed = spec.Memory.take(patch * c.columns * spec.Channels)
	for _, p := range c.panels {
		width := p.width()
		for k := range spec.Channels {
			for j := range min(width, spec.Filters-p.first) {
				u := transformWeights(weights[((p.first+j)*spec.Channels+k)*9:][:9])
				at := p.first*spec.Channels + k*width + j
				for _, v := range u {
					c.packed[at] = v
					at += c.columns * spec.Channels
				}
			}
		}
	}
	c.divide()
	return c
}

// divide chooses the tasks.
func (c *Winograd) divide() {
	c.across, c.down = (c.OutWidth+tileSide-1)/tileSide, (c.OutHeight+tileSide-1)/tileSide
	tiles, chunk := tuneTiles, tuneChunk
	c.blockColumns, c.blocksAcross = even(c.across, min(tiles, c.across))
	var blocksDown int
	c.blockRows, blocksDown = even(c.down, max(tiles/c.blockColumns, 1))
	c.blocks = c.blocksAcross * blocksDown
	c.parts = tuneParts
	c.chunk = max(1, chunk/c.set.MaxColumns())
	most := c.blockColumns * c.blockRows
	c.inTile = spread(c.Channels)
	c.inElement = spread(most * c.inTile)
	c.outTile = spread(min(c.chunk*c.set.MaxColumns(), c.columns))
	c.outElement = spread(most * c.outTile)
}

var tuneTiles, tuneChunk, tuneParts = 26, 64, 1

// even divides n into as equal parts as can be of at most so many, and returns the length of
// the longest and their number.
func even(n, most int) (length, parts int) {
	parts = (n + most - 1) / most
	length = (n + parts - 1) / parts
	return length, (n + length - 1) / length
}

// spread rounds a step up to an odd number of cache lines, so that values a few steps apart
// lie in different parts of the cache.
func spread(values int) int {
	const line = 16
	return ((values+line-1)/line | 1) * line
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

// Scratch is the number of values of a Worker's memory that Run needs.
func (c *Winograd) Scratch() int {
	return patch*(c.inElement+c.outElement) + max(patch*c.inTile, 2*tileSide*tileSide*c.outTile) + c.set.MaxColumns()
}

// block is the tiles of a task, and its parts of a Worker's buffer.
type block struct {
	x, y          int // of the first tile
	columns, rows int
	transformed   []float32
	products      []float32
	zeros         []float32
	edge          []float32 // a patch of input, or tiles of output and residual, at the edge of the image
}

func (b *block) tiles() int { return b.columns * b.rows }

// Run computes one task of one image. add is nil, or an image of the output's extents to be
// added after the activation.
func (c *Winograd) Run(task int, in, out, add []float32, w *Worker) {
	if add != nil && !c.AddLast && c.Activation != Linear {
		panic("BUG: kernels: Winograd adds only after its activation")
	}
	i, part := task/c.parts, task%c.parts
	b := &block{x: i % c.blocksAcross * c.blockColumns, y: i / c.blocksAcross * c.blockRows}
	b.columns, b.rows = min(c.blockColumns, c.across-b.x), min(c.blockRows, c.down-b.y)
	rest := w.Buffer()
	take := func(n int) []float32 {
		taken := rest[:n]
		rest = rest[n:]
		return taken
	}
	b.transformed, b.products = take(patch*c.inElement), take(patch*c.outElement)
	b.zeros = take(c.set.MaxColumns())
	b.edge = rest
	clear(b.zeros)
	c.transformInput(w, b, in)
	panels := c.panels[part*len(c.panels)/c.parts : (part+1)*len(c.panels)/c.parts]
	for len(panels) > 0 {
		n := min(c.chunk, len(panels))
		c.multiply(w, b, panels[:n])
		c.transformOutput(w, b, panels[:n], out, add)
		panels = panels[n:]
	}
}

// within is the part first ≤ i < first+n of a row of tiles whose patches, or whose results, so
// many values wide and beginning at 4i - pad, lie in 0 … length-1.
func within(first, n, pad, side, length int) (begin, end int) {
	begin = max(first, (pad+tileSide-1)/tileSide)
	end = min(first+n, (length+pad-side)/tileSide+1)
	if length+pad < side || end < begin {
		return begin, begin
	}
	return begin, end
}

// transformInput transforms the patches of a block.
func (c *Winograd) transformInput(w *Worker, b *block, in []float32) {
	t := &w.transform
	firstRow, endRow := within(b.y, b.rows, c.PadY, patchSide, c.Height)
	firstColumn, endColumn := within(b.x, b.columns, c.PadX, patchSide, c.Width)
	for y := b.y; y < b.y+b.rows; y++ {
		dst := b.transformed[(y-b.y)*b.columns*c.inTile:]
		for x := b.x; x < b.x+b.columns; {
			*t = Transform{DstStep: 4 * c.inElement, SrcTile: 4 * tileSide * c.InPitch, DstTile: 4 * c.inTile, Tiles: 1}
			var src []float32
			if y >= firstRow && y < endRow && x >= firstColumn && x < endColumn {
				src = in[((y*tileSide-c.PadY)*c.Width+x*tileSide-c.PadX)*c.InPitch:]
				t.SrcStep, t.SrcLine = 4*c.InPitch, 4*c.InPitch*c.Width
				t.Tiles = endColumn - x
			} else {
				src = b.edge
				c.copyPatch(src, in, y*tileSide-c.PadY, x*tileSide-c.PadX)
				t.SrcStep, t.SrcLine = 4*c.inTile, 4*c.inTile*patchSide
			}
			for _, p := range c.set.panels(c.Channels, c.Channels) {
				t.Src, t.Dst, t.Vectors = &src[p.first], &dst[(x-b.x)*c.inTile+p.first], p.vectors
				p.set.winogradInput(t)
			}
			x += t.Tiles
		}
	}
}

// copyPatch copies the patch that begins at line y and column x, with zeros outside the image.
func (c *Winograd) copyPatch(dst, in []float32, y, x int) {
	for i := range patchSide {
		for j := range patchSide {
			pixel := dst[(i*patchSide+j)*c.inTile:][:c.Channels]
			if y+i < 0 || y+i >= c.Height || x+j < 0 || x+j >= c.Width {
				clear(pixel)
				continue
			}
			copy(pixel, in[((y+i)*c.Width+x+j)*c.InPitch:])
		}
	}
}

// multiply computes the 36 products of some panels of filters with the transformed input.
func (c *Winograd) multiply(w *Worker, b *block, panels []panel) {
	t := &w.tile
	*t = Tile{Bias: &b.zeros[0], K: c.Channels, Runs: 1, AStep: 4 * c.inTile, CStep: 4 * c.outTile}
	tiles := b.tiles()
	groups := (tiles + c.set.MaxRows - 1) / c.set.MaxRows
	for e := range patch {
		for _, p := range panels {
			t.B = &c.packed[(e*c.columns+p.first)*c.Channels]
			kernels := p.set.gemm[p.vectors]
			at := e*c.outElement + p.first - panels[0].first
			for g := range groups {
				first, end := g*tiles/groups, (g+1)*tiles/groups
				t.A = &b.transformed[e*c.inElement+first*c.inTile]
				t.C = &b.products[at+first*c.outTile]
				kernels[end-first](t)
			}
		}
	}
}

// transformOutput makes the output tiles of some panels of filters.
func (c *Winograd) transformOutput(w *Worker, b *block, panels []panel, out, add []float32) {
	first, last := panels[0].first, panels[len(panels)-1]
	n := min(last.first+last.width(), c.Filters) - first
	fused := add
	if c.post != Linear {
		fused = nil
	}
	t := &w.transform
	for y := b.y; y < b.y+b.rows; y++ {
		src := b.products[(y-b.y)*b.columns*c.outTile:]
		whole := b.x
		if (y+1)*tileSide <= c.OutHeight {
			whole = min(b.x+b.columns, c.OutWidth/tileSide)
		}
		for x := b.x; x < b.x+b.columns; {
			*t = Transform{
				SrcStep: 4 * c.outElement, DstStep: 4 * c.OutPitch, DstLine: 4 * c.OutPitch * c.OutWidth, AddStep: 4 * c.AddPitch, AddLine: 4 * c.AddPitch * c.OutWidth,
				SrcTile: 4 * c.outTile, DstTile: 4 * tileSide * c.OutPitch, Tiles: 1, Act: c.act,
			}
			pixel := y*tileSide*c.OutWidth + x*tileSide
			dst, residual := out[pixel*c.OutPitch+first:], []float32(nil)
			if fused != nil {
				residual = fused[pixel*c.AddPitch+first:]
			}
			if x < whole {
				t.Tiles = whole - x
				c.transformPanels(t, src[(x-b.x)*c.outTile:], dst, residual, panels)
			} else {
				t.DstStep, t.DstLine = 4*c.outTile, 4*tileSide*c.outTile
				t.AddStep, t.AddLine = t.DstStep, t.DstLine
				tile, rest := b.edge, b.edge[tileSide*tileSide*c.outTile:]
				rows, columns := min(tileSide, c.OutHeight-y*tileSide), min(tileSide, c.OutWidth-x*tileSide)
				if residual != nil {
					for i := range rows {
						for j := range columns {
							copy(rest[(i*tileSide+j)*c.outTile:][:n], residual[(i*c.OutWidth+j)*c.AddPitch:])
						}
					}
					residual = rest
				}
				c.transformPanels(t, src[(x-b.x)*c.outTile:], tile, residual, panels)
				for i := range rows {
					for j := range columns {
						copy(dst[(i*c.OutWidth+j)*c.OutPitch:][:n], tile[(i*tileSide+j)*c.outTile:])
					}
				}
			}
			x += t.Tiles
		}
	}
	if c.post == Linear {
		return
	}
	left, columns := b.x*tileSide, min((b.x+b.columns)*tileSide, c.OutWidth)-b.x*tileSide
	for y := b.y * tileSide; y < min((b.y+b.rows)*tileSide, c.OutHeight); y++ {
		pixel := y*c.OutWidth + left
		line := Image{Data: out[pixel*c.OutPitch+first:], Pixels: columns, Channels: n, Pitch: c.OutPitch}
		c.set.ActivateImage(w, c.post, line, line)
		if add != nil {
			c.set.AddImages(w, line, line, Image{Data: add[pixel*c.AddPitch+first:], Pixels: columns, Channels: n, Pitch: c.AddPitch})
		}
	}
}

// transformPanels transforms the products of some panels of filters.
func (c *Winograd) transformPanels(t *Transform, src, dst, add []float32, panels []panel) {
	first := panels[0].first
	for _, p := range panels {
		at := p.first - first
		t.Src, t.Dst, t.Bias, t.Vectors = &src[at], &dst[at], &c.bias[p.first], p.vectors
		t.Add = nil
		if add != nil {
			t.Add = &add[at]
		}
		p.set.winogradOutput(t)
	}
}
