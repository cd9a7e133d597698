package main

import "github.com/ghostdark/ghostdark/kernels/_gen/arm64"

// neonFormula is formula with NEON's registers.
type neonFormula func(x, y []arm64.Vector)

// neonSpan is spanKernel with NEON's registers.
type neonSpan struct {
	name, doc string
	unroll    int
	readsAdd  bool
	setup     func(k kernel, t arm64.Register) neonFormula
}

// span makes a kernel over rows of values.
func (n *neon) span(s neonSpan) string {
	name, k, t := n.function(s.name, "Span", s.doc+", see Span.")
	dst, src := k.walk(t, spanDst, spanDstStep), k.walk(t, spanSrc, spanSrcStep)
	walks := []walk{dst, src}
	var add walk
	if s.readsAdd {
		add = k.walk(t, spanAdd, spanAddStep)
		walks = append(walks, add)
	}
	compute := s.setup(k, t)
	rows := k.Fields(t, spanRows)[0]
	k.alongRow(t, spanLength, rows, walks, s.unroll, func(vectors int) {
		x, y := k.Vectors(vectors), []arm64.Vector(nil)
		for i := 0; i < vectors; i += 2 {
			k.VLOADPairFollowing(src.at, x[i], x[i+1])
		}
		if s.readsAdd {
			y = k.Vectors(vectors)
			for i := 0; i < vectors; i += 2 {
				k.VLOADPairFollowing(add.at, y[i], y[i+1])
			}
		}
		compute(x, y)
		for i := 0; i < vectors; i += 2 {
			k.VSTOREPairFollowing(x[i], x[i+1], dst.at)
		}
		k.Free(x...)
		k.Free(y...)
	})
	return name
}

// walk is a way along rows: where the row begins, how far it is to the next, and where in
// the row the walk is.
type walk struct{ row, step, at arm64.Register }

// walk makes a walk that begins where the field base says and has the step of another field.
func (k kernel) walk(t arm64.Register, base, step int) walk {
	f := k.Fields(t, base, step)
	return walk{f[0], f[1], k.General()}
}

// alongRow makes the loop over rows and, in each, over its values: the number of these, which
// lies at the offset length of t, is rounded up to whole granules, which are pairs of vectors.
// body makes the code for some vectors, most of them or a pair, and moves the walks behind
// these. The kernel ends with the last row.
func (k kernel) alongRow(t arm64.Register, length int, rows arm64.Register, walks []walk, most int, body func(vectors int)) {
	pairs, left := k.Fields(t, length)[0], k.General()
	k.ADD(granule/4-1, pairs)
	k.LSR(3, pairs)
	k.Label("row")
	for _, s := range walks {
		k.MOVD(s.row, s.at)
		k.ADD(s.step, s.row)
	}
	k.MOVD(pairs, left)
	for _, vectors := range []int{most, 2} {
		loop, done := k.Unique("vectors"), k.Unique("done")
		k.Label(loop)
		k.SUBS(vectors/2, left)
		k.BLT(done)
		body(vectors)
		k.B(loop)
		k.Label(done)
		if vectors == 2 {
			break
		}
		k.ADD(vectors/2, left)
	}
	k.SUBS(1, rows)
	k.BNE("row")
	k.RET()
}

// arithmetic makes the kernels that compute with two operands, or one and a number.
func (n *neon) arithmetic() []member {
	two := func(name, doc string, operation func(k kernel, y, x, to arm64.Vector)) member {
		return member{name, n.span(neonSpan{name, doc, 4, true, func(k kernel, _ arm64.Register) neonFormula {
			return func(x, y []arm64.Vector) {
				for i := range x {
					operation(k, y[i], x[i], x[i])
				}
			}
		}})}
	}
	return []member{
		two("add", "computes src + add", func(k kernel, y, x, to arm64.Vector) { k.VFADD(y, x, to) }),
		two("mul", "computes src · add", func(k kernel, y, x, to arm64.Vector) { k.VFMUL(y, x, to) }),
		{"scale", n.span(neonSpan{"scale", "computes src · scale", 4, false, func(k kernel, t arm64.Register) neonFormula {
			scale := k.Vector()
			k.VBROADCAST(arm64.Mem{Base: t, Disp: spanScale}, scale)
			return func(x, _ []arm64.Vector) {
				for _, x := range x {
					k.VFMUL(scale, x, x)
				}
			}
		}})},
		{"exponential", n.span(neonSpan{"exponential", "computes e^((src + shift) · scale), the exponent being at most 88", 2, false, func(k kernel, t arm64.Register) neonFormula {
			scale, shift := k.Vector(), k.Vector()
			k.VBROADCAST(arm64.Mem{Base: t, Disp: spanScale}, scale)
			k.VBROADCAST(arm64.Mem{Base: t, Disp: spanShift}, shift)
			exp := k.exp()
			return func(x, _ []arm64.Vector) {
				for _, x := range x {
					k.VFADD(shift, x, x)
					k.VFMUL(scale, x, x)
				}
				exp(x)
			}
		}})},
	}
}
