package weights

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

const (
	versionBytes = 12 // major, minor, revision
	narrowHeader = versionBytes + 4
	wideHeader   = versionBytes + 8
)

// Header is what stands before the arrays: the version of the program that wrote the file and
// the number of pictures seen in training.
type Header struct {
	Major, Minor, Revision int32
	Seen                   uint64
}

// CurrentHeader is what today's darknet writes, after so many pictures.
func CurrentHeader(seen uint64) Header { return Header{Minor: 2, Revision: 5, Seen: seen} }

// WideSeen reports whether Seen takes 8 bytes in the file instead of 4: from version 0.2 on.
func (h Header) WideSeen() bool { return int64(h.Major)*10+int64(h.Minor) >= 2 }

// Transposed reports whether the arrays of connected layers lie transposed in the file, which
// darknet marks by a major or minor version above 1000.
func (h Header) Transposed() bool { return h.Major > 1000 || h.Minor > 1000 }

// Size returns the header's length in bytes: 16 or 20.
func (h Header) Size() int {
	if h.WideSeen() {
		return wideHeader
	}
	return narrowHeader
}

// plausible reports whether some darknet may have written these version numbers.
func (h Header) plausible() bool {
	usual := func(v int32) bool { return v >= 0 && v <= 100 || v > 1000 && v <= 1100 }
	return usual(h.Major) && usual(h.Minor) && usual(h.Revision)
}

// ReadHeader reads a header and not a byte more. The error of a source that ends too early
// wraps io.ErrUnexpectedEOF, also when the source is empty.
func ReadHeader(r io.Reader) (Header, error) {
	var buf [wideHeader]byte
	if err := readHeaderBytes(r, buf[:versionBytes], 0); err != nil {
		return Header{}, err
	}
	h := Header{
		Major:    int32(binary.LittleEndian.Uint32(buf[0:])),
		Minor:    int32(binary.LittleEndian.Uint32(buf[4:])),
		Revision: int32(binary.LittleEndian.Uint32(buf[8:])),
	}
	if err := readHeaderBytes(r, buf[versionBytes:h.Size()], versionBytes); err != nil {
		return Header{}, err
	}
	// A narrow count leaves the upper half of buf zero.
	h.Seen = binary.LittleEndian.Uint64(buf[versionBytes:])
	return h, nil
}

// readHeaderBytes fills buf, the part of the header that begins at offset start.
func readHeaderBytes(r io.Reader, buf []byte, start int) error {
	n, err := io.ReadFull(r, buf)
	if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("the header ends after %d bytes: %w", start+n, io.ErrUnexpectedEOF)
	}
	return err
}

// bytes returns the header as it stands in a file.
func (h Header) bytes() ([]byte, error) {
	if !h.WideSeen() && h.Seen > math.MaxUint32 {
		return nil, fmt.Errorf("a header of version %d.%d.%d has 4 bytes for the pictures seen, too few for %d: use version 0.2.0 or later",
			h.Major, h.Minor, h.Revision, h.Seen)
	}
	var b bytes.Buffer
	for _, v := range []int32{h.Major, h.Minor, h.Revision} {
		b.Write(binary.LittleEndian.AppendUint32(nil, uint32(v)))
	}
	seen := binary.LittleEndian.AppendUint64(nil, h.Seen)
	b.Write(seen[:h.Size()-versionBytes])
	return b.Bytes(), nil
}

// ParamCount returns the number of float32 values of all slots.
func ParamCount(slots []*Slot) int {
	n := 0
	for _, s := range slots {
		n += s.Len()
	}
	return n
}

// FileSize returns the length in bytes of a file with this header and all slots.
func FileSize(h Header, slots []*Slot) int64 {
	return int64(h.Size()) + 4*int64(ParamCount(slots))
}
