package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// Offsets of the fields of kernels.Rows.
const (
	rowsSrc, rowsDst, rowsWeights, rowsBias, rowsAdd = 0, 8, 16, 24, 32
	rowsSrcStep, rowsSrcLine, rowsDstStep            = 40, 48, 56
	rowsDstLine, rowsAddStep, rowsAddLine            = 64, 72, 80
	rowsColumns, rowsLines, rowsAct                  = 88, 96, 104
	rowsWidth, rowsHeight, rowsLeft, rowsTop         = 112, 120, 128, 136
	rowsOrder                                        = 144

	// The kernel's own: what changes from line to line.
	rowsDstAt, rowsAddAt, rowsTopAt       = 152, 160, 168
	rowsLinesLeft, rowsTaps, rowsTapLines = 176, 184, 192
)

// pixelBlock is how many output pixels of a line a depthwise kernel computes together: enough
// that the sums don't wait for one another, and few enough that all of them, the weights of a
// line of taps and a value of the input have a register even where there are only 16.
const pixelBlock = 8

// depthwise makes the kernel for one vector of channels of a depthwise convolution. When it is
// repeating, each vector of input values is put into an order first, in which those come
// several times that several output channels read.
func (s isa) depthwise(size, stride int, repeating bool) string {
	name, doc := fmt.Sprintf("depthwise%ds%d", size, stride), fmt.Sprintf("computes a %d×%d depthwise convolution of stride %d", size, size, stride)
	if repeating {
		name, doc = name+"repeating", doc+" of several filters for each input channel"
	}
	name, t := s.function(name, "Rows", doc+", see Rows.")
	pixelBlock := pixelBlock
	var order VecVirtual
	if repeating {
		p := GP64()
		MOVQ(field(t, rowsOrder), p)
		order = s.vector()
		VMOVUPS(Mem{Base: p}, order)
		pixelBlock = min(pixelBlock, s.registers-size-2)
	}
	src := s.pixels(t, rowsSrcStep)
	before, behind, left, dst, add := GP64(), GP64(), GP64(), GP64(), GP64()
	weight, value := s.vectors(size), s.vector()
	for _, f := range [][2]int{{rowsDst, rowsDstAt}, {rowsAdd, rowsAddAt}, {rowsTop, rowsTopAt}, {rowsLines, rowsLinesLeft}} {
		v := GP64()
		MOVQ(field(t, f[0]), v)
		MOVQ(v, field(t, f[1]))
	}

	biasAt := GP64()
	MOVQ(field(t, rowsBias), biasAt)
	var bias Op = Mem{Base: biasAt}
	if s.registers > pixelBlock+size+2 {
		v := s.vector()
		VMOVUPS(bias, v)
		bias = v
	}

	Label("line")
	s.clipTaps(t, size, src)
	MOVQ(field(t, rowsLeft), before)
	offset := GP64()
	MOVQ(src.step, offset)
	IMULQ(before, offset)
	ADDQ(offset, src.at)
	NEGQ(before)
	MOVQ(field(t, rowsWidth), behind)
	ADDQ(before, behind)
	MOVQ(field(t, rowsDstAt), dst)
	MOVQ(field(t, rowsAddAt), add)
	MOVQ(field(t, rowsColumns), left)

	// before is how many values from the block's first one on lie left of the input, behind is
	// the number of the first that lies right of it.
	block := func(columns int) {
		acc := s.vectors(columns)
		for _, v := range acc {
			VMOVUPS(bias, v)
		}
		taps, count, p := src.copy(), GP64(), GP64()
		MOVQ(field(t, rowsTaps), p)
		MOVQ(field(t, rowsTapLines), count)
		tapLine, tapEnd := s.unique("taps"), s.unique("end")
		Label(tapLine)
		for i, w := range weight {
			VMOVUPS(Mem{Base: p, Disp: i * s.bytes()}, w)
		}
		walk, values := taps.copy(), (columns-1)*stride+size
		for x := range values {
			at := walk.next()
			skip := ""
			if x < size-1 {
				skip = s.unique("skip")
				CMPQ(before, Imm(uint64(x)))
				JGT(LabelRef(skip))
			}
			if x > values-size {
				CMPQ(behind, Imm(uint64(x)))
				JLE(LabelRef(tapEnd))
			}
			s.meet(at, order, value, weight, acc, x, stride)
			if skip != "" {
				Label(skip)
			}
		}
		Label(tapEnd)
		ADDQ(U32(uint32(size*s.bytes())), p)
		ADDQ(field(t, rowsSrcLine), taps.at)
		DECQ(count)
		JNZ(LabelRef(tapLine))

		act, stored := GP64(), s.unique("store")
		MOVQ(field(t, rowsAct), act)
		s.activate(act, acc, value, weight[0])
		step := GP64()
		TESTQ(add, add)
		JZ(LabelRef(stored))
		MOVQ(field(t, rowsAddStep), step)
		for _, v := range acc {
			VADDPS(Mem{Base: add}, v, v)
			ADDQ(step, add)
		}
		Label(stored)
		MOVQ(field(t, rowsDstStep), step)
		for _, v := range acc {
			VMOVUPS(v, Mem{Base: dst})
			ADDQ(step, dst)
		}
	}
	Label("block")
	CMPQ(left, U32(uint32(pixelBlock)))
	JLT(LabelRef("rest"))
	block(pixelBlock)
	src.skip(pixelBlock * stride)
	SUBQ(U32(uint32(pixelBlock*stride)), before)
	SUBQ(U32(uint32(pixelBlock*stride)), behind)
	SUBQ(U32(uint32(pixelBlock)), left)
	JMP(LabelRef("block"))
	Label("rest")
	for columns := pixelBlock - 1; columns > 0; columns-- {
		fewer := s.unique("fewer")
		CMPQ(left, U32(uint32(columns)))
		JNE(LabelRef(fewer))
		block(columns)
		JMP(LabelRef("next"))
		Label(fewer)
	}
	Label("next")
	step := GP64()
	MOVQ(field(t, rowsDstLine), step)
	ADDQ(step, field(t, rowsDstAt))
	ADDQ(U32(uint32(stride)), field(t, rowsTopAt))
	added := s.unique("added")
	MOVQ(field(t, rowsAddAt), step)
	TESTQ(step, step)
	JZ(LabelRef(added))
	ADDQ(field(t, rowsAddLine), step)
	MOVQ(step, field(t, rowsAddAt))
	Label(added)
	DECQ(field(t, rowsLinesLeft))
	JNZ(LabelRef("line"))
	VZEROUPPER()
	RET()
	return name
}

