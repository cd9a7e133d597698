package picture

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"math/rand/v2"
	"testing"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
)

// encoded returns what an encoder writes.
func encoded(t testing.TB, encode func(w io.Writer) error) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := encode(&buf); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// noise is a picture in which every pixel differs from its neighbours.
func noise(w, h int) *Image {
	m := New(w, h)
	r := rand.New(rand.NewPCG(uint64(w), uint64(h)))
	for i := range m.Pix {
		m.Pix[i] = uint8(r.Uint32())
	}
	return m
}

// slope is a picture that survives JPEG well.
func slope(w, h int) *Image {
	m := New(w, h)
	for y := range h {
		for x := range w {
			copy(m.row(y)[3*x:], []uint8{uint8(40 + 150*x/w), uint8(40 + 150*y/h), 90})
		}
	}
	return m
}

func jpegFile(t testing.TB, m *Image) []byte {
	return encoded(t, func(w io.Writer) error { return jpeg.Encode(w, m.rgba(), &jpeg.Options{Quality: 100}) })
}

func pngFile(t testing.TB, m image.Image) []byte {
	return encoded(t, func(w io.Writer) error { return png.Encode(w, m) })
}

func tiffFile(t testing.TB, m image.Image) []byte {
	return encoded(t, func(w io.Writer) error { return tiff.Encode(w, m, nil) })
}

func bmpFile(t testing.TB, m image.Image) []byte {
	return encoded(t, func(w io.Writer) error { return bmp.Encode(w, m) })
}

func gifFile(t testing.TB, g *gif.GIF) []byte {
	return encoded(t, func(w io.Writer) error { return gif.EncodeAll(w, g) })
}

// fourColours is a palette whose second colour is transparent.
var fourColours = color.Palette{
	color.NRGBA{R: 200, G: 10, B: 20, A: 255},
	color.NRGBA{R: 30, G: 180, B: 40, A: 0},
	color.NRGBA{R: 50, G: 60, B: 250, A: 255},
	color.NRGBA{R: 255, G: 255, B: 255, A: 255},
}

func paletted(r image.Rectangle) *image.Paletted {
	m := image.NewPaletted(r, fourColours)
	for i := range m.Pix {
		m.Pix[i] = uint8(i % 4)
	}
	return m
}

// exif builds the TIFF data of EXIF with one entry, the orientation.
func exif(order binary.ByteOrder, orientation uint16) []byte {
	b := []byte("II*\x00")
	if order == binary.BigEndian {
		b = []byte("MM\x00*")
	}
	put := order.(binary.AppendByteOrder)
	b = put.AppendUint32(b, 8)
	b = put.AppendUint16(b, 1)
	b = put.AppendUint16(b, 274)
	b = put.AppendUint16(b, 3)
	b = put.AppendUint32(b, 1)
	b = put.AppendUint16(b, orientation)
	return append(b, 0, 0, 0, 0, 0, 0)
}

// jpegWithExif puts an APP1 with EXIF data behind the start marker of a JPEG, after an
// APP1 of another kind.
func jpegWithExif(file, exif []byte) []byte {
	segment := func(body string) []byte {
		return append(binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(2+len(body))), body...)
	}
	out := append([]byte{}, file[:2]...)
	out = append(out, segment("http://ns.adobe.com/xap/1.0/\x00<x/>")...)
	out = append(out, segment(exifIntro+string(exif))...)
	return append(out, file[2:]...)
}

// pngChunk builds a chunk with its checksum.
func pngChunk(kind string, body []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	b = append(append(b, kind...), body...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

// pngHead is the length of a PNG's signature and IHDR chunk.
const pngHead = 8 + 8 + 13 + 4

func pngWithExif(file, exif []byte) []byte {
	out := append([]byte{}, file[:pngHead]...)
	return append(append(out, pngChunk("eXIf", exif)...), file[pngHead:]...)
}

// riff builds a WebP file of chunks, given as kind, body, kind, body.
func riff(chunks ...string) []byte {
	body := "WEBP"
	for i := 0; i < len(chunks); i += 2 {
		n := len(chunks[i+1])
		body += chunks[i] + string(binary.LittleEndian.AppendUint32(nil, uint32(n))) + chunks[i+1]
		if n%2 == 1 {
			body += "\x00"
		}
	}
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body))), body...)
}

