package kernels

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/ghostdark/ghostdark/internal/testkit"
)

// naive computes a convolution value by value in float64. Its result has no gaps between
// pixels.
func naive(c ConvSpec, in, weights, bias, add []float32) []float32 {
	out := make([]float32, c.Filters*c.OutHeight*c.OutWidth)
	channels, filters := c.Channels/c.Groups, c.Filters/c.Groups
	for pixel := range c.OutHeight * c.OutWidth {
		y, x := pixel/c.OutWidth, pixel%c.OutWidth
		for f := range c.Filters {
			sum := float64(bias[f])
			for k := range channels * c.Size * c.Size {
				ch, tap := k/(c.Size*c.Size)+f/filters*channels, k%(c.Size*c.Size)
				sy, sx := y*c.StrideY-c.PadY+tap/c.Size*c.Dilation, x*c.StrideX-c.PadX+tap%c.Size*c.Dilation
				if sy < 0 || sy >= c.Height || sx < 0 || sx >= c.Width {
					continue
				}
				at := (sy*c.Width+sx)*c.InPitch + ch
				if c.Planes {
					at = (ch*c.Height+sy)*c.Width + sx
				}
				sum += float64(in[at]) * float64(weights[f*channels*c.Size*c.Size+k])
			}
			if add != nil && !c.AddLast {
				sum += float64(add[pixel*c.AddPitch+f])
			}
			v := []float32{float32(sum)}
			c.Activation.Apply(v, 1)
			if add != nil && c.AddLast {
				v[0] += add[pixel*c.AddPitch+f]
			}
			out[pixel*c.Filters+f] = v[0]
		}
	}
	return out
}

// randomSpec is a convolution of random extents, Groups and Planes left to the caller.
func randomSpec(r *rand.Rand, groups int) ConvSpec {
	c := ConvSpec{Height: 1 + r.IntN(40), Width: 1 + r.IntN(40), Groups: groups}
	c.Channels, c.Filters = groups*(1+r.IntN(20)), groups*(1+r.IntN(50))
	c.Size, c.Dilation = 1+r.IntN(4), 1
	c.StrideX, c.StrideY = 1+r.IntN(3), 1+r.IntN(3)
	switch r.IntN(4) {
	case 0:
		c.Size, c.StrideX, c.StrideY = 1, 1, 1
	case 1:
		c.Dilation = 1 + r.IntN(3)
	}
	c.PadX = r.IntN(c.Size + 1)
	c.PadY = c.PadX
	return finishSpec(r, c)
}

// finishSpec chooses the rest of a convolution whose window is known.
func finishSpec(r *rand.Rand, c ConvSpec) ConvSpec {
	c.Height, c.Width = max(c.Height, c.reach()), max(c.Width, c.reach())
	c.OutHeight = (c.Height+2*c.PadY-c.reach())/c.StrideY + 1
	c.OutWidth = (c.Width+2*c.PadX-c.reach())/c.StrideX + 1
	c.Activation = []Activation{Linear, ReLU, Leaky, Mish, Swish, Logistic, ReLU6, Tanh}[r.IntN(8)]
	c.AddLast = r.IntN(2) == 0
	c.Threads = 1 + r.IntN(4)
	c.InPitch, c.OutPitch, c.AddPitch = c.Channels+r.IntN(20), RoundUp(c.Filters)+r.IntN(20), c.Filters+r.IntN(20)
	return c
}

// convolver is what the ways to compute a convolution share.
type convolver interface {
	Tasks() int
	Scratch() int
	Run(task int, in, out, add []float32, w *Worker)
}

// checkConvolution compares a way to compute a convolution with the naive formula, and looks
// for values that change though they are none of its output.
func checkConvolution(t *testing.T, r *rand.Rand, s *Set, c ConvSpec, prepare func(weights, bias []float32) convolver, tolerance float64) {
	t.Helper()
	in := random(r, c.Height*c.Width*c.InPitch)
	if c.Planes {
		in = random(r, c.Height*c.Width*c.Channels)
	}
	for p := range c.Height * c.Width * min(1, c.InPitch-c.Channels) {
		for i := c.Channels; i < c.InPitch && !c.Planes; i++ {
			in[p*c.InPitch+i] = float32(math.NaN()) // belongs to others
		}
	}
	weights, bias := random(r, c.Filters*c.Channels/c.Groups*c.Size*c.Size), random(r, c.Filters)
	pixels := c.OutHeight * c.OutWidth
	var add []float32
	if r.IntN(2) == 0 {
		add = random(r, pixels*c.AddPitch)
	}
	want := naive(c, in, weights, bias, add)
	fast := prepare(weights, bias)
	out, intact := guarded(pixels * c.OutPitch)
	w := NewWorker(s, fast.Scratch())
	for i := range w.buffer {
		w.buffer[i] = float32(math.NaN()) // what is not written must not be used
	}
	before := append([]float32{}, out...)
	for _, task := range r.Perm(fast.Tasks()) {
		fast.Run(task, in, out, add, w)
	}
	got := make([]float32, 0, len(want))
	for p := range pixels {
		got = append(got, out[p*c.OutPitch:][:c.Filters]...)
		for i := RoundUp(c.Filters); i < c.OutPitch; i++ {
			if at := p*c.OutPitch + i; out[at] != before[at] {
				t.Fatalf("%s %+v: value %d of pixel %d changed", s.Name, c, i, p)
			}
		}
	}
	if i, beyond := testkit.Worst(got, want, tolerance); beyond {
		t.Fatalf("%s %+v add %v: value %d is %v, want %v", s.Name, c, add != nil, i, got[i], want[i])
	}
	if !intact() {
		t.Fatalf("%s %+v: wrote beyond the output", s.Name, c)
	}
}

func TestConv(t *testing.T) {
	eachSet(t, func(t *testing.T, s *Set) {
		r := rand.New(rand.NewPCG(1, 2))
		for i := range 400 {
			c := randomSpec(r, 1+max(0, r.IntN(6)-3))
			if c.Planes = i%4 == 0 && c.Dilation == 1; c.Planes {
				c.InPitch = 0
			}
			checkConvolution(t, r, s, c, func(weights, bias []float32) convolver { return NewConv(s, c, weights, bias) }, 2e-5)
		}
	})
}

// TestDeepConv needs more than one chunk of the steps.
func TestDeepConv(t *testing.T) {
	eachSet(t, func(t *testing.T, s *Set) {
		r := rand.New(rand.NewPCG(3, 4))
		for range 20 {
			c := finishSpec(r, ConvSpec{
				Channels: 500 + r.IntN(3000), Height: 3 + r.IntN(4), Width: 3 + r.IntN(4), Filters: 13 + r.IntN(30), Groups: 1,
				Window: Window{Size: 1 + 2*r.IntN(2), Dilation: 1, StrideX: 1 + r.IntN(2), StrideY: 1, PadX: r.IntN(2), PadY: r.IntN(2)},
			})
			checkConvolution(t, r, s, c, func(weights, bias []float32) convolver {
				conv := NewConv(s, c, weights, bias)
				if len(conv.chunks) == 1 && conv.depth*conv.panels[0].width() > chunkValues {
					t.Fatalf("%+v is one chunk", c)
				}
				return conv
			}, 3e-4)
		}
	})
}
