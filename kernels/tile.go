package kernels

// Tile is one call of a matrix kernel: a tile of C = act(bias + A·B + add), some rows by some
// columns. Strides are in bytes.
type Tile struct {
	A    *float32 // K steps of one value for each row, LDA apart
	B    *float32 // K rows of one value for each column, LDB apart
	C    *float32 // result rows, LDC apart
	Bias *float32 // one value for each row; nil continues the sums that C holds
	Add  *float32 // added before the activation, rows LDC apart; nil for nothing
	K    int
	LDA  int
	LDB  int
	LDC  int
	Act  int // TileLinear, TileReLU or TileLeaky
	// AddLast, unless 0, puts the addition after the activation.
	AddLast int
}

// Activations that matrix and depthwise kernels apply themselves.
const (
	TileLinear = iota
	TileReLU
	TileLeaky
)
