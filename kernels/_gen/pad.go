package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// Offsets of the fields of kernels.Pad.
const (
	padSrc, padDst, padSrcStep, padDstStep = 0, 8, 16, 24
	padRows, padVectors, padTail, padOdd   = 32, 40, 48, 56
)

// pad is a kernels.Pad in registers.
type pad struct {
	src, dst, srcStep, dstStep, rows, tail GPVirtual
}

func loadPad(t Register) pad {
	p := pad{GP64(), GP64(), GP64(), GP64(), GP64(), GP64()}
	MOVQ(field(t, padSrc), p.src)
	MOVQ(field(t, padDst), p.dst)
	MOVQ(field(t, padSrcStep), p.srcStep)
	MOVQ(field(t, padDstStep), p.dstStep)
	MOVQ(field(t, padRows), p.rows)
	MOVQ(field(t, padTail), p.tail)
	return p
}

func (pad) loadOdd(t Register) GPVirtual {
	odd := GP64()
	MOVQ(field(t, padOdd), odd)
	return odd
}

// stream is a pointer that walks along rows: to the next vector by advance bytes, to the next
// row by what step holds.
type stream struct {
	row     GPVirtual
	step    Register
	advance int
}

// overRows makes the loop over rows and their vectors, and ends the kernel. whole and last
// make the code for one vector, last for that of each row which may be cut short; at holds
// the streams' places.
func (s isa) overRows(t Register, rows GPVirtual, streams []stream, whole, last func(at []GPVirtual)) {
	Label("row")
	count := GP64()
	var at []GPVirtual
	for _, each := range streams {
		place := GP64()
		MOVQ(each.row, place)
		at = append(at, place)
	}
	MOVQ(field(t, padVectors), count)
	Label("vector")
	DECQ(count)
	JZ(LabelRef("last"))
	whole(at)
	for i, each := range streams {
		ADDQ(U32(uint32(each.advance)), at[i])
	}
	JMP(LabelRef("vector"))
	Label("last")
	last(at)
	for _, each := range streams {
		ADDQ(each.step, each.row)
	}
	DECQ(rows)
	JNZ(LabelRef("row"))
	VZEROUPPER()
	RET()
}
