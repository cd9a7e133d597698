package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// Offsets of the fields of kernels.Rows.
const (
	rowsSrc, rowsDst, rowsWeights, rowsBias = 0, 8, 16, 24
	rowsSrcStep, rowsDstStep, rowsOdd       = 32, 40, 48
	rowsVectors, rowsTail, rowsAct          = 56, 64, 72
	rowsBlocks                              = 80
)

// depthwise makes the kernel for a number of output rows of a depthwise convolution.
func (s isa) depthwise(size, stride, rows int) string {
	name, t := s.function(fmt.Sprintf("depthwise%ds%dx%d", size, stride, rows), "Rows",
		fmt.Sprintf("computes %d rows of a %d×%d depthwise convolution of stride %d, see Rows.", rows, size, size, stride))
	ways := max(1, 4/rows)
	src, dst, weights := GP64(), GP64(), GP64()
	MOVQ(field(t, rowsSrc), src)
	MOVQ(field(t, rowsDst), dst)
	MOVQ(field(t, rowsWeights), weights)
	srcStep, dstStep, odd := GP64(), GP64(), GP64()
	MOVQ(field(t, rowsSrcStep), srcStep)
	MOVQ(field(t, rowsDstStep), dstStep)
	MOVQ(field(t, rowsOdd), odd)
	act, blocks := GP64(), GP64()
	MOVQ(field(t, rowsAct), act)
	MOVQ(field(t, rowsBlocks), blocks)

	bias := s.vector()
	p := GP64()
	MOVQ(field(t, rowsBias), p)
	VXORPS(bias.AsX(), bias.AsX(), bias.AsX())
	TESTQ(p, p)
	JZ(LabelRef("resume"))
	VBROADCASTSS(Mem{Base: p}, bias)
	Label("resume")

	// The weights stay in registers where there are enough.
	resident := size*size+rows*ways+2 <= s.registers
	weight := s.vectors(size * size)
	if resident {
		for i, w := range weight {
			VBROADCASTSS(Mem{Base: weights, Disp: 4 * i}, w)
		}
	}
	tail := GP64()
	MOVQ(field(t, rowsTail), tail)
	mask := s.mask(tail)
	// The sum of a row is divided among several registers, since each addition waits for the
	// one before it in the same register.
	sums := make([][]VecVirtual, rows)
	acc := make([]VecVirtual, rows)
	for r := range sums {
		sums[r] = s.vectors(ways)
		acc[r] = sums[r][0]
	}
	value, w := s.vector(), s.vector()
	lineSrc, lineDst := src, dst
	src, dst = GP64(), GP64()
	vector := func(load func(at Register, v VecVirtual), store func(v VecVirtual, at Register)) {
		for r := range sums {
			VMOVAPS(bias, acc[r])
			for _, v := range sums[r][1:] {
				VXORPS(v.AsX(), v.AsX(), v.AsX())
			}
		}
		begin, from := s.unique("begin"), GP64()
		TESTQ(p, p)
		JNZ(LabelRef(begin))
		MOVQ(dst, from)
		for r, v := range acc {
			load(from, v)
			if r < rows-1 {
				ADDQ(dstStep, from)
			}
		}
		Label(begin)
		row, side := GP64(), GP64()
		MOVQ(src, row)
		for y := range (rows-1)*stride + size {
			if y > 0 {
				ADDQ(srcStep, row)
			}
			if stride == 2 {
				MOVQ(row, side)
				ADDQ(odd, side)
			}
			for x := range size {
				at := Mem{Base: row, Disp: 4 * x}
				if stride == 2 {
					at = Mem{Base: row, Disp: 4 * (x / 2)}
					if x%2 == 1 {
						at.Base = side
					}
				}
				VMOVUPS(at, value)
				for r := range rows {
					ky := y - r*stride
					if ky < 0 || ky >= size {
						continue
					}
					if resident {
						VFMADD231PS(weight[ky*size+x], value, sums[r][(ky*size+x)%ways])
					} else {
						VBROADCASTSS(Mem{Base: weights, Disp: 4 * (ky*size + x)}, w)
						VFMADD231PS(w, value, sums[r][(ky*size+x)%ways])
					}
				}
			}
		}
		for r := range sums {
			for _, v := range sums[r][1:] {
				VADDPS(v, acc[r], acc[r])
			}
		}
		s.activate(act, acc, value, w)
		at := GP64()
		MOVQ(dst, at)
		for r, v := range acc {
			store(v, at)
			if r < rows-1 {
				ADDQ(dstStep, at)
			}
		}
	}

	Label("block")
	count := GP64()
	MOVQ(lineSrc, src)
	MOVQ(lineDst, dst)
	MOVQ(field(t, rowsVectors), count)
	Label("loop")
	DECQ(count)
	JZ(LabelRef("last"))
	vector(func(at Register, v VecVirtual) { VMOVUPS(Mem{Base: at}, v) },
		func(v VecVirtual, at Register) { VMOVUPS(v, Mem{Base: at}) })
	ADDQ(U32(uint32(s.bytes())), src)
	ADDQ(U32(uint32(s.bytes())), dst)
	JMP(LabelRef("loop"))

	Label("last")
	Comment("The last vector of a row may be cut short.")
	vector(func(at Register, v VecVirtual) { mask.load(Mem{Base: at}, v) },
		func(v VecVirtual, at Register) { mask.store(v, Mem{Base: at}) })
	for range rows {
		ADDQ(dstStep, lineDst)
	}
	for range rows * stride {
		ADDQ(srcStep, lineSrc)
	}
	DECQ(blocks)
	JNZ(LabelRef("block"))
	VZEROUPPER()
	RET()
	return name
}

