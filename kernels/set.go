package kernels

import (
	"fmt"
	"strings"
)

//go:generate go -C _gen run . -isa avx512 -out ../avx512_amd64.s -pkg kernels
//go:generate go -C _gen run . -isa avx2 -out ../avx2_amd64.s -pkg kernels
//go:generate go -C _gen run . -isa neon -out ../neon_arm64.s

// Set is the assembly of one instruction set: every kernel family, and the extents that its
// callers must respect.
type Set struct {
	Name    string
	Lanes   int // float32 values in a vector
	MaxRows int // of a matrix tile

	narrow    *Set            // for what is too short for a whole vector, if there is one
	gemm      [][]func(*Tile) // by vectors in a row, then rows; nil for vectors that aren't whole granules
	depthwise map[depthwiseKey]func(*Rows)
	spread    func(*Rows) // copies pixels, see Rows
	unary     [activationCount]func(*Span)
	add, mul  func(*Span)
	scale     func(*Span)
	// exponential is e^((src + shift)·scale), sumRows adds all rows to the one row dst.
	exponential, sumRows func(*Span)
	maxTaps              func(*Taps)
	transpose            func(*Transpose)
	winograd             [3]transforms // by stride
	raster               rasterKernels // none on arm64
}

// transforms are the kernels around the products of Winograd's convolution.
type transforms struct{ input, output, weights func(*Transform) }

type depthwiseKey struct {
	size, stride int
	repeating    bool // see Rows.Order
}

// maxVectors is the number of vectors of columns in the widest matrix tile.
func (s *Set) maxVectors() int { return len(s.gemm) - 1 }

// MaxColumns is the number of columns in the widest matrix tile.
func (s *Set) MaxColumns() int { return s.maxVectors() * s.Lanes }

// Generic is the name that stands for no assembly at all.
const Generic = "generic"

// Sets lists the instruction sets that this processor has, best first.
func Sets() []*Set { return available() }

// Find returns the set of that name: one of Sets, or nil for Generic, or for "" the best
// there is.
func Find(name string) (*Set, error) {
	sets := Sets()
	names := []string{Generic}
	switch {
	case name == Generic:
		return nil, nil
	case name == "" && len(sets) > 0:
		return sets[0], nil
	case name == "":
		return nil, nil
	}
	for _, s := range sets {
		if s.Name == name {
			return s, nil
		}
		names = append(names, s.Name)
	}
	return nil, fmt.Errorf("this processor has no kernels %q; choose one of %s", name, strings.Join(names, ", "))
}
