package kernels

import (
	"slices"
	"sync"
	"time"
)

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

// Bandwidth measures how many GB/s so many threads together read from memory: they add up
// 128 MiB, each its own part, which is several times what caches hold. It takes some 100 ms.
func (s *Set) Bandwidth(threads int) float64 {
	const (
		length = 32 << 20 // values
		piece  = 64 << 10 // of a call, which nothing can interrupt
		page   = 1 << 10  // at most
	)
	values := Aligned(length)
	// Pages that were never written may all be the same one, which then is in the cache.
	for i := 0; i < length; i += page {
		values[i] = 1
	}
	best := time.Duration(1 << 62)
	for range 3 {
		start := time.Now()
		var all sync.WaitGroup
		for t := range threads {
			part := values[t*length/threads : (t+1)*length/threads]
			all.Go(func() {
				w := NewWorker(s, 0)
				for p := range slices.Chunk(part, piece) {
					s.Sum(w, p)
				}
			})
		}
		all.Wait()
		best = min(best, time.Since(start))
	}
	return 4 * float64(length) / float64(best.Nanoseconds())
}
