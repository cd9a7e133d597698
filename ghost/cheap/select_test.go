package cheap_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"

	"github.com/ghostdark/ghostdark/ghost/cheap"
)

// worth is what an order of maps gains, straight from the layout's definition.
func worth(gains *mat.Dense, l cheap.Layout, order []int) float64 {
	sum := 0.0
	for k := range l.Intrinsic {
		sum += gains.At(order[l.IntrinsicAt(k)], order[l.IntrinsicAt(k)])
	}
	for j := range l.Maps - l.Intrinsic {
		sum += gains.At(order[l.IntrinsicAt(j/l.Each())], order[l.GhostAt(j)])
	}
	return sum
}

// respects reports whether order is a permutation that keeps cells.
func respects(l cheap.Layout, order []int) bool {
	sorted := slices.Sorted(slices.Values(order))
	for i, m := range order {
		if sorted[i] != i || l.Cells != nil && l.Cells[m] != l.Cells[i] {
			return false
		}
	}
	return len(order) == l.Maps
}

// permutations calls f with all orders of n maps.
func permutations(n int, f func([]int)) {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	var place func(at int)
	place = func(at int) {
		if at == n {
			f(order)
			return
		}
		for i := at; i < n; i++ {
			order[at], order[i] = order[i], order[at]
			place(at + 1)
			order[at], order[i] = order[i], order[at]
		}
	}
	place(0)
}

// drawGains draws gains as maps have them: no map explains more than there is.
func drawGains(r *rand.Rand, n int) *mat.Dense {
	gains := mat.NewDense(n, n, nil)
	for target := range n {
		variation := math.Exp(r.NormFloat64())
		for source := range n {
			gains.Set(source, target, variation*r.Float64())
		}
		gains.Set(target, target, variation)
	}
	return gains
}

func identity(n int) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	return order
}

// Against all permutations of few maps: close to the best, and never worse than leaving all
// maps where they are.
func TestSelectBruteForce(t *testing.T) {
	worst, sum, count := 1.0, 0.0, 0
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		n := rapid.IntRange(1, 7).Draw(t, "maps")
		l := cheap.Layout{Maps: n, Intrinsic: rapid.IntRange(1, n).Draw(t, "intrinsic"), GhostsFirst: rapid.Bool().Draw(t, "ghosts first")}
		if rapid.Bool().Draw(t, "with cells") {
			for range n {
				l.Cells = append(l.Cells, rapid.IntRange(0, 2).Draw(t, "cell"))
			}
		}
		gains := drawGains(r, n)
		got, err := cheap.Select(gains, l)
		if err != nil {
			t.Fatal(err)
		}
		if !respects(l, got.Order) {
			t.Fatalf("%v is no order of the maps that keeps cells", got.Order)
		}
		if w := worth(gains, l, got.Order); !near(w, got.Gain, 1e-9) {
			t.Errorf("%v gains %v, not %v", got.Order, w, got.Gain)
		}
		stay := worth(gains, l, identity(n))
		best := math.Inf(-1)
		permutations(n, func(order []int) {
			if respects(l, order) {
				best = max(best, worth(gains, l, order))
			}
		})
		if got.Gain < stay-1e-9 || got.Gain > best+1e-9 || got.Gain < .97*best {
			t.Errorf("a gain of %v, without moving %v, at best %v", got.Gain, stay, best)
		}
		if again, _ := cheap.Select(gains, l); !slices.Equal(again.Order, got.Order) {
			t.Errorf("%v, and then %v", got.Order, again.Order)
		}
		worst, sum, count = min(worst, got.Gain/best), sum+got.Gain/best, count+1
	})
	if mean := sum / float64(count); mean < .999 {
		t.Errorf("of the best gain %.4f is reached in the mean", mean)
	}
	t.Logf("of the best gain %.4f at least and %.4f in the mean", worst, sum/float64(count))
}

// With each map in a cell of its own nothing may move.
func TestSelectForced(t *testing.T) {
	const n = 12
	l := cheap.Layout{Maps: n, Intrinsic: 4, Cells: identity(n)}
	got, err := cheap.Select(drawGains(rand.New(rand.NewPCG(1, 1)), n), l)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got.Order, identity(n)) {
		t.Errorf("moved to %v", got.Order)
	}
	for j, p := range got.Pairs() {
		if p.Source != j/2 || p.Target != 4+j {
			t.Errorf("ghost %d is %v", j, p)
		}
	}
}

// Pairs that are perfect are all found, wherever their maps are.
func TestSelectPlanted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		m, ratio := rapid.IntRange(1, 20).Draw(t, "intrinsic"), rapid.IntRange(2, 4).Draw(t, "ratio")
		n := m * ratio
		group := r.Perm(n) // map i belongs to group[i] % m
		gains := mat.NewDense(n, n, nil)
		for a := range n {
			for b := range n {
				gains.Set(a, b, .5*r.Float64())
				if group[a]%m == group[b]%m {
					gains.Set(a, b, 1)
				}
			}
		}
		got, err := cheap.Select(gains, cheap.Layout{Maps: n, Intrinsic: m, GhostsFirst: true})
		if err != nil {
			t.Fatal(err)
		}
		if !near(got.Gain, float64(n), 1e-9) {
			t.Errorf("a gain of %v; %d are possible", got.Gain, n)
		}
		for _, p := range got.Pairs() {
			if group[p.Source]%m != group[p.Target]%m {
				t.Errorf("%v is no pair", p)
			}
		}
	})
}

func TestSelectRefuses(t *testing.T) {
	gains := mat.NewDense(4, 4, nil)
	for _, l := range []cheap.Layout{{Maps: 4, Intrinsic: 0}, {Maps: 4, Intrinsic: 5}, {Maps: 4, Intrinsic: 2, Cells: []int{1}}, {Maps: 5, Intrinsic: 2}} {
		if _, err := cheap.Select(gains, l); err == nil {
			t.Errorf("%+v: no error", l)
		}
	}
}
