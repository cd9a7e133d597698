package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// Offsets of the fields of kernels.Span.
const (
	spanDst, spanSrc, spanAdd, spanLength, spanScale = 0, 8, 16, 24, 32
)

// span makes a kernel that computes dst[i] from src[i], and from add[i] when it reads that.
func (s isa) span(name, doc string, readsAdd bool, setup func(scale VecVirtual) func(x, add VecVirtual)) string {
	name, t := s.function(name, "Span", doc+", see Span.")
	dst, src, add, n := GP64(), GP64(), GP64(), GP64()
	MOVQ(field(t, spanDst), dst)
	MOVQ(field(t, spanSrc), src)
	if readsAdd {
		MOVQ(field(t, spanAdd), add)
	}
	MOVQ(field(t, spanLength), n)
	scale := s.vector()
	VBROADCASTSS(field(t, spanScale), scale)
	compute := setup(scale)
	x, y := s.vector(), s.vector()
	Label("loop")
	CMPQ(n, U32(uint32(s.lanes)))
	JLT(LabelRef("tail"))
	VMOVUPS(Mem{Base: src}, x)
	if readsAdd {
		VMOVUPS(Mem{Base: add}, y)
	}
	compute(x, y)
	VMOVUPS(x, Mem{Base: dst})
	ADDQ(U32(uint32(s.bytes())), src)
	ADDQ(U32(uint32(s.bytes())), dst)
	if readsAdd {
		ADDQ(U32(uint32(s.bytes())), add)
	}
	SUBQ(U32(uint32(s.lanes)), n)
	JMP(LabelRef("loop"))
	Label("tail")
	TESTQ(n, n)
	JZ(LabelRef("done"))
	m := s.mask(n)
	m.load(Mem{Base: src}, x)
	if readsAdd {
		m.load(Mem{Base: add}, y)
	}
	compute(x, y)
	m.store(x, Mem{Base: dst})
	Label("done")
	VZEROUPPER()
	RET()
	return name
}

// broadcast returns a register that holds v in every lane.
func (s isa) broadcast(v float32) VecVirtual {
	r := s.vector()
	VBROADCASTSS(constant(v), r)
	return r
}

// constantVector is v in every lane, in a register where there are enough of them.
func (s isa) constantVector(v float32) Op {
	if s.registers > 16 {
		return s.broadcast(v)
	}
	words := make([]uint32, s.lanes)
	for i := range words {
		words[i] = math.Float32bits(v)
	}
	return readOnly(fmt.Sprintf("v%08x", words[0]), words...)
}

// exponential prepares code that replaces x by e^x. x is clamped to -87.3 … 88, where the
// result is a normal number; a polynomial of degree 6 serves the part between powers of two.
func (s isa) exponential() func(x VecVirtual) {
	low, high := s.broadcast(-87.3), s.broadcast(88)
	log2e, ln2hi, ln2lo := s.broadcast(1.44269504), s.broadcast(0.693359375), s.broadcast(-2.12194440e-4)
	coefficients := []float32{1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1, 1, 1}
	poly := make([]Op, len(coefficients)-1)
	for i := range poly {
		poly[i] = s.constantVector(coefficients[i])
	}
	n, p := s.vector(), s.vector()
	return func(x VecVirtual) {
		VMAXPS(x, low, x)
		VMINPS(x, high, x)
		VMULPS(x, log2e, n)
		s.round(n)
		VFNMADD231PS(ln2hi, n, x)
		VFNMADD231PS(ln2lo, n, x)
		VMOVUPS(poly[0], p)
		for _, c := range poly[1:] {
			VFMADD213PS(c, x, p)
		}
		VFMADD213PS(poly[5], x, p)
		s.scale(p, n)
		VMOVAPS(p, x)
	}
}

// round rounds to whole numbers.
func (s isa) round(x VecVirtual) {
	if s.lanes == 16 {
		VRNDSCALEPS(Imm(8), x, x)
	} else {
		VROUNDPS(Imm(8), x, x)
	}
}

// scale multiplies p by 2^n for whole n. n is overwritten.
func (s isa) scale(p, n VecVirtual) {
	if s.lanes == 16 {
		VSCALEFPS(n, p, p)
		return
	}
	VCVTPS2DQ(n, n)
	VPSLLD(Imm(23), n, n)
	VPADDD(n, p, p)
}

// member is a row of the Set's tables: what it is for, and the kernel.
type member struct{ activation, function string }

// arithmetic makes the kernels that compute with two vectors, or one and a number.
func (s isa) arithmetic() []member {
	return []member{
		{"add", s.span("add", "computes src + add", true, func(VecVirtual) func(x, add VecVirtual) {
			return func(x, add VecVirtual) { VADDPS(add, x, x) }
		})},
		{"mul", s.span("mul", "computes src · add", true, func(VecVirtual) func(x, add VecVirtual) {
			return func(x, add VecVirtual) { VMULPS(add, x, x) }
		})},
		{"max", s.span("max", "computes the larger of src and add", true, func(VecVirtual) func(x, add VecVirtual) {
			return func(x, add VecVirtual) { VMAXPS(x, add, x) }
		})},
		{"scale", s.span("scale", "computes src · scale", false, func(scale VecVirtual) func(x, add VecVirtual) {
			return func(x, _ VecVirtual) { VMULPS(scale, x, x) }
		})},
	}
}

