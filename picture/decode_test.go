package picture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/gen2brain/jpegn"
	"golang.org/x/image/webp"
)

func mustDecode(t testing.TB, data []byte) *Image {
	t.Helper()
	m, err := Decode(bytes.NewReader(data), "sample", Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// checkSame compares two pictures, samples up to tolerance apart.
func checkSame(t testing.TB, got, want *Image, tolerance int) {
	t.Helper()
	if got.W != want.W || got.H != want.H || len(got.Pix) != 3*got.W*got.H {
		t.Fatalf("got %d×%d with %d bytes, want %d×%d", got.W, got.H, len(got.Pix), want.W, want.H)
	}
	for i := range got.Pix {
		if d := int(got.Pix[i]) - int(want.Pix[i]); d > tolerance || -d > tolerance {
			t.Fatalf("sample %d of pixel (%d, %d) is %d, want %d ± %d", i%3, i/3%got.W, i/3/got.W, got.Pix[i], want.Pix[i], tolerance)
		}
	}
}

// row1 makes a picture of one row.
func row1(pixels ...rgb) *Image {
	m := New(len(pixels), 1)
	for i, p := range pixels {
		copy(m.Pix[3*i:], p[:])
	}
	return m
}

func TestDecodeFormats(t *testing.T) {
	line := image.Rect(0, 0, 4, 1)
	gray := &image.Gray{Pix: []uint8{0, 7, 128, 255}, Stride: 4, Rect: line}
	gray16 := image.NewGray16(line)
	nrgba := image.NewNRGBA(line)
	nrgba64 := image.NewNRGBA64(line)
	for x := range 4 {
		gray16.SetGray16(x, 0, color.Gray16{Y: uint16(0x40ff * x)})
		nrgba.SetNRGBA(x, 0, color.NRGBA{R: uint8(50 * x), G: 200, B: 9, A: uint8(85 * x)})
		nrgba64.SetNRGBA64(x, 0, color.NRGBA64{R: uint16(0x10f0 * x), G: 0xfeff, B: 0x01ff, A: uint16(0x5555 * x)})
	}
	colours := row1(rgb{200, 10, 20}, rgb{30, 180, 40}, rgb{50, 60, 250}, rgb{255, 255, 255})
	scene, smooth := noise(13, 9), slope(40, 30)

	for _, c := range []struct {
		name      string
		data      []byte
		want      *Image
		tolerance int
	}{
		{"png rgb", pngFile(t, scene.rgba()), scene, 0},
		{"png grey", pngFile(t, gray), row1(rgb{0, 0, 0}, rgb{7, 7, 7}, rgb{128, 128, 128}, rgb{255, 255, 255}), 0},
		{"png grey 16 bit", pngFile(t, gray16), row1(rgb{0, 0, 0}, rgb{0x40, 0x40, 0x40}, rgb{0x81, 0x81, 0x81}, rgb{0xc2, 0xc2, 0xc2}), 0},
		{"png alpha keeps colour", pngFile(t, nrgba), row1(rgb{0, 200, 9}, rgb{50, 200, 9}, rgb{100, 200, 9}, rgb{150, 200, 9}), 0},
		{"png alpha 16 bit", pngFile(t, nrgba64), row1(rgb{0, 0xfe, 1}, rgb{0x10, 0xfe, 1}, rgb{0x21, 0xfe, 1}, rgb{0x32, 0xfe, 1}), 0},
		{"png palette, transparent colour kept", pngFile(t, paletted(line)), colours, 0},
		{"jpeg", jpegFile(t, smooth), smooth, 5},
		{"bmp rgb", bmpFile(t, scene.rgba()), scene, 0},
		{"bmp palette", bmpFile(t, gray), row1(rgb{0, 0, 0}, rgb{7, 7, 7}, rgb{128, 128, 128}, rgb{255, 255, 255}), 0},
		{"bmp alpha keeps colour", bmpFile(t, nrgba), row1(rgb{0, 200, 9}, rgb{50, 200, 9}, rgb{100, 200, 9}, rgb{150, 200, 9}), 0},
		{"tiff rgb", tiffFile(t, scene.rgba()), scene, 0},
		{"tiff grey", tiffFile(t, gray), row1(rgb{0, 0, 0}, rgb{7, 7, 7}, rgb{128, 128, 128}, rgb{255, 255, 255}), 0},
		{"tiff alpha", tiffFile(t, nrgba), row1(rgb{0, 200, 9}, rgb{50, 200, 9}, rgb{100, 200, 9}, rgb{150, 200, 9}), 0},
		{"tiff by hand", rawTIFF(13, 9, scene.Pix, nil), scene, 0},
		{"webp lossless", riff("VP8L", vp8l(4, 2, webpPixels)), webpImage(), 0},
		{"webp extended", riff("VP8X", vp8x(0, 4, 2), "VP8L", vp8l(4, 2, webpPixels)), webpImage(), 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			checkSame(t, mustDecode(t, c.data), c.want, c.tolerance)
			slow, err := Decode(iotest.OneByteReader(bytes.NewReader(c.data)), "slow", Limits{})
			if err != nil {
				t.Fatal(err)
			}
			checkSame(t, slow, c.want, c.tolerance)
		})
	}
}

// TestDecodeJPEGAsReference compares photographs, whose colour is subsampled, with what the
// reference's decoder makes of them.
func TestDecodeJPEGAsReference(t *testing.T) {
	const folder = "../../shared/data/bccd"
	references, err := filepath.Glob(folder + "/png/*.png")
	if err != nil || len(references) == 0 {
		t.Skipf("%s has no reference pictures", folder)
	}
	for _, path := range references {
		want, err := Open(path, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(filepath.Base(path), ".png") + ".jpg"
		got, err := Open(filepath.Join(folder, "images", name), Limits{})
		if err != nil {
			t.Fatal(err)
		}
		checkSame(t, got, want, 3)
		differ := 0
		for i := range got.Pix {
			if got.Pix[i] != want.Pix[i] {
				differ++
			}
		}
		if differ > len(got.Pix)/20 {
			t.Errorf("%s: %d of %d samples differ", name, differ, len(got.Pix))
		}
	}
}

func TestDecodeLossyWebPIsVideoRange(t *testing.T) {
	file := riff("VP8 ", vp8(20, 12))
	planes, err := webp.Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	y := int(planes.(*image.YCbCr).Y[0])
	grey := uint8((float64(y)-16)*255/219 + 0.5)
	if y < 100 || int(grey) == y {
		t.Fatalf("the sample has Y %d: it cannot tell the ranges apart", y)
	}
	if got := mustDecode(t, file); got.W != 20 || got.H != 12 || got.Pix[0] != grey {
		t.Errorf("got %d×%d with first sample %d, want 20×12 with %d", got.W, got.H, got.Pix[0], grey)
	}
}

func TestDecodeGIFComposesFirstFrame(t *testing.T) {
	palette := append(color.Palette{color.Black}, fourColours...)
	frame := image.NewPaletted(image.Rect(2, 1, 4, 2), palette)
	frame.Pix = []uint8{1, 3}
	second := image.NewPaletted(image.Rect(0, 0, 5, 3), palette)
	for background, want := range map[uint8]rgb{0: {0, 0, 0}, 4: {255, 255, 255}} {
		m := mustDecode(t, gifFile(t, &gif.GIF{
			Image: []*image.Paletted{frame, second}, Delay: []int{0, 0}, BackgroundIndex: background,
			Config: image.Config{Width: 5, Height: 3, ColorModel: palette},
		}))
		canvas := New(5, 3)
		for i := range 15 {
			copy(canvas.Pix[3*i:], want[:])
		}
		copy(canvas.row(1)[6:], []uint8{200, 10, 20, 50, 60, 250})
		checkSame(t, m, canvas, 0)
	}
}

func TestDecodeToldByContent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "holiday.jpg")
	if err := os.WriteFile(path, pngFile(t, noise(3, 2).rgba()), 0o666); err != nil {
		t.Fatal(err)
	}
	m, err := Open(path, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	checkSame(t, m, noise(3, 2), 0)
}

func TestOpenFaults(t *testing.T) {
	folder := t.TempDir()
	for name, path := range map[string]string{"missing": filepath.Join(folder, "none.png"), "folder": folder} {
		if _, err := Open(path, Limits{}); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: got error %v, want one naming %s", name, err, path)
		}
	}
	big := filepath.Join(folder, "big.png")
	if err := os.WriteFile(big, make([]byte, 1000), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(big, Limits{MaxBytes: 999}); !errors.Is(err, ErrTooLarge) || !strings.Contains(err.Error(), "999") {
		t.Errorf("1000 bytes with 999 allowed: %v", err)
	}
}

func TestDecodeFaults(t *testing.T) {
	for _, c := range []struct {
		name, data string
		want       error
		say        string
	}{
		{"empty", "", ErrDamaged, "it is empty"},
		{"text", "a,b,c\n1,2,3\n", ErrUnknownFormat, "JPEG, PNG, GIF, BMP, WebP, TIFF"},
		{"heic", "\x00\x00\x00\x18ftypheic\x00\x00\x00\x00", ErrUnknownFormat, "HEIC"},
		{"web page", "<!DOCTYPE html><html></html>", ErrUnknownFormat, "a web page"},
		{"signature cut", "\x89PN", ErrDamaged, "PNG"},
		{"signature alone", "GIF89a", ErrDamaged, "GIF"},
		{"damaged", "\xff\xd8\xff\xe0garbage of some length", ErrDamaged, "JPEG"},
		{"animated webp", string(riff("VP8X", vp8x(2, 4, 2), "ANIM", "\x00\x00\x00\x00\x00\x00")), ErrUnsupported, "animated"},
		{"bmp of an unknown kind", "BM" + strings.Repeat("\x00", 12) + "\x0c\x00\x00\x00" + strings.Repeat("\x00", 100), ErrUnsupported, "BMP"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Decode(strings.NewReader(c.data), "in.jpg", Limits{})
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.say) || !strings.HasPrefix(err.Error(), "in.jpg: ") {
				t.Errorf("got %v, want %q with %q", err, c.want, c.say)
			}
		})
	}
	broken := errors.New("cable cut")
	if _, err := Decode(iotest.ErrReader(broken), "net", Limits{}); !errors.Is(err, broken) {
		t.Errorf("reader's own error is lost: %v", err)
	}
}

