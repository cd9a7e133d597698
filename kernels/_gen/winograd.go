package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// Offsets of the fields of kernels.Transform.
const (
	transformSrc, transformDst, transformSrcStep, transformSrcLine         = 0, 8, 16, 24
	transformDstStep, transformDstLine, transformSrcTile, transformDstTile = 32, 40, 48, 56
	transformTiles, transformVectors, transformBias, transformAdd          = 64, 72, 80, 88
	transformAddStep, transformAddLine, transformAct                       = 96, 104, 112
)

const (
	tileSide  = 4 // output values along the side of a tile
	patchSide = 6 // input values, and products
	tapSide   = 3 // weights
)

func (s isa) winograd(stride int) []string {
	if stride == 2 {
		return []string{s.winogradStridedInput(), s.winogradOutput(products), s.winogradStridedWeights()}
	}
	return []string{s.winogradInput(), s.winogradOutput(patchSide), s.winogradWeights()}
}

// eachTile writes the loops over tiles and over their vectors of channels. src and dst are
// what the fields begin with; behind the first vector of the first tile, offset lies between.
func (s isa) eachTile(t Register, compute func(src, dst, offset GPVirtual), nextTile func()) {
	src, dst, offset := GP64(), GP64(), GP64()
	tiles, end := AllocLocal(8), AllocLocal(8)
	MOVQ(field(t, transformTiles), offset)
	MOVQ(offset, tiles)
	MOVQ(field(t, transformVectors), offset)
	IMUL3Q(Imm(uint64(s.bytes())), offset, offset)
	MOVQ(offset, end)
	MOVQ(field(t, transformSrc), src)
	MOVQ(field(t, transformDst), dst)
	Label("tile")
	XORQ(offset, offset)
	Label("vector")
	compute(src, dst, offset)
	ADDQ(U32(uint32(s.bytes())), offset)
	CMPQ(offset, end)
	JNE(LabelRef("vector"))
	ADDQ(field(t, transformSrcTile), src)
	ADDQ(field(t, transformDstTile), dst)
	nextTile()
	DECQ(tiles)
	JNZ(LabelRef("tile"))
	VZEROUPPER()
	RET()
}

// eachColumn goes through the columns of a patch, step apart, from the one that column points to.
func eachColumn(rows ladder, column, step GPVirtual, columns int, compute func(j int, value func(i int) Mem)) {
	for j := range columns {
		compute(j, func(i int) Mem { return rows.at(column, i) })
		if j < columns-1 {
			ADDQ(step, column)
		}
	}
}

// winogradInput makes the kernel that transforms the input tiles of F(4×4, 3×3): Bᵀ·d·B. The
// rows of Bᵀ·d are made one by one or, where they have terms in common, in pairs, straight from
// the input, since reading it again is faster than keeping what doesn't fit in registers.
func (s isa) winogradInput() string {
	name, t := s.function("winogradInput", "Transform", "transforms input tiles, see Transform.")
	step, line, dstStep := GP64(), GP64(), GP64()
	MOVQ(field(t, transformSrcStep), step)
	MOVQ(field(t, transformSrcLine), line)
	MOVQ(field(t, transformDstStep), dstStep)
	rows := newLadder(line)
	four, five := s.broadcast(4), s.broadcast(5)
	x, y := s.vectors(patchSide), s.vectors(patchSide)
	a, b := s.vector(), s.vector()
	s.eachTile(t, func(src, dst, offset GPVirtual) {
		to, column := GP64(), GP64()
		LEAQ(Mem{Base: dst, Index: offset, Scale: 1}, to)
		// columns makes x, or x and y, from each column of the tile.
		columns := func(make func(j int, d func(i int) Mem)) {
			LEAQ(Mem{Base: src, Index: offset, Scale: 1}, column)
			eachColumn(rows, column, step, patchSide, make)
		}
		store := func(v VecVirtual) {
			VMOVUPS(v, Mem{Base: to})
			ADDQ(dstStep, to)
		}
		// finish transforms a row and stores it.
		finish := func(v []VecVirtual) {
			Comment("4v0 - 5v2 + v4")
			VMOVAPS(v[4], a)
			VFNMADD231PS(v[2], five, a)
			VFMADD231PS(v[0], four, a)
			store(a)
			Comment("(v4 - 4v2) ± (v3 - 4v1)")
			VMOVAPS(v[4], a)
			VFNMADD231PS(v[2], four, a)
			VMOVAPS(v[3], b)
			VFNMADD231PS(v[1], four, b)
			VADDPS(b, a, v[0])
			VSUBPS(b, a, a)
			store(v[0])
			store(a)
			Comment("(v4 - v2) ± 2(v3 - v1)")
			VSUBPS(v[2], v[4], a)
			VSUBPS(v[1], v[3], b)
			VADDPS(b, b, b)
			VADDPS(b, a, v[0])
			VSUBPS(b, a, a)
			store(v[0])
			store(a)
			Comment("4v1 - 5v3 + v5")
			VFNMADD231PS(v[3], five, v[5])
			VFMADD231PS(v[1], four, v[5])
			store(v[5])
		}
		columns(func(j int, d func(i int) Mem) {
			VMOVUPS(d(4), x[j])
			VFNMADD231PS(d(2), five, x[j])
			VFMADD231PS(d(0), four, x[j])
		})
		Comment("Fetch the next tile's pixels, but those that this tile has, too.")
		MOVQ(field(t, transformSrcTile), column)
		ADDQ(src, column)
		ADDQ(offset, column)
		ADDQ(step, column)
		for range tileSide {
			ADDQ(step, column)
			for i := range patchSide {
				PREFETCHT0(rows.at(column, i))
			}
		}
		finish(x)
		columns(func(j int, d func(i int) Mem) {
			VMOVUPS(d(4), a)
			VFNMADD231PS(d(2), four, a)
			VMOVUPS(d(3), b)
			VFNMADD231PS(d(1), four, b)
			VADDPS(b, a, x[j])
			VSUBPS(b, a, y[j])
		})
		finish(x)
		finish(y)
		columns(func(j int, d func(i int) Mem) {
			VMOVUPS(d(4), a)
			VSUBPS(d(2), a, a)
			VMOVUPS(d(3), b)
			VSUBPS(d(1), b, b)
			VADDPS(b, b, b)
			VADDPS(b, a, x[j])
			VSUBPS(b, a, y[j])
		})
		finish(x)
		finish(y)
		columns(func(j int, d func(i int) Mem) {
			VMOVUPS(d(5), x[j])
			VFNMADD231PS(d(3), five, x[j])
			VFMADD231PS(d(1), four, x[j])
		})
		finish(x)
	}, func() {})
	return name
}

