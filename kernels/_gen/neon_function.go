package main

import "github.com/ghostdark/ghostdark/kernels/_gen/arm64"

// exp prepares code that replaces x by e^x for x up to 88, with the numbers of isa.exp. Results
// below the least normal number are zero.
func (k kernel) exp() func(x []arm64.Vector) {
	const ln2 = -0.693147182464599609375 // as float32, from which ln 2 differs by 2e-9 only
	magic, log2e, minusLn2, least := k.constant(3<<22), k.constant(1.44269504), k.constant(ln2), k.constant(-87.33)
	coefficients := []float32{8.312501324577882e-3, 4.189033162883184e-2, 1.666711538865191e-1, 4.999923030855256e-1, 1, 1}
	for _, c := range coefficients {
		k.constant(c)
	}
	return func(x []arm64.Vector) {
		shifted, n, p, less := k.Vectors(len(x)), k.Vectors(len(x)), k.Vectors(len(x)), k.Vectors(len(x))
		defer func() { k.Free(shifted...); k.Free(n...); k.Free(p...); k.Free(less...) }()
		for i := range x {
			k.VMOV(magic, shifted[i])
			k.VFMLA(log2e, x[i], shifted[i])
			k.VFCMGT(x[i], least, less[i])
			k.VFSUB(magic, shifted[i], n[i])
			k.VFMLA(minusLn2, n[i], x[i])
			k.VSHL(23, shifted[i], shifted[i])
			k.VMOV(k.constant(coefficients[0]), p[i])
		}
		for _, c := range coefficients[1:] {
			for i := range x {
				k.VMOV(k.constant(c), n[i])
				k.VFMLA(p[i], x[i], n[i])
				p[i], n[i] = n[i], p[i]
			}
		}
		for i := range x {
			k.VADD(shifted[i], p[i], p[i])
			k.VBIC(less[i], p[i], x[i])
		}
	}
}

// logistic prepares code that replaces x by 1/(1 + e^-x). With e = e^-|x| that is 1/(1+e), or
// e/(1+e) for negative x, which keeps all digits of small results.
func (k kernel) logistic() neonFormula {
	exp, one, sign := k.exp(), k.constant(1), k.constant(signBit)
	return func(x, _ []arm64.Vector) {
		e := k.Vectors(len(x))
		defer k.Free(e...)
		for i := range x {
			k.VORR(sign, x[i], e[i])
		}
		exp(e)
		for i := range x {
			k.VSIGNS(x[i], x[i])
			k.VBSL(one, e[i], x[i])
			k.VFADD(one, e[i], e[i])
			k.VFDIV(e[i], x[i], x[i])
		}
	}
}

// tanh prepares code that replaces x by (1 - e)/(1 + e) with e = e^-|scale·x|, and the sign of
// x, which is tanh(scale·x/2).
func (k kernel) tanh(scale float32) neonFormula {
	exp, one, sign, factor := k.exp(), k.constant(1), k.constant(signBit), k.constant(scale)
	return func(x, _ []arm64.Vector) {
		e := k.Vectors(len(x))
		defer k.Free(e...)
		for i := range x {
			k.VFMUL(factor, x[i], e[i])
			k.VAND(sign, x[i], x[i])
			k.VORR(sign, e[i], e[i])
		}
		exp(e)
		denominator := k.Vector()
		defer k.Free(denominator)
		for i := range x {
			k.VFADD(one, e[i], denominator)
			k.VFSUB(e[i], one, e[i])
			k.VFDIV(denominator, e[i], e[i])
			k.VORR(x[i], e[i], x[i])
		}
	}
}

// linearUnit prepares code that replaces x by positive·x, or negative·(e^x - 1) for negative x.
func (k kernel) linearUnit(positive, negative float32) neonFormula {
	exp, zero, one, up, down := k.exp(), k.constant(0), k.constant(1), k.constant(positive), k.constant(negative)
	return func(x, _ []arm64.Vector) {
		e := k.Vectors(len(x))
		defer k.Free(e...)
		for i := range x {
			k.VFMIN(zero, x[i], e[i])
			k.VFMAX(zero, x[i], x[i])
		}
		exp(e)
		for i := range x {
			k.VFSUB(one, e[i], e[i])
			k.VFMUL(up, x[i], x[i])
			k.VFMLA(down, e[i], x[i])
		}
	}
}

