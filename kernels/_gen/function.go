package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// held are the constants that the present function has in registers.
var held map[uint32]VecVirtual

// broadcast returns a register that holds v in every lane, the same one each time. The first
// call must be where every way through the function passes.
func (s isa) broadcast(v float32) VecVirtual {
	bits := math.Float32bits(v)
	if held[bits] == nil {
		held[bits] = s.vector()
		VBROADCASTSS(constant(v), held[bits])
	}
	return held[bits]
}

// constantVector is v in every lane, in a register where there are enough of them.
func (s isa) constantVector(v float32) Op {
	bits := math.Float32bits(v)
	if s.registers > 16 || held[bits] != nil {
		return s.broadcast(v)
	}
	words := make([]uint32, s.lanes)
	for i := range words {
		words[i] = bits
	}
	return readOnly(fmt.Sprintf("v%08x", bits), words...)
}

// zero returns a register of zeros.
func (s isa) zero() VecVirtual {
	r := s.vector()
	VXORPS(r.AsX(), r.AsX(), r.AsX())
	return r
}

// exp prepares code that replaces x by e^x for x up to 88. x = n·ln 2 + f; a polynomial of
// degree 5, whose error is 1e-7, gives e^f, and adding n to the exponent's bits does the rest.
// x counts as leastExponent at least, and its result is taken from all, in which it is lost
// but where they are as small. So e^x becomes zero there. A NaN stays.
func (s isa) exp() func(x []VecVirtual) {
	const ln2 = -0.693147182464599609375 // as float32, from which ln 2 differs by 2e-9 only
	// What is added to this loses its fraction and leaves n in the last bits.
	magic, log2e, minusLn2, one := s.broadcast(3<<22), s.broadcast(1.44269504), s.broadcast(ln2), s.constantVector(1)
	var coefficients []Op
	for _, c := range []float32{8.312501324577882e-3, 4.189033162883184e-2, 1.666711538865191e-1, 4.999923030855256e-1} {
		coefficients = append(coefficients, s.broadcast(c))
	}
	least, leastResult := s.constantVector(leastExponent), s.constantVector(leastPower)
	return func(x []VecVirtual) {
		shifted, n, p := s.vectors(len(x)), s.vectors(len(x)), s.vectors(len(x))
		for i := range x {
			VMOVUPS(least, p[i])
			VMAXPS(x[i], p[i], x[i])
		}
		for i := range x {
			VMOVAPS(magic, shifted[i])
			VFMADD231PS(log2e, x[i], shifted[i])
		}
		for i := range x {
			VSUBPS(magic, shifted[i], n[i])
		}
		for i := range x {
			VFMADD231PS(minusLn2, n[i], x[i])
			VPSLLD(Imm(23), shifted[i], shifted[i])
			VMOVUPS(coefficients[0], p[i])
		}
		for _, c := range append(coefficients[1:], one, one) {
			for i := range x {
				VFMADD213PS(c, x[i], p[i])
			}
		}
		for i := range x {
			VPADDD(shifted[i], p[i], p[i])
			VSUBPS(leastResult, p[i], x[i])
		}
	}
}

const leastExponent = -87.33

// leastPower is what exp computes for leastExponent.
var leastPower = math.Float32frombits(0x80d71c)

// reciprocal prepares code that replaces x by 1/x: the processor's estimate and one step of
// Newton's method, which is much faster than a division and good to the last bit or two.
func (s isa) reciprocal() func(x []VecVirtual) {
	one := s.constantVector(1)
	return func(x []VecVirtual) {
		r := s.vectors(len(x))
		for i := range x {
			if s.lanes == 16 {
				VRCP14PS(x[i], r[i])
			} else {
				VRCPPS(x[i], r[i])
			}
		}
		for i := range x {
			VFNMADD213PS(one, r[i], x[i]) // the error 1 - x·r
		}
		for i := range x {
			VFMADD213PS(r[i], r[i], x[i]) // r + r·error
		}
	}
}

