package main

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestCriticalU compares with published tables of the test for two sides.
func TestCriticalU(t *testing.T) {
	for _, c := range []struct {
		n, m  int
		alpha float64
		want  int
	}{
		{3, 3, .05, -1}, {4, 4, .05, 0}, {5, 5, .05, 2}, {5, 8, .05, 6}, {8, 10, .05, 17}, {10, 10, .05, 23}, {12, 17, .05, 57}, {20, 20, .05, 127},
		{4, 4, .01, -1}, {5, 5, .01, 0}, {8, 10, .01, 11}, {10, 10, .01, 16}, {20, 20, .01, 105},
	} {
		if got := criticalU(c.n, c.m, c.alpha); got != c.want {
			t.Errorf("%d and %d values at level %v: %d, want %d", c.n, c.m, c.alpha, got, c.want)
		}
		if got := criticalU(c.m, c.n, c.alpha); got != c.want {
			t.Errorf("%d and %d values at level %v: %d, want %d", c.m, c.n, c.alpha, got, c.want)
		}
	}
}

// TestQuotientsAgainstTest divides values into two samples in all ways and counts those that
// are at least as uneven as the given one: the interval holds 1 unless these are too few.
func TestQuotientsAgainstTest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const alpha = .05
		n, m := rapid.IntRange(3, 6).Draw(t, "n"), rapid.IntRange(3, 6).Draw(t, "m")
		all := rapid.SliceOfNDistinct(rapid.Float64Range(1, 3), n+m, n+m, rapid.ID[float64]).Draw(t, "times")
		u := func(first int) int { // of the sample whose members are bits of first
			count := 0
			for i := range all {
				for j := range all {
					if first>>i&1 == 1 && first>>j&1 == 0 && all[i] < all[j] {
						count++
					}
				}
			}
			return min(count, n*m-count)
		}
		own := u(1<<n - 1)
		ways, uneven := 0, 0
		for first := range 1 << (n + m) {
			members := 0
			for i := range all {
				members += first >> i & 1
			}
			if members != n {
				continue
			}
			ways++
			if u(first) <= own {
				uneven++
			}
		}
		p := float64(uneven) / float64(ways)
		ratio, low, high, ok := quotients(all[:n], all[n:], alpha)
		if ok && !(low <= ratio && ratio <= high) {
			t.Fatalf("ratio %v is not in %v to %v", ratio, low, high)
		}
		if outside := ok && (low > 1 || high < 1); outside != (p <= alpha) {
			t.Fatalf("%v and %v: p = %v, interval %v to %v", all[:n], all[n:], p, low, high)
		}
	})
}

// TestQuotientsScale wants the ratio of times that all take a factor longer to be so much
// larger, and the opposite comparison to give the inverse interval.
func TestQuotientsScale(t *testing.T) {
	before := []float64{3.1, 2.9, 3, 3.3, 3.05, 2.95, 3.2}
	now := []float64{3.6, 3.4, 3.5, 3.45, 3.7, 3.55}
	near := func(a, b float64) bool { return math.Abs(a-b) < 1e-12*(a+b) }
	ratio, low, high, ok := quotients(before, now, .01)
	if !ok || !(low < ratio && ratio < high) || low < 1 || high > 1.3 {
		t.Fatalf("%v, %v to %v", ratio, low, high)
	}
	twice := slices.Clone(now)
	for i := range twice {
		twice[i] *= 2
	}
	if r, l, h, _ := quotients(before, twice, .01); !near(r, 2*ratio) || !near(l, 2*low) || !near(h, 2*high) {
		t.Errorf("%v, %v to %v, want twice %v, %v to %v", r, l, h, ratio, low, high)
	}
	if _, l, h, _ := quotients(now, before, .01); !near(l, 1/high) || !near(h, 1/low) {
		t.Errorf("%v to %v, want the inverse of %v to %v", l, h, low, high)
	}
	if _, _, _, ok := quotients(before[:3], now[:3], .01); ok {
		t.Error("three times on each side are enough")
	}
}
