package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// TestTiles compares every matrix kernel with the formula: several runs, lengths around the
// unrolled loop, and values around the result that must stay.
func TestTiles(t *testing.T) {
	eachSet(t, func(t *testing.T, s *Set) {
		r := rand.New(rand.NewPCG(11, 12))
		eachTile(s, func(set *Set, rows, vectors int, kernel func(*Tile)) {
			for _, k := range []int{1, 2, 3, 4, 5, 8, 11, 16, 23} {
				for variant := range 12 {
					checkTile(t, r, kernel, rows, vectors*set.Lanes, k, 1+r.IntN(3), variant)
				}
			}
		})
	})
}

// eachTile calls do with the matrix kernels of a Set and of its narrow one.
func eachTile(s *Set, do func(set *Set, rows, vectors int, kernel func(*Tile))) {
	for _, set := range []*Set{s, s.narrow} {
		if set == nil {
			continue
		}
		for vectors, kernels := range set.gemm {
			for rows, kernel := range kernels {
				if kernel != nil {
					do(set, rows, vectors, kernel)
				}
			}
		}
	}
}

func checkTile(t *testing.T, r *rand.Rand, kernel func(*Tile), rows, columns, k, runs, variant int) {
	t.Helper()
	runStep, aStep := k+r.IntN(5), r.IntN(40)
	cStep, addStep := columns+r.IntN(5), columns+r.IntN(5)
	a := random(r, (rows-1)*aStep+(runs-1)*runStep+k)
	b, bias, add := random(r, runs*k*columns), random(r, columns), random(r, (rows-1)*addStep+columns)
	c, intact := guarded((rows-1)*cStep + columns)
	before := append([]float32{}, c...)
	tile := &Tile{
		A: &a[0], B: &b[0], C: &c[0], K: k, Runs: runs,
		RunStep: 4 * runStep, AStep: 4 * aStep, CStep: 4 * cStep, AddStep: 4 * addStep,
		Act: variant % 3, AddLast: variant / 3 % 2,
	}
	if variant < 9 {
		tile.Bias = &bias[0]
	}
	if variant%2 == 0 {
		tile.Add = &add[0]
	}
	kernel(tile)
	for i, got := range c {
		p, f := i/cStep, i%cStep
		if f >= columns {
			if got != before[i] {
				t.Fatalf("%dx%d wrote between the pixels", rows, columns)
			}
			continue
		}
		sum := float64(before[i])
		if tile.Bias != nil {
			sum = float64(bias[f])
		}
		for j := range runs * k {
			sum += float64(a[p*aStep+j/k*runStep+j%k]) * float64(b[j*columns+f])
		}
		if tile.Add != nil && tile.AddLast == 0 {
			sum += float64(add[p*addStep+f])
		}
		sum = []float64{sum, max(sum, 0), max(sum, .1*sum)}[tile.Act]
		if tile.Add != nil && tile.AddLast != 0 {
			sum += float64(add[p*addStep+f])
		}
		if !(math.Abs(float64(got)-sum) <= 1e-5*max(1, math.Abs(sum), math.Abs(float64(before[i])))) {
			t.Fatalf("%dx%d, %d runs of %d, variant %d: pixel %d, filter %d is %v, want %v", rows, columns, runs, k, variant, p, f, got, sum)
		}
	}
	if !intact() {
		t.Fatalf("%dx%d wrote beyond the tile", rows, columns)
	}
}

// BenchmarkTile measures what part of the peak each matrix kernel reaches.
func BenchmarkTile(b *testing.B) {
	for _, s := range Sets() {
		peak := s.Peak()
		eachTile(s, func(set *Set, rows, vectors int, kernel func(*Tile)) {
			const depth = 128
			columns := vectors * set.Lanes
			x, weights, c := Aligned(rows*(depth+16)), Aligned(columns*depth), Aligned(rows*columns)
			tile := &Tile{A: &x[0], B: &weights[0], C: &c[0], Bias: &x[0], K: depth, Runs: 1, AStep: 4 * (depth + 16), CStep: 4 * columns}
			b.Run(fmt.Sprintf("%s/%dx%d", s.Name, rows, columns), func(b *testing.B) {
				for b.Loop() {
					kernel(tile)
				}
				flops := 2 * float64(rows*columns*depth) * float64(b.N) / b.Elapsed().Seconds() / 1e9
				b.ReportMetric(flops, "GFLOP/s")
				b.ReportMetric(100*flops/peak, "%peak")
			})
		})
	}
}
