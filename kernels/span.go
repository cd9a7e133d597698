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

	// Order is a vector of the places, as uint32, of the input values that belong to the lanes;
	// only for kernels of several filters for each input channel.
	Order *float32

	_ [6]uintptr // the kernel's own
}

// Span is one call of a kernel over values: dst = f(src), or f(src, add), for Rows rows of
// Length values. Steps are in bytes; where one is 0, the same row serves each time. Behind each
// row of Dst the values up to the next multiple of Granule may be overwritten.
type Span struct {
	Dst     *float32
	Src     *float32
	Add     *float32 // second operand, where there are two
	DstStep int
	SrcStep int
	AddStep int
	Rows    int
	Length  int
	Scale   float32 // what src is multiplied by, in some kernels
	Shift   float32 // and what is added before
}
