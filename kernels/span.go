package kernels

// Rows is one call of a depthwise kernel: some rows of one output plane. Steps are in bytes.
// At stride 2 even and odd columns of the padded input lie apart: column 2i at i of a row, and
// column 2i+1 at i of the same row plus Odd.
type Rows struct {
	Src     *float32 // padded input at the first tap of the first output value
	Dst     *float32
	Weights *float32 // size·size values
	Bias    *float32 // one value; nil continues the sums that Dst holds
	SrcStep int      // between rows of the input
	DstStep int      // between rows of the output
	Odd     int
	Vectors int // of a row, the last one with Tail values
	Tail    int
	Act     int // TileLinear, TileReLU or TileLeaky
	Blocks  int // how often the kernel's number of rows is computed, one block below the other
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
