package checkpoint

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Type is the type of a tensor's values.
type Type uint8

// The types. Int stands for all that are no floating-point numbers, by size in bytes.
const (
	Float32 Type = iota
	Float64
	Float16
	BFloat16
	Int8
	Int16
	Int32
	Int64
)

var typeNames = [...]string{"float32", "float64", "float16", "bfloat16", "8-bit integer", "16-bit integer", "32-bit integer", "64-bit integer"}

// String returns the type's name for people.
func (t Type) String() string {
	if int(t) < len(typeNames) {
		return typeNames[t]
	}
	return fmt.Sprintf("Type(%d)", uint8(t))
}

// Size returns the bytes of a value.
func (t Type) Size() int {
	return [...]int{Float32: 4, Float64: 8, Float16: 2, BFloat16: 2, Int8: 1, Int16: 2, Int32: 4, Int64: 8}[t]
}

// decoder returns the function that reads a value from its first bytes, which are little endian;
// nil for integers.
func (t Type) decoder() func(b []byte) float32 {
	switch t {
	case Float32:
		return func(b []byte) float32 { return math.Float32frombits(binary.LittleEndian.Uint32(b)) }
	case Float64:
		return func(b []byte) float32 { return float32(math.Float64frombits(binary.LittleEndian.Uint64(b))) }
	case Float16:
		return func(b []byte) float32 { return half(binary.LittleEndian.Uint16(b)) }
	case BFloat16:
		return func(b []byte) float32 { return math.Float32frombits(uint32(binary.LittleEndian.Uint16(b)) << 16) }
	}
	return nil
}

// half reads an IEEE 754 number of 16 bits: a sign, 5 bits of exponent, 10 of mantissa.
func half(bits uint16) float32 {
	exponent, mantissa := int(bits>>10&31), float64(bits&1023)
	var v float64
	switch {
	case exponent == 31 && mantissa == 0:
		v = math.Inf(1)
	case exponent == 31:
		v = math.NaN()
	case exponent == 0:
		v = math.Ldexp(mantissa, -24)
	default:
		v = math.Ldexp(1024+mantissa, exponent-25)
	}
	if bits>>15 != 0 {
		v = -v
	}
	return float32(v)
}
