package kernels

// Raster computes on rows of pictures, whose samples are bytes and whose pixels are three of
// them, R, G and B. It uses the assembly of a Set or plain loops, which give the same bits.
// It belongs to one goroutine.
type Raster struct {
	kernels rasterKernels
	lanes   int // of the Set; rows shorter than the kernels' steps go by the plain loops

	span    Span
	columns Columns
	colours Colours
	chroma  Chroma
	sums    []uint16
}

type rasterKernels struct {
	mixRows       func(*Span)
	mixPixels     func(*Columns)
	toRGB         func(*Colours)
	blend, spread func(*Chroma)
}

// NewRaster makes a Raster with the assembly of a set, or without if it is nil.
func NewRaster(s *Set) *Raster {
	if s == nil || s.raster.mixRows == nil {
		return &Raster{}
	}
	return &Raster{kernels: s.raster, lanes: s.Lanes}
}

// fast reports whether there are kernels, for rows of n values in steps of so many vectors.
func (r *Raster) fast(n, vectors int) bool { return r.lanes > 0 && n >= vectors*r.lanes }

// Columns is one call that interpolates between the pixels of a row. The values of a channel
// lie DstStep bytes behind those of the one before.
type Columns struct {
	Src     *uint8
	At      *int32 // where the left pixel of each target begins, in bytes
	Next    *int32 // where the right one begins
	Part    *float32
	Dst     *float32
	DstStep int
	Length  int // at least a vector
}

// Colours is one call that converts a row of samples Y, Cb and Cr to pixels. Factors and
// biases have 16 fractional bits.
type Colours struct {
	RGB, Y, Cb, Cr           *uint8
	Length                   int // at least a vector
	luma, crR, cbB, crG, cbG int32
	biasR, biasG, biasB      int32 // what the zero points of the samples and rounding add up to
}

// Chroma is one call that interpolates between two rows of colour samples.
type Chroma struct {
	Near, Far *uint8
	Dst       *uint8
	Sums      *uint16 // working memory for Length+2
	Length    int     // at least the words of a vector
}

// PixelTaps tell for each target column which two pixels of a row it lies between.
type PixelTaps struct {
	at, next []int32
	part     []float32
	end      int // of the last pixel, in bytes
}

// NewPixelTaps returns n taps to be set.
func NewPixelTaps(n int) *PixelTaps {
	return &PixelTaps{at: make([]int32, n), next: make([]int32, n), part: make([]float32, n)}
}

// Len is the number of targets.
func (t *PixelTaps) Len() int { return len(t.part) }

// Set makes target i the pixel at with weight 1-part and the pixel next with weight part. Both
// count from 0 and end before 2³¹ bytes.
func (t *PixelTaps) Set(i, at, next int, part float32) {
	t.at[i], t.next[i], t.part[i] = int32(3*at), int32(3*next), part
	t.end = max(t.end, 3*at+3, 3*next+3)
}

// unit maps a byte to 0…1 as darknet does: divided by 255 in double precision, then rounded.
var unit = func() (u [256]float32) {
	for i := range u {
		u[i] = float32(float64(i) / 255)
	}
	return u
}()

// Unit maps a sample to 0…1: divided by 255 in double precision and then rounded to float32,
// as darknet does.
func Unit(sample uint8) float32 { return unit[sample] }

// Mix interpolates between a and b. Each product is rounded to float32 by itself, so that no
// machine fuses it with the sum and all give the same result.
func Mix(a, b, part float32) float32 { return float32((1-part)*a) + float32(part*b) }

// MixRows computes dst[i] = Mix(a[i], b[i], part). dst may be either.
func (r *Raster) MixRows(dst, a, b []float32, part float32) {
	done := 0
	if r.fast(len(dst), 1) {
		_, _ = a[len(dst)-1], b[len(dst)-1]
		done = len(dst) / Granule * Granule // the kernel may write up to the end of a granule
		r.span = Span{Dst: &dst[0], Src: &a[0], Add: &b[0], Rows: 1, Length: done, Scale: part}
		r.kernels.mixRows(&r.span)
	}
	for i := done; i < len(dst); i++ {
		dst[i] = Mix(a[i], b[i], part)
	}
}

