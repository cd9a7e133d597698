package picture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/jpeg"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gen2brain/jpegn"

	"github.com/ghostdark/ghostdark/tensor"
)

// jpegWith encodes a picture by the given options.
func jpegWith(t testing.TB, m *Image, o jpegn.EncodeOptions) []byte {
	return encoded(t, func(w io.Writer) error { return jpegn.Encode(w, m.rgba(), &o) })
}

// drawJPEG draws an ordinary JPEG of any size, sampling and quality.
func drawJPEG(t testing.TB, r *rand.Rand) []byte {
	w, h := 1+r.IntN(90), 1+r.IntN(90)
	m := slope(w, h)
	if r.IntN(2) == 0 {
		m = noise(w, h)
	}
	return jpegWith(t, m, jpegn.EncodeOptions{
		Quality:         1 + r.IntN(100),
		Subsampling:     jpegn.Subsample444 + jpegn.Subsampling(r.IntN(5)),
		OptimizeCoding:  r.IntN(2) == 0,
		RestartInterval: max(0, r.IntN(12)-5),
	})
}

// standard decodes with image/jpeg alone.
func standard(data []byte) (*Image, error) {
	m, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	return toRGB(m, &fullRange), nil
}

func TestDecodeOrdinaryJPEG(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 7))
	files := [][]byte{jpegFile(t, noise(63, 34)), jpegWithExif(jpegFile(t, slope(40, 30)), exif(binary.LittleEndian, 6))}
	for range 300 {
		files = append(files, drawJPEG(t, r))
	}
	for i, data := range files {
		s, ok := readScan(data)
		if !ok {
			t.Fatalf("file %d is not taken for an ordinary one", i)
		}
		fast := s.decode(data)
		if fast == nil {
			t.Fatalf("file %d is taken for a damaged one", i)
		}
		want, err := standard(data)
		if err != nil {
			t.Fatal(err)
		}
		checkSame(t, toRGB(fast, &fullRange), want, 4)
	}
}

// TestDecodeOtherJPEG holds that image/jpeg decodes what is not ordinary.
func TestDecodeOtherJPEG(t *testing.T) {
	m := noise(41, 23)
	full := jpegWith(t, m, jpegn.EncodeOptions{Quality: 90, Subsampling: jpegn.Subsample444})
	frame, scan := bytes.Index(full, []byte{0xff, 0xc0}), bytes.Index(full, []byte{0xff, 0xda})
	patched := func(patch func(data []byte)) []byte {
		data := bytes.Clone(full)
		patch(data)
		return data
	}
	for name, data := range map[string][]byte{
		"progressive": jpegWith(t, m, jpegn.EncodeOptions{Quality: 90, Progressive: true}),
		"extended":    patched(func(data []byte) { data[frame+1] = 0xc1 }),
		"rgb": patched(func(data []byte) {
			for i, name := range []byte("RGB") {
				data[frame+10+3*i], data[scan+5+2*i] = name, name
			}
		}),
		"rgb by Adobe": append([]byte(adobeIntro), bytes.Replace(full[2:], []byte("JFIF"), []byte("NONE"), 1)...),
		"cmyk":         cmykJPEG(t),
	} {
		t.Run(name, func(t *testing.T) {
			if _, ok := readScan(data); ok {
				t.Error("it is taken for an ordinary JPEG")
			}
			want, err := standard(data)
			if err != nil {
				t.Fatal(err)
			}
			checkSame(t, mustDecode(t, data), want, 0)
		})
	}
}

// adobeIntro begins a JPEG whose colours are not YCbCr.
const adobeIntro = "\xff\xd8\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00"

// cmykJPEG builds a JPEG of four components, each a single block without any coefficient.
func cmykJPEG(t testing.TB) []byte {
	grey := jpegWith(t, New(8, 8), jpegn.EncodeOptions{Subsampling: jpegn.SubsampleGray})
	frame, tables, scan := bytes.Index(grey, []byte{0xff, 0xc0}), bytes.Index(grey, []byte{0xff, 0xc4}), bytes.Index(grey, []byte{0xff, 0xda})
	file := append([]byte(adobeIntro), bytes.Replace(grey[2:frame], []byte("JFIF"), []byte("NONE"), 1)...)
	file = append(file, "\xff\xc0\x00\x14\x08\x00\x08\x00\x08\x04\x01\x11\x00\x02\x11\x00\x03\x11\x00\x04\x11\x00"...)
	file = append(file, grey[tables:scan]...)
	file = append(file, "\xff\xda\x00\x0e\x04\x01\x00\x02\x00\x03\x00\x04\x00\x00\x3f\x00"...)
	return append(file, "\x28\xa2\x8a\xff\xd9"...) // four times 00 for no difference and 1010 for the block's end
}

