package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// TestWinograd compares with the naive formula, over all sizes at the border of a tile, and
// over numbers of filters that need several chunks.
func TestWinograd(t *testing.T) {
	eachSet(t, func(t *testing.T, s *Set) {
		r := rand.New(rand.NewPCG(9, 10))
		for i := range 60 {
			pad, stride := r.IntN(3), 1+i%2
			if s.winograd[stride].input == nil {
				continue
			}
			c := ConvSpec{
				Channels: Granule + r.IntN(40), Height: 3 + r.IntN(24*stride), Width: 3 + r.IntN(42*stride), Filters: Granule + r.IntN(40), Groups: 1,
				Window: Window{Size: 3, Dilation: 1, StrideX: stride, StrideY: stride, PadX: pad, PadY: pad},
			}
			if i%10 == 0 {
				c.Filters += 100
			}
			c = finishSpec(r, c)
			c.AddLast = true
			if !s.CanWinograd(&c) {
				t.Fatalf("%+v is not taken", c)
			}
			prepare := func(weights, bias []float32) convolver {
				w := NewWinograd(s, c, weights, bias)
				if i%3 == 0 {
					w.layOut(1+r.IntN(40), 1+r.IntN(len(w.panels)))
				}
				return w
			}
			// Sums of so many normal numbers are about 3·√channels large, and so are their errors.
			checkConvolution(t, r, s, c, prepare, 1e-4*math.Sqrt(float64(c.Channels)))
		}
	})
}

// TestWinogradAccuracy bounds the error of deep sums in relation to the largest value.
func TestWinogradAccuracy(t *testing.T) {
	eachSet(t, func(t *testing.T, s *Set) {
		r := rand.New(rand.NewPCG(13, 14))
		for stride := 1; stride <= 2 && s.winograd[stride].input != nil; stride++ {
			c := finishSpec(r, ConvSpec{
				Channels: 512, Height: 8 * stride, Width: 8 * stride, Filters: 8, Groups: 1,
				Window: Window{Size: 3, Dilation: 1, StrideX: stride, StrideY: stride, PadX: 1, PadY: 1},
			})
			c.Activation = Linear
			in, weights, bias := random(r, c.Height*c.Width*c.InPitch), random(r, 8*512*9), random(r, 8)
			want := naive(c, in, weights, bias, nil)
			conv := NewWinograd(s, c, weights, bias)
			out, w := Aligned(64*c.OutPitch), NewWorker(s, conv.Scratch())
			for task := range conv.Tasks() {
				conv.Run(task, in, out, nil, w)
			}
			var largest, worst float64
			for i, v := range want {
				largest = max(largest, math.Abs(float64(v)))
				worst = max(worst, math.Abs(float64(out[i/8*c.OutPitch+i%8]-v)))
			}
			t.Logf("stride %d: %.1e", stride, worst/largest)
			if worst > 3e-5*largest {
				t.Errorf("stride %d: error %v of %v", stride, worst, largest)
			}
		}
	})
}

func BenchmarkWinograd(b *testing.B) {
	for _, s := range Sets() {
		for _, e := range []struct{ channels, filters, side, stride int }{
			{32, 64, 208, 1}, {64, 128, 104, 1}, {128, 256, 52, 1}, {256, 512, 26, 1}, {512, 1024, 13, 1}, {24, 24, 56, 1},
			{32, 64, 208, 2}, {128, 256, 52, 2}, {256, 512, 26, 2},
		} {
			if s.winograd[e.stride].input == nil {
				continue
			}
			c := ConvSpec{
				Channels: e.channels, Height: e.stride * e.side, Width: e.stride * e.side, Filters: e.filters, OutHeight: e.side, OutWidth: e.side, Groups: 1,
				InPitch: RoundUp(e.channels), OutPitch: RoundUp(e.filters), AddPitch: RoundUp(e.filters),
				Window: Window{Size: 3, Dilation: 1, StrideX: e.stride, StrideY: e.stride, PadX: 1, PadY: 1}, Activation: Leaky, Threads: 1,
			}
			r := rand.New(rand.NewPCG(1, 1))
			in, weights, bias := random(r, c.InPitch*c.Height*c.Width), random(r, c.Filters*c.Channels*9), random(r, c.Filters)
			out := Aligned(c.OutPitch * c.OutHeight * c.OutWidth)
			b.Run(fmt.Sprintf("%s/%d_to_%d_%dx%d_stride_%d", s.Name, e.channels, e.filters, e.side, e.side, e.stride), func(b *testing.B) {
				d := NewWinograd(s, c, weights, bias)
				w := NewWorker(s, d.Scratch())
				for b.Loop() {
					for task := range d.Tasks() {
						d.Run(task, in, out, nil, w)
					}
				}
				macs := float64(c.Filters) * float64(c.OutHeight*c.OutWidth) * float64(c.Channels*9)
				b.ReportMetric(2*macs*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
			})
		}
	}
}
