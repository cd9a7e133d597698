package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// activate applies the activation with the code act (TileLinear, TileReLU or TileLeaky of
// package kernels) to values. The spare registers are overwritten.
func (s isa) activate(act Register, values []VecVirtual, spare, other VecVirtual) {
	leaky, done := s.unique("leaky"), s.unique("done")
	TESTQ(act, act)
	JZ(LabelRef(done))
	CMPQ(act, Imm(1))
	JNE(LabelRef(leaky))
	VXORPS(spare.AsX(), spare.AsX(), spare.AsX())
	for _, v := range values {
		VMAXPS(v, spare, v) // a NaN in v stays
	}
	JMP(LabelRef(done))
	Label(leaky)
	Comment("max(x, 0.1x)")
	slope := Op(other)
	if s.registers > 16 {
		VBROADCASTSS(constant(.1), other)
	} else {
		slope = s.constantVector(.1)
	}
	for _, v := range values {
		VMULPS(slope, v, spare)
		VMAXPS(spare, v, v)
	}
	Label(done)
}
