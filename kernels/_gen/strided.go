package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// A convolution of stride 2 is the sum of four of stride 1, which see every second line and
// column: first, third and fifth … with two taps each, or second, fourth … with one. With the
// points 0, 1, -1, 2 and infinity, four results take five products of two taps, or, without
// infinity, four of one.
const (
	stridedSide = 9 // input values along the side of a tile
	products    = 5 // along the side of a tile
)

// stridedParts is where a part is among the four of an element of a tile, by the number of its
// taps down and across, less one. Parts with two taps in a direction lie beside each other:
// elements at infinity have only those.
var stridedParts = [2][2]int{{3, 2}, {0, 1}}

// winogradStridedInput makes the kernel that transforms the input tiles of a convolution of
// stride 2: Bᵀ·d·B for each of its four parts.
func (s isa) winogradStridedInput() string {
	name, t := s.function("winogradStridedInput", "Transform", "transforms input tiles for stride 2, see Transform.")
	step, line, dstStep := GP64(), GP64(), GP64()
	MOVQ(field(t, transformSrcStep), step)
	MOVQ(field(t, transformSrcLine), line)
	MOVQ(field(t, transformDstStep), dstStep)
	twoLines := GP64()
	LEAQ(Mem{Base: line, Index: line, Scale: 1}, twoLines)
	rows := newLadder(twoLines)
	two, three := s.broadcast(2), s.broadcast(3)
	x, a := s.vectors(stridedSide), s.vector()
	// transform makes result i of the values d in v.
	transform := func(i int, d func(k int) Op, v VecVirtual) {
		switch i {
		case 0:
			Comment("2(d0 - d2) + d3 - d1")
			VMOVUPS(d(0), v)
			VSUBPS(d(2), v, v)
			VADDPS(v, v, v)
			VADDPS(d(3), v, v)
			VSUBPS(d(1), v, v)
		case 1:
			Comment("d3 - d2 - 2d1")
			VMOVUPS(d(3), v)
			VSUBPS(d(2), v, v)
			VFNMADD231PS(d(1), two, v)
		case 2:
			Comment("d3 - 3d2 + 2d1")
			VMOVUPS(d(3), v)
			VFNMADD231PS(d(2), three, v)
			VFMADD231PS(d(1), two, v)
		case 3:
			Comment("d3 - d1")
			VMOVUPS(d(3), v)
			VSUBPS(d(1), v, v)
		case 4:
			Comment("d4 - d2 - 2(d3 - d1)")
			VMOVUPS(d(4), v)
			VSUBPS(d(2), v, v)
			VFNMADD231PS(d(3), two, v)
			VFMADD231PS(d(1), two, v)
		}
	}
	s.eachTile(t, func(src, dst, offset GPVirtual) {
		to, column := GP64(), GP64()
		for down := range 2 {
			for i := range products - 1 + down {
				LEAQ(Mem{Base: src, Index: offset, Scale: 1}, column)
				if down == 0 {
					ADDQ(line, column)
				}
				eachColumn(rows, column, step, stridedSide, func(j int, value func(k int) Mem) {
					transform(i, func(k int) Op { return value(k) }, x[j])
				})
				for across := range 2 {
					s.stridedElement(t, dst, offset, to, dstStep, i, stridedParts[down][across])
					for j := range products - 1 + across {
						transform(j, func(k int) Op { return x[2*k+1-across] }, a)
						VMOVUPS(a, Mem{Base: to})
						ADDQ(dstStep, to)
					}
				}
			}
		}
	}, func() {})
	return name
}

// stridedElement points to to the part of the first element of row i.
func (s isa) stridedElement(t Register, dst, offset, to, dstStep GPVirtual, i, part int) {
	IMUL3Q(Imm(uint64(products*i)), dstStep, to)
	ADDQ(dst, to)
	ADDQ(offset, to)
	for range part {
		ADDQ(field(t, transformDstLine), to)
	}
}

// winogradStridedWeights makes the kernel that transforms the weights of a convolution of
// stride 2: G·g·Gᵀ for each of its four parts.
func (s isa) winogradStridedWeights() string {
	name, t := s.function("winogradStridedWeights", "Transform", "transforms weights for stride 2, see Transform.")
	step, line, dstStep := GP64(), GP64(), GP64()
	MOVQ(field(t, transformSrcStep), step)
	IMUL3Q(Imm(tapSide), step, line)
	MOVQ(field(t, transformDstStep), dstStep)
	rows := newLadder(line)
	half, sixth, two := s.broadcast(1./2), s.broadcast(1./6), s.broadcast(2)
	minusHalf, minusSixth := s.broadcast(-1./2), s.broadcast(-1./6)
	factors := []VecVirtual{half, minusHalf, minusSixth, sixth}
	x, a := s.vectors(tapSide), s.vector()
	// transform makes product i of taps 0 and 2, or of tap 1, of g in v.
	transform := func(taps, i int, g func(k int) Op, v VecVirtual) {
		if taps == 1 {
			VMULPS(g(1), factors[i], v)
			return
		}
		switch i {
		case 0:
			VMULPS(g(0), half, v)
			return
		case 4:
			VMOVUPS(g(2), v)
			return
		}
		VMOVUPS(g(0), v)
		switch i {
		case 1:
			VADDPS(g(2), v, v)
		case 2:
			VSUBPS(g(2), v, v)
		case 3:
			VFMADD231PS(g(2), two, v)
		}
		VMULPS(factors[i], v, v)
	}
	s.eachTile(t, func(src, dst, offset GPVirtual) {
		to, column := GP64(), GP64()
		for down := range 2 {
			for i := range products - 1 + down {
				LEAQ(Mem{Base: src, Index: offset, Scale: 1}, column)
				eachColumn(rows, column, step, tapSide, func(j int, value func(k int) Mem) {
					transform(down+1, i, func(k int) Op { return value(k) }, x[j])
				})
				for across := range 2 {
					s.stridedElement(t, dst, offset, to, dstStep, i, stridedParts[down][across])
					for j := range products - 1 + across {
						transform(across+1, j, func(k int) Op { return x[k] }, a)
						VMOVUPS(a, Mem{Base: to})
						ADDQ(dstStep, to)
					}
				}
			}
		}
	}, func() {})
	return name
}