// logistic prepares code that replaces y, whose signs x has, too, by 1/(1 + e^-y). With
// e = e^-|y| that is 1/(1+e), or e/(1+e) for negative y, which keeps all digits of small
// results.
func (s isa) logistic() formula {
	exp, reciprocal, one, sign := s.exp(), s.reciprocal(), s.constantVector(1), s.constantVector(signBit)
	return func(x, y []VecVirtual) {
		for i := range y {
			VORPS(sign, y[i], y[i])
		}
		exp(y)
		r := s.vectors(len(y))
		for i := range y {
			VADDPS(one, y[i], r[i])
		}
		reciprocal(r)
		for i := range y {
			if s.masks {
				negative := K()
				VPMOVD2M(x[i], negative)
				VMULPS(y[i], r[i], negative, r[i])
				VMOVAPS(r[i], y[i])
			} else {
				VMULPS(r[i], y[i], y[i])
				VBLENDVPS(x[i], y[i], r[i], y[i])
			}
		}
	}
}

// logisticOf prepares code that computes y = 1/(1 + e^-x).
func (s isa) logisticOf() formula {
	logistic := s.logistic()
	return func(x, y []VecVirtual) {
		for i := range x {
			VMOVAPS(x[i], y[i])
		}
		logistic(x, y)
	}
}

// tanh prepares code that replaces x by (1 - e)/(1 + e) with e = e^-|scale·x|, and the sign of
// x, which is tanh(scale·x/2).
func (s isa) tanh(scale float32) formula {
	exp, reciprocal, one, sign, factor := s.exp(), s.reciprocal(), s.constantVector(1), s.constantVector(signBit), s.constantVector(scale)
	return func(x, _ []VecVirtual) {
		e, signs := s.vectors(len(x)), s.vectors(len(x))
		for i := range x {
			VMULPS(factor, x[i], e[i])
			VANDPS(sign, x[i], signs[i])
			VORPS(sign, e[i], e[i])
		}
		exp(e)
		for i := range x {
			VADDPS(one, e[i], x[i])
		}
		reciprocal(x)
		for i := range x {
			VFNMADD213PS(x[i], x[i], e[i]) // (1 - e)·r = r - e·r
			VORPS(signs[i], e[i], x[i])
		}
	}
}

// linearUnit prepares code that replaces x by positive·x, or negative·(e^x - 1) for negative x.
func (s isa) linearUnit(positive, negative float32) formula {
	exp, zero, one, up, down := s.exp(), s.zero(), s.constantVector(1), s.constantVector(positive), s.constantVector(negative)
	return func(x, _ []VecVirtual) {
		e := s.vectors(len(x))
		for i := range x {
			VMINPS(x[i], zero, e[i])
			VMAXPS(x[i], zero, x[i])
		}
		exp(e)
		for i := range x {
			VSUBPS(one, e[i], e[i])
			VMULPS(down, e[i], e[i])
			VFMADD132PS(up, e[i], x[i])
		}
	}
}

// signBit has only this bit set.
var signBit = float32(math.Copysign(0, -1))

// lines prepares code that replaces x by the largest of some linear functions slope·x + offset,
// limited by further ones. A NaN stays.
func (s isa) lines(largest, limits []line) formula {
	var all []func(x, y []VecVirtual)
	for _, l := range append(largest, limits...) {
		all = append(all, s.line(l))
	}
	return func(x, _ []VecVirtual) {
		result := s.vectors(len(x))
		all[0](x, result)
		for k, each := range all[1:] {
			y := s.vectors(len(x))
			each(x, y)
			for i := range x {
				if k+1 < len(largest) {
					VMAXPS(result[i], y[i], result[i])
				} else {
					VMINPS(result[i], y[i], result[i])
				}
			}
		}
		for i := range x {
			VMOVAPS(result[i], x[i])
		}
	}
}

// line is the function slope·(x + shift) + offset.
type line struct{ slope, shift, offset float32 }

