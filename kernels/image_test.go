package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// canvas is an image for a kernel to write, among values that it must leave alone.
type canvas struct {
	Image
	all    []float32
	offset int
}

const untouched = -12345.5

// newCanvas makes a canvas with a drawn pitch and place.
func newCanvas(r *rand.Rand, pixels, channels int) *canvas {
	pitch := RoundUp(channels) + []int{0, 0, 8, r.IntN(30)}[r.IntN(4)]
	offset := 64 + r.IntN(20)
	c := &canvas{all: Aligned(offset + pixels*pitch + 64), offset: offset}
	for i := range c.all {
		c.all[i] = untouched
	}
	c.Image = Image{c.all[offset:], pixels, channels, pitch}
	return c
}

// randomImage is an image of normal numbers, with NaN between the pixels if there is a gap.
func randomImage(r *rand.Rand, pixels, channels int) Image {
	c := newCanvas(r, pixels, channels)
	if r.IntN(8) == 0 {
		c.Pitch = channels
	}
	for i := range c.all {
		c.all[i] = float32(math.NaN())
	}
	for p := range pixels {
		for ch := range channels {
			c.Data[p*c.Pitch+ch] = float32(r.NormFloat64())
		}
	}
	return c.Image
}

func (m Image) at(pixel, channel int) float32 { return m.Data[pixel*m.Pitch+channel] }

// check compares the image with a formula and looks for writes behind the granule.
func (c *canvas) check(t *testing.T, tolerance float64, want func(pixel, channel int) float32) {
	t.Helper()
	for i, v := range c.all {
		i -= c.offset
		pixel, channel := -1, 0
		if i >= 0 {
			pixel, channel = min(i/c.Pitch, c.Pixels-1), i-min(i/c.Pitch, c.Pixels-1)*c.Pitch
		}
		switch {
		case pixel >= 0 && channel < c.Channels:
			if e := want(pixel, channel); !agree(v, e, tolerance, tolerance) {
				t.Fatalf("%d pixels of %d channels, pitch %d: value %d of pixel %d is %v, want %v", c.Pixels, c.Channels, c.Pitch, channel, pixel, v, e)
			}
		case pixel >= 0 && channel < RoundUp(c.Channels):
		case v != untouched:
			t.Fatalf("%d pixels of %d channels, pitch %d: wrote %v at %d of pixel %d", c.Pixels, c.Channels, c.Pitch, v, channel, pixel)
		}
	}
}

// TestImages compares the functions over images with their formulas.
func TestImages(t *testing.T) {
	eachSet(t, func(t *testing.T, s *Set) {
		r := rand.New(rand.NewPCG(7, 8))
		w := NewWorker(s, 0)
		for range 300 {
			pixels, channels := 1+r.IntN(40), 1+r.IntN(7*s.Lanes)
			a, b := randomImage(r, pixels, channels), randomImage(r, pixels, channels)
			factors := random(r, channels)
			check := func(compute func(dst Image), want func(p, c int) float32) {
				t.Helper()
				dst := newCanvas(r, pixels, channels)
				compute(dst.Image)
				dst.check(t, 1e-6, want)
			}
			part := r.IntN(pixels)
			rest := newCanvas(r, pixels, channels)
			s.AddImages(w, rest.From(part, pixels-part), a.From(part, pixels-part), b.From(part, pixels-part))
			for i, v := range rest.all {
				if before := i < rest.offset+part*rest.Pitch; before != (v == untouched) && (before || (i-rest.offset)%rest.Pitch < channels && i-rest.offset < rest.span()) {
					t.Fatalf("a part from pixel %d on: value %d is %v", part, i-rest.offset, v)
				}
			}
			check(func(dst Image) { s.CopyImage(w, dst, a) }, a.at)
			check(func(dst Image) { s.AddImages(w, dst, a, b) }, func(p, c int) float32 { return a.at(p, c) + b.at(p, c) })
			check(func(dst Image) { s.MulImages(w, dst, a, b) }, func(p, c int) float32 { return a.at(p, c) * b.at(p, c) })
			check(func(dst Image) { s.MulImages(w, dst, a, Repeat(factors, pixels)) }, func(p, c int) float32 { return a.at(p, c) * factors[c] })
			check(func(dst Image) { s.ScaleImage(w, dst, a, 3) }, func(p, c int) float32 { return a.at(p, c) * 3 })
			check(func(dst Image) { s.ActivateImage(w, Leaky, dst, a) }, func(p, c int) float32 { return max(a.at(p, c), .1*a.at(p, c)) })
			check(func(dst Image) { s.ActivateImage(w, Swish, dst, a) }, func(p, c int) float32 { return float32(formulas["swish"](float64(a.at(p, c)))) })

			sum := newCanvas(r, 1, channels)
			s.SumImage(w, sum.Data, a)
			sum.check(t, 1e-5, func(_, c int) float32 {
				var sum float64
				for p := range pixels {
					sum += float64(a.at(p, c))
				}
				return float32(sum)
			})
		}
	})
}

