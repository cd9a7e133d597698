package weights

import (
	"encoding/binary"
	"io"
	"math"
	"unsafe"
)

// chunkFloats is the extent of the buffers through which floats are converted or transposed.
const chunkFloats = 64 << 10

var nativeLittleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

// readFloats fills dst with little-endian values. It returns the number of bytes read; the
// error is io.EOF or io.ErrUnexpectedEOF when there are fewer than 4·len(dst).
func readFloats(r io.Reader, dst []float32) (int64, error) {
	if nativeLittleEndian {
		n, err := io.ReadFull(r, asBytes(dst))
		return int64(n), err
	}
	return readFloatsPortable(r, dst)
}

// readFloatsPortable is readFloats on machines of any byte order.
func readFloatsPortable(r io.Reader, dst []float32) (int64, error) {
	buf := make([]byte, 4*min(len(dst), chunkFloats))
	var total int64
	for len(dst) > 0 {
		part := buf[:min(len(buf), 4*len(dst))]
		n, err := io.ReadFull(r, part)
		total += int64(n)
		if err != nil {
			return total, err
		}
		for i := range len(part) / 4 {
			dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(part[4*i:]))
		}
		dst = dst[len(part)/4:]
	}
	return total, nil
}

// writeFloats writes src as little-endian values.
func writeFloats(w io.Writer, src []float32) error {
	if nativeLittleEndian {
		_, err := w.Write(asBytes(src))
		return err
	}
	return writeFloatsPortable(w, src)
}

// writeFloatsPortable is writeFloats on machines of any byte order.
func writeFloatsPortable(w io.Writer, src []float32) error {
	buf := make([]byte, 0, 4*min(len(src), chunkFloats))
	for len(src) > 0 {
		part := src[:min(len(src), chunkFloats)]
		buf = buf[:0]
		for _, v := range part {
			buf = binary.LittleEndian.AppendUint32(buf, math.Float32bits(v))
		}
		if _, err := w.Write(buf); err != nil {
			return err
		}
		src = src[len(part):]
	}
	return nil
}

// asBytes returns the memory of f.
func asBytes(f []float32) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(f))), 4*len(f))
}

// asFloats returns b, which must begin at a multiple of 4, as values in the machine's byte order.
func asFloats(b []byte) []float32 {
	return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/4)
}