// vp8x builds the body of the VP8X chunk.
func vp8x(flags byte, w, h int) string {
	return string([]byte{flags, 0, 0, 0, byte(w - 1), byte((w - 1) >> 8), 0, byte(h - 1), byte((h - 1) >> 8), 0})
}

// bits collects a bit stream, lowest bit first.
type bits struct {
	data []byte
	n    int
}

func (b *bits) put(value, width int) {
	for i := range width {
		if b.n%8 == 0 {
			b.data = append(b.data, 0)
		}
		b.data[b.n/8] |= byte(value>>i&1) << (b.n % 8)
		b.n++
	}
}

// vp8l builds a lossless WebP picture whose pixels have red 10 or 200, green 20 or 210,
// blue 30 or 220 and alpha 0: bits 0, 1 and 2 of a pixel choose.
func vp8l(w, h int, pixels []int) string {
	var b bits
	b.put(0x2f, 8)
	b.put(w-1, 14)
	b.put(h-1, 14)
	b.put(1, 1) // has alpha
	b.put(0, 3) // version
	b.put(0, 3) // no transform, no colour cache, one set of prefix codes
	pair := func(x, y int) {
		b.put(1, 1) // simple code
		b.put(1, 1) // of two symbols
		b.put(1, 1) // the first with eight bits
		b.put(x, 8)
		b.put(y, 8)
	}
	zero := func() { // simple code of the one symbol 0, which takes no bits
		b.put(1, 1)
		b.put(0, 3)
	}
	pair(20, 210) // green
	pair(10, 200) // red
	pair(30, 220) // blue
	zero()        // alpha
	zero()        // distances
	for _, p := range pixels {
		b.put(p>>1&1, 1)
		b.put(p&1, 1)
		b.put(p>>2&1, 1)
	}
	return string(b.data)
}

// webpPixels are the pixels of a 4×2 WebP picture, webpImage is what it shows.
var webpPixels = []int{0, 1, 2, 3, 4, 5, 6, 7}

func webpImage() *Image {
	m := New(4, 2)
	for i, p := range webpPixels {
		copy(m.Pix[3*i:], []uint8{uint8(10 + 190*(p&1)), uint8(20 + 190*(p>>1&1)), uint8(30 + 190*(p>>2&1))})
	}
	return m
}

// vp8 builds a lossy WebP picture all of whose coded bits are 0: flat grey, Y near 128.
func vp8(w, h int) string {
	const partition = 200
	tag := 1<<4 | partition<<5 // a shown key frame
	b := []byte{byte(tag), byte(tag >> 8), byte(tag >> 16), 0x9d, 0x01, 0x2a, byte(w), byte(w >> 8), byte(h), byte(h >> 8)}
	return string(append(b, make([]byte, 2*partition)...))
}

// rawTIFF builds an uncompressed 8-bit RGB TIFF, big endian, with extra entries of one
// short value.
func rawTIFF(w, h int, pix []uint8, extra map[uint16]uint16) []byte {
	values := map[uint16]uint32{
		256: uint32(w), 257: uint32(h), 259: 1, 262: 2, 273: 8, 277: 3, 278: uint32(h), 279: uint32(len(pix)),
	}
	for tag, v := range extra {
		values[tag] = uint32(v)
	}
	order := binary.BigEndian
	body := append([]byte{}, pix...)
	depthsAt := 8 + len(body)
	body = append(body, 0, 8, 0, 8, 0, 8)
	file := order.AppendUint32([]byte("MM\x00*"), uint32(8+len(body)))
	file = append(file, body...)
	file = order.AppendUint16(file, uint16(len(values)+1))
	for tag := range uint16(400) {
		v, ok := values[tag]
		if tag == 258 {
			file = append(file, 1, 2, 0, 3, 0, 0, 0, 3)
			file = order.AppendUint32(file, uint32(depthsAt))
		} else if ok {
			file = order.AppendUint16(file, tag)
			file = append(file, 0, 4, 0, 0, 0, 1)
			file = order.AppendUint32(file, v)
		}
	}
	return order.AppendUint32(file, 0)
}