// TestLongSums wants sums of many numbers to be as exact as those of some.
func TestLongSums(t *testing.T) {
	eachSet(t, func(t *testing.T, s *Set) {
		r := rand.New(rand.NewPCG(1, 8))
		const channels, pixels = 5, 416 * 416
		image, sum := Image{Aligned(8 * pixels), pixels, channels, 8}, Aligned(8)
		var want [channels]float64
		for p := range pixels {
			for c := range channels {
				v := r.Float32()
				image.Data[8*p+c] = v
				want[c] += float64(v)
			}
		}
		s.SumImage(NewWorker(s, 0), sum, image)
		for c, want := range want {
			if off := math.Abs(float64(sum[c])/want - 1); off > 1e-5 {
				t.Errorf("channel %d: %v, want %v", c, sum[c], want)
			}
		}
	})
}

// TestTransposes copies images to planes and back.
func TestTransposes(t *testing.T) {
	eachSet(t, func(t *testing.T, s *Set) {
		r := rand.New(rand.NewPCG(9, 8))
		w := NewWorker(s, 0)
		for range 300 {
			pixels, channels := 1+r.IntN(200), 1+r.IntN(40)
			image := randomImage(r, pixels, channels)
			planes, intact := guarded(pixels * channels)
			s.ToPlanes(w, planes, image)
			for i, v := range planes {
				if want := image.at(i%pixels, i/pixels); v != want {
					t.Fatalf("%d pixels of %d channels: value %d of plane %d is %v, want %v", pixels, channels, i%pixels, i/pixels, v, want)
				}
			}
			if !intact() {
				t.Fatalf("%d pixels of %d channels: wrote beyond the planes", pixels, channels)
			}
			back := newCanvas(r, pixels, channels)
			s.ToPixels(w, back.Image, planes)
			back.check(t, 0, image.at)
		}
	})
}

