package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// raster makes the kernels on rows of pictures and returns their table.
func (s isa) raster() string {
	return fmt.Sprintf("rasterKernels{mixRows: %s, mixPixels: %s, toRGB: %s, blend: %s, spread: %s}",
		s.mixRows(), s.mixPixels(), s.toRGB(), s.blend(), s.spreadChroma())
}

// mixRows makes the kernel that interpolates between two rows. Products are rounded by
// themselves, as the plain loop does.
func (s isa) mixRows() string {
	return s.span(spanKernel{"mixRows", "computes src·(1-scale) + add·scale", 4, true, func(t Register) formula {
		scale, rest := s.vector(), s.vector()
		VBROADCASTSS(field(t, spanScale), scale)
		VBROADCASTSS(constant(1), rest)
		VSUBPS(scale, rest, rest)
		return func(x, add []VecVirtual) {
			for i := range x {
				VMULPS(rest, x[i], x[i])
				VMULPS(scale, add[i], add[i])
				VADDPS(add[i], x[i], x[i])
			}
		}
	}})
}

// overlapping makes a loop over n ≥ step values in steps. Where step is no divisor of n, the
// last step begins earlier and does some values again, so it must not read what it writes.
func (s isa) overlapping(n GPVirtual, step int, body func(i GPVirtual)) {
	loop, done := s.unique("step"), s.unique("end")
	i, last := GP64(), GP64()
	XORQ(i, i)
	MOVQ(n, last)
	SUBQ(U32(uint32(step)), last)
	Label(loop)
	body(i)
	ADDQ(U32(uint32(step)), i)
	CMPQ(i, last)
	JLE(LabelRef(loop))
	CMPQ(i, n)
	JGE(LabelRef(done))
	MOVQ(last, i)
	JMP(LabelRef(loop))
	Label(done)
}

// Offsets of the fields of kernels.Columns.
const (
	columnsSrc, columnsAt, columnsNext, columnsPart, columnsDst, columnsDstStep, columnsLength = 0, 8, 16, 24, 32, 40, 48
)

// mixPixels makes the kernel that interpolates between pixels of a row. A pixel is read as
// one word of four bytes.
func (s isa) mixPixels() string {
	name, t := s.function("mixPixels", "Columns", "interpolates between pixels of a row, see Columns.")
	load := func(offset int) GPVirtual {
		r := GP64()
		MOVQ(field(t, offset), r)
		return r
	}
	src, at, next, part := load(columnsSrc), load(columnsAt), load(columnsNext), load(columnsPart)
	dst, step, n := load(columnsDst), load(columnsDstStep), load(columnsLength)
	one, all, share := s.broadcast(1), s.broadcast(255), s.broadcast(1./255)
	low := s.vector()
	VPBROADCASTD(readOnly("byte", 255), low)
	left, right, l, r, v, q := s.vector(), s.vector(), s.vector(), s.vector(), s.vector(), s.vector()
	s.overlapping(n, s.lanes, func(i GPVirtual) {
		s.gather(src, Mem{Base: at, Index: i, Scale: 4}, left)
		s.gather(src, Mem{Base: next, Index: i, Scale: 4}, right)
		VMOVUPS(Mem{Base: part, Index: i, Scale: 4}, r)
		VSUBPS(r, one, l)
		to := GP64()
		MOVQ(dst, to)
		for channel := range 3 {
			// channel/255 rounded once: an estimate and its error, which is exact.
			unit := func(pixel VecVirtual) {
				VPSRLD(Imm(uint64(8*channel)), pixel, v)
				s.and(low, v, v)
				VCVTDQ2PS(v, v)
				VMULPS(share, v, q)
				VFNMADD231PS(all, q, v)
				VFMADD231PS(share, v, q)
			}
			sum := s.vector()
			unit(left)
			VMULPS(l, q, sum)
			unit(right)
			VMULPS(r, q, q)
			VADDPS(q, sum, sum)
			VMOVUPS(sum, Mem{Base: to, Index: i, Scale: 4})
			ADDQ(step, to)
		}
	})
	VZEROUPPER()
	RET()
	return name
}

// gather loads the words that lie at the offsets held by the memory at.
func (s isa) gather(base GPVirtual, at Mem, to VecVirtual) {
	index := s.vector()
	VMOVUPS(at, index)
	if s.masks {
		k := K()
		KXNORW(k, k, k)
		VPGATHERDD(Mem{Base: base, Index: index, Scale: 1}, k, to)
		return
	}
	mask := s.vector()
	VPCMPEQD(mask, mask, mask)
	VPGATHERDD(mask, Mem{Base: base, Index: index, Scale: 1}, to)
}

