package kernels

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// rasterLengths go around one, two and four vectors of 8 and 16.
var rasterLengths = []int{1, 2, 7, 8, 9, 15, 16, 17, 23, 24, 25, 31, 32, 33, 47, 48, 49, 63, 64, 65, 97, 131}

// fenced is memory of n values between guards.
func fenced[T uint8 | float32](t *testing.T, n int) []T {
	t.Helper()
	const guard = 70
	all := make([]T, n+2*guard)
	for i := range all {
		all[i] = 77
	}
	t.Cleanup(func() {
		for i, v := range all {
			if (i < guard || i >= guard+n) && v != 77 {
				t.Errorf("value %d of %d was overwritten with %v", i-guard, n, v)
			}
		}
	})
	return all[guard : guard+n : guard+n]
}

func samples(r *rand.Rand, n int) []uint8 {
	s := make([]uint8, n)
	for i := range s {
		s[i] = uint8(r.Uint32())
		if r.IntN(8) == 0 {
			s[i] = []uint8{0, 255}[r.IntN(2)]
		}
	}
	return s
}

func checkSame[T comparable](t *testing.T, what string, n int, got, want []T) {
	t.Helper()
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("%s of %d: value %d is %v, the plain loop gives %v", what, n, i, got[i], want[i])
		}
	}
}

func TestRasterKernels(t *testing.T) {
	eachSet(t, func(t *testing.T, s *Set) {
		if s.raster.mixRows == nil {
			t.Skipf("%s has no kernels for pictures", s.Name)
		}
		r := rand.New(rand.NewPCG(3, 5))
		fast, plain := NewRaster(s), NewRaster(nil)
		if !fast.fast(s.Lanes, 1) || plain.fast(1<<20, 1) {
			t.Fatal("the rasters to be compared aren't what they should be")
		}
		for _, n := range rasterLengths {
			a, b := random(r, n), random(r, n)
			got, want := fenced[float32](t, n), make([]float32, n)
			part := r.Float32()
			fast.MixRows(got, a, b, part)
			plain.MixRows(want, a, b, part)
			checkSame(t, "MixRows", n, got, want)

			width := 1 + r.IntN(2*n)
			row, taps := samples(r, 3*width+1), NewPixelTaps(n)
			for i := range n {
				at := r.IntN(width)
				taps.Set(i, at, min(at+r.IntN(2), width-1), r.Float32())
			}
			taps.Set(n-1, width-1, width-1, 0)
			for _, row := range [][]uint8{row, slices.Clip(row[:3*width])} {
				got, want = fenced[float32](t, 3*n), make([]float32, 3*n)
				fast.MixPixels(got, row, taps)
				plain.MixPixels(want, row, taps)
				checkSame(t, "MixPixels", n, got, want)
			}

			luma, cb, cr := samples(r, n), samples(r, n), samples(r, n)
			for _, c := range []Coding{
				{Black: 0, Y: 1 << 16, CrR: 91881, CbB: 116130, CrG: 46802, CbG: 22554},
				{Black: 16, Y: 76309, CrR: 104597, CbB: 132201, CrG: 53279, CbG: 25675},
			} {
				got, want := fenced[uint8](t, 3*n), make([]uint8, 3*n)
				fast.ToRGB(got, luma, cb, cr, &c)
				plain.ToRGB(want, luma, cb, cr, &c)
				checkSame(t, "ToRGB", n, got, want)
			}

			sparse, dense := fenced[uint8](t, n), make([]uint8, n)
			fast.Blend(sparse, cb, cr)
			plain.Blend(dense, cb, cr)
			checkSame(t, "Blend", n, sparse, dense)

			sparse, dense = fenced[uint8](t, 2*n), make([]uint8, 2*n)
			fast.Spread(sparse, cb, cr)
			plain.Spread(dense, cb, cr)
			checkSame(t, "Spread", n, sparse, dense)
		}
	})
}

// TestRasterUnit holds that each sample becomes the value nearest to a 255th of it.
func TestRasterUnit(t *testing.T) {
	row, taps := make([]uint8, 3*256+1), NewPixelTaps(256)
	for i := range 256 {
		row[3*i], row[3*i+1], row[3*i+2] = uint8(i), uint8(i+85), uint8(i+170)
		taps.Set(i, i, i, 0)
	}
	for _, s := range append(Sets(), nil) {
		got := make([]float32, 3*256)
		NewRaster(s).MixPixels(got, row, taps)
		for i, v := range got {
			if sample := (i + i/256*85) % 256; v != float32(float64(sample)/255) {
				t.Errorf("sample %d becomes %v", sample, v)
			}
		}
	}
}

// TestRasterPlain checks the plain loops at the edges and by hand.
func TestRasterPlain(t *testing.T) {
	r := NewRaster(nil)
	out := make([]uint8, 6)
	r.Spread(out, []uint8{0, 100, 200}, []uint8{0, 100, 200})
	checkSame(t, "Spread", 3, out, []uint8{0, 25, 75, 125, 175, 200})
	r.Spread(out[:2], []uint8{255}, []uint8{255})
	checkSame(t, "Spread", 1, out[:2], []uint8{255, 255})
	r.Blend(out[:3], []uint8{8, 255, 100}, []uint8{0, 255, 101})
	checkSame(t, "Blend", 3, out[:3], []uint8{6, 255, 100})
	mixed := make([]float32, 2)
	r.MixRows(mixed, []float32{1, 2}, []float32{3, 6}, .25)
	checkSame(t, "MixRows", 2, mixed, []float32{1.5, 3})
}

func BenchmarkRaster(b *testing.B) {
	const n, width = 416, 768
	r := rand.New(rand.NewPCG(3, 5))
	row, taps := samples(r, 3*width+1), NewPixelTaps(n)
	for i := range n {
		taps.Set(i, i*(width-1)/n, i*(width-1)/n+1, r.Float32())
	}
	luma, cb, cr, rgb, wide := samples(r, width), samples(r, width), samples(r, width), make([]uint8, 3*width), make([]uint8, 2*width)
	mixed, values := make([]float32, 3*n), random(r, n)
	coding := Coding{Y: 1 << 16, CrR: 91881, CbB: 116130, CrG: 46802, CbG: 22554}
	for _, s := range append(Sets(), nil) {
		name, raster := Generic, NewRaster(s)
		if s != nil {
			name = s.Name
		}
		for _, c := range []struct {
			name string
			run  func()
		}{
			{"MixRows", func() { raster.MixRows(mixed[:n], values, mixed[n:2*n], .3) }},
			{"MixPixels", func() { raster.MixPixels(mixed, row, taps) }},
			{"ToRGB", func() { raster.ToRGB(rgb, luma, cb, cr, &coding) }},
			{"Blend", func() { raster.Blend(rgb[:width], cb, cr) }},
			{"Spread", func() { raster.Spread(wide, cb, cr) }},
		} {
			b.Run(c.name+"/"+name, func(b *testing.B) {
				for b.Loop() {
					c.run()
				}
			})
		}
	}
}