// meet adds value x of a line, in an order unless that is nil, to the sums of all pixels whose
// windows it lies in.
func (isa) meet(at Mem, order, value VecVirtual, weight, acc []VecVirtual, x, stride int) {
	first := max((x-len(weight)+stride)/stride, 0)
	end := min(x/stride+1, len(acc))
	switch {
	case order != nil:
		VPERMPS(at, order, value)
	case first+1 == end:
		VFMADD231PS(at, weight[x-first*stride], acc[first])
		return
	default:
		VMOVUPS(at, value)
	}
	for i := first; i < end; i++ {
		VFMADD231PS(weight[x-i*stride], value, acc[i])
	}
}

// clipTaps finds the lines of taps that meet the input. src begins at the line that the first
// of them meets; taps and tapLines say which they are.
func (s isa) clipTaps(t Register, size int, src pixels) {
	zero, first, rest, top := GP64(), GP64(), GP64(), GP64()
	XORQ(zero, zero)
	MOVQ(field(t, rowsTopAt), top)
	MOVQ(top, first)
	NEGQ(first)
	CMOVQLT(zero, first)
	MOVQ(field(t, rowsHeight), rest)
	SUBQ(top, rest)
	ADDQ(first, top)
	all := GP64()
	MOVQ(U32(uint32(size)), all)
	CMPQ(rest, all)
	CMOVQGT(all, rest)
	SUBQ(first, rest)
	MOVQ(rest, field(t, rowsTapLines))
	IMUL3Q(U32(uint32(size*s.bytes())), first, first)
	ADDQ(field(t, rowsWeights), first)
	MOVQ(first, field(t, rowsTaps))
	IMULQ(field(t, rowsSrcLine), top)
	MOVQ(field(t, rowsSrc), src.at)
	ADDQ(top, src.at)
}

