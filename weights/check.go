package weights

import "math"

// rollingVariance is the name of the arrays whose values batch norm takes the root of.
const rollingVariance = "rolling_variance"

// check returns a *ValueError for the first value of s that is not finite, or that is a
// negative variance.
func check(file string, s *Slot) error {
	for i, v := range s.Data {
		if isSpecial(v) || v < 0 && s.Name == rollingVariance {
			return &ValueError{File: file, Slot: s, Index: i, Value: v}
		}
	}
	return nil
}

// isSpecial reports whether v is infinite or no number: all exponent bits set.
func isSpecial(v float32) bool {
	const exponent = 0x7f800000
	return math.Float32bits(v)&exponent == exponent
}
