package picture

import (
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/ghostdark/ghostdark/tensor"
	"pgregory.net/rapid"
)

func TestTensorChannels(t *testing.T) {
	m := row1(rgb{255, 0, 51}, rgb{10, 20, 30})
	want := []float32{1, float32(10.0 / 255), 0, float32(20.0 / 255), float32(51.0 / 255), float32(30.0 / 255)}
	got := m.Tensor()
	if got.N != 1 || got.Shape != (tensor.Shape{C: 3, H: 1, W: 2}) {
		t.Fatalf("shape %v × %d", got.Shape, got.N)
	}
	for i, v := range got.Data {
		if v != want[i] {
			t.Errorf("value %d is %g, want %g", i, v, want[i])
		}
	}
	grey, err := m.TensorChannels(1)
	if err != nil {
		t.Fatal(err)
	}
	// (77·255 + 29·51)/256 = 82.4…, (770 + 3000 + 870)/256 = 18.1…
	if grey.Data[0] != float32(82.0/255) || grey.Data[1] != float32(18.0/255) {
		t.Errorf("grey is %v", grey.Data)
	}
	if _, err := m.TensorChannels(2); err == nil {
		t.Error("two channels were made of a picture")
	}
}

func TestNormalize(t *testing.T) {
	x := tensor.New(2, tensor.Shape{C: 2, H: 1, W: 2})
	for i := range x.Data {
		x.Data[i] = float32(i)
	}
	Normalize(x, []float32{1, 2}, []float32{2, 4})
	for i, want := range []float32{-0.5, 0, 0, 0.25, 1.5, 2, 1, 1.25} {
		if x.Data[i] != want {
			t.Errorf("value %d is %g, want %g", i, x.Data[i], want)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("one mean for two channels was accepted")
		}
	}()
	Normalize(x, []float32{1}, []float32{1})
}

// TestFromImageAgrees compares every fast path with Go's own colour conversion, on pictures
// that are cut out of larger ones.
func TestFromImageAgrees(t *testing.T) {
	all := image.Rect(-2, -3, 15, 12)
	scene := noise(17, 15)
	type drawable interface {
		image.Image
		Set(x, y int, c color.Color)
		SubImage(image.Rectangle) image.Image
	}
	for name, m := range map[string]drawable{
		"gray": image.NewGray(all), "gray 16": image.NewGray16(all), "nrgba": image.NewNRGBA(all), "nrgba 64": image.NewNRGBA64(all),
		"rgba": image.NewRGBA(all), "rgba 64": image.NewRGBA64(all), "palette": image.NewPaletted(all, fourColours),
		"cmyk": image.NewCMYK(all), "alpha (no fast path)": image.NewAlpha(all),
	} {
		for _, alpha := range []uint8{255, 128} {
			i := 0
			for y := all.Min.Y; y < all.Max.Y; y++ {
				for x := all.Min.X; x < all.Max.X; x++ {
					m.Set(x, y, color.NRGBA{R: scene.Pix[i], G: scene.Pix[i+1], B: scene.Pix[i+2], A: alpha})
					i += 3
				}
			}
			part := m.SubImage(image.Rect(1, 2, 10, 9))
			want := New(9, 7)
			for y := range 7 {
				for x := range 9 {
					c := part.At(1+x, 2+y)
					n, straight := c.(color.NRGBA)
					if !straight {
						n = color.NRGBAModel.Convert(c).(color.NRGBA)
					}
					copy(want.row(y)[3*x:], []uint8{n.R, n.G, n.B})
				}
			}
			t.Run(name, func(t *testing.T) { checkSame(t, FromImage(part), want, 1) })
		}
	}
	if m := FromImage(image.NewYCbCr(image.Rectangle{}, image.YCbCrSubsampleRatio420)); m.W != 0 || m.H != 0 {
		t.Errorf("an empty picture has %d×%d pixels", m.W, m.H)
	}
}

// colourAt is the colour plane's value at a pixel by linear interpolation between the
// centres of the samples, each covering nx×ny pixels.
func colourAt(plane []uint8, stride, w, h, nx, ny, x, y int) float64 {
	u := min(max((float64(x)+0.5)/float64(nx)-0.5, 0), float64(w-1))
	v := min(max((float64(y)+0.5)/float64(ny)-0.5, 0), float64(h-1))
	sum := 0.0
	for j := range h {
		for i := range w {
			weight := max(0, 1-math.Abs(u-float64(i))) * max(0, 1-math.Abs(v-float64(j)))
			sum += weight * float64(plane[j*stride+i])
		}
	}
	return sum
}

func TestYCbCrFormula(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ratio := rapid.SampledFrom([]image.YCbCrSubsampleRatio{
			image.YCbCrSubsampleRatio444, image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio420, image.YCbCrSubsampleRatio440,
		}).Draw(t, "ratio")
		w, h := rapid.IntRange(1, 70).Draw(t, "w"), rapid.IntRange(1, 9).Draw(t, "h")
		src := image.NewYCbCr(image.Rect(0, 0, w, h), ratio)
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		for _, plane := range [][]uint8{src.Y, src.Cb, src.Cr} {
			for i := range plane {
				plane[i] = uint8(random.Uint32())
			}
		}
		video := rapid.Bool().Draw(t, "video range")
		coding, black, rangeY, rangeC := fullRange, 0.0, 255.0, 255.0
		if video {
			coding, black, rangeY, rangeC = videoRange, 16, 219, 224
		}
		nx, ny := 1, 1
		if ratio == image.YCbCrSubsampleRatio422 || ratio == image.YCbCrSubsampleRatio420 {
			nx = 2
		}
		if ratio == image.YCbCrSubsampleRatio440 || ratio == image.YCbCrSubsampleRatio420 {
			ny = 2
		}
		cw, ch := (w+nx-1)/nx, (h+ny-1)/ny
		got := toRGB(src, &coding)
		for y := range h {
			for x := range w {
				l := (float64(src.Y[y*src.YStride+x]) - black) / rangeY
				b := (colourAt(src.Cb, src.CStride, cw, ch, nx, ny, x, y) - 128) / rangeC
				r := (colourAt(src.Cr, src.CStride, cw, ch, nx, ny, x, y) - 128) / rangeC
				// ITU-R BT.601: kr = 0.299, kb = 0.114.
				for k, v := range []float64{l + 1.402*r, l - 0.714136*r - 0.344136*b, l + 1.772*b} {
					want := 255 * min(max(v, 0), 1)
					if g := float64(got.row(y)[3*x+k]); math.Abs(g-want) > 2.1 {
						t.Fatalf("%v, channel %d of (%d, %d): %g, want %g", ratio, k, x, y, g, want)
					}
				}
			}
		}
	})
}

func TestYCbCrRareRatios(t *testing.T) {
	for _, ratio := range []image.YCbCrSubsampleRatio{image.YCbCrSubsampleRatio411, image.YCbCrSubsampleRatio410, image.YCbCrSubsampleRatio420} {
		src := image.NewYCbCr(image.Rect(0, 0, 12, 8), ratio)
		for i := range src.Y {
			src.Y[i] = uint8(37 * i)
		}
		for i := range src.Cb {
			src.Cb[i], src.Cr[i] = uint8(91*i), uint8(57*i)
		}
		part := src.SubImage(image.Rect(1, 1, 11, 7)) // an odd corner: 4:2:0 has no whole samples there
		want := New(10, 6)
		for y := range 6 {
			for x := range 10 {
				c := flat(part.At(1+x, 1+y))
				copy(want.row(y)[3*x:], c[:])
			}
		}
		checkSame(t, FromImage(part), want, 1)
	}
}