// lines prepares code that replaces x by the largest of some linear functions, limited by
// further ones. A NaN stays.
func (k kernel) lines(largest, limits []line) neonFormula {
	var all []func(x, y arm64.Vector) arm64.Vector
	for _, l := range append(append([]line(nil), largest...), limits...) {
		all = append(all, k.line(l))
	}
	return func(x, _ []arm64.Vector) {
		spare := k.Vectors(2)
		defer k.Free(spare...)
		for _, x := range x {
			result := all[0](x, spare[0])
			for i, each := range all[1:] {
				y := each(x, spare[1])
				if i+1 < len(largest) {
					k.VFMAX(y, result, spare[0])
				} else {
					k.VFMIN(y, result, spare[0])
				}
				result = spare[0]
			}
			if result != x {
				k.VMOV(result, x)
			}
		}
	}
}

// line prepares code that computes a linear function of x, in y if it isn't at hand.
func (k kernel) line(l line) func(x, y arm64.Vector) arm64.Vector {
	var steps []func(x, y arm64.Vector)
	step := func(operation func(m, n, d arm64.Vector), v float32) {
		c := k.constant(v)
		steps = append(steps, func(x, y arm64.Vector) { operation(c, x, y) })
	}
	if l.slope == 0 {
		offset := k.constant(l.offset)
		return func(_, _ arm64.Vector) arm64.Vector { return offset }
	}
	if l.shift != 0 {
		step(k.VFADD, l.shift)
	}
	if l.slope != 1 {
		step(k.VFMUL, l.slope)
	}
	if l.offset != 0 {
		step(k.VFADD, l.offset)
	}
	return func(x, y arm64.Vector) arm64.Vector {
		for _, do := range steps {
			do(x, y)
			x = y
		}
		return x
	}
}

