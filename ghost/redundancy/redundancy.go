// Package redundancy says how much of a layer's maps could be made from others of them by cheap operations, which is
// what a ghost module relies on.
package redundancy

import (
	"cmp"
	"slices"

	"github.com/ghostdark/ghostdark/ghost/cheap"
)

// Report is what the moments of a layer's maps tell. Variance is over all pixels of all images.
type Report struct {
	// Constant counts the maps that are the same everywhere.
	Constant int
	// Score is the share of the ghost maps' variance that is explained when half of the maps, the larger one, are kept and
	// each of them makes one ghost map by its best operation: 1 − Σ residual / Σ variance over the ghost maps. Which
	// maps are kept is chosen by cheap.Select, so that the least is lost. It is 1 when the ghost maps don't vary.
	Score float64
	// Lost is the same residual as a share of the variance of all maps.
	Lost float64
	// Pairs are the operations, the best first.
	Pairs []cheap.Fit

	best []cheap.Fit // of each map that varies, the best first
}

// Measure looks at a layer of at least two maps.
func Measure(stats *cheap.Stats) (*Report, error) {
	n := stats.Maps()
	gains := stats.Gains()
	chosen, err := cheap.Select(gains, cheap.Layout{Maps: n, Intrinsic: n - n/2})
	if err != nil {
		return nil, err
	}
	r := &Report{Score: 1}
	residual, ghosts, all := 0.0, 0.0, 0.0
	for m := range n {
		v := stats.Variation(m)
		all += v
		if v == 0 {
			r.Constant++
		}
	}
	for _, p := range chosen.Pairs() {
		v := stats.Variation(p.Target)
		ghosts += v
		residual += v - gains.At(p.Source, p.Target)
		r.Pairs = append(r.Pairs, stats.Predict(p.Source, p.Target))
	}
	if ghosts > 0 {
		r.Score, r.Lost = 1-residual/ghosts, residual/all
	}
	for target := range n {
		v := stats.Variation(target)
		// What hardly varies is easily predicted, and nothing to see.
		const faint = 1e-4
		if v <= faint*all/float64(n) {
			continue
		}
		best := -1
		for source := range n {
			if source != target && (best < 0 || gains.At(source, target) > gains.At(best, target)) {
				best = source
			}
		}
		r.best = append(r.best, stats.Predict(best, target))
	}
	byFit := func(a, b cheap.Fit) int { return cmp.Compare(b.R2, a.R2) }
	slices.SortStableFunc(r.Pairs, byFit)
	slices.SortStableFunc(r.best, byFit)
	return r, nil
}

// Best returns at most n pairs of all, whatever is kept, in which a map is best predicted by another one. No map is in
// two of them. Maps with less than a ten thousandth of the mean variance are left out.
func (r *Report) Best(n int) []cheap.Fit {
	var pairs []cheap.Fit
	taken := map[int]bool{}
	for _, fit := range r.best {
		if len(pairs) < n && !taken[fit.Source] && !taken[fit.Target] {
			taken[fit.Source], taken[fit.Target] = true, true
			pairs = append(pairs, fit)
		}
	}
	return pairs
}
