package main

import "slices"

// quotients estimates how many times as long something takes now as before, from positive times
// of both, by ranks only, so that single slow runs hardly matter: all quotients of a time now
// and a time before are sorted; ratio is their median (the estimate of Hodges and Lehmann),
// and low to high are the ratios that the test of Mann and Whitney doesn't refuse at the level
// alpha. ok is false when there are too few times to refuse any.
func quotients(before, now []float64, alpha float64) (ratio, low, high float64, ok bool) {
	var all []float64
	for _, a := range before {
		for _, b := range now {
			all = append(all, b/a)
		}
	}
	slices.Sort(all)
	n := len(all)
	ratio = (all[(n-1)/2] + all[n/2]) / 2
	u := criticalU(len(before), len(now), alpha)
	if u < 0 {
		return ratio, 0, 0, false
	}
	return ratio, all[u], all[n-1-u], true
}

// criticalU is the largest value of Mann and Whitney's U for n and m values that is significant
// at the level alpha when both sides count, or -1 if none is. n and m are at most maxSamples, up
// to which the counts are exact.
func criticalU(n, m int, alpha float64) int {
	// counts[u] is the number of orders of n and m values in which u pairs are the other way
	// round: the coefficients of the product of (1 - x^(m+i)) / (1 - x^i) for i = 1 … n.
	counts := []float64{1}
	for i := 1; i <= n; i++ {
		product := append(slices.Clone(counts), make([]float64, m+i)...)
		for u, c := range counts {
			product[u+m+i] -= c
		}
		for u := i; u < len(product); u++ {
			product[u] += product[u-i]
		}
		counts = product[:i*m+1]
	}
	total := 0.0
	for _, c := range counts {
		total += c
	}
	below := 0.0
	for u, c := range counts {
		if below += c; below > alpha/2*total {
			return u - 1
		}
	}
	return len(counts) - 1
}