// unary makes the activations, and the copy that is called Linear.
func (n *neon) unary() []member {
	var members []member
	activation := func(name, function, doc string, unroll int, setup func(k kernel) neonFormula) {
		members = append(members, member{name, n.span(neonSpan{function, "computes " + doc, unroll, false,
			func(k kernel, _ arm64.Register) neonFormula { return setup(k) }})})
	}
	for _, l := range lineActivations {
		activation(l.name, l.function, l.doc, 4, func(k kernel) neonFormula { return k.lines(l.largest, l.limits) })
	}
	activation("Ramp", "ramp", "max(src, 0) + 0.1·src", 4, func(k kernel) neonFormula {
		zero, slope, y := k.constant(0), k.constant(.1), k.Vector()
		return func(x, _ []arm64.Vector) {
			for _, x := range x {
				k.VFMAX(zero, x, y)
				k.VFMLA(slope, x, y)
				k.VMOV(y, x)
			}
		}
	})
	activation("HardSigmoid", "hardSigmoid", "min(max(src + 3, 0), 6)/6", 4, func(k kernel) neonFormula {
		clamp, sixth := k.lines([]line{{1, 3, 0}, {}}, []line{{offset: 6}}), k.constant(1./6)
		return func(x, _ []arm64.Vector) {
			clamp(x, nil)
			for _, x := range x {
				k.VFMUL(sixth, x, x)
			}
		}
	})
	// With y = min(max(x, -2), 0) it is max(x, 0) + y·(y/2 + 1). A NaN becomes 0.
	activation("HardMish", "hardMish", "src, src²/2 + src below 0, and 0 below -2", 4, func(k kernel) neonFormula {
		zero, two, half, one := k.constant(0), k.constant(-2), k.constant(.5), k.constant(1)
		y, factor := k.Vector(), k.Vector()
		return func(x, _ []arm64.Vector) {
			for _, x := range x {
				k.VFMAXNM(two, x, y)
				k.VFMIN(zero, y, y)
				k.VFMAXNM(zero, x, x)
				k.VMOV(one, factor)
				k.VFMLA(half, y, factor)
				k.VFMLA(factor, y, x)
			}
		}
	})
	// With n = ⌊x⌋ and h = ⌊x/2⌋ it is h + (n - 2h)·(x - n); the differences of infinities become 0.
	activation("Stair", "stair", "⌊src/2⌋, plus the fraction of src where ⌊src⌋ is odd", 2, func(k kernel) neonFormula {
		zero, half := k.constant(0), k.constant(.5)
		n, h, odd := k.Vector(), k.Vector(), k.Vector()
		return func(x, _ []arm64.Vector) {
			for _, x := range x {
				k.VFMUL(half, x, h)
				k.VFRINTM(h, h)
				k.VFRINTM(x, n)
				k.VFSUB(h, n, odd)
				k.VFSUB(h, odd, odd)
				k.VFMAXNM(zero, odd, odd)
				k.VFSUB(n, x, x)
				k.VFMAXNM(zero, x, x)
				k.VFMLA(odd, x, h)
				k.VMOV(h, x)
			}
		}
	})
	activation("Logistic", "logistic", "1/(1 + e^-src)", 2, kernel.logistic)
	activation("Tanh", "tanh", "2/(1 + e^-2src) - 1", 2, func(k kernel) neonFormula { return k.tanh(2) })
	activation("Loggy", "loggy", "2/(1 + e^-src) - 1", 2, func(k kernel) neonFormula { return k.tanh(1) })
	activation("ELU", "elu", "src, or e^src - 1 where that is negative", 2, func(k kernel) neonFormula { return k.linearUnit(1, 1) })
	activation("SELU", "selu", "1.0507·src, or 1.0507·1.6732·(e^src - 1) where src is negative", 2, func(k kernel) neonFormula { return k.linearUnit(1.0507, 1.0507*1.6732) })
	activation("Swish", "swish", "src/(1 + e^-src)", 2, func(k kernel) neonFormula {
		logistic := k.logistic()
		return func(x, _ []arm64.Vector) {
			y := k.Vectors(len(x))
			defer k.Free(y...)
			for i := range x {
				k.VMOV(x[i], y[i])
			}
			logistic(y, nil)
			for i := range x {
				k.VFMUL(y[i], x[i], x[i])
			}
		}
	})
	// (1 + tanh(v))/2 is the logistic function of 2v.
	activation("GELU", "gelu", "src/2·(1 + tanh(0.797885·src + 0.035677·src³))", 2, func(k kernel) neonFormula {
		logistic, linear, cubic := k.logistic(), k.constant(2*.797885), k.constant(2*.035677)
		return func(x, _ []arm64.Vector) {
			y, factor := k.Vectors(len(x)), k.Vector()
			defer k.Free(append(y, factor)...)
			for i := range x {
				k.VFMUL(x[i], x[i], y[i])
				k.VMOV(linear, factor)
				k.VFMLA(cubic, y[i], factor)
				k.VFMUL(factor, x[i], y[i])
			}
			logistic(y, nil)
			for i := range x {
				k.VFMUL(y[i], x[i], x[i])
			}
		}
	})
	// tanh(log(1+e)) = e(e+2)/(e(e+2)+2). Beyond 20 it is 1, where e² is still far from overflow.
	activation("Mish", "mish", "src·tanh(log(1 + e^src))", 2, func(k kernel) neonFormula {
		exp, bound, two := k.exp(), k.constant(20), k.constant(2)
		return func(x, _ []arm64.Vector) {
			e, p := k.Vectors(len(x)), k.Vector()
			defer k.Free(append(e, p)...)
			for i := range x {
				k.VFMIN(x[i], bound, e[i])
			}
			exp(e)
			for i := range x {
				k.VFADD(two, e[i], p)
				k.VFMUL(p, e[i], e[i])
				k.VFADD(two, e[i], p)
				k.VFDIV(p, e[i], e[i])
				k.VFMUL(e[i], x[i], x[i])
			}
		}
	})
	return members
}