func (s isa) and(a, b, to VecVirtual) {
	if s.masks {
		VPANDD(a, b, to)
	} else {
		VPAND(a, b, to)
	}
}

func (s isa) or(a, b, to VecVirtual) {
	if s.masks {
		VPORD(a, b, to)
	} else {
		VPOR(a, b, to)
	}
}

// Offsets of the fields of kernels.Colours.
const (
	coloursRGB, coloursY, coloursCb, coloursCr, coloursLength   = 0, 8, 16, 24, 32
	coloursLuma, coloursCrR, coloursCbB, coloursCrG, coloursCbG = 40, 44, 48, 52, 56
	coloursBiasR, coloursBiasG, coloursBiasB                    = 60, 64, 68
)

// toRGB makes the kernel that converts a row from Y, Cb and Cr to pixels.
func (s isa) toRGB() string {
	name, t := s.function("toRGB", "Colours", "converts a row to R, G and B, see Colours.")
	rgb, luma, cb, cr, n := GP64(), GP64(), GP64(), GP64(), GP64()
	MOVQ(field(t, coloursRGB), rgb)
	MOVQ(field(t, coloursY), luma)
	MOVQ(field(t, coloursCb), cb)
	MOVQ(field(t, coloursCr), cr)
	MOVQ(field(t, coloursLength), n)
	factor := func(offset int) VecVirtual {
		v := s.vector()
		VPBROADCASTD(field(t, offset), v)
		return v
	}
	scale, crR, cbB, crG, cbG := factor(coloursLuma), factor(coloursCrR), factor(coloursCbB), factor(coloursCrG), factor(coloursCbG)
	biasR, biasG, biasB := factor(coloursBiasR), factor(coloursBiasG), factor(coloursBiasB)
	store := s.pixelStore()
	y, b, r, red, blue := s.vector(), s.vector(), s.vector(), s.vector(), s.vector()
	s.overlapping(n, s.lanes, func(i GPVirtual) {
		VPMOVZXBD(Mem{Base: luma, Index: i, Scale: 1}, y)
		VPMOVZXBD(Mem{Base: cb, Index: i, Scale: 1}, b)
		VPMOVZXBD(Mem{Base: cr, Index: i, Scale: 1}, r)
		VPMULLD(scale, y, y)
		VPMULLD(crR, r, red)
		VPMULLD(cbB, b, blue)
		VPMULLD(crG, r, r)
		VPMULLD(cbG, b, b)
		VPADDD(y, red, red)
		VPADDD(y, blue, blue)
		VPSUBD(r, y, y)
		VPSUBD(b, y, y)
		VPADDD(biasR, red, red)
		VPADDD(biasG, y, y)
		VPADDD(biasB, blue, blue)
		for _, v := range []VecVirtual{red, y, blue} {
			VPSRAD(Imm(16), v, v)
		}
		to := GP64()
		LEAQ(Mem{Base: i, Index: i, Scale: 2}, to)
		ADDQ(rgb, to)
		store(red, y, blue, to)
	})
	VZEROUPPER()
	RET()
	return name
}

// pixelStore prepares code that clamps R, G and B to bytes and stores them interleaved. In
// each quarter (AVX2: half) of a vector there are four pixels then, which are moved together.
func (s isa) pixelStore() func(r, g, b VecVirtual, to GPVirtual) {
	interleave, together := s.vector(), s.vector()
	const none = 0x80808080
	words := make([]uint32, 0, 16)
	for range 4 {
		words = append(words, 0x01080400, 0x06020905, 0x0b07030a, none)
	}
	VMOVUPS(readOnly("pixels", words...), interleave)
	VMOVUPS(readOnly("together", 0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 3, 7, 11, 15), together)
	return func(r, g, b VecVirtual, to GPVirtual) {
		VPACKUSDW(g, r, r)
		VPACKUSDW(b, b, b)
		VPACKUSWB(b, r, r)
		VPSHUFB(interleave, r, r)
		VPERMD(r, together, r)
		rest := XMM()
		if s.lanes == 16 {
			VMOVUPS(r.AsY(), Mem{Base: to})
			VEXTRACTI32X4(Imm(2), r, rest)
			VMOVUPS(rest, Mem{Base: to, Disp: 32})
			return
		}
		VMOVUPS(r.AsX(), Mem{Base: to})
		VEXTRACTI128(Imm(1), r, rest)
		VMOVQ(rest, Mem{Base: to, Disp: 16})
	}
}