// winogradOutput makes the kernel that transforms side × side products back to output tiles:
// Aᵀ·m·A, then bias, activation and residual. The rows of Aᵀ·m are made in pairs that have
// terms in common. Of six products, 3 and 4 belong to the points 2 and -2; of five, 3 to 2.
func (s isa) winogradOutput(side int) string {
	name, t := s.function(fmt.Sprintf("winogradOutput%d", side), "Transform", fmt.Sprintf("transforms %d×%d products to output tiles, see Transform.", side, side))
	step, line := GP64(), GP64()
	MOVQ(field(t, transformSrcStep), step)
	IMUL3Q(Imm(uint64(side)), step, line)
	rows := newLadder(line)
	two, four, eight := s.broadcast(2), s.broadcast(4), s.broadcast(8)
	x, y := s.vectors(side), s.vectors(side)
	a := s.vector()
	add := AllocLocal(8) // of the tile
	p := GP64()
	MOVQ(field(t, transformAdd), p)
	MOVQ(p, add)
	s.eachTile(t, func(src, dst, offset GPVirtual) {
		column := GP64()
		// columns makes x and y from each column of the products.
		columns := func(make func(j int, m func(i int) Mem)) {
			LEAQ(Mem{Base: src, Index: offset, Scale: 1}, column)
			eachColumn(rows, column, step, side, make)
		}
		// finish transforms a row to the pixels of line i and stores them.
		finish := func(i int, v []VecVirtual) {
			last := v[side-1]
			VADDPS(v[2], v[1], a)
			VSUBPS(v[2], v[1], v[1])
			sum, difference := v[2], v[3]
			if side == 6 {
				VADDPS(v[4], v[3], sum)
				VSUBPS(v[4], v[3], difference)
			} else {
				sum = difference
			}
			VADDPS(a, v[0], v[0])
			VADDPS(sum, v[0], v[0])
			VFMADD231PS(four, sum, a)
			VADDPS(v[1], last, last)
			VFMADD231PS(eight, difference, last)
			VFMADD231PS(two, difference, v[1])
			pixels, spare, other := []VecVirtual{v[0], v[1], a, last}, v[2], v[3]
			p, by := GP64(), GP64()
			MOVQ(field(t, transformBias), p)
			VMOVUPS(Mem{Base: p, Index: offset, Scale: 1}, spare)
			for _, v := range pixels {
				VADDPS(spare, v, v)
			}
			MOVQ(field(t, transformAct), p)
			s.activate(p, pixels, spare, other)
			each := func(line, step int, do func(v VecVirtual)) {
				ADDQ(offset, p)
				for range i {
					ADDQ(field(t, line), p)
				}
				MOVQ(field(t, step), by)
				for j, v := range pixels {
					do(v)
					if j < len(pixels)-1 {
						ADDQ(by, p)
					}
				}
			}
			store := s.unique("store")
			MOVQ(add, p)
			TESTQ(p, p)
			JZ(LabelRef(store))
			each(transformAddLine, transformAddStep, func(v VecVirtual) { VADDPS(Mem{Base: p}, v, v) })
			Label(store)
			MOVQ(dst, p)
			each(transformDstLine, transformDstStep, func(v VecVirtual) { VMOVUPS(v, Mem{Base: p}) })
		}
		columns(func(j int, m func(i int) Mem) {
			VMOVUPS(m(1), a)
			VADDPS(m(2), a, a)
			VMOVUPS(m(3), y[j])
			if side == 6 {
				VADDPS(m(4), y[j], y[j])
			}
			VADDPS(m(0), a, x[j])
			VADDPS(y[j], x[j], x[j])
			VFMADD213PS(a, four, y[j])
		})
		finish(0, x)
		finish(2, y)
		columns(func(j int, m func(i int) Mem) {
			VMOVUPS(m(1), x[j])
			VSUBPS(m(2), x[j], x[j])
			VMOVUPS(m(3), a)
			if side == 6 {
				VSUBPS(m(4), a, a)
			}
			VADDPS(m(side-1), x[j], y[j])
			VFMADD231PS(eight, a, y[j])
			VFMADD231PS(two, a, x[j])
		})
		finish(1, x)
		finish(3, y)
	}, func() {
		p, by := GP64(), GP64()
		MOVQ(add, p)
		TESTQ(p, p)
		JZ(LabelRef("nothing"))
		MOVQ(field(t, transformAddStep), by)
		LEAQ(Mem{Base: p, Index: by, Scale: 4}, p)
		MOVQ(p, add)
		Label("nothing")
	})
	return name
}

