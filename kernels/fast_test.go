package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/ghostdark/ghostdark/internal/testkit"
)

// eachSet runs a test with every instruction set of this processor.
func eachSet(t *testing.T, test func(t *testing.T, s *Set)) {
	if len(Sets()) == 0 {
		t.Skip("this processor has no kernels in assembly")
	}
	for _, s := range Sets() {
		t.Run(s.Name, func(t *testing.T) { test(t, s) })
	}
}

func random(r *rand.Rand, n int) []float32 {
	x := Aligned(n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}

// naive computes a convolution value by value in float64.
func naive(c ConvSpec, in, weights, bias, add []float32) []float32 {
	out := make([]float32, c.Filters*c.OutHeight*c.OutWidth)
	channels, filters := c.Channels/c.Groups, c.Filters/c.Groups
	for f := range c.Filters {
		for y := range c.OutHeight {
			for x := range c.OutWidth {
				sum := float64(bias[f])
				for k := range channels * c.Size * c.Size {
					ch, tap := k/(c.Size*c.Size)+f/filters*channels, k%(c.Size*c.Size)
					sy, sx := y*c.StrideY-c.PadY+tap/c.Size*c.Dilation, x*c.StrideX-c.PadX+tap%c.Size*c.Dilation
					if sy >= 0 && sy < c.Height && sx >= 0 && sx < c.Width {
						sum += float64(in[(ch*c.Height+sy)*c.Width+sx]) * float64(weights[f*channels*c.Size*c.Size+k])
					}
				}
				at := (f*c.OutHeight+y)*c.OutWidth + x
				if add != nil && !c.AddLast {
					sum += float64(add[at])
				}
				v := []float32{float32(sum)}
				c.Activation.Apply(v, 1)
				if add != nil && c.AddLast {
					v[0] += add[at]
				}
				out[at] = v[0]
			}
		}
	}
	return out
}

func randomSpec(r *rand.Rand) ConvSpec {
	c := ConvSpec{Height: 1 + r.IntN(40), Width: 1 + r.IntN(70), Groups: 1 + r.IntN(3)}
	c.Channels, c.Filters = c.Groups*(1+r.IntN(20)), c.Groups*(1+r.IntN(30))
	c.Size, c.Dilation = 1+r.IntN(4), 1
	c.StrideX, c.StrideY = 1+r.IntN(3), 1+r.IntN(3)
	switch r.IntN(4) {
	case 0:
		c.Groups = c.Channels
		c.Filters = c.Groups * (1 + r.IntN(3))
		c.Size = 3 + 2*r.IntN(3)
		c.StrideX = 1 + r.IntN(2)
		c.StrideY = c.StrideX
		if r.IntN(2) == 0 {
			c.Channels *= 1 + r.IntN(4)
		}
	case 1:
		c.Size, c.StrideX, c.StrideY = 1, 1, 1
	case 2:
		c.Dilation = 1 + r.IntN(2)
	}
	c.PadX = r.IntN(c.Size)
	c.PadY = c.PadX
	reach := c.Dilation*(c.Size-1) + 1
	c.Height, c.Width = max(c.Height, reach), max(c.Width, reach)
	c.OutHeight = (c.Height+2*c.PadY-reach)/c.StrideY + 1
	c.OutWidth = (c.Width+2*c.PadX-reach)/c.StrideX + 1
	c.Activation = []Activation{Linear, ReLU, Leaky, Mish, Swish, Logistic, ReLU6, Tanh}[r.IntN(8)]
	c.AddLast = r.IntN(2) == 0
	c.Threads = 1 + r.IntN(4)
	return c
}

// guarded returns n values between guards, and a check that the guards are untouched.
func guarded(n int) (values []float32, intact func() bool) {
	const guard = 64
	const mark = -12345.5
	all := Aligned(n + 2*guard)
	for i := range all {
		all[i] = mark
	}
	return all[guard : guard+n], func() bool {
		for i := range guard {
			if all[i] != mark || all[guard+n+i] != mark {
				return false
			}
		}
		return true
	}
}

// TestConvKernels compares convolutions of random shapes with the naive formula and looks for
// writes beyond the output.
func TestConvKernels(t *testing.T) {
	eachSet(t, func(t *testing.T, s *Set) {
		r := rand.New(rand.NewPCG(1, 2))
		for range 200 {
			c := randomSpec(r)
			in := random(r, c.Channels*c.Height*c.Width)
			weights := random(r, c.Filters*c.Channels/c.Groups*c.Size*c.Size)
			bias := random(r, c.Filters)
			depthwise := s.CanDepthwise(&c)
			if depthwise {
				c.AddLast = true
			}
			var add []float32
			if r.IntN(2) == 0 {
				add = random(r, c.Filters*c.OutHeight*c.OutWidth)
			}
			want := naive(c, in, weights, bias, add)
			var fast interface {
				Tasks() int
				Scratch() int
				Run(task int, in, out, add []float32, w *Worker)
			}
			if depthwise {
				fast = NewDepthwise(s, c, weights, bias)
			} else {
				fast = NewConv(s, c, weights, bias)
			}
			out, intact := guarded(len(want))
			w := NewWorker(s, fast.Scratch())
			for i := range w.buffer {
				w.buffer[i] = float32(math.NaN()) // what is not written must not be used
			}
			for _, task := range r.Perm(fast.Tasks()) {
				fast.Run(task, in, out, add, w)
			}
			if i, beyond := testkit.Worst(out, want, 2e-5); beyond {
				t.Fatalf("%+v depthwise %v add %v: value %d is %v, want %v", c, depthwise, add != nil, i, out[i], want[i])
			}
			if !intact() {
				t.Fatalf("%+v: wrote beyond the output", c)
			}
		}
	})
}

// TestDeepConv needs more than one block along the depth.
func TestDeepConv(t *testing.T) {
	eachSet(t, func(t *testing.T, s *Set) {
		r := rand.New(rand.NewPCG(3, 4))
		for _, size := range []int{1, 3} {
			c := ConvSpec{
				Channels: 600, Height: 5, Width: 7, Filters: 13, OutHeight: 5, OutWidth: 7, Groups: 1,
				Window:     Window{Size: size, Dilation: 1, StrideX: 1, StrideY: 1, PadX: size / 2, PadY: size / 2},
				Activation: Leaky,
			}
			in, weights, bias := random(r, 600*35), random(r, 13*600*size*size), random(r, 13)
			add := random(r, 13*35)
			conv := NewConv(s, c, weights, bias)
			out, w := Aligned(13*35), NewWorker(s, conv.Scratch())
			for task := range conv.Tasks() {
				conv.Run(task, in, out, add, w)
			}
			if i, beyond := testkit.Worst(out, naive(c, in, weights, bias, add), 1e-4); beyond {
				t.Errorf("size %d: value %d is %v", size, i, out[i])
			}
		}
	})
}

// TestWinograd compares with the naive formula, over all sizes at the border of a tile.
func TestWinograd(t *testing.T) {
	eachSet(t, func(t *testing.T, s *Set) {
		r := rand.New(rand.NewPCG(9, 10))
		for range 30 {
			pad := r.IntN(3)
			c := ConvSpec{
				Channels: 12 + r.IntN(40), Height: 12 + r.IntN(24), Width: 12 + r.IntN(60), Filters: 12 + r.IntN(40), Groups: 1,
				Window:     Window{Size: 3, Dilation: 1, StrideX: 1, StrideY: 1, PadX: pad, PadY: pad},
				Activation: []Activation{Linear, ReLU, Leaky, Mish}[r.IntN(4)], AddLast: true, Threads: 1 + r.IntN(4),
			}
			c.OutHeight, c.OutWidth = c.Height+2*pad-2, c.Width+2*pad-2
			if !s.CanWinograd(&c) {
				t.Fatalf("%+v is not taken", c)
			}
			in, weights, bias := random(r, c.Channels*c.Height*c.Width), random(r, c.Filters*c.Channels*9), random(r, c.Filters)
			var add []float32
			if r.IntN(2) == 0 {
				add = random(r, c.Filters*c.OutHeight*c.OutWidth)
			}
			conv := NewWinograd(s, c, weights, bias)
			out, intact := guarded(c.Filters * c.OutHeight * c.OutWidth)
			w := NewWorker(s, conv.Scratch())
			for i := range w.buffer {
				w.buffer[i] = float32(math.NaN()) // what is not written must not be used
			}
			for _, task := range r.Perm(conv.Tasks()) {
				conv.Run(task, in, out, add, w)
			}
			// Sums of so many normal numbers are about 3·√channels large, and so are their errors.
			want := naive(c, in, weights, bias, add)
			if i, beyond := testkit.Worst(out, want, 1e-4*math.Sqrt(float64(c.Channels))); beyond {
				t.Fatalf("%+v: value %d is %v, want %v", c, i, out[i], want[i])
			}
			if !intact() {
				t.Fatalf("%+v: wrote beyond the output", c)
			}
		}
	})
}

// TestDense compares products of a matrix and a vector with the naive formula.
func TestDense(t *testing.T) {
	eachSet(t, func(t *testing.T, s *Set) {
		r := rand.New(rand.NewPCG(7, 8))
		for range 200 {
			c := ConvSpec{
				Channels: 1 + r.IntN(100), Height: 1, Width: 1, Filters: 1 + r.IntN(300), OutHeight: 1, OutWidth: 1, Groups: 1,
				Window: Window{Size: 1, Dilation: 1, StrideX: 1, StrideY: 1}, Activation: []Activation{Linear, ReLU, Leaky, Mish, Logistic}[r.IntN(5)],
				AddLast: r.IntN(2) == 0,
			}
			in, weights, bias, add := random(r, c.Channels), random(r, c.Filters*c.Channels), random(r, c.Filters), random(r, c.Filters)
			out, intact := guarded(c.Filters)
			d, w := NewDense(s, c.Channels, c.Filters, weights, bias, c.Activation, c.AddLast), NewWorker(s, 0)
			for task := range d.Tasks() {
				d.Run(task, in, out, add, w)
			}
			if i, beyond := testkit.Worst(out, naive(c, in, weights, bias, add), 2e-5); beyond || !intact() {
				t.Fatalf("%+v: value %d is %v; intact %v", c, i, out[i], intact())
			}
		}
	})
}

// TestSpans compares the kernels over vectors with their formulas, at every length around the
// width of a vector.
func TestSpans(t *testing.T) {
	eachSet(t, func(t *testing.T, s *Set) {
		r := rand.New(rand.NewPCG(5, 6))
		w := NewWorker(s, 0)
		for n := 1; n < 5*s.Lanes+3; n++ {
			a, b := random(r, n), random(r, n)
			check := func(name string, want func(i int) float32, compute func(dst []float32)) {
				t.Helper()
				dst, intact := guarded(n)
				compute(dst)
				for i := range dst {
					if e := want(i); math.Abs(float64(dst[i]-e)) > 2e-6*math.Abs(float64(e))+1e-37 {
						t.Fatalf("%s of %d values: value %d is %v, want %v", name, n, i, dst[i], e)
					}
				}
				if !intact() {
					t.Fatalf("%s of %d values wrote beyond them", name, n)
				}
			}
			check("add", func(i int) float32 { return a[i] + b[i] }, func(dst []float32) { s.Add(w, dst, a, b) })
			check("mul", func(i int) float32 { return a[i] * b[i] }, func(dst []float32) { s.Mul(w, dst, a, b) })
			check("max", func(i int) float32 { return max(a[i], b[i]) }, func(dst []float32) { s.Max(w, dst, a, b) })
			check("scale", func(i int) float32 { return a[i] * 3 }, func(dst []float32) { s.Scale(w, dst, a, 3) })
			var sum float64
			for _, v := range a {
				sum += float64(v)
			}
			if got := s.Sum(w, a); math.Abs(float64(got)-sum) > 1e-4 {
				t.Fatalf("sum of %d values is %v, want %v", n, got, sum)
			}
		}
	})
}

// TestActivationKernels sweeps the vectorized activations.
func TestActivationKernels(t *testing.T) {
	formulas := map[Activation]func(x float64) float64{
		ReLU:     func(x float64) float64 { return max(x, 0) },
		Leaky:    func(x float64) float64 { return max(x, .1*x) },
		Logistic: func(x float64) float64 { return 1 / (1 + math.Exp(-x)) },
		Swish:    func(x float64) float64 { return x / (1 + math.Exp(-x)) },
		Tanh:     math.Tanh,
		Mish:     func(x float64) float64 { return x * math.Tanh(math.Log1p(math.Exp(x))) },
	}
	eachSet(t, func(t *testing.T, s *Set) {
		w := NewWorker(s, 0)
		for i, kernel := range s.unary {
			a := Activation(i)
			formula := formulas[a]
			if kernel == nil {
				continue
			}
			if formula == nil {
				t.Errorf("no formula for %v", a)
				continue
			}
			var x []float32
			for v := float32(-87); v < 87; v += .0137 {
				x = append(x, v)
			}
			x = append(x, 0, 1e-30, -1e-30, 1e5, -1e5)
			got := make([]float32, len(x))
			s.Activate(w, a, got, x)
			for i, v := range x {
				want := formula(float64(v))
				// tanh and mish subtract from one, so near zero the error is absolute.
				if math.Abs(float64(got[i])-want) > 2e-6*math.Abs(want)+1.2e-7 {
					t.Errorf("%v(%v) is %v, want %v", a, v, got[i], want)
					break
				}
			}
			odd := []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1))}
			s.Activate(w, a, odd, odd)
			if odd[0] == odd[0] {
				t.Errorf("%v(NaN) is %v", a, odd[0])
			}
		}
	})
}

