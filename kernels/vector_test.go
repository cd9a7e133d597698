package kernels

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// agree wants two values to be the same to within a share of it and an absolute error.
func agree(got, want float32, share, absolute float64) bool {
	if got == want || got != got && want != want {
		return true
	}
	return math.Abs(float64(got)-float64(want)) <= share*math.Abs(float64(want))+absolute
}

// TestVectors compares the functions over slices with their formulas, at every length around
// the width of a vector.
func TestVectors(t *testing.T) {
	eachSet(t, func(t *testing.T, s *Set) {
		r := rand.New(rand.NewPCG(5, 6))
		w := NewWorker(s, 0)
		for n := 1; n < 10*s.Lanes+3; n++ {
			a, b := random(r, n), random(r, n)
			check := func(name string, want func(i int) float32, compute func(dst []float32)) {
				t.Helper()
				dst, intact := guarded(n)
				compute(dst)
				for i := range dst {
					if e := want(i); !agree(dst[i], e, 2e-6, 1e-37) {
						t.Fatalf("%s of %d values: value %d is %v, want %v", name, n, i, dst[i], e)
					}
				}
				if !intact() {
					t.Fatalf("%s of %d values wrote beyond them", name, n)
				}
			}
			check("add", func(i int) float32 { return a[i] + b[i] }, func(dst []float32) { s.Add(w, dst, a, b) })
			check("scale", func(i int) float32 { return a[i] * 3 }, func(dst []float32) { s.Scale(w, dst, a, 3) })
			check("softmax", softmax64(a, .7), func(dst []float32) { s.Softmax(w, dst, a, .7) })
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

// softmax64 computes a softmax in float64.
func softmax64(x []float32, temperature float64) func(i int) float32 {
	largest := float64(slices.Max(x))
	power := func(v float32) float64 { return math.Exp((float64(v) - largest) / temperature) }
	var sum float64
	for _, v := range x {
		sum += power(v)
	}
	return func(i int) float32 { return float32(power(x[i]) / sum) }
}

// TestSoftmaxKernels compares softmax over large differences with its definition, and wants NaN to
// stay visible.
func TestSoftmaxKernels(t *testing.T) {
	eachSet(t, func(t *testing.T, s *Set) {
		r := rand.New(rand.NewPCG(15, 8))
		w := NewWorker(s, 0)
		for range 100 {
			x := random(r, 1+r.IntN(3000))
			for i := range x {
				x[i] *= 100
			}
			temperature := .5 + 3*r.Float64()
			got := make([]float32, len(x))
			s.Softmax(w, got, x, float32(temperature))
			want := softmax64(x, float64(float32(temperature)))
			for i := range x {
				if !agree(got[i], want(i), 2e-5, 1e-37) { // exponents, down to -87, are exact to 1e-7
					t.Fatalf("temperature %v: value %d of %d is %v, want %v", temperature, i, len(x), got[i], want(i))
				}
			}
			x[r.IntN(len(x))] = float32(math.NaN())
			s.Softmax(w, x, x, float32(temperature))
			for i, v := range x {
				if v == v {
					t.Fatalf("value %d beside a NaN is %v", i, v)
				}
			}
		}
	})
}

// TestActivationKernels compares the vectorized activations with their formulas over the
// whole range of numbers, and with their plain definitions where there is no number.
func TestActivationKernels(t *testing.T) {
	// Absolute errors: of functions that subtract from one, and where e^x is taken as zero.
	absolute := map[Activation]float64{
		Tanh: 1.2e-7, Loggy: 1.2e-7, ELU: 1.2e-7, SELU: 2.1e-7, GELU: 1e-9, Stair: 6e-8,
		Logistic: 1.2e-38, Swish: 1.1e-36, Mish: 1.1e-36,
	}
	x := sweep()
	for v := float32(-90); v < 90; v += .00371 {
		x = append(x, v)
	}
	for e := -149; e < 128; e++ {
		v := float32(math.Ldexp(1.37, e))
		x = append(x, v, -v)
	}
	x = append(x, float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), 0, math.MaxFloat32, -math.MaxFloat32)
	eachSet(t, func(t *testing.T, s *Set) {
		w := NewWorker(s, 0)
		for i, kernel := range s.unary {
			a := Activation(i)
			if kernel == nil {
				if a.Elementwise() {
					t.Errorf("%v has no kernel", a)
				}
				continue
			}
			got, plain := make([]float32, len(x)), append([]float32(nil), x...)
			s.Activate(w, a, got, x)
			a.Apply(plain, len(x))
			for i, v := range x {
				want := plain[i]
				if v-v == 0 {
					want = float32(formulas[a.String()](float64(v)))
				}
				if !agree(got[i], want, 2e-6, absolute[a]+2e-45) {
					t.Errorf("%v(%v) is %v, want %v", a, v, got[i], want)
					break
				}
			}
		}
	})
}

// BenchmarkVectors tells how long each value takes that lies in the nearest cache.
func BenchmarkVectors(b *testing.B) {
	const n = 4096
	for _, s := range Sets() {
		w := NewWorker(s, 0)
		r := rand.New(rand.NewPCG(1, 9))
		x, y, out := random(r, n), random(r, n), Aligned(n)
		bench := func(name string, compute func()) {
			b.Run(s.Name+"/"+name, func(b *testing.B) {
				for b.Loop() {
					compute()
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/value")
			})
		}
		for i, kernel := range s.unary {
			if kernel != nil {
				bench(Activation(i).String(), func() { s.Activate(w, Activation(i), out, x) })
			}
		}
		bench("add", func() { s.Add(w, out, x, y) })
		bench("scale", func() { s.Scale(w, out, x, 3) })
		bench("sum", func() { s.Sum(w, x) })
	}
}
