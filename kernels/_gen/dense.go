package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// Offsets of the fields of kernels.Dots.
const (
	dotsWeights, dotsStep, dotsInput, dotsOut, dotsBias, dotsVectors, dotsTail, dotsRows = 0, 8, 16, 24, 32, 40, 48, 56
)

// dots makes the kernel that multiplies rows of weights with one vector, so many rows at a
// time.
func (s isa) dots(rows int) string {
	name, t := s.function(fmt.Sprintf("dots%d", rows), "Dots", fmt.Sprintf("computes dot products, %d at a time, see Dots.", rows))
	weights, step, out, bias, count := GP64(), GP64(), GP64(), GP64(), GP64()
	MOVQ(field(t, dotsWeights), weights)
	MOVQ(field(t, dotsStep), step)
	MOVQ(field(t, dotsOut), out)
	MOVQ(field(t, dotsBias), bias)
	MOVQ(field(t, dotsRows), count)
	tail := GP64()
	MOVQ(field(t, dotsTail), tail)
	m := s.mask(tail)
	acc, x, w := s.vectors(rows), s.vector(), s.vector()
	Label("rows")
	input, vectors, from := GP64(), GP64(), GP64()
	MOVQ(field(t, dotsInput), input)
	MOVQ(field(t, dotsVectors), vectors)
	MOVQ(weights, from)
	for _, a := range acc {
		VXORPS(a.AsX(), a.AsX(), a.AsX())
	}
	row := GP64()
	each := func(load func(from Mem, to VecVirtual)) {
		load(Mem{Base: input}, x)
		MOVQ(from, row)
		for r, a := range acc {
			load(Mem{Base: row}, w)
			VFMADD231PS(w, x, a)
			if r < rows-1 {
				ADDQ(step, row)
			}
		}
	}
	Label("vector")
	DECQ(vectors)
	JZ(LabelRef("last"))
	each(func(from Mem, to VecVirtual) { VMOVUPS(from, to) })
	ADDQ(U32(uint32(s.bytes())), from)
	ADDQ(U32(uint32(s.bytes())), input)
	JMP(LabelRef("vector"))
	Label("last")
	each(m.load)
	for r, a := range acc {
		s.total(a)
		VADDSS(Mem{Base: bias, Disp: 4 * r}, a.AsX(), a.AsX())
		VMOVSS(a.AsX(), Mem{Base: out, Disp: 4 * r})
	}
	for range rows {
		ADDQ(step, weights)
	}
	ADDQ(U32(uint32(4*rows)), out)
	ADDQ(U32(uint32(4*rows)), bias)
	DECQ(count)
	JNZ(LabelRef("rows"))
	VZEROUPPER()
	RET()
	return name
}

// total adds up the lanes of v into its first.
func (s isa) total(v VecVirtual) {
	if s.lanes == 16 {
		half := YMM()
		VEXTRACTF64X4(Imm(1), v, half)
		VADDPS(half, v.AsY(), v.AsY())
	}
	quarter := XMM()
	VEXTRACTF128(Imm(1), v.AsY(), quarter)
	VADDPS(quarter, v.AsX(), v.AsX())
	VHADDPS(v.AsX(), v.AsX(), v.AsX())
	VHADDPS(v.AsX(), v.AsX(), v.AsX())
}
