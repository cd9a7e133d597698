package kernels

// Rows is one call of a depthwise kernel: one vector of channels of some lines of output
// pixels. Steps are in bytes. Taps that lie outside of the input count as zero.
//
// The kernel that copies pixels uses a part of it. It has as many lines and columns of input
// as of output, and Weights is a vector of the places, as uint32, from which value after value
// of each vector comes.
type Rows struct {
	Src     *float32 // first pixel of the input
	Dst     *float32
	Weights *float32 // size·size vectors, tap after tap
	Bias    *float32 // one vector
	Add     *float32 // added after the activation; nil for nothing
	SrcStep int      // between pixels of the input
	SrcLine int      // between lines of it
	DstStep int
	DstLine int
	AddStep int
	AddLine int
	Columns int // of the output
	Lines   int
	Act     int // TileLinear, TileReLU or TileLeaky
	Width   int // of the input
	Height  int
	Left    int // column of the input that the first tap of an output line's first pixel meets
	Top     int // line of the input that the first tap of the first output line meets

	_ [6]uintptr // the kernel's own
}

// Pad is one call that copies rows of a plane into a padded buffer. Steps are in bytes. The
// last vector (pair of vectors, when even and odd columns are parted) of each row holds Tail
// values and is filled up with zeros.
type Pad struct {
	Src     *float32
	Dst     *float32
	SrcStep int
	DstStep int
	Rows    int
	Vectors int
	Tail    int
	Odd     *float32 // where the second, fourth … value of each row go
}

// Span is one call of a kernel over vectors.
type Span struct {
	Dst    *float32
	Src    *float32
	Add    *float32 // second operand, where there are two
	Length int
	Scale  float32
}
