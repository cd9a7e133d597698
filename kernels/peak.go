package kernels

import "time"

// Peak measures the most GFLOP/s that one thread reaches with the set: its largest matrix
// tile, on values that stay in the nearest cache. It takes some 20 ms.
func (s *Set) Peak() float64 {
	const depth, calls = 128, 100
	rows, columns := s.MaxRows, s.MaxColumns()
	a, b, c := Aligned(rows*depth), Aligned(columns*depth), Aligned(rows*columns)
	t := &Tile{A: &a[0], B: &b[0], C: &c[0], Bias: &c[0], K: depth, Runs: 1, AStep: 4 * depth, CStep: 4 * columns}
	kernel := s.gemm[len(s.gemm)-1][rows]
	best := time.Duration(1 << 62)
	for begin := time.Now(); time.Since(begin) < 20*time.Millisecond; {
		start := time.Now()
		for range calls {
			kernel(t)
		}
		best = min(best, time.Since(start))
	}
	return 2 * float64(rows*columns*depth*calls) / float64(best.Nanoseconds())
}
