package kernels

// Tile is one call of a matrix kernel: C = act(bias + A·B + add) for some pixels (the rows of
// the kernel) and one or two vectors of filters (its columns). Steps are in bytes.
type Tile struct {
	A    *float32 // first value of the first pixel
	B    *float32 // weights: for each step one value for each column, without gaps
	C    *float32 // results, pixels CStep apart
	Bias *float32 // one value for each column; nil continues the sums that C holds
	Add  *float32 // added to the sum, pixels AddStep apart; nil for nothing
	K    int      // steps of a run, at least one: values of A that follow each other
	Runs int      // runs, at least one, RunStep apart in A

	RunStep, AStep, CStep, AddStep int // AStep lies between the pixels of A

	Act int // TileLinear, TileReLU or TileLeaky
	// AddLast, unless 0, puts the addition after the activation.
	AddLast int
	// Ahead is fetched into the second cache for a later call, a line of it for each step. Kernels
	// of few rows and NEON's don't. nil for nothing.
	Ahead *float32
}

// Activations that matrix and depthwise kernels apply themselves.
const (
	TileLinear = iota
	TileReLU
	TileLeaky
)
