package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// ladder is the registers by which six values, so many bytes apart, are addressed from one base.
type ladder struct{ step, step3, step5 GPVirtual }

func newLadder(step GPVirtual) ladder {
	l := ladder{step, GP64(), GP64()}
	LEAQ(Mem{Base: step, Index: step, Scale: 2}, l.step3)
	LEAQ(Mem{Base: step, Index: step, Scale: 4}, l.step5)
	return l
}

// at is value i from base on.
func (l ladder) at(base Register, i int) Mem {
	m := Mem{Base: base}
	switch i {
	case 1, 2, 4:
		m.Index, m.Scale = l.step, uint8(i)
	case 3:
		m.Index, m.Scale = l.step3, 1
	case 5:
		m.Index, m.Scale = l.step5, 1
	}
	return m
}
