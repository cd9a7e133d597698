package weights

import (
	"cmp"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
)

// rollingVariance is the name of the arrays whose values batch norm takes the root of.
const rollingVariance = "rolling_variance"

// check returns a *ValueError for the first value of s that is not finite, or that is a
// negative variance.
func check(file string, s *Slot) error {
	if s.Name != rollingVariance && allFinite(s.Data) {
		return nil
	}
	for i, v := range s.Data {
		if isSpecial(v) || v < 0 && s.Name == rollingVariance {
			return &ValueError{File: file, Slot: s, Index: i, Value: v}
		}
	}
	return nil
}

// checkAll checks slots on all processors, and returns the error of the first one at fault.
func checkAll(file string, slots []*Slot) error {
	errs := make([]error, len(slots))
	var next atomic.Int64
	var all sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(slots)) {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(slots); i = int(next.Add(1)) - 1 {
				if err := Guard(slots[i:i+1], func() { errs[i] = check(file, slots[i]) }); err != nil {
					errs[i] = err
				}
			}
		})
	}
	all.Wait()
	return cmp.Or(errs...)
}

// allFinite reports whether no value is infinite or NaN. Only for those is v-v not 0, which a
// sum keeps; four sums don't wait for each other.
func allFinite(values []float32) bool {
	var a, b, c, d float32
	for ; len(values) >= 4; values = values[4:] {
		a += values[0] - values[0]
		b += values[1] - values[1]
		c += values[2] - values[2]
		d += values[3] - values[3]
	}
	for _, v := range values {
		a += v - v
	}
	return a+b+c+d == 0
}

// isSpecial reports whether v is infinite or no number: all exponent bits set.
func isSpecial(v float32) bool {
	const exponent = 0x7f800000
	return math.Float32bits(v)&exponent == exponent
}
