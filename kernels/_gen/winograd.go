package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// Offsets of the fields of kernels.Transform.
const (
	transformSrc, transformDst, transformSrcStep, transformSrcPart = 0, 8, 16, 24
	transformDstStep, transformDstPart, transformVectors           = 32, 40, 48
	transformBias, transformAct, transformTemp                     = 56, 64, 72
)

// winogradInput makes the kernel that transforms the input tiles of F(4×4, 3×3): Bᵀ·d·B.
func (s isa) winogradInput() string {
	name, t := s.function("winogradInput", "Transform", "transforms input tiles, see Transform.")
	src, dst, step, part, dstStep, count := GP64(), GP64(), GP64(), GP64(), GP64(), GP64()
	MOVQ(field(t, transformSrc), src)
	MOVQ(field(t, transformDst), dst)
	MOVQ(field(t, transformSrcStep), step)
	MOVQ(field(t, transformSrcPart), part)
	MOVQ(field(t, transformDstStep), dstStep)
	MOVQ(field(t, transformVectors), count)
	middle := Mem{Base: GP64()}
	MOVQ(field(t, transformTemp), middle.Base)
	at := func(i, j int) Mem { return middle.Offset((6*i + j) * s.bytes()) }
	d, r := s.vectors(6), s.vectors(6)
	four, five := s.broadcast(4), s.broadcast(5)
	a, b := s.vector(), s.vector()
	transform := func() {
		// r0 = 4d0 - 5d2 + d4
		VMOVAPS(d[4], r[0])
		VFNMADD231PS(d[2], five, r[0])
		VFMADD231PS(d[0], four, r[0])
		// r1, r2 = (d4 - 4d2) ± (d3 - 4d1)
		VMOVAPS(d[4], a)
		VFNMADD231PS(d[2], four, a)
		VMOVAPS(d[3], b)
		VFNMADD231PS(d[1], four, b)
		VADDPS(b, a, r[1])
		VSUBPS(b, a, r[2])
		// r3, r4 = (d4 - d2) ± 2(d3 - d1)
		VSUBPS(d[2], d[4], a)
		VSUBPS(d[1], d[3], b)
		VADDPS(b, b, b)
		VADDPS(b, a, r[3])
		VSUBPS(b, a, r[4])
		// r5 = 4d1 - 5d3 + d5
		VMOVAPS(d[5], r[5])
		VFNMADD231PS(d[3], five, r[5])
		VFMADD231PS(d[1], four, r[5])
	}
	Label("tiles")
	Comment("Down the columns: column j of a tile is part j mod 4 of the rows.")
	column := GP64()
	MOVQ(src, column)
	for j := range 6 {
		if j == 4 {
			MOVQ(src, column)
		}
		row := GP64()
		MOVQ(column, row)
		for i := range 6 {
			VMOVUPS(Mem{Base: row, Disp: 4 * (j / 4)}, d[i])
			if i < 5 {
				ADDQ(step, row)
			}
		}
		transform()
		for i := range 6 {
			VMOVUPS(r[i], at(i, j))
		}
		if j < 5 {
			ADDQ(part, column)
		}
	}
	Comment("Along the rows.")
	to := GP64()
	MOVQ(dst, to)
	for i := range 6 {
		for j := range 6 {
			VMOVUPS(at(i, j), d[j])
		}
		transform()
		for j := range 6 {
			VMOVUPS(r[j], Mem{Base: to})
			ADDQ(dstStep, to)
		}
	}
	ADDQ(U32(uint32(s.bytes())), src)
	ADDQ(U32(uint32(s.bytes())), dst)
	DECQ(count)
	JNZ(LabelRef("tiles"))
	VZEROUPPER()
	RET()
	return name
}

