package picture

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"math"

	"github.com/gen2brain/jpegn"
)

// decodeJPEG decodes ordinary JPEGs with jpegn, which is several times as fast as image/jpeg.
// All others, and those that jpegn may have failed at, it leaves to image/jpeg, which also says
// what is wrong with them.
func decodeJPEG(data []byte) (image.Image, error) {
	if s, ok := readScan(data); ok {
		if m := s.decode(data); m != nil {
			return m, nil
		}
	}
	return jpeg.Decode(bytes.NewReader(data))
}

// decode returns nil for a file that is damaged. jpegn reports no such thing, but leaves what it
// can't decode zero, from the first missing block to the end of the interval. The last block of
// each tells; where the picture really is that dark, image/jpeg has to decide.
func (s *scan) decode(data []byte) (m image.Image) {
	defer func() {
		if recover() != nil {
			m = nil
		}
	}()
	m, err := jpegn.Decode(bytes.NewReader(s.fenced(data)))
	if err != nil {
		return nil
	}
	var plane []uint8
	var stride int
	switch m := m.(type) {
	case *image.YCbCr:
		plane, stride = m.Cr, m.CStride
	case *image.Gray:
		plane, stride = m.Pix, m.Stride
	default:
		return nil
	}
	const block = 8
	for i := range s.ends {
		x, y := s.last(i)%s.columns*block, s.last(i)/s.columns*block
		if [block]uint8(plane[(y+block-1)*stride+x:]) == [block]uint8{} {
			return nil
		}
	}
	return m
}

// fenced returns the file with a fence behind the data of each interval. No Huffman code
// consists of one bits alone, so a decoder that wants more data than there is comes upon a
// code that doesn't exist, instead of taking what is missing for zeros.
func (s *scan) fenced(data []byte) []byte {
	const fence = "\xff\x00\xff\x00\xff\x00\xff\x00\xff\x00\xff\x00\xff\x00\xff\x00"
	out := make([]byte, 0, len(data)+len(fence)*len(s.ends))
	from := 0
	for _, end := range s.ends {
		out = append(append(out, data[from:end]...), fence...)
		from = end
	}
	return append(out, data[from:from+2]...)
}

// encodeJPEG writes a JPEG whose colours are subsampled on both axes.
func encodeJPEG(w io.Writer, m image.Image) error {
	const quality = 92
	if size := m.Bounds().Size(); max(size.X, size.Y) > math.MaxUint16 {
		return fmt.Errorf("a JPEG has at most %d pixels on a side, the picture is %d×%d; write a .png", math.MaxUint16, size.X, size.Y)
	}
	return jpegn.Encode(w, m, &jpegn.EncodeOptions{Quality: quality})
}
