package main

import (
	. "github.com/mmcloughlin/avo/build"
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