// winogradOutput makes the kernel that transforms products back to output tiles: Aᵀ·m·A, then
// bias and activation.
func (s isa) winogradOutput() string {
	name, t := s.function("winogradOutput", "Transform", "transforms products to output tiles, see Transform.")
	src, dst, srcStep, dstStep, part, count := GP64(), GP64(), GP64(), GP64(), GP64(), GP64()
	MOVQ(field(t, transformSrc), src)
	MOVQ(field(t, transformDst), dst)
	MOVQ(field(t, transformSrcStep), srcStep)
	MOVQ(field(t, transformDstStep), dstStep)
	MOVQ(field(t, transformDstPart), part)
	MOVQ(field(t, transformVectors), count)
	bias, act := GP64(), GP64()
	MOVQ(field(t, transformBias), bias)
	MOVQ(field(t, transformAct), act)
	middle := Mem{Base: GP64()}
	MOVQ(field(t, transformTemp), middle.Base)
	at := func(i, j int) Mem { return middle.Offset((6*i + j) * s.bytes()) }
	m, y := s.vectors(6), s.vectors(4)
	p, q := s.vector(), s.vector()
	transform := func() {
		VADDPS(m[2], m[1], p)
		VSUBPS(m[2], m[1], q)
		VADDPS(m[4], m[3], y[2]) // r = m3 + m4
		VSUBPS(m[4], m[3], y[3]) // s = m3 - m4
		// y0 = m0 + p + r
		VADDPS(p, m[0], y[0])
		VADDPS(y[2], y[0], y[0])
		// y1 = q + 2s
		VADDPS(y[3], y[3], y[3])
		VADDPS(y[3], q, y[1])
		// y2 = p + 4r
		VADDPS(y[2], y[2], y[2])
		VADDPS(y[2], y[2], y[2])
		VADDPS(p, y[2], y[2])
		// y3 = q + 8s + m5
		VADDPS(y[3], y[3], y[3])
		VADDPS(y[3], y[3], y[3])
		VADDPS(q, y[3], y[3])
		VADDPS(m[5], y[3], y[3])
	}
	Label("tiles")
	from, column := GP64(), GP64()
	MOVQ(src, column)
	sixRows := GP64()
	LEAQ(Mem{Base: srcStep, Index: srcStep, Scale: 2}, sixRows)
	ADDQ(sixRows, sixRows)
	for j := range 6 {
		MOVQ(column, from)
		for i := range 6 {
			VMOVUPS(Mem{Base: from}, m[i])
			if i < 5 {
				ADDQ(sixRows, from)
			}
		}
		transform()
		for i := range 4 {
			VMOVUPS(y[i], at(i, j))
		}
		if j < 5 {
			ADDQ(srcStep, column)
		}
	}
	to := GP64()
	row := GP64()
	MOVQ(dst, row)
	for i := range 4 {
		for j := range 6 {
			VMOVUPS(at(i, j), m[j])
		}
		transform()
		VBROADCASTSS(Mem{Base: bias}, p)
		for j := range 4 {
			VADDPS(p, y[j], y[j])
		}
		s.activate(act, y, p, q)
		MOVQ(row, to)
		for j := range 4 {
			VMOVUPS(y[j], Mem{Base: to})
			if j < 3 {
				ADDQ(part, to)
			}
		}
		if i < 3 {
			ADDQ(dstStep, row)
		}
	}
	ADDQ(U32(uint32(s.bytes())), src)
	ADDQ(U32(uint32(s.bytes())), dst)
	DECQ(count)
	JNZ(LabelRef("tiles"))
	VZEROUPPER()
	RET()
	return name
}

// merge makes the kernel that is the opposite of split: it puts the values of two rows in turn
// into one.
func (s isa) merge() string {
	name, t := s.function("merge", "Pad", "merges rows of Src and Odd, value by value in turn, to Dst, see Pad.")
	p := loadPad(t)
	src, dst, srcStep, dstStep, rows := p.src, p.dst, p.srcStep, p.dstStep, p.rows
	odd := p.loadOdd(t)
	first, second := s.pairMasks(p.tail)
	a, b, low, high := s.vector(), s.vector(), s.vector(), s.vector()
	weave := s.weaver()
	join := func(storeLow, storeHigh func(v VecVirtual, to Mem)) func(at []GPVirtual) {
		return func(at []GPVirtual) {
			VMOVUPS(Mem{Base: at[0]}, a)
			VMOVUPS(Mem{Base: at[1]}, b)
			weave(a, b, low, high)
			storeLow(low, Mem{Base: at[2]})
			storeHigh(high, Mem{Base: at[2], Disp: s.bytes()})
		}
	}
	s.overRows(t, rows, []stream{{src, srcStep, s.bytes()}, {odd, srcStep, s.bytes()}, {dst, dstStep, 2 * s.bytes()}},
		join(storeWhole, storeWhole), join(first.store, second.store))
	return name
}

// weaver returns the code that puts the values of two vectors in turn into two others.
func (s isa) weaver() func(a, b, low, high VecVirtual) {
	if s.lanes == 16 {
		lows, highs := ZMM(), ZMM()
		VMOVUPS(weaveTable("lows", 0), lows)
		VMOVUPS(weaveTable("highs", 8), highs)
		return func(a, b, low, high VecVirtual) {
			VMOVAPS(lows, low)
			VPERMI2PS(b, a, low)
			VMOVAPS(highs, high)
			VPERMI2PS(b, a, high)
		}
	}
	x, y := s.vector(), s.vector()
	return func(a, b, low, high VecVirtual) {
		VUNPCKLPS(b, a, x)
		VUNPCKHPS(b, a, y)
		VPERM2F128(Imm(0x20), y, x, low)
		VPERM2F128(Imm(0x31), y, x, high)
	}
}

// weaveTable is the numbers first, 16+first, first+1, 17+first, ….
func weaveTable(name string, first int) Mem {
	var words [16]uint32
	for i := range words {
		words[i] = uint32(first + i/2 + 16*(i%2))
	}
	return readOnly(name, words[:]...)
}