// TestDecodeDamagedJPEG holds that no damage passes that image/jpeg would find, and that all
// the data is needed.
func TestDecodeDamagedJPEG(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	refused := 0
	for range 3000 {
		data := drawJPEG(t, r)
		for range 1 + r.IntN(3) {
			data[3+r.IntN(len(data)-3)] ^= 1 << r.IntN(8)
		}
		_, want := standard(data)
		_, err := Decode(bytes.NewReader(data), "damaged", Limits{})
		if want != nil {
			refused++
			if err == nil {
				t.Errorf("a file passes with which image/jpeg finds: %v", want)
			}
		} else if err != nil {
			t.Errorf("a file fails that image/jpeg reads: %v", err)
		}
	}
	if refused < 300 {
		t.Errorf("only %d of the files were so damaged that it shows", refused)
	}

	for _, interval := range []int{0, 2} {
		data := jpegWith(t, noise(40, 24), jpegn.EncodeOptions{Quality: 95, RestartInterval: interval})
		whole := mustDecode(t, data)
		start := bytes.Index(data, []byte{0xff, 0xda}) + 14
		for n := start; n < len(data)-3; n++ {
			got, err := Decode(bytes.NewReader(append(data[:n:n], 0xff, 0xd9)), "cut", Limits{})
			if err == nil {
				checkSame(t, got, whole, 0)
			} else if !errors.Is(err, ErrDamaged) {
				t.Fatal(err)
			}
		}
	}
}

func TestEncodeJPEGSides(t *testing.T) {
	err := Encode(io.Discard, New(65536, 1), ".jpg")
	if err == nil || !strings.Contains(err.Error(), "65536×1; write a .png") {
		t.Errorf("got %v, want an error about the picture's size", err)
	}
	if err := Encode(io.Discard, New(65535, 1), ".jpg"); err != nil {
		t.Error(err)
	}
	broken := errors.New("disk full")
	if err := Encode(failingWriter{broken}, New(3, 3), ".jpg"); !errors.Is(err, broken) {
		t.Errorf("got %v, want the writer's error", err)
	}
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }

// BenchmarkStages measures what happens to a picture before and after a network sees it.
func BenchmarkStages(b *testing.B) {
	for _, size := range []image.Point{{768, 576}, {1920, 1080}} {
		m := slope(size.X, size.Y)
		r := rand.New(rand.NewPCG(1, 2))
		for i := range m.Pix {
			m.Pix[i] += uint8(r.IntN(24))
		}
		data := jpegWith(b, m, jpegn.EncodeOptions{Quality: 90})
		planes, err := decodeJPEG(data)
		if err != nil {
			b.Fatal(err)
		}
		labels := []Label{
			{Text: "dog 99%", Class: 16, X: 200, Y: 300, W: 150, H: 200}, {Text: "bicycle 98%", Class: 1, X: 350, Y: 280, W: 450, H: 330}, {Text: "truck 94%", Class: 7, X: 580, Y: 130, W: 220, H: 90},
		}
		for _, stage := range []struct {
			name string
			run  func()
		}{
			{"image/jpeg", func() { _, _ = jpeg.Decode(bytes.NewReader(data)) }},
			{"decode", func() { _, _ = decodeJPEG(data) }},
			{"colour", func() { toRGB(planes, &fullRange) }},
			{"resize", func() { _, _ = m.Input(ResizeStretch, tensor.Shape{C: 3, H: 416, W: 416}) }},
			{"draw", func() { Annotate(m, labels) }},
			{"encode", func() { _ = Encode(io.Discard, m, ".jpg") }},
		} {
			b.Run(size.String()+"/"+stage.name, func(b *testing.B) {
				for b.Loop() {
					stage.run()
				}
			})
		}
	}
}
