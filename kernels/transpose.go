package kernels

// Transpose is one call that transposes blocks of 8×8 values. Steps are in bytes.
type Transpose struct {
	Dst      *float32
	Src      *float32
	DstStep  int // between rows of a block
	SrcStep  int
	DstBlock int // between blocks
	SrcBlock int
	Blocks   int
	Rows     int // of Src, 1 to 8; the last of them stands for those behind it
}

const (
	transposeSide  = 8
	transposeStrip = 64 // pixels whose channels are transposed one block after another
)

// ToPixels copies planes of as many values as there are pixels to an image of the given
// channels. dst must not be src.
func (s *Set) ToPixels(w *Worker, dst Image, src []float32) {
	n := dst.Pixels
	if n < transposeSide {
		for p := range n {
			for c := range dst.Channels {
				dst.Data[p*dst.Pitch+c] = src[c*n+p]
			}
		}
		return
	}
	t := &w.transpose
	*t = Transpose{DstStep: 4 * dst.Pitch, SrcStep: 4 * n, DstBlock: 4 * transposeSide * dst.Pitch, SrcBlock: 4 * transposeSide}
	strips(n, func(pixel, blocks int) {
		t.Blocks = blocks
		for c := 0; c < dst.Channels; c += transposeSide {
			t.Dst, t.Src, t.Rows = &dst.Data[pixel*dst.Pitch+c], &src[c*n+pixel], min(dst.Channels-c, transposeSide)
			s.transpose(t)
		}
	})
}

// ToPlanes copies an image to planes of as many values as it has pixels. dst must not be src.
func (s *Set) ToPlanes(w *Worker, dst []float32, src Image) {
	n := src.Pixels
	if n < transposeSide || src.Channels < transposeSide {
		for c := range src.Channels {
			for p := range n {
				dst[c*n+p] = src.Data[p*src.Pitch+c]
			}
		}
		return
	}
	t := &w.transpose
	*t = Transpose{DstStep: 4 * n, SrcStep: 4 * src.Pitch, DstBlock: 4 * transposeSide, SrcBlock: 4 * transposeSide * src.Pitch, Rows: transposeSide}
	strips(n, func(pixel, blocks int) {
		t.Blocks = blocks
		for c := 0; c < src.Channels; c += transposeSide {
			c := min(c, src.Channels-transposeSide)
			t.Dst, t.Src = &dst[c*n+pixel], &src.Data[pixel*src.Pitch+c]
			s.transpose(t)
		}
	})
}

// strips divides n ≥ 8 pixels into strips of blocks; the last block may overlap the one before.
func strips(n int, do func(pixel, blocks int)) {
	whole := n / transposeSide * transposeSide
	for pixel := 0; pixel < whole; pixel += transposeStrip {
		do(pixel, min(whole-pixel, transposeStrip)/transposeSide)
	}
	if whole < n {
		do(n-transposeSide, 1)
	}
}