// winogradWeights makes the kernel that transforms weights: G·g·Gᵀ. The rows of G·g are made
// one by one, or in pairs that have terms in common.
func (s isa) winogradWeights() string {
	name, t := s.function("winogradWeights", "Transform", "transforms weights, see Transform.")
	step, line, dstStep := GP64(), GP64(), GP64()
	MOVQ(field(t, transformSrcStep), step)
	IMUL3Q(Imm(tapSide), step, line)
	MOVQ(field(t, transformDstStep), dstStep)
	rows := newLadder(line)
	four, quarter, sixth, part := s.broadcast(4), s.broadcast(1./4), s.broadcast(-1./6), s.broadcast(1./24)
	x, y := s.vectors(tapSide), s.vectors(tapSide)
	a, b := s.vector(), s.vector()
	// pair makes c·(v0 + v2 ± v1).
	pair := func(c VecVirtual, sum, difference VecVirtual) {
		VADDPS(b, a, sum)
		VSUBPS(b, a, difference)
		VMULPS(c, sum, sum)
		VMULPS(c, difference, difference)
	}
	s.eachTile(t, func(src, dst, offset GPVirtual) {
		to, column := GP64(), GP64()
		LEAQ(Mem{Base: dst, Index: offset, Scale: 1}, to)
		columns := func(make func(j int, g func(i int) Mem)) {
			LEAQ(Mem{Base: src, Index: offset, Scale: 1}, column)
			eachColumn(rows, column, step, tapSide, make)
		}
		store := func(v VecVirtual) {
			VMOVUPS(v, Mem{Base: to})
			ADDQ(dstStep, to)
		}
		finish := func(v []VecVirtual) {
			VMULPS(v[0], quarter, a)
			store(a)
			VADDPS(v[2], v[0], a)
			VMOVAPS(v[1], b)
			first, second := s.vector(), s.vector()
			pair(sixth, first, second)
			store(first)
			store(second)
			VFMADD231PS(v[2], four, v[0])
			VMOVAPS(v[0], a)
			VADDPS(b, b, b)
			pair(part, first, second)
			store(first)
			store(second)
			store(v[2])
		}
		columns(func(j int, g func(i int) Mem) { VMULPS(g(0), quarter, x[j]) })
		finish(x)
		columns(func(j int, g func(i int) Mem) {
			VMOVUPS(g(0), a)
			VADDPS(g(2), a, a)
			VMOVUPS(g(1), b)
			pair(sixth, x[j], y[j])
		})
		finish(x)
		finish(y)
		columns(func(j int, g func(i int) Mem) {
			VMOVUPS(g(0), a)
			VFMADD231PS(g(2), four, a)
			VMOVUPS(g(1), b)
			VADDPS(b, b, b)
			pair(part, x[j], y[j])
		})
		finish(x)
		finish(y)
		columns(func(j int, g func(i int) Mem) { VMOVUPS(g(2), x[j]) })
		finish(x)
	}, func() {})
	return name
}