// TestMaxPool compares poolings of any shape with their definition.
func TestMaxPool(t *testing.T) {
	eachSet(t, func(t *testing.T, s *Set) {
		r := rand.New(rand.NewPCG(11, 8))
		for range 400 {
			p := PoolSpec{
				Channels: 1 + r.IntN(150), Height: 1 + r.IntN(20), Width: 1 + r.IntN(20),
				Size: 1 + r.IntN(4), StrideX: 1 + r.IntN(3), StrideY: 1 + r.IntN(3), Threads: 1 + r.IntN(3),
			}
			if r.IntN(3) == 0 {
				p.Size += r.IntN(30)
			}
			// Any padding, so that windows may lie outside the image, too.
			padding := p.Size - 1
			if r.IntN(2) == 0 {
				padding = r.IntN(2*p.Size + 3)
			}
			padding = max(padding, p.Size-min(p.Height, p.Width))
			p.Pad = padding / 2
			p.OutHeight, p.OutWidth = (p.Height+padding-p.Size)/p.StrideY+1, (p.Width+padding-p.Size)/p.StrideX+1
			in := randomImage(r, p.Height*p.Width, p.Channels)
			in.Data[r.IntN(in.Pixels)*in.Pitch] = float32(math.NaN())
			in.Data[r.IntN(in.Pixels)*in.Pitch] = float32(math.Inf(-1))
			out := newCanvas(r, p.OutHeight*p.OutWidth, p.Channels)
			p.InPitch, p.OutPitch = in.Pitch, out.Pitch
			pool := NewMaxPool(s, p)
			w := NewWorker(s, pool.Scratch())
			for i := range w.buffer {
				w.buffer[i] = float32(math.Inf(1)) // what is not written must not be used
			}
			for _, task := range r.Perm(pool.Tasks()) {
				pool.Run(task, in.Data, out.Data, w)
			}
			out.check(t, 0, func(pixel, c int) float32 {
				y0, x0 := pixel/p.OutWidth*p.StrideY-p.Pad, pixel%p.OutWidth*p.StrideX-p.Pad
				largest := float32(-math.MaxFloat32)
				for y := max(y0, 0); y < min(y0+p.Size, p.Height); y++ {
					for x := max(x0, 0); x < min(x0+p.Size, p.Width); x++ {
						if v := in.at(y*p.Width+x, c); v > largest {
							largest = v
						}
					}
				}
				return largest
			})
		}
	})
}

// TestPoolPasses wants the passes of every size to reach it.
func TestPoolPasses(t *testing.T) {
	for size := 1; size < 200; size++ {
		reach := 1
		list, _ := passes(size)
		for _, p := range list {
			if p.step > reach {
				t.Errorf("size %d: %v leaves gaps", size, list)
			}
			reach += (p.taps - 1) * p.step
		}
		if reach != size {
			t.Errorf("size %d: %v reach %d", size, list, reach)
		}
	}
}

// TestChainedPools compares pools of 5 one after another with those of 9 and 13.
func TestChainedPools(t *testing.T) {
	eachSet(t, func(t *testing.T, s *Set) {
		r := rand.New(rand.NewPCG(12, 8))
		const height, width, channels = 13, 11, 20
		in := randomImage(r, height*width, channels)
		pool := func(in Image, size int) Image {
			out := newCanvas(r, height*width, channels).Image
			p := NewMaxPool(s, PoolSpec{
				Channels: channels, Height: height, Width: width, OutHeight: height, OutWidth: width,
				Size: size, StrideX: 1, StrideY: 1, Pad: size / 2, InPitch: in.Pitch, OutPitch: out.Pitch,
			})
			w := NewWorker(s, p.Scratch())
			for task := range p.Tasks() {
				p.Run(task, in.Data, out.Data, w)
			}
			return out
		}
		chained := pool(in, 5)
		for size := 9; size <= 13; size += 4 {
			chained = pool(chained, 5)
			whole := pool(in, size)
			for p := range height * width {
				for c := range channels {
					if chained.at(p, c) != whole.at(p, c) {
						t.Fatalf("size %d: value %d of pixel %d is %v, want %v", size, c, p, chained.at(p, c), whole.at(p, c))
					}
				}
			}
		}
	})
}

// TestUpsample compares enlarged images with the original.
func TestUpsample(t *testing.T) {
	eachSet(t, func(t *testing.T, s *Set) {
		r := rand.New(rand.NewPCG(13, 8))
		for range 100 {
			u := Upsample{Set: s, Channels: 1 + r.IntN(70), Height: 1 + r.IntN(6), Width: 1 + r.IntN(6), Stride: 1 + r.IntN(4), Scale: float32(1 + r.IntN(2))}
			in := randomImage(r, u.Height*u.Width, u.Channels)
			out := newCanvas(r, in.Pixels*u.Stride*u.Stride, u.Channels)
			u.InPitch, u.OutPitch = in.Pitch, out.Pitch
			for _, task := range r.Perm(u.Tasks()) {
				u.Run(task, in.Data, out.Data, NewWorker(s, 0))
			}
			out.check(t, 0, func(p, c int) float32 {
				y, x := p/(u.Width*u.Stride), p%(u.Width*u.Stride)
				return u.Scale * in.at(y/u.Stride*u.Width+x/u.Stride, c)
			})
		}
	})
}