// copyRows makes the kernel that copies rows of a plane into another, at stride 2 every second
// value of them.
func (s isa) copyRows(stride int) string {
	name, t := s.function(fmt.Sprintf("copyRows%d", stride), "Pad", fmt.Sprintf("copies rows of a plane, of each the values 0, %d, %d …, see Pad.", stride, 2*stride))
	p := loadPad(t)
	src, dst, srcStep, dstStep, rows, tail := p.src, p.dst, p.srcStep, p.dstStep, p.rows, p.tail
	v, second := s.vector(), s.vector()
	streams := []stream{{src, srcStep, stride * s.bytes()}, {dst, dstStep, s.bytes()}}
	store := func(at []GPVirtual) { VMOVUPS(v, Mem{Base: at[1]}) }
	if stride == 1 {
		m := s.mask(tail)
		s.overRows(t, rows, streams,
			func(at []GPVirtual) { VMOVUPS(Mem{Base: at[0]}, v); store(at) },
			func(at []GPVirtual) { m.load(Mem{Base: at[0]}, v); store(at) })
		return name
	}
	low, high := s.pairMasks(tail)
	pick := s.evens()
	pair := func(low, high func(from Mem, to VecVirtual)) func(at []GPVirtual) {
		return func(at []GPVirtual) {
			low(Mem{Base: at[0]}, v)
			high(Mem{Base: at[0], Disp: s.bytes()}, second)
			pick(v, second)
			store(at)
		}
	}
	s.overRows(t, rows, streams, pair(loadWhole, loadWhole), pair(low.load, high.load))
	return name
}

// split makes the kernel that copies rows of a plane into a padded one, the even and the odd
// columns apart.
func (s isa) split() string {
	name, t := s.function("split", "Pad", "copies the rows of a plane, first values to Dst, second ones to Odd, see Pad.")
	p := loadPad(t)
	src, dst, srcStep, dstStep, rows := p.src, p.dst, p.srcStep, p.dstStep, p.rows
	odd := p.loadOdd(t)
	first, second := s.pairMasks(p.tail)
	a, b, even, uneven := s.vector(), s.vector(), s.vector(), s.vector()
	pick := s.splitter()
	part := func(low, high func(from Mem, to VecVirtual)) func(at []GPVirtual) {
		return func(at []GPVirtual) {
			low(Mem{Base: at[0]}, a)
			high(Mem{Base: at[0], Disp: s.bytes()}, b)
			pick(a, b, even, uneven)
			VMOVUPS(even, Mem{Base: at[1]})
			VMOVUPS(uneven, Mem{Base: at[2]})
		}
	}
	s.overRows(t, rows, []stream{{src, srcStep, 2 * s.bytes()}, {dst, dstStep, s.bytes()}, {odd, dstStep, s.bytes()}},
		part(loadWhole, loadWhole), part(first.load, second.load))
	return name
}
