package onnx

import (
	"encoding/binary"
	"math"
)

// message is a protobuf message in the making. Each field begins with a key, its number times
// 8 plus how it is encoded; fields may come in any order, and repeated ones simply come again.
type message []byte

// How a field is encoded.
const (
	wireVarint = 0 // 7 bits in each byte, lowest first; the top bit says that more follow
	wireBytes  = 2 // a length as varint, then so many bytes
	wireFixed4 = 5 // 4 bytes, little endian
)

func (m *message) key(field, wire int) {
	*m = binary.AppendUvarint(*m, uint64(field<<3|wire))
}

// integer adds an int64, where a negative number takes ten bytes.
func (m *message) integer(field int, v int64) {
	m.key(field, wireVarint)
	*m = binary.AppendUvarint(*m, uint64(v))
}

func (m *message) float(field int, v float32) {
	m.key(field, wireFixed4)
	*m = binary.LittleEndian.AppendUint32(*m, math.Float32bits(v))
}

// length begins a field of so many bytes, which the caller adds.
func (m *message) length(field, n int) {
	m.key(field, wireBytes)
	*m = binary.AppendUvarint(*m, uint64(n))
}

func (m *message) text(field int, s string) {
	m.length(field, len(s))
	*m = append(*m, s...)
}

func (m *message) embed(field int, sub message) {
	m.length(field, len(sub))
	*m = append(*m, sub...)
}