// BenchmarkImages tells how long each value of the input takes.
func BenchmarkImages(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 9))
	for _, s := range Sets() {
		bench := func(name string, values int, compute func()) {
			b.Run(s.Name+"/"+name, func(b *testing.B) {
				for b.Loop() {
					compute()
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(values), "ns/value")
			})
		}
		for _, extent := range [][2]int{{112, 16}, {56, 24}, {14, 480}, {7, 960}} {
			side, channels := extent[0], extent[1]
			n := side * side
			name := fmt.Sprintf("%dx%dx%d", side, side, channels)
			w := NewWorker(s, 0)
			image := Image{random(r, n*channels), n, channels, channels}
			out, planes := Image{Aligned(n * channels), n, channels, channels}, Aligned(n*channels)
			factors, sums := random(r, channels), Aligned(channels)
			bench("sum/"+name, n*channels, func() { s.SumImage(w, sums, image) })
			bench("scale_channels/"+name, n*channels, func() { s.MulImages(w, out, image, Repeat(factors, n)) })
			bench("to_planes/"+name, n*channels, func() { s.ToPlanes(w, planes, image) })
			bench("to_pixels/"+name, n*channels, func() { s.ToPixels(w, out, planes) })
		}
		w := NewWorker(s, 0)
		rgb := Image{Aligned(416 * 416 * 8), 416 * 416, 3, 8}
		planes := random(r, 3*416*416)
		bench("to_pixels/416x416x3", len(planes), func() { s.ToPixels(w, rgb, planes) })
		for _, p := range []PoolSpec{
			{Channels: 16, Height: 416, Width: 416, Size: 2, StrideX: 2, Pad: 0},
			{Channels: 64, Height: 104, Width: 104, Size: 2, StrideX: 2, Pad: 0},
			{Channels: 64, Height: 112, Width: 112, Size: 3, StrideX: 2, Pad: 1},
			{Channels: 512, Height: 13, Width: 13, Size: 2, StrideX: 1, Pad: 0},
			{Channels: 64, Height: 19, Width: 19, Size: 5, StrideX: 1, Pad: 2},
			{Channels: 512, Height: 19, Width: 19, Size: 3, StrideX: 1, Pad: 1},
			{Channels: 512, Height: 19, Width: 19, Size: 5, StrideX: 1, Pad: 2},
			{Channels: 512, Height: 19, Width: 19, Size: 9, StrideX: 1, Pad: 4},
			{Channels: 512, Height: 19, Width: 19, Size: 13, StrideX: 1, Pad: 6},
		} {
			p.StrideY, p.InPitch, p.OutPitch = p.StrideX, p.Channels, p.Channels
			p.OutHeight, p.OutWidth = (p.Height-1)/p.StrideY+1, (p.Width-1)/p.StrideX+1
			in, out := random(r, p.Height*p.Width*p.Channels), Aligned(p.OutHeight*p.OutWidth*p.Channels)
			pool := NewMaxPool(s, p)
			w := NewWorker(s, pool.Scratch())
			bench(fmt.Sprintf("maxpool%ds%d/%dx%dx%d", p.Size, p.StrideX, p.Width, p.Height, p.Channels), len(in), func() {
				for task := range pool.Tasks() {
					pool.Run(task, in, out, w)
				}
			})
		}
		u := Upsample{Set: s, Channels: 128, Height: 26, Width: 26, Stride: 2, Scale: 1, InPitch: 128, OutPitch: 128}
		in, out := random(r, 26*26*128), Aligned(52*52*128)
		bench("upsample2/26x26x128", len(in), func() {
			for task := range u.Tasks() {
				u.Run(task, in, out, w)
			}
		})
	}
}