// MixPixels interpolates between the pixels of a row at each of the taps. It writes values
// 0…1: a row of R to dst, behind it one of G and one of B, t.Len() each. Where row goes on
// behind the last pixel that a tap names, a byte of that may be read.
func (r *Raster) MixPixels(dst []float32, row []uint8, t *PixelTaps) {
	n := t.Len()
	dst, row = dst[:3*n], row[:min(t.end+1, len(row))]
	if r.fast(n, 1) && len(row) > t.end { // the kernel reads words of four bytes
		r.columns = Columns{Src: &row[0], At: &t.at[0], Next: &t.next[0], Part: &t.part[0], Dst: &dst[0], DstStep: 4 * n, Length: n}
		r.kernels.mixPixels(&r.columns)
		return
	}
	for k := range 3 {
		for i, part := range t.part {
			dst[k*n+i] = Mix(unit[row[int(t.at[i])+k]], unit[row[int(t.next[i])+k]], part)
		}
	}
}

// Coding gives the fixed-point factors (16 fractional bits) that turn Y, Cb and Cr into R, G
// and B. Cb and Cr are taken relative to 128.
type Coding struct {
	Black    int32 // Y of black
	Y        int32 // to R, G and B
	CrR, CbB int32 // added to R, B
	CrG, CbG int32 // taken from G
}

// ToRGB converts a row of samples to len(rgb)/3 pixels.
func (r *Raster) ToRGB(rgb, luma, cb, cr []uint8, c *Coding) {
	const half = 1 << 15
	n := len(rgb) / 3
	luma, cb, cr = luma[:n], cb[:n], cr[:n]
	if r.fast(n, 1) {
		zero := half - c.Black*c.Y
		r.colours = Colours{
			RGB: &rgb[0], Y: &luma[0], Cb: &cb[0], Cr: &cr[0], Length: n,
			luma: c.Y, crR: c.CrR, cbB: c.CbB, crG: c.CrG, cbG: c.CbG,
			biasR: zero - 128*c.CrR, biasG: zero + 128*(c.CrG+c.CbG), biasB: zero - 128*c.CbB,
		}
		r.kernels.toRGB(&r.colours)
		return
	}
	for x := range n {
		y := (int32(luma[x])-c.Black)*c.Y + half
		b, r := int32(cb[x])-128, int32(cr[x])-128
		p := rgb[3*x : 3*x+3 : 3*x+3]
		p[0] = clamp8((y + c.CrR*r) >> 16)
		p[1] = clamp8((y - c.CrG*r - c.CbG*b) >> 16)
		p[2] = clamp8((y + c.CbB*b) >> 16)
	}
}

func clamp8(v int32) uint8 { return uint8(min(max(v, 0), 255)) }

// Blend interpolates a row of colour samples between the row near, which counts three times, and
// the row far. dst must not be either.
func (r *Raster) Blend(dst, near, far []uint8) {
	n := len(dst)
	near, far = near[:n], far[:n]
	if r.fast(n, 2) {
		r.chroma = Chroma{Near: &near[0], Far: &far[0], Dst: &dst[0], Length: n}
		r.kernels.blend(&r.chroma)
		return
	}
	for i := range dst {
		dst[i] = uint8((3*int32(near[i]) + int32(far[i]) + 2) >> 2)
	}
}

// Spread interpolates between the rows near and far as Blend does, and makes two samples of
// each: one with its left neighbour and one with its right, of which the sample itself counts
// three times. At the border it is its own neighbour. dst has twice as many samples as near
// and far, and must not be either.
func (r *Raster) Spread(dst, near, far []uint8) {
	n := len(dst) / 2
	if n == 0 {
		return
	}
	near, far = near[:n], far[:n]
	if len(r.sums) < n+2 {
		r.sums = make([]uint16, n+2)
	}
	if r.fast(n, 2) {
		r.chroma = Chroma{Near: &near[0], Far: &far[0], Dst: &dst[0], Sums: &r.sums[0], Length: n}
		r.kernels.spread(&r.chroma)
		return
	}
	sums := r.sums[:n+2]
	for i := range near {
		sums[i+1] = 3*uint16(near[i]) + uint16(far[i])
	}
	sums[0], sums[n+1] = sums[1], sums[n]
	for i := range n {
		s := 3*sums[i+1] + 8
		dst[2*i], dst[2*i+1] = uint8((s+sums[i])>>4), uint8((s+sums[i+2])>>4)
	}
}