func TestDecodeTorn(t *testing.T) {
	m := noise(24, 17)
	for name, data := range map[string][]byte{
		"jpeg": jpegFile(t, m),
		"png":  pngFile(t, m.rgba()),
		"gif":  gifFile(t, &gif.GIF{Image: []*image.Paletted{paletted(image.Rect(0, 0, 24, 17))}, Delay: []int{0}}),
		"bmp":  bmpFile(t, m.rgba()),
		"tiff": tiffFile(t, m.rgba()),
		"webp": riff("VP8L", vp8l(4, 2, webpPixels)),
	} {
		t.Run(name, func(t *testing.T) {
			whole := mustDecode(t, data)
			failed := 0
			for n := range len(data) {
				got, err := Decode(bytes.NewReader(data[:n]), "torn", Limits{})
				switch {
				case err == nil: // only what follows the picture is missing
					checkSame(t, got, whole, 0)
				case !errors.Is(err, ErrDamaged):
					t.Fatalf("cut after %d of %d bytes: %v", n, len(data), err)
				default:
					failed++
				}
			}
			if failed < len(data)-16 {
				t.Errorf("only %d of %d cut files are found damaged", failed, len(data))
			}
		})
	}
}

// TestDecodeLimits feeds files whose headers promise huge pictures.
func TestDecodeLimits(t *testing.T) {
	const side = 60000
	m := noise(3, 3)

	huge := pngFile(t, m.rgba())
	binary.BigEndian.PutUint32(huge[16:], side)
	binary.BigEndian.PutUint32(huge[20:], side)
	binary.BigEndian.PutUint32(huge[pngHead-4:], crc32.ChecksumIEEE(huge[12:pngHead-4]))

	hugeBMP := bmpFile(t, m.rgba())
	binary.LittleEndian.PutUint32(hugeBMP[18:], side)
	binary.LittleEndian.PutUint32(hugeBMP[22:], side)

	hugeGIF := gifFile(t, &gif.GIF{Image: []*image.Paletted{paletted(image.Rect(0, 0, 3, 3))}, Delay: []int{0}})
	binary.LittleEndian.PutUint16(hugeGIF[6:], side)
	binary.LittleEndian.PutUint16(hugeGIF[8:], side)

	hugeJPEG := jpegFile(t, m)
	frame := bytes.Index(hugeJPEG, []byte{0xff, 0xc0})
	binary.BigEndian.PutUint16(hugeJPEG[frame+5:], side)
	binary.BigEndian.PutUint16(hugeJPEG[frame+7:], side)

	for name, data := range map[string][]byte{
		"png": huge, "bmp": hugeBMP, "gif": hugeGIF, "jpeg": hugeJPEG,
		"tiff":       rawTIFF(side, side, nil, nil),
		"tiff tiles": rawTIFF(3, 3, m.Pix, map[uint16]uint16{322: side, 323: side}),
		"webp":       riff("VP8L", vp8l(16000, 16000, nil)),
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := Decode(bytes.NewReader(data), "huge", Limits{})
			runtime.ReadMemStats(&after)
			if !errors.Is(err, ErrTooLarge) {
				t.Errorf("got %v, want %q", err, ErrTooLarge)
			}
			if taken := after.TotalAlloc - before.TotalAlloc; taken > 1<<20 {
				t.Errorf("%d bytes were taken before the picture was refused", taken)
			}
		})
	}

	t.Run("pixels at the limit", func(t *testing.T) {
		data := pngFile(t, m.rgba())
		if _, err := Decode(bytes.NewReader(data), "nine", Limits{MaxPixels: 9}); err != nil {
			t.Error(err)
		}
		if _, err := Decode(bytes.NewReader(data), "nine", Limits{MaxPixels: 8}); !errors.Is(err, ErrTooLarge) {
			t.Errorf("9 pixels with 8 allowed: %v", err)
		}
		if _, err := Decode(bytes.NewReader(data), "nine", Limits{MaxBytes: int64(len(data))}); err != nil {
			t.Error(err)
		}
		if _, err := Decode(bytes.NewReader(data), "nine", Limits{MaxBytes: int64(len(data)) - 1}); !errors.Is(err, ErrTooLarge) {
			t.Errorf("one byte too many: %v", err)
		}
	})
}