func (s isa) line(l line) func(x, y []VecVirtual) {
	if l.slope == 0 {
		c := s.constantVector(l.offset)
		return func(_, y []VecVirtual) {
			for i := range y {
				VMOVUPS(c, y[i])
			}
		}
	}
	slope, shift, offset := s.constantVector(l.slope), s.constantVector(l.shift), s.constantVector(l.offset)
	return func(x, y []VecVirtual) {
		for i := range x {
			VMOVAPS(x[i], y[i])
			if l.shift != 0 {
				VADDPS(shift, x[i], y[i])
			}
			if l.slope != 1 {
				VMULPS(slope, y[i], y[i])
			}
			if l.offset != 0 {
				VADDPS(offset, y[i], y[i])
			}
		}
	}
}

// lineActivations are the activations that lines computes.
var lineActivations = []struct {
	name, function, doc string
	largest, limits     []line
}{
	{"Linear", "linear", "src", []line{identity}, nil},
	{"ReLU", "relu", "max(src, 0)", []line{identity, {}}, nil},
	{"ReLU6", "relu6", "min(max(src, 0), 6)", []line{identity, {}}, []line{{offset: 6}}},
	{"Leaky", "leaky", "max(src, 0.1·src)", []line{identity, {slope: .1}}, nil},
	{"ReLIE", "relie", "max(src, 0.01·src)", []line{identity, {slope: .01}}, nil},
	{"HardTan", "hardtan", "min(max(src, -1), 1)", []line{identity, {offset: -1}}, []line{{offset: 1}}},
	{"LHTan", "lhtan", "min(max(src, 0.001·src), 0.001·(src - 1) + 1)", []line{identity, {slope: .001}}, []line{{.001, -1, 1}}},
	{"PLSE", "plse", "min(max(src/8 + 1/2, 0.01·(src + 4)), 0.01·(src - 4) + 1)", []line{{.125, 0, .5}, {.01, 4, 0}}, []line{{.01, -4, 1}}},
}

var identity = line{slope: 1}

