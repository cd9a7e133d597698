// Package weights reads and writes darknet's .weights files: a short header and then the
// float32 arrays of every layer, little endian, in network order, without any marks between
// them. What belongs where is told by a list of Slots that the layers provide.
package weights

import "strings"

// Order says how a two-dimensional array lies in the file.
type Order uint8

const (
	// AsStored arrays lie in the file as they do in memory.
	AsStored Order = iota
	// Flipped arrays lie in the file transposed (convolutions with flipped=1).
	Flipped
	// FlippedByHeader arrays lie transposed when the header says so: the weights of
	// connected layers, also inside rnn, gru and lstm.
	FlippedByHeader
)

// Slot is one array of a weights file: loader, writer, inspector and error messages all walk
// the same list of slots, in file order.
type Slot struct {
	Layer int    // index of the layer that owns the array
	Owner string // how messages name that layer: `layer 12 [convolutional] (line 88)`
	Name  string // darknet's name of the array: biases, scales, rolling_mean, rolling_variance, weights
	// Rows and Cols are the extents in memory, row-major; a vector has one row.
	Rows, Cols int
	Order      Order
	// FanIn is the number of values summed into one output by a weight array, 0 for the others:
	// what random initialization scales with.
	FanIn int
	// Fill is the value of an array that no file has given yet (1 for scales and variances).
	Fill float32
	// Data has Len values once the network is loaded, and is nil before.
	Data []float32

	mapping *mapping // that Data may be a view of
}

// Len returns the number of float32 values.
func (s *Slot) Len() int { return s.Rows * s.Cols }

// Learned reports whether training learns the array, which it doesn't the running means and
// variances of batch norm.
func (s *Slot) Learned() bool {
	return !strings.HasSuffix(s.Name, "rolling_mean") && !strings.HasSuffix(s.Name, "rolling_variance")
}
