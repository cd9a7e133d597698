package redundancy_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/ghostdark/ghostdark/ghost/cheap"
	"github.com/ghostdark/ghostdark/ghost/redundancy"
	"github.com/ghostdark/ghostdark/tensor"
)

// drawn returns an image of 6 maps: 0 to 2 are noise; 3 is 0 moved one pixel to the right, 4 is 1 times two, plus one
// and noise of a hundredth of the variance; 5 is always 7.
func drawn(seed uint64) tensor.Tensor {
	r := rand.New(rand.NewPCG(seed, 1))
	t := tensor.New(1, tensor.Shape{C: 6, H: 20, W: 30})
	at := func(m, y, x int) *float32 { return &t.Data[(m*20+y)*30+x] }
	for y := range 20 {
		for x := range 30 {
			for m := range 3 {
				*at(m, y, x) = float32(r.NormFloat64())
			}
			if x > 0 {
				*at(3, y, x) = *at(0, y, x-1)
			}
			*at(4, y, x) = 2**at(1, y, x) + 1 + .2*float32(r.NormFloat64())
			*at(5, y, x) = 7
		}
	}
	return t
}

func measure(t *testing.T, size int) *redundancy.Report {
	t.Helper()
	s, err := cheap.New(6, size)
	if err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(3) {
		if err := s.Add(drawn(seed)); err != nil {
			t.Fatal(err)
		}
	}
	r, err := redundancy.Measure(s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func near(a, b, tolerance float64) bool { return math.Abs(a-b) <= tolerance }

func TestMeasure(t *testing.T) {
	r := measure(t, 3)
	// Kept are 0 or 3, 1 or 4, and 2, which leaves the other ones and the constant map.
	if r.Constant != 1 || len(r.Pairs) != 3 || r.Score < .985 || r.Score > .9999 || r.Lost > .01 || r.Lost <= 0 {
		t.Errorf("%+v", r)
	}
	best := r.Best(5)
	if len(best) != 2 {
		t.Fatalf("the best pairs are %+v", best)
	}
	if p := best[0]; p.Source+p.Target != 3 || p.Source*p.Target != 0 || p.R2 < .9 {
		t.Errorf("the best pair is %+v", p)
	}
	if p := best[1]; min(p.Source, p.Target) != 1 || max(p.Source, p.Target) != 4 || !near(p.R2, .99, .005) {
		t.Errorf("the second best pair is %+v", p)
	}
	if n := len(r.Best(1)); n != 1 {
		t.Errorf("of one pair there are %d", n)
	}
	// Without neighbours only the second pair is one, and the constant map.
	if one := measure(t, 1); one.Score > r.Score-.05 || one.Lost < r.Lost {
		t.Errorf("by 1×1 kernels: %+v", one)
	}
}

func TestBySize(t *testing.T) {
	b, err := redundancy.NewBySize([]cheap.Fit{{Source: 0, Target: 3}, {Source: 1, Target: 4}}, 9)
	if err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(3) {
		if err := b.Add(drawn(seed)); err != nil {
			t.Fatal(err)
		}
	}
	for i, size := range b.Sizes {
		moved, scaled := b.Fit(0, i), b.Fit(1, i)
		if len(moved.Kernel) != size*size || moved.Source != 0 || moved.Target != 3 || scaled.Source != 1 || scaled.Target != 4 {
			t.Fatalf("size %d: %+v, %+v", size, moved, scaled)
		}
		if known := moved.R2 > 1-1e-9; known != (size > 1) {
			t.Errorf("size %d: R² of the moved map is %v", size, moved.R2)
		}
		if middle := scaled.Kernel[size*size/2]; !near(float64(middle), 2, .05) || !near(scaled.MSE, .04, .005) {
			t.Errorf("size %d: a map times two by %v, MSE %v", size, middle, scaled.MSE)
		}
		mse, explained := b.Total(i)
		if !near(mse, (moved.MSE+scaled.MSE)/2, 1e-12) {
			t.Errorf("size %d: MSE %v together", size, mse)
		}
		if whole := 1 - (moved.MSE+scaled.MSE)/5.03; !near(explained, whole, .01) { // variances of 0.99 and 4.04
			t.Errorf("size %d: %v is explained together, not %v", size, explained, whole)
		}
		if i > 0 && i < 4 {
			if before, _ := b.Total(i - 1); mse > before+1e-12 {
				t.Errorf("size %d: an MSE of %v, and %v by smaller kernels", size, mse, before)
			}
		}
	}
	if len(b.Sizes) != 5 || b.Sizes[4] != 9 {
		t.Errorf("sizes %v", b.Sizes)
	}
	if _, err := redundancy.NewBySize(make([]cheap.Fit, 1), 2); err == nil {
		t.Error("2×2: no error")
	}
}
