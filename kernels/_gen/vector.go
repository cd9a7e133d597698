package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// Offsets of the fields of kernels.Span.
const (
	spanDst, spanSrc, spanAdd             = 0, 8, 16
	spanDstStep, spanSrcStep, spanAddStep = 24, 32, 40
	spanRows, spanLength                  = 48, 56
	spanScale, spanShift                  = 64, 68
)

// formula is code that replaces some vectors x by what a kernel computes from them, and from y
// where it has a second operand. Each of its steps is done for all of x before the next one, so
// that none waits for the one before.
type formula func(x, y []VecVirtual)

// spanKernel describes a kernel that computes dst from src, value by value.
type spanKernel struct {
	name, doc string
	unroll    int  // vectors that are computed together
	readsAdd  bool // there is a second operand
	// setup loads what stays in registers. t is the Span.
	setup func(t Register) formula
}

// span makes a kernel over rows of values.
func (s isa) span(k spanKernel) string {
	name, t := s.function(k.name, "Span", k.doc+", see Span.")
	dst, src, add, rows := GP64(), GP64(), GP64(), GP64()
	MOVQ(field(t, spanDst), dst)
	MOVQ(field(t, spanSrc), src)
	if k.readsAdd {
		MOVQ(field(t, spanAdd), add)
	}
	MOVQ(field(t, spanRows), rows)
	compute := k.setup(t)
	s.alongRow(t, spanLength, rows, []int{k.unroll, 1}, func(at Register, vectors int, store func(v VecVirtual, to Mem)) {
		x, y := s.vectors(vectors), []VecVirtual(nil)
		for i := range x {
			VMOVUPS(Mem{Base: src, Index: at, Scale: 1, Disp: i * s.bytes()}, x[i])
		}
		if k.readsAdd {
			y = s.vectors(vectors)
			for i := range y {
				VMOVUPS(Mem{Base: add, Index: at, Scale: 1, Disp: i * s.bytes()}, y[i])
			}
		}
		compute(x, y)
		for i := range x {
			store(x[i], Mem{Base: dst, Index: at, Scale: 1, Disp: i * s.bytes()})
		}
	}, func() {
		ADDQ(field(t, spanDstStep), dst)
		ADDQ(field(t, spanSrcStep), src)
		if k.readsAdd {
			ADDQ(field(t, spanAddStep), add)
		}
	})
	return name
}

// granule is kernels.Granule in bytes.
const granule = 4 * 8

// alongRow makes the loop over rows and, in each, over its values: the number of these, which
// lies at the offset length of t, is rounded up to whole granules. body makes the code for
// some vectors, as many as one of vectors says, at the register's distance in bytes from the
// beginning of the row; store is VMOVUPS, or writes half a vector where only that is left.
// next goes to the next row. The kernel ends with the last one.
func (s isa) alongRow(t Register, length int, rows Register, vectors []int, body func(at Register, vectors int, store func(v VecVirtual, to Mem)), next func()) {
	at, end := GP64(), GP64()
	MOVQ(field(t, length), end)
	ADDQ(Imm(granule/4-1), end)
	SHRQ(Imm(3), end)
	SHLQ(Imm(5), end)
	limits := make([]GPVirtual, len(vectors))
	for i, n := range vectors {
		limits[i] = GP64()
		LEAQ(Mem{Base: end, Disp: -n * s.bytes()}, limits[i])
	}
	Label("row")
	XORQ(at, at)
	for i, n := range vectors {
		loop, done := s.unique("vectors"), s.unique("done")
		Label(loop)
		CMPQ(at, limits[i])
		JGT(LabelRef(done))
		body(at, n, func(v VecVirtual, to Mem) { VMOVUPS(v, to) })
		ADDQ(U32(uint32(n*s.bytes())), at)
		JMP(LabelRef(loop))
		Label(done)
	}
	if s.bytes() > granule {
		CMPQ(at, end)
		JGE(LabelRef("next"))
		body(at, 1, func(v VecVirtual, to Mem) { VMOVUPS(v.AsY(), to) })
		Label("next")
	}
	next()
	DECQ(rows)
	JNZ(LabelRef("row"))
	VZEROUPPER()
	RET()
}

// arithmetic makes the kernels that compute with two operands, or one and a number.
func (s isa) arithmetic() []member {
	two := func(name, doc string, operation func(ops ...Op)) member {
		return member{name, s.span(spanKernel{name, doc, 4, true, func(Register) formula {
			return func(x, y []VecVirtual) {
				for i := range x {
					operation(x[i], y[i], x[i])
				}
			}
		}})}
	}
	return []member{
		two("add", "computes src + add", VADDPS),
		two("mul", "computes src · add", VMULPS),
		{"scale", s.span(spanKernel{"scale", "computes src · scale", 4, false, func(t Register) formula {
			scale := s.vector()
			VBROADCASTSS(field(t, spanScale), scale)
			return func(x, _ []VecVirtual) {
				for i := range x {
					VMULPS(scale, x[i], x[i])
				}
			}
		}})},
		{"exponential", s.span(spanKernel{"exponential", "computes e^((src + shift) · scale), the exponent being at most 88", 2, false, func(t Register) formula {
			scale, shift := s.vector(), s.vector()
			VBROADCASTSS(field(t, spanScale), scale)
			VBROADCASTSS(field(t, spanShift), shift)
			exp := s.exp()
			return func(x, _ []VecVirtual) {
				for i := range x {
					VADDPS(shift, x[i], x[i])
					VMULPS(scale, x[i], x[i])
				}
				exp(x)
			}
		}})},
	}
}
