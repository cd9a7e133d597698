package kernels

import (
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

// TestPeak wants figures that some machine, or an emulator of one, could have.
func TestPeak(t *testing.T) {
	eachSet(t, func(t *testing.T, s *Set) {
		if peak := s.Peak(); peak < .01 || peak > 10_000 {
			t.Errorf("%v GFLOP/s", peak)
		}
		for _, threads := range []int{1, 3} {
			if speed := s.Bandwidth(threads); speed < .1 || speed > 10_000 {
				t.Errorf("%v GB/s with %d threads", speed, threads)
			}
		}
	})
}