// Offsets of the fields of kernels.Chroma.
const (
	chromaNear, chromaFar, chromaDst, chromaSums, chromaLength = 0, 8, 16, 24, 32
)

// chroma is a kernels.Chroma in registers.
type chroma struct{ near, far, dst, n GPVirtual }

func loadChroma(t Register) chroma {
	c := chroma{GP64(), GP64(), GP64(), GP64()}
	MOVQ(field(t, chromaNear), c.near)
	MOVQ(field(t, chromaFar), c.far)
	MOVQ(field(t, chromaDst), c.dst)
	MOVQ(field(t, chromaLength), c.n)
	return c
}

// weigh makes the code for 3·near + far of as many samples as there are words in a vector.
func (s isa) weigh(c chroma, i GPVirtual, sum VecVirtual) {
	near := s.vector()
	VPMOVZXBW(Mem{Base: c.near, Index: i, Scale: 1}, near)
	VPMOVZXBW(Mem{Base: c.far, Index: i, Scale: 1}, sum)
	VPADDW(near, sum, sum)
	VPADDW(near, sum, sum)
	VPADDW(near, sum, sum)
}

// words is a constant in every word of a vector.
func (s isa) words(v uint32) VecVirtual {
	r := s.vector()
	VPBROADCASTD(readOnly(fmt.Sprintf("w%d", v), v<<16|v), r)
	return r
}

// blend makes the kernel that interpolates colour between rows.
func (s isa) blend() string {
	name, t := s.function("blend", "Chroma", "interpolates between two rows, see Chroma.")
	c := loadChroma(t)
	half, sum := s.words(2), s.vector()
	s.overlapping(c.n, 2*s.lanes, func(i GPVirtual) {
		s.weigh(c, i, sum)
		VPADDW(half, sum, sum)
		VPSRLW(Imm(2), sum, sum)
		if s.masks {
			VPMOVWB(sum, Mem{Base: c.dst, Index: i, Scale: 1})
			return
		}
		VPACKUSWB(sum, sum, sum)
		VPERMQ(Imm(0xd8), sum, sum)
		VMOVUPS(sum.AsX(), Mem{Base: c.dst, Index: i, Scale: 1})
	})
	VZEROUPPER()
	RET()
	return name
}

// spreadChroma makes the kernel that interpolates colour between rows and between columns. The
// first loop leaves the sums of rows between a copy of the first and one of the last.
func (s isa) spreadChroma() string {
	name, t := s.function("spreadChroma", "Chroma", "interpolates between two rows, then between their samples, see Chroma.")
	c := loadChroma(t)
	sums, edge := GP64(), GP64()
	MOVQ(field(t, chromaSums), sums)
	sum := s.vector()
	s.overlapping(c.n, 2*s.lanes, func(i GPVirtual) {
		s.weigh(c, i, sum)
		VMOVUPS(sum, Mem{Base: sums, Index: i, Scale: 2, Disp: 2})
	})
	MOVW(Mem{Base: sums, Disp: 2}, edge.As16())
	MOVW(edge.As16(), Mem{Base: sums})
	MOVW(Mem{Base: sums, Index: c.n, Scale: 2}, edge.As16())
	MOVW(edge.As16(), Mem{Base: sums, Index: c.n, Scale: 2, Disp: 2})
	half, three, left, right := s.words(8), s.vector(), s.vector(), s.vector()
	s.overlapping(c.n, 2*s.lanes, func(i GPVirtual) {
		VMOVUPS(Mem{Base: sums, Index: i, Scale: 2, Disp: 2}, sum)
		VPADDW(sum, sum, three)
		VPADDW(sum, three, three)
		VPADDW(half, three, three)
		VPADDW(Mem{Base: sums, Index: i, Scale: 2}, three, left)
		VPADDW(Mem{Base: sums, Index: i, Scale: 2, Disp: 4}, three, right)
		VPSRLW(Imm(4), left, left)
		VPSRLW(Imm(4), right, right)
		VPSLLW(Imm(8), right, right)
		s.or(left, right, left)
		VMOVUPS(left, Mem{Base: c.dst, Index: i, Scale: 2})
	})
	VZEROUPPER()
	RET()
	return name
}
