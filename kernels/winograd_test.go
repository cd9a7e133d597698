package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
)

// TestWinograd compares with the naive formula, over all sizes at the border of a tile.
func TestWinograd(t *testing.T) {
	eachSet(t, func(t *testing.T, s *Set) {
		r := rand.New(rand.NewPCG(9, 10))
		for range 60 {
			pad := r.IntN(3)
			c := ConvSpec{
				Channels: 12 + r.IntN(40), Height: 14 + r.IntN(24), Width: 14 + r.IntN(60), Filters: 12 + r.IntN(80), Groups: 1,
				Window: Window{Size: 3, Dilation: 1, StrideX: 1, StrideY: 1, PadX: pad, PadY: pad},
			}
			c = finishSpec(r, c)
			c.AddLast = true
			if !s.CanWinograd(&c) {
				t.Fatalf("%+v is not taken", c)
			}
			// Sums of so many normal numbers are about 3·√channels large, and so are their errors.
			checkConvolution(t, r, s, c, func(weights, bias []float32) convolver { return NewWinograd(s, c, weights, bias) }, 1e-4*math.Sqrt(float64(c.Channels)))
		}
	})
}

func env(name string, v *int) {
	if s := os.Getenv(name); s != "" {
		*v, _ = strconv.Atoi(s)
	}
}

func BenchmarkWinograd(b *testing.B) {
	env("TILES", &tuneTiles)
	env("CHUNK", &tuneChunk)
	env("PARTS", &tuneParts)
	for _, s := range Sets() {
		for _, e := range []struct{ channels, filters, side int }{
			{32, 64, 208}, {64, 128, 104}, {128, 256, 52}, {256, 512, 26}, {512, 1024, 13}, {64, 64, 104}, {32, 32, 52}, {128, 128, 52}, {24, 24, 56}, {512, 512, 19},
		} {
			c := ConvSpec{
				Channels: e.channels, Height: e.side, Width: e.side, Filters: e.filters, OutHeight: e.side, OutWidth: e.side, Groups: 1,
				InPitch: RoundUp(e.channels), OutPitch: RoundUp(e.filters), AddPitch: RoundUp(e.filters),
				Window: Window{Size: 3, Dilation: 1, StrideX: 1, StrideY: 1, PadX: 1, PadY: 1}, Activation: Leaky,
			}
			r := rand.New(rand.NewPCG(1, 1))
			in, weights, bias := random(r, c.InPitch*c.Height*c.Width), random(r, c.Filters*c.Channels*9), random(r, c.Filters)
			out := Aligned(c.OutPitch * c.OutHeight * c.OutWidth)
			b.Run(fmt.Sprintf("%s/%d_to_%d_%dx%d", s.Name, e.channels, e.filters, e.side, e.side), func(b *testing.B) {
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
