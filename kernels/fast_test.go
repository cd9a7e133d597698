package kernels

import (
	"math"
	"math/rand/v2"
	"testing"
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

// TestPeak wants a figure that some processor could have.
func TestPeak(t *testing.T) {
	eachSet(t, func(t *testing.T, s *Set) {
		if peak := s.Peak(); peak < 1 || peak > 10_000 {
			t.Errorf("%v GFLOP/s", peak)
		}
	})
}