func FuzzDecode(f *testing.F) {
	m := noise(9, 7)
	f.Add(jpegWithExif(jpegFile(f, m), exif(binary.LittleEndian, 6)))
	f.Add(jpegWith(f, m, jpegn.EncodeOptions{RestartInterval: 1}))
	f.Add(jpegWith(f, m, jpegn.EncodeOptions{Subsampling: jpegn.SubsampleGray}))
	f.Add(pngWithExif(pngFile(f, m.rgba()), exif(binary.BigEndian, 3)))
	f.Add(pngFile(f, paletted(image.Rect(0, 0, 5, 4))))
	f.Add(gifFile(f, &gif.GIF{Image: []*image.Paletted{paletted(image.Rect(0, 0, 5, 4))}, Delay: []int{0}}))
	f.Add(bmpFile(f, m.rgba()))
	f.Add(tiffFile(f, m.rgba()))
	f.Add(rawTIFF(9, 7, m.Pix, map[uint16]uint16{274: 8}))
	f.Add(riff("VP8X", vp8x(8, 4, 2), "VP8L", vp8l(4, 2, webpPixels), "EXIF", string(exif(binary.LittleEndian, 5))))
	f.Add(riff("VP8 ", vp8(20, 12)))
	lim := Limits{MaxPixels: 1 << 14, MaxBytes: 1 << 16}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Decode(bytes.NewReader(data), "fuzz", lim)
		if err != nil {
			for _, known := range []error{ErrUnknownFormat, ErrUnsupported, ErrDamaged, ErrTooLarge} {
				if errors.Is(err, known) {
					return
				}
			}
			t.Fatalf("an error of no known class: %v", err)
		}
		if m.W <= 0 || m.H <= 0 || m.W*m.H > lim.MaxPixels || len(m.Pix) != 3*m.W*m.H {
			t.Fatalf("%d×%d pixels in %d bytes", m.W, m.H, len(m.Pix))
		}
	})
}

// endless is a stream of one byte that counts how much is read of it.
type endless struct{ n int }

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	e.n += len(p)
	return len(p), nil
}

// TestEndless holds that what is no picture isn't read to its end.
func TestEndless(t *testing.T) {
	r := &endless{}
	if _, err := Decode(r, "stream", Limits{}); !errors.Is(err, ErrUnknownFormat) || r.n > 1<<20 {
		t.Errorf("%v after %d bytes", err, r.n)
	}
}
