package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// sumRows makes the kernel that adds up the rows of src.
func (s isa) sumRows() string {
	name, t := s.function("sumRows", "Span", "adds all rows of src to the one row dst, see Span.")
	src, dst, rows, step := GP64(), GP64(), GP64(), GP64()
	MOVQ(field(t, spanSrc), src)
	MOVQ(field(t, spanDst), dst)
	MOVQ(field(t, spanSrcStep), step)
	once := GP64()
	MOVQ(U32(1), once)
	s.alongRow(t, spanLength, once, []int{4, 1}, func(at Register, vectors int, store func(v VecVirtual, to Mem)) {
		// Eight sums, so that none waits for the addition before.
		sums := make([][]VecVirtual, 8/vectors)
		for i := range sums {
			sums[i] = s.vectors(vectors)
			for _, v := range sums[i] {
				VXORPS(v.AsX(), v.AsX(), v.AsX())
			}
		}
		place := GP64()
		LEAQ(Mem{Base: src, Index: at, Scale: 1}, place)
		MOVQ(field(t, spanRows), rows)
		add := func(sum []VecVirtual) {
			for i, v := range sum {
				VADDPS(Mem{Base: place, Disp: i * s.bytes()}, v, v)
			}
			ADDQ(step, place)
		}
		several, single, done := s.unique("several"), s.unique("single"), s.unique("sum")
		Label(several)
		SUBQ(Imm(uint64(len(sums))), rows)
		JLT(LabelRef(single))
		for _, sum := range sums {
			add(sum)
		}
		JMP(LabelRef(several))
		Label(single)
		ADDQ(Imm(uint64(len(sums))), rows)
		one := s.unique("one")
		Label(one)
		JZ(LabelRef(done))
		add(sums[0])
		DECQ(rows)
		JMP(LabelRef(one))
		Label(done)
		for n := len(sums); n > 1; n /= 2 {
			for i := range n / 2 {
				for j, v := range sums[i] {
					VADDPS(sums[i+n/2][j], v, v)
				}
			}
		}
		for i, v := range sums[0] {
			to := Mem{Base: dst, Index: at, Scale: 1, Disp: i * s.bytes()}
			VADDPS(to, v, v)
			store(v, to)
		}
	}, func() {})
	return name
}

// Offsets of the fields of kernels.Taps.
const (
	tapsDst, tapsSrc, tapsDstStep, tapsSrcStep  = 0, 8, 16, 24
	tapsColumn, tapsLine, tapsWidth, tapsHeight = 32, 40, 48, 56
	tapsPixels, tapsLength                      = 64, 72
)

// maxTaps makes the kernel that takes the maximum over windows.
func (s isa) maxTaps() string {
	name, t := s.function("maxTaps", "Taps", "takes the maximum over windows, see Taps.")
	src, dst, pixels, column := GP64(), GP64(), GP64(), GP64()
	MOVQ(field(t, tapsSrc), src)
	MOVQ(field(t, tapsDst), dst)
	MOVQ(field(t, tapsPixels), pixels)
	MOVQ(field(t, tapsColumn), column)
	lowest := s.broadcast(-math.MaxFloat32)
	s.alongRow(t, tapsLength, pixels, []int{4, 1}, func(at Register, vectors int, store func(v VecVirtual, to Mem)) {
		largest := s.vectors(vectors)
		for _, v := range largest {
			VMOVAPS(lowest, v)
		}
		line, place, width, height := GP64(), GP64(), GP64(), GP64()
		LEAQ(Mem{Base: src, Index: at, Scale: 1}, line)
		MOVQ(field(t, tapsHeight), height)
		lines, columns := s.unique("lines"), s.unique("columns")
		Label(lines)
		MOVQ(line, place)
		MOVQ(field(t, tapsWidth), width)
		Label(columns)
		for i, v := range largest {
			x := s.vector()
			VMOVUPS(Mem{Base: place, Disp: i * s.bytes()}, x)
			VMAXPS(v, x, v) // a NaN in x is passed over
		}
		ADDQ(column, place)
		DECQ(width)
		JNZ(LabelRef(columns))
		ADDQ(field(t, tapsLine), line)
		DECQ(height)
		JNZ(LabelRef(lines))
		for i, v := range largest {
			store(v, Mem{Base: dst, Index: at, Scale: 1, Disp: i * s.bytes()})
		}
	}, func() {
		ADDQ(field(t, tapsDstStep), dst)
		ADDQ(field(t, tapsSrcStep), src)
	})
	return name
}