func BenchmarkConv(b *testing.B) {
	for _, s := range Sets() {
		for _, c := range []ConvSpec{
			{Channels: 16, Height: 112, Width: 112, Filters: 8, OutHeight: 112, OutWidth: 112, Groups: 1, Window: Window{Size: 1, Dilation: 1, StrideX: 1, StrideY: 1}},
			{Channels: 40, Height: 28, Width: 28, Filters: 60, OutHeight: 28, OutWidth: 28, Groups: 1, Window: Window{Size: 1, Dilation: 1, StrideX: 1, StrideY: 1}},
			{Channels: 112, Height: 14, Width: 14, Filters: 336, OutHeight: 14, OutWidth: 14, Groups: 1, Window: Window{Size: 1, Dilation: 1, StrideX: 1, StrideY: 1}},
			{Channels: 160, Height: 7, Width: 7, Filters: 480, OutHeight: 7, OutWidth: 7, Groups: 1, Window: Window{Size: 1, Dilation: 1, StrideX: 1, StrideY: 1}},
			{Channels: 3, Height: 224, Width: 224, Filters: 16, OutHeight: 112, OutWidth: 112, Groups: 1, Window: Window{Size: 3, Dilation: 1, StrideX: 2, StrideY: 2, PadX: 1, PadY: 1}},
			{Channels: 64, Height: 52, Width: 52, Filters: 128, OutHeight: 52, OutWidth: 52, Groups: 1, Window: Window{Size: 3, Dilation: 1, StrideX: 1, StrideY: 1, PadX: 1, PadY: 1}},
			{Channels: 512, Height: 13, Width: 13, Filters: 1024, OutHeight: 13, OutWidth: 13, Groups: 1, Window: Window{Size: 3, Dilation: 1, StrideX: 1, StrideY: 1, PadX: 1, PadY: 1}},
			{Channels: 8, Height: 112, Width: 112, Filters: 8, OutHeight: 112, OutWidth: 112, Groups: 8, Window: Window{Size: 3, Dilation: 1, StrideX: 1, StrideY: 1, PadX: 1, PadY: 1}},
			{Channels: 240, Height: 14, Width: 14, Filters: 240, OutHeight: 14, OutWidth: 14, Groups: 240, Window: Window{Size: 3, Dilation: 1, StrideX: 1, StrideY: 1, PadX: 1, PadY: 1}},
			{Channels: 480, Height: 7, Width: 7, Filters: 480, OutHeight: 7, OutWidth: 7, Groups: 480, Window: Window{Size: 5, Dilation: 1, StrideX: 1, StrideY: 1, PadX: 2, PadY: 2}},
			{Channels: 72, Height: 56, Width: 56, Filters: 72, OutHeight: 28, OutWidth: 28, Groups: 72, Window: Window{Size: 5, Dilation: 1, StrideX: 2, StrideY: 2, PadX: 2, PadY: 2}},
		} {
			c.Activation = ReLU
			r := rand.New(rand.NewPCG(1, 1))
			in, weights, bias := random(r, c.Channels*c.Height*c.Width), random(r, c.Filters*c.Channels/c.Groups*c.Size*c.Size), random(r, c.Filters)
			out := Aligned(c.Filters * c.OutHeight * c.OutWidth)
			name := fmt.Sprintf("%s/%dx%d_%d_to_%d_g%d_%dx%d", s.Name, c.Size, c.Size, c.Channels, c.Filters, c.Groups, c.OutWidth, c.OutHeight)
			b.Run(name, func(b *testing.B) {
				var run func(int, []float32, []float32, []float32, *Worker)
				var tasks, scratch int
				switch {
				case s.CanDepthwise(&c):
					d := NewDepthwise(s, c, weights, bias)
					run, tasks, scratch = d.Run, d.Tasks(), d.Scratch()
				case s.CanWinograd(&c):
					d := NewWinograd(s, c, weights, bias)
					run, tasks, scratch = d.Run, d.Tasks(), d.Scratch()
				default:
					d := NewConv(s, c, weights, bias)
					run, tasks, scratch = d.Run, d.Tasks(), d.Scratch()
				}
				w := NewWorker(s, scratch)
				for b.Loop() {
					for task := range tasks {
						run(task, in, out, nil, w)
					}
				}
				macs := float64(c.Filters) * float64(c.OutHeight*c.OutWidth) * float64(c.Channels/c.Groups*c.Size*c.Size)
				b.ReportMetric(2*macs*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
			})
		}
	}
}

// TestPeak wants a figure that some processor could have.
func TestPeak(t *testing.T) {
	eachSet(t, func(t *testing.T, s *Set) {
		if peak := s.Peak(); peak < 1 || peak > 10_000 {
			t.Errorf("%v GFLOP/s", peak)
		}
	})
}
