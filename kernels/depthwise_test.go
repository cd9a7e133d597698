package kernels

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// randomDepthwise draws a convolution that Depthwise takes, among them inputs smaller than the
// window and lines longer than several blocks of pixels.
func randomDepthwise(r *rand.Rand) ConvSpec {
	c := ConvSpec{Height: 1 + r.IntN(30), Width: 1 + r.IntN(40), Groups: 1 + r.IntN(70)}
	c.Channels, c.Filters = c.Groups, c.Groups
	if r.IntN(3) == 0 {
		c.Filters *= 2 + r.IntN(4)
	}
	stride, size := 1+r.IntN(2), 3+2*r.IntN(3)
	c.Window = Window{Size: size, Dilation: 1, StrideX: stride, StrideY: stride, PadX: r.IntN(size)}
	if least := (size + 1 - min(c.Height, c.Width)) / 2; c.PadX < least {
		c.PadX = min(least, size-1)
		c.Height, c.Width = max(c.Height, size-2*c.PadX), max(c.Width, size-2*c.PadX)
	}
	c.PadY = c.PadX
	c.OutHeight, c.OutWidth = (c.Height+2*c.PadY-size)/stride+1, (c.Width+2*c.PadX-size)/stride+1
	c.InPitch, c.OutPitch, c.AddPitch = c.Channels+r.IntN(9), RoundUp(c.Filters)+r.IntN(9), c.Filters+r.IntN(9)
	if r.IntN(4) == 0 {
		c.InPitch = crowded
	}
	c.Activation = []Activation{Linear, ReLU, Leaky, Mish, Swish, ReLU6}[r.IntN(6)]
	c.AddLast = r.IntN(2) == 0
	c.Threads = 1 + r.IntN(4)
	return c
}

// TestDepthwise compares with the naive formula.
func TestDepthwise(t *testing.T) {
	eachSet(t, func(t *testing.T, s *Set) {
		r := rand.New(rand.NewPCG(11, 12))
		for range 400 {
			c := randomDepthwise(r)
			if !s.CanDepthwise(&c) {
				t.Fatalf("%+v is not taken", c)
			}
			checkConvolution(t, r, s, c, func(weights, bias []float32) convolver { return NewDepthwise(s, c, weights, bias) }, 2e-5)
		}
	})
}

// TestDepthwiseStrip computes line by line from strips that hold just what each line reads.
func TestDepthwiseStrip(t *testing.T) {
	eachSet(t, func(t *testing.T, s *Set) {
		r := rand.New(rand.NewPCG(13, 14))
		for range 100 {
			c := randomDepthwise(r)
			if !s.Linewise(&c) {
				continue
			}
			in, weights, bias := random(r, c.Height*c.Width*c.InPitch), random(r, c.Filters*c.Size*c.Size), random(r, c.Filters)
			want, got := Aligned(c.OutHeight*c.OutWidth*c.OutPitch), Aligned(c.OutHeight*c.OutWidth*c.OutPitch)
			d := NewDepthwise(s, c, weights, bias)
			w := NewWorker(s, d.Scratch())
			for task := range d.Tasks() {
				d.Run(task, in, want, nil, w)
			}
			for line := range c.OutHeight {
				strip := Strip{Step: c.Channels + r.IntN(9)}
				strip.Pitch = c.Width*strip.Step + r.IntN(9)
				strip.Line, strip.Lines = d.Reads(line, 1)
				strip.Values = Aligned(strip.Lines * strip.Pitch)
				for i := range strip.Lines * c.Width {
					pixel := strip.Values[i/c.Width*strip.Pitch+i%c.Width*strip.Step:]
					copy(pixel, in[(strip.Line*c.Width+i)*c.InPitch:][:c.Channels])
				}
				d.Compute(line, 1, strip, got[line*c.OutWidth*c.OutPitch:], nil, w)
			}
			for i := range c.OutHeight * c.OutWidth {
				if at := i * c.OutPitch; !slices.Equal(got[at:at+c.Filters], want[at:at+c.Filters]) {
					t.Fatalf("%+v: pixel %d is %v, want %v", c, i, got[at:at+c.Filters], want[at:at+c.Filters])
				}
			}
		}
	})
}

func BenchmarkDepthwise(b *testing.B) {
	for _, s := range Sets() {
		for _, shape := range []struct{ channels, extent, size, stride int }{
			{8, 112, 3, 1}, {12, 56, 3, 1}, {36, 56, 3, 1}, {20, 28, 3, 1}, {60, 28, 5, 1}, {100, 14, 3, 1}, {240, 14, 3, 1}, {480, 7, 3, 1}, {960, 7, 5, 1},
			{48, 112, 3, 2}, {72, 56, 5, 2}, {240, 28, 3, 2}, {480, 14, 3, 2}, {672, 14, 5, 2},
			{32, 112, 3, 1}, {96, 112, 3, 2}, {144, 56, 5, 2}, {1152, 7, 5, 1},
		} {
			c := ConvSpec{Channels: shape.channels, Height: shape.extent, Width: shape.extent, Filters: shape.channels, Groups: shape.channels, Activation: ReLU, Threads: 2, InPitch: RoundUp(shape.channels), OutPitch: RoundUp(shape.channels)}
			c.OutHeight, c.OutWidth = shape.extent/shape.stride, shape.extent/shape.stride
			c.Window = Window{Size: shape.size, Dilation: 1, StrideX: shape.stride, StrideY: shape.stride, PadX: shape.size / 2, PadY: shape.size / 2}
			r := rand.New(rand.NewPCG(1, 1))
			in, weights, bias := random(r, c.InPitch*c.Height*c.Width), random(r, c.Filters*c.Size*c.Size), random(r, c.Filters)
			out := Aligned(c.OutPitch * c.OutHeight * c.OutWidth)
			b.Run(fmt.Sprintf("%s/%d@%d_k%ds%d", s.Name, shape.channels, shape.extent, shape.size, shape.stride), func(b *testing.B) {
				d := NewDepthwise(s, c, weights, bias)
				w := NewWorker(s, d.Scratch())
				for b.Loop() {
					for task := range d.Tasks() {
						d.Run(task, in, out, nil, w)
					}
				}
				macs := float64(c.Filters) * float64(c.OutHeight*c.OutWidth) * float64(c.Size*c.Size)
				b.ReportMetric(2*macs*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
			})
		}
	}
}

func TestCombine(t *testing.T) {
	eachSet(t, func(t *testing.T, s *Set) {
		r := rand.New(rand.NewPCG(13, 14))
		for range 200 {
			c := randomDepthwise(r)
			c.Filters = c.Groups
			c.Channels = c.Groups * (2 + r.IntN(maxCombine-1))
			c.InPitch, c.OutPitch, c.AddPitch = c.Channels+r.IntN(9), RoundUp(c.Filters)+r.IntN(9), c.Filters+r.IntN(9)
			if !s.CanCombine(&c) {
				t.Fatalf("%+v is not taken", c)
			}
			checkConvolution(t, r, s, c, func(weights, bias []float32) convolver { return NewCombine(s, c, weights, bias) }, 2e-5)
		}
	})
}