// unary makes the activations, and the copy that is called Linear.
func (s isa) unary() []member {
	var members []member
	const together = 2
	activation := func(name, function, doc string, unroll int, setup func() formula) {
		members = append(members, member{name, s.span(spanKernel{function, "computes " + doc, unroll, false, func(Register) formula { return setup() }})})
	}
	for _, l := range lineActivations {
		activation(l.name, l.function, l.doc, 4, func() formula { return s.lines(l.largest, l.limits) })
	}
	activation("Ramp", "ramp", "max(src, 0) + 0.1·src", 4, func() formula {
		zero, slope := s.zero(), s.constantVector(.1)
		return func(x, _ []VecVirtual) {
			for i := range x {
				y := s.vector()
				VMAXPS(x[i], zero, y)
				VFMADD132PS(slope, y, x[i])
			}
		}
	})
	activation("HardSigmoid", "hardSigmoid", "min(max(src + 3, 0), 6)/6", 4, func() formula {
		clamp, sixth := s.lines([]line{{1, 3, 0}, {}}, []line{{offset: 6}}), s.constantVector(1./6)
		return func(x, _ []VecVirtual) {
			clamp(x, nil)
			for i := range x {
				VMULPS(sixth, x[i], x[i])
			}
		}
	})
	// With y = min(max(x, -2), 0) it is max(x, 0) + y·(y/2 + 1). A NaN becomes 0.
	activation("HardMish", "hardMish", "src, src²/2 + src below 0, and 0 below -2", 4, func() formula {
		zero, two, half, one := s.zero(), s.constantVector(-2), s.constantVector(.5), s.constantVector(1)
		return func(x, _ []VecVirtual) {
			for i := range x {
				y, factor := s.vector(), s.vector()
				VMAXPS(two, x[i], y)
				VMINPS(y, zero, y)
				VMAXPS(zero, x[i], x[i])
				VMOVUPS(half, factor)
				VFMADD213PS(one, y, factor)
				VFMADD231PS(factor, y, x[i])
			}
		}
	})
	// With n = ⌊x⌋ and h = ⌊x/2⌋ it is h + (n - 2h)·(x - n); the differences of infinities become 0.
	activation("Stair", "stair", "⌊src/2⌋, plus the fraction of src where ⌊src⌋ is odd", 2, func() formula {
		zero, half := s.zero(), s.constantVector(.5)
		return func(x, _ []VecVirtual) {
			for i := range x {
				n, h, odd := s.vector(), s.vector(), s.vector()
				VMULPS(half, x[i], h)
				s.floor(h)
				VMOVAPS(x[i], n)
				s.floor(n)
				VSUBPS(h, n, odd)
				VSUBPS(h, odd, odd)
				VMAXPS(zero, odd, odd)
				VSUBPS(n, x[i], x[i])
				VMAXPS(zero, x[i], x[i])
				VFMADD213PS(h, odd, x[i])
			}
		}
	})
	activation("Logistic", "logistic", "1/(1 + e^-src)", together, func() formula {
		logistic := s.logisticOf()
		return func(x, _ []VecVirtual) {
			y := s.vectors(len(x))
			logistic(x, y)
			for i := range x {
				VMOVAPS(y[i], x[i])
			}
		}
	})
	activation("Tanh", "tanh", "2/(1 + e^-2src) - 1", together, func() formula { return s.tanh(2) })
	activation("Loggy", "loggy", "2/(1 + e^-src) - 1", together, func() formula { return s.tanh(1) })
	activation("ELU", "elu", "src, or e^src - 1 where that is negative", together, func() formula { return s.linearUnit(1, 1) })
	activation("SELU", "selu", "1.0507·src, or 1.0507·1.6732·(e^src - 1) where src is negative", together, func() formula { return s.linearUnit(1.0507, 1.0507*1.6732) })
	activation("Swish", "swish", "src/(1 + e^-src)", together, func() formula {
		logistic := s.logisticOf()
		return func(x, _ []VecVirtual) {
			y := s.vectors(len(x))
			logistic(x, y)
			for i := range x {
				VMULPS(y[i], x[i], x[i])
			}
		}
	})
	// (1 + tanh(v))/2 is the logistic function of 2v.
	activation("GELU", "gelu", "src/2·(1 + tanh(0.797885·src + 0.035677·src³))", together, func() formula {
		logistic, linear, cubic := s.logistic(), s.constantVector(2*.797885), s.constantVector(2*.035677)
		return func(x, _ []VecVirtual) {
			y := s.vectors(len(x))
			for i := range x {
				factor := s.vector()
				VMULPS(x[i], x[i], y[i])
				VMOVUPS(linear, factor)
				VFMADD231PS(cubic, y[i], factor)
				VMULPS(factor, x[i], y[i])
			}
			logistic(x, y)
			for i := range x {
				VMULPS(y[i], x[i], x[i])
			}
		}
	})
	// tanh(log(1+e)) = e(e+2)/(e(e+2)+2). Beyond 20 it is 1, where e² is still far from overflow.
	activation("Mish", "mish", "src·tanh(log(1 + e^src))", together, func() formula {
		exp, reciprocal, bound, two := s.exp(), s.reciprocal(), s.constantVector(20), s.constantVector(2)
		return func(x, _ []VecVirtual) {
			e, p := s.vectors(len(x)), s.vectors(len(x))
			for i := range x {
				VMOVUPS(bound, e[i])
				VMINPS(x[i], e[i], e[i])
			}
			exp(e)
			for i := range x {
				VADDPS(two, e[i], p[i])
				VMULPS(p[i], e[i], e[i])
				VADDPS(two, e[i], p[i])
			}
			reciprocal(p)
			for i := range x {
				VMULPS(p[i], e[i], e[i])
				VMULPS(e[i], x[i], x[i])
			}
		}
	})
	return members
}

// floor rounds down to whole numbers.
func (s isa) floor(x VecVirtual) {
	if s.lanes == 16 {
		VRNDSCALEPS(Imm(9), x, x)
	} else {
		VROUNDPS(Imm(9), x, x)
	}
}

// unique returns a label that no other part of the function has.
func (s isa) unique(name string) string {
	labels++
	return fmt.Sprintf("%s%d", name, labels)
}

var labels int
