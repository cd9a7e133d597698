// Package tensor holds the one data type that every part of ghostdark passes around:
// float32 values in darknet's memory order.
package tensor

import (
	"fmt"
	"math"
)

// Shape is the extent of one image's values: C planes of H rows of W values.
// A flat vector of n values has the shape {n, 1, 1}.
type Shape struct{ C, H, W int }

// Len returns C·H·W. A product that does not fit an int returns math.MaxInt, so that
// a limit test on it fails safely; a negative extent returns 0.
func (s Shape) Len() int { return Product(s.C, s.H, s.W) }

// Plane returns H·W, the values of one channel.
func (s Shape) Plane() int { return Product(s.H, s.W) }

// IsFlat reports whether the shape is a plain vector.
func (s Shape) IsFlat() bool { return s.H == 1 && s.W == 1 }

// String writes width × height × channels, as darknet's layer table does.
func (s Shape) String() string { return fmt.Sprintf("%d×%d×%d", s.W, s.H, s.C) }

// Product multiplies extents, saturating at math.MaxInt; any extent ≤ 0 gives 0.
func Product(extents ...int) int {
	p := 1
	for _, e := range extents {
		if e <= 0 {
			return 0
		}
		if p > math.MaxInt/e {
			return math.MaxInt
		}
		p *= e
	}
	return p
}

// Tensor is a batch of N images of one Shape, image after image, each as channel planes
// of rows (NCHW). Data is a view: len(Data) == N·Shape.Len().
type Tensor struct {
	N     int
	Shape Shape
	Data  []float32
}

// New allocates a zeroed batch of n images.
func New(n int, s Shape) Tensor {
	return Tensor{N: n, Shape: s, Data: make([]float32, Product(n, s.Len()))}
}

// Image returns the values of image i as a view.
func (t Tensor) Image(i int) []float32 {
	n := t.Shape.Len()
	return t.Data[i*n : (i+1)*n : (i+1)*n]
}
