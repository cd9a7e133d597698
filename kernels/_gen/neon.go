package main

import (
	"math"

	"github.com/ghostdark/ghostdark/kernels/_gen/arm64"
)

// neon writes the kernels of arm64, which avo doesn't know. Its methods are those of isa,
// family by family, with their own registers and instructions.
type neon struct{ file arm64.File }

const (
	neonLanes = 4
	neonBytes = 4 * neonLanes
	neonRows  = 6 // of the largest matrix tile, whose sums leave 8 registers of 32
)

func (n *neon) name() string { return "neon" }

// extents leaves out tiles of a single vector, or three, since a granule is two.
func (n *neon) extents() extents { return extents{neonLanes, neonRows, []int{2, 4}} }

func (n *neon) narrow() families { return nil }

// function begins a kernel that takes a pointer to its arguments. It returns the kernel's full
// name and the register with the pointer.
func (n *neon) function(name, args, doc string) (string, kernel, arm64.Register) {
	name += "NEON"
	declare(name, args, doc)
	f, t := n.file.Function(name)
	return name, kernel{f, f.General(), map[uint32]arm64.Vector{}}, t
}

// kernel is a NEON kernel in the making.
type kernel struct {
	*arm64.Function
	spare     arm64.Register          // overwritten now and then
	constants map[uint32]arm64.Vector // by their bits
}

// generals allocates n general registers.
func (k kernel) generals(n int) []arm64.Register {
	r := make([]arm64.Register, n)
	for i := range r {
		r[i] = k.General()
	}
	return r
}

// constant returns a register that holds v in every lane.
func (k kernel) constant(v float32) arm64.Vector {
	bits := math.Float32bits(v)
	r, ok := k.constants[bits]
	if !ok {
		r = k.Vector()
		k.VWORDS(bits, k.spare, r)
		k.constants[bits] = r
	}
	return r
}

// activate applies the activation with the code act (TileLinear, TileReLU or TileLeaky of
// package kernels) to values.
func (k kernel) activate(act arm64.Register, values []arm64.Vector, spare, other arm64.Vector) {
	leaky, done := k.Unique("leaky"), k.Unique("done")
	k.CBZ(act, done)
	k.CMP(1, act)
	k.BNE(leaky)
	k.VZERO(spare)
	for _, v := range values {
		k.VFMAX(spare, v, v)
	}
	k.B(done)
	k.Label(leaky)
	k.Comment("max(x, 0.1x)")
	k.VWORDS(math.Float32bits(.1), k.spare, other)
	for _, v := range values {
		k.VFMUL(other, v, spare)
		k.VFMAX(spare, v, v)
	}
	k.Label(done)
}

// raster makes none: plain loops work on pictures.
func (n *neon) raster() string { return "" }
