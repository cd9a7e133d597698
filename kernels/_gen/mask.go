package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// mask loads and stores the first values of a vector only.
type mask struct {
	load  func(from Mem, to VecVirtual) // the others become zero
	store func(v VecVirtual, to Mem)
}

// loadWhole and storeWhole are what a mask of all values would do.
func loadWhole(from Mem, to VecVirtual) { VMOVUPS(from, to) }
func storeWhole(v VecVirtual, to Mem)   { VMOVUPS(v, to) }

// mask makes a mask for the first n values, 0 ≤ n ≤ lanes. n is overwritten.
func (s isa) mask(n GPVirtual) mask {
	if s.masks {
		ones, k := GP64(), K()
		MOVQ(U32(1), ones)
		SHLXQ(n, ones, ones)
		DECQ(ones)
		KMOVW(ones.As32(), k)
		return mask{
			load:  func(from Mem, to VecVirtual) { VMOVUPS_Z(from, k, to) },
			store: func(v VecVirtual, to Mem) { VMOVUPS(v, k, to) },
		}
	}
	table, m := GP64(), YMM()
	LEAQ(maskTable(), table)
	NEGQ(n)
	VMOVUPS(Mem{Base: table, Index: n, Scale: 4, Disp: 32}, m)
	return mask{
		load:  func(from Mem, to VecVirtual) { VMASKMOVPS(from, m, to) },
		store: func(v VecVirtual, to Mem) { VMASKMOVPS(v, m, to) },
	}
}

// clampedMask makes a mask for the first n-skip values, but none below 0 and no more than all.
func (s isa) clampedMask(n GPVirtual, skip int) mask {
	zero, all := GP64(), GP64()
	XORQ(zero, zero)
	MOVQ(U32(uint32(s.lanes)), all)
	SUBQ(U32(uint32(skip)), n)
	CMOVQLT(zero, n)
	CMPQ(n, all)
	CMOVQGT(all, n)
	return s.mask(n)
}

// pairMasks makes the masks of a pair of vectors of which the first n values count. n is
// overwritten.
func (s isa) pairMasks(n GPVirtual) (first, second mask) {
	rest := GP64()
	MOVQ(n, rest)
	return s.clampedMask(n, 0), s.clampedMask(rest, s.lanes)
}

// maskTable is 8 set and 8 clear lanes.
func maskTable() Mem {
	var words [16]uint32
	for i := range 8 {
		words[i] = 0xffffffff
	}
	return readOnly("lanes", words[:]...)
}

// splitter returns the code that parts two vectors into their even and their odd values.
func (s isa) splitter() func(a, b, even, odd VecVirtual) {
	if s.lanes == 16 {
		evens, odds := ZMM(), ZMM()
		VMOVUPS(indexTable("evens", 0), evens)
		VMOVUPS(indexTable("odds", 1), odds)
		return func(a, b, even, odd VecVirtual) {
			VMOVAPS(evens, even)
			VPERMI2PS(b, a, even)
			VMOVAPS(odds, odd)
			VPERMI2PS(b, a, odd)
		}
	}
	return func(a, b, even, odd VecVirtual) {
		VSHUFPS(Imm(0x88), b, a, even)
		VPERMPD(Imm(0xd8), even, even)
		VSHUFPS(Imm(0xdd), b, a, odd)
		VPERMPD(Imm(0xd8), odd, odd)
	}
}

// evens returns the code that gathers the even values of two vectors in the first.
func (s isa) evens() func(a, b VecVirtual) {
	if s.lanes == 16 {
		evens := ZMM()
		VMOVUPS(indexTable("evens", 0), evens)
		return func(a, b VecVirtual) { VPERMT2PS(b, evens, a) }
	}
	return func(a, b VecVirtual) {
		VSHUFPS(Imm(0x88), b, a, a)
		VPERMPD(Imm(0xd8), a, a)
	}
}

// indexTable is the 16 numbers first, first+2, ….
func indexTable(name string, first int) Mem {
	var words [16]uint32
	for i := range words {
		words[i] = uint32(first + 2*i)
	}
	return readOnly(name, words[:]...)
}

// unique returns a label that no other part of the function has.
func (s isa) unique(name string) string {
	labels++
	return fmt.Sprintf("%s%d", name, labels)
}

var labels int