// pixels is a pointer that walks along the pixels of a line.
type pixels struct {
	at           GPVirtual
	step, triple GPVirtual // bytes of one pixel, and of three
	count        *int
}

// pixels makes a walk whose step is in a field of the kernel's arguments. Its place is not set.
func (isa) pixels(t Register, step int) pixels {
	p := pixels{GP64(), GP64(), GP64(), new(int)}
	MOVQ(field(t, step), p.step)
	LEAQ(Mem{Base: p.step, Index: p.step, Scale: 2}, p.triple)
	return p
}

// copy makes a second walk from the same place.
func (p pixels) copy() pixels {
	at := GP64()
	MOVQ(p.at, at)
	p.at, p.count = at, new(int)
	return p
}

// next is the place of the pixel, from which the walk goes on to the next.
func (p pixels) next() Mem {
	i := *p.count
	*p.count++
	if i > 0 && i%4 == 0 {
		LEAQ(Mem{Base: p.at, Index: p.step, Scale: 4}, p.at)
	}
	switch i % 4 {
	case 0:
		return Mem{Base: p.at}
	case 3:
		return Mem{Base: p.at, Index: p.triple, Scale: 1}
	}
	return Mem{Base: p.at, Index: p.step, Scale: uint8(i % 4)}
}

// skip moves the place n pixels on.
func (p pixels) skip(n int) {
	offset := GP64()
	IMUL3Q(U32(uint32(n)), p.step, offset)
	ADDQ(offset, p.at)
}

// spread makes the kernel that fills a strip.
func (s isa) spread() string {
	name, t := s.function("spread", "Rows",
		"copies pixels, in each vector the values whose numbers Weights holds, see Rows.")
	srcLine, dstLine, lines := GP64(), GP64(), GP64()
	MOVQ(field(t, rowsSrc), srcLine)
	MOVQ(field(t, rowsDst), dstLine)
	MOVQ(field(t, rowsLines), lines)
	src, dst := s.pixels(t, rowsSrcStep), s.pixels(t, rowsDstStep)
	order, p := s.vector(), GP64()
	MOVQ(field(t, rowsWeights), p)
	VMOVUPS(Mem{Base: p}, order)

	Label("line")
	left := GP64()
	MOVQ(srcLine, src.at)
	MOVQ(dstLine, dst.at)
	MOVQ(field(t, rowsColumns), left)
	block := func(columns int) {
		from, to := pixels{src.at, src.step, src.triple, new(int)}, pixels{dst.at, dst.step, dst.triple, new(int)}
		v := s.vectors(columns)
		for i := range v {
			VPERMPS(from.next(), order, v[i])
		}
		for i := range v {
			VMOVUPS(v[i], to.next())
		}
	}
	Label("block")
	CMPQ(left, U32(4))
	JLT(LabelRef("rest"))
	block(4)
	LEAQ(Mem{Base: src.at, Index: src.step, Scale: 4}, src.at)
	LEAQ(Mem{Base: dst.at, Index: dst.step, Scale: 4}, dst.at)
	SUBQ(U32(4), left)
	JMP(LabelRef("block"))
	Label("rest")
	for columns := 3; columns > 0; columns-- {
		next := s.unique("fewer")
		CMPQ(left, U32(uint32(columns)))
		JNE(LabelRef(next))
		block(columns)
		Label(next)
	}
	ADDQ(field(t, rowsSrcLine), srcLine)
	ADDQ(field(t, rowsDstLine), dstLine)
	DECQ(lines)
	JNZ(LabelRef("line"))
	VZEROUPPER()
	RET()
	return name
}