// unary makes the activations.
func (s isa) unary() []member {
	var members []member
	activation := func(name, function, doc string, setup func(VecVirtual) func(x, add VecVirtual)) {
		members = append(members, member{name, s.span(function, doc, false, setup)})
	}
	activation("ReLU", "relu", "computes max(src, 0)", func(VecVirtual) func(x, add VecVirtual) {
		zero := s.vector()
		VXORPS(zero.AsX(), zero.AsX(), zero.AsX())
		return func(x, _ VecVirtual) { VMAXPS(x, zero, x) }
	})
	activation("Leaky", "leaky", "computes max(src, 0.1·src)", func(VecVirtual) func(x, add VecVirtual) {
		slope, y := s.broadcast(.1), s.vector()
		return func(x, _ VecVirtual) {
			VMULPS(x, slope, y)
			VMAXPS(y, x, x)
		}
	})
	activation("Logistic", "logistic", "computes 1/(1 + e^-src)", func(VecVirtual) func(x, add VecVirtual) {
		logistic := s.logistic()
		return func(x, _ VecVirtual) { logistic(x) }
	})
	activation("Swish", "swish", "computes src/(1 + e^-src)", func(VecVirtual) func(x, add VecVirtual) {
		logistic, y := s.logistic(), s.vector()
		return func(x, _ VecVirtual) {
			VMOVAPS(x, y)
			logistic(x)
			VMULPS(y, x, x)
		}
	})
	activation("Tanh", "tanh", "computes 2/(1 + e^-2src) - 1", func(VecVirtual) func(x, add VecVirtual) {
		logistic, one := s.logistic(), s.broadcast(1)
		return func(x, _ VecVirtual) {
			VADDPS(x, x, x)
			logistic(x)
			VADDPS(x, x, x)
			VSUBPS(one, x, x)
		}
	})
	// tanh(log(1+e)) = e(e+2)/(e(e+2)+2). Beyond 20 it is 1, where e² is still far from overflow.
	activation("Mish", "mish", "computes src·tanh(log(1 + e^src))", func(VecVirtual) func(x, add VecVirtual) {
		exp, reciprocal, bound, two := s.exponential(), s.reciprocal(), s.broadcast(20), s.broadcast(2)
		e := s.vector()
		return func(x, _ VecVirtual) {
			VMINPS(x, bound, e)
			exp(e)
			p := s.vector()
			VADDPS(e, two, p)
			VMULPS(p, e, e)
			VADDPS(e, two, p)
			reciprocal(p)
			VMULPS(p, e, e)
			VMULPS(e, x, x)
		}
	})
	return members
}

// reciprocal prepares code that replaces x by 1/x: the processor's estimate and one step of
// Newton's method, which is much faster than a division and good to the last bit or two.
func (s isa) reciprocal() func(x VecVirtual) {
	one, r := s.constantVector(1), s.vector()
	return func(x VecVirtual) {
		if s.lanes == 16 {
			VRCP14PS(x, r)
		} else {
			VRCPPS(x, r)
		}
		VFNMADD213PS(one, r, x) // the error 1 - x·r
		VFMADD213PS(r, r, x)    // r + r·error
	}
}

// logistic prepares code that replaces x by 1/(1 + e^-x).
func (s isa) logistic() func(x VecVirtual) {
	exp, reciprocal, one, zero := s.exponential(), s.reciprocal(), s.broadcast(1), s.vector()
	VXORPS(zero.AsX(), zero.AsX(), zero.AsX())
	return func(x VecVirtual) {
		VSUBPS(x, zero, x)
		exp(x)
		VADDPS(one, x, x)
		reciprocal(x)
	}
}

// sum makes the kernel that adds up a vector.
func (s isa) sum() string {
	name, t := s.function("sum", "Span", "adds up src and stores the sum in dst[0], see Span.")
	src, n, dst := GP64(), GP64(), GP64()
	MOVQ(field(t, spanSrc), src)
	MOVQ(field(t, spanLength), n)
	MOVQ(field(t, spanDst), dst)
	acc := s.vectors(4)
	for _, a := range acc {
		VXORPS(a.AsX(), a.AsX(), a.AsX())
	}
	Label("block")
	CMPQ(n, U32(uint32(4*s.lanes)))
	JLT(LabelRef("single"))
	for i, a := range acc {
		VADDPS(Mem{Base: src, Disp: i * s.bytes()}, a, a)
	}
	ADDQ(U32(uint32(4*s.bytes())), src)
	SUBQ(U32(uint32(4*s.lanes)), n)
	JMP(LabelRef("block"))
	Label("single")
	CMPQ(n, U32(uint32(s.lanes)))
	JLT(LabelRef("tail"))
	VADDPS(Mem{Base: src}, acc[0], acc[0])
	ADDQ(U32(uint32(s.bytes())), src)
	SUBQ(U32(uint32(s.lanes)), n)
	JMP(LabelRef("single"))
	Label("tail")
	m, x := s.mask(n), s.vector()
	m.load(Mem{Base: src}, x)
	VADDPS(x, acc[1], acc[1])
	VADDPS(acc[1], acc[0], acc[0])
	VADDPS(acc[3], acc[2], acc[2])
	VADDPS(acc[2], acc[0], acc[0])
	s.total(acc[0])
	VMOVSS(acc[0].AsX(), Mem{Base: dst})
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
