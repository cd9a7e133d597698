package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// Offsets of the fields of kernels.Transpose.
const (
	transposeDst, transposeSrc, transposeDstStep, transposeSrcStep = 0, 8, 16, 24
	transposeDstBlock, transposeSrcBlock, transposeBlocks          = 32, 40, 48
	transposeRows                                                  = 56
)

// transpose makes the kernel that transposes blocks of 8×8. Halves of rows that are four apart
// are loaded into one vector, so what is left is to transpose 4×4 in each half.
func (s isa) transpose() string {
	name, t := s.function("transpose", "Transpose", "transposes blocks of 8×8 values, see Transpose.")
	// Rows behind the last one are that again.
	row, left, step, none := GP64(), GP64(), GP64(), GP64()
	XORQ(row, row)
	XORQ(none, none)
	MOVQ(field(t, transposeRows), left)
	MOVQ(field(t, transposeSrcStep), step)
	offsets := make([]GPVirtual, 8)
	for i := range offsets {
		offsets[i] = GP64()
		MOVQ(row, offsets[i])
		CMPQ(left, Imm(uint64(i+1)))
		CMOVQLE(none, step)
		ADDQ(step, row)
	}
	dst, src, dstStep, blocks := GP64(), GP64(), GP64(), GP64()
	MOVQ(field(t, transposeDst), dst)
	MOVQ(field(t, transposeSrc), src)
	MOVQ(field(t, transposeDstStep), dstStep)
	MOVQ(field(t, transposeBlocks), blocks)
	Label("block")
	for half := range 2 {
		v := make([]Op, 4)
		for i := range v {
			y := YMM()
			VMOVUPS(Mem{Base: src, Index: offsets[i], Scale: 1, Disp: 16 * half}, y.AsX())
			VINSERTF128(Imm(1), Mem{Base: src, Index: offsets[i+4], Scale: 1, Disp: 16 * half}, y, y)
			v[i] = y
		}
		a, b, c, d := YMM(), YMM(), YMM(), YMM()
		VUNPCKLPS(v[1], v[0], a)
		VUNPCKHPS(v[1], v[0], b)
		VUNPCKLPS(v[3], v[2], c)
		VUNPCKHPS(v[3], v[2], d)
		to := GP64()
		MOVQ(dst, to)
		if half == 1 {
			LEAQ(Mem{Base: dst, Index: dstStep, Scale: 4}, to)
		}
		for i, from := range [][2]Op{{c, a}, {c, a}, {d, b}, {d, b}} {
			y := YMM()
			VSHUFPS(Imm([]uint64{0x44, 0xee}[i%2]), from[0], from[1], y)
			VMOVUPS(y, Mem{Base: to})
			if i < 3 {
				ADDQ(dstStep, to)
			}
		}
	}
	ADDQ(field(t, transposeSrcBlock), src)
	ADDQ(field(t, transposeDstBlock), dst)
	DECQ(blocks)
	JNZ(LabelRef("block"))
	VZEROUPPER()
	RET()
	return name
}
