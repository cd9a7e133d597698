package arm64

import "fmt"

// MOVD copies a register, a number or a value in memory to a register.
func (f *Function) MOVD(from any, to Register) { f.op("MOVD", from, to) }

// ADD adds a register or a number.
func (f *Function) ADD(by any, to Register) { f.op("ADD", by, to) }

// SUB subtracts a register or a number.
func (f *Function) SUB(by any, from Register) { f.op("SUB", by, from) }

// SUBS subtracts a register or a number, and compares the result with zero.
func (f *Function) SUBS(by any, from Register) { f.op("SUBS", by, from) }

// MUL multiplies by a register.
func (f *Function) MUL(by, r Register) { f.op("MUL", by, r) }

// NEG computes to = -from.
func (f *Function) NEG(from, to Register) { f.op("NEG", from, to) }

// ADDShifted computes to = a + b<<shift.
func (f *Function) ADDShifted(b Register, shift int, a, to Register) {
	f.op("ADD", fmt.Sprintf("%v<<%d", b, shift), a, to)
}

// SUBShifted computes to = a - b<<shift.
func (f *Function) SUBShifted(b Register, shift int, a, to Register) {
	f.op("SUB", fmt.Sprintf("%v<<%d", b, shift), a, to)
}

// LSL multiplies by 2^bits.
func (f *Function) LSL(bits int, r Register) { f.op("LSL", bits, r) }

// LSR divides by 2^bits.
func (f *Function) LSR(bits int, r Register) { f.op("LSR", bits, r) }

// CMP compares b with a register or a number, for a branch that asks how b relates to it.
func (f *Function) CMP(a any, b Register) { f.op("CMP", a, b) }

// CSEL copies the first register if what was compared meets a condition, such as GT, and else
// the other.
func (f *Function) CSEL(condition string, meets, other, to Register) {
	f.op("CSEL", condition, meets, other, to)
}

// B goes on at a label.
func (f *Function) B(label string) { f.op("B", label) }

// BNE goes on at a label if what was compared differs.
func (f *Function) BNE(label string) { f.op("BNE", label) }

// BGT goes on at a label if what was compared is greater.
func (f *Function) BGT(label string) { f.op("BGT", label) }

// BLE goes on at a label if what was compared is less or equal.
func (f *Function) BLE(label string) { f.op("BLE", label) }

// BGE goes on at a label if what was compared is greater or equal.
func (f *Function) BGE(label string) { f.op("BGE", label) }

// BLT goes on at a label if what was compared is less.
func (f *Function) BLT(label string) { f.op("BLT", label) }

// CBZ goes on at a label if r is zero.
func (f *Function) CBZ(r Register, label string) { f.op("CBZ", r, label) }

// CBNZ goes on at a label if r isn't zero.
func (f *Function) CBNZ(r Register, label string) { f.op("CBNZ", r, label) }

// RET returns.
func (f *Function) RET() { f.op("RET") }
