package cheap

import (
	"fmt"
	"math"
	"sync"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"

	"github.com/ghostdark/ghostdark/kernels"
	"github.com/ghostdark/ghostdark/tensor"
)

const (
	// MaxMemory bounds what a Stats takes, in bytes.
	MaxMemory = 2 << 30
	// MaxSize is the largest side of an operation's kernel.
	MaxSize = 11
	// maxPixels is how many pixels of each map of an image are used: of larger maps every k-th row, with an odd k,
	// so that a pattern that changes from row to row is seen from both sides.
	maxPixels = 1 << 14
)

// Stats holds the moments of the maps of one layer over any number of images, of which they may have any size.
// They are summed in float64. A Stats must not be used from two goroutines at once.
type Stats struct {
	maps, size int
	samples    float64   // pixels of each map
	sum        []float64 // of each map's values
	squares    []float64 // of each map's squared values
	shifted    []float64 // maps × taps: sums of each map moved by each tap
	gram       []float64 // maps × taps × taps: of a map moved by one tap, times itself moved by another
	cross      []float64 // maps × taps × maps: of a map moved by a tap, times each map
}

// workspace is memory that one image after another uses.
type workspace struct {
	columns          []float32 // what a window sees
	sources, targets []float64 // the same, as float64: maps × taps × pixels for some maps, maps × pixels for all
}

// workspaces are shared by all Stats, of which there may be many.
var workspaces = sync.Pool{New: func() any { return new(workspace) }}

// Memory is how many bytes a Stats takes for so many maps and kernels of size×size: it has a sum for each tap of
// each pair of maps.
func Memory(maps, size int) int {
	taps := tensor.Product(size, size)
	pairs := tensor.Product(maps, taps, maps, 8)
	if grams := tensor.Product(maps, taps, taps, 8); pairs < math.MaxInt-grams {
		return pairs + grams
	}
	return math.MaxInt
}

// Check returns the error that New would give.
func Check(maps, size int) error {
	if err := CheckSize(size); err != nil {
		return err
	}
	if maps < 1 {
		return fmt.Errorf("there are no maps to compare")
	}
	if need := Memory(maps, size); need > MaxMemory {
		return fmt.Errorf("comparing %d maps with each other by %d×%[2]d kernels takes %[3]d MiB of memory, more than %[4]d: choose smaller kernels",
			maps, size, need>>20, MaxMemory>>20)
	}
	return nil
}

// New returns a Stats without images for a layer of so many maps and kernels of size×size. Size must be odd and at
// most MaxSize, and what it takes at most MaxMemory.
func New(maps, size int) (*Stats, error) {
	if err := Check(maps, size); err != nil {
		return nil, err
	}
	taps := size * size
	return &Stats{
		maps: maps, size: size,
		sum: make([]float64, maps), squares: make([]float64, maps),
		shifted: make([]float64, maps*taps), gram: make([]float64, maps*taps*taps), cross: make([]float64, maps*taps*maps),
	}, nil
}

// CheckSize refuses sides of kernels that are even, which have no middle, and those out of range.
func CheckSize(size int) error {
	if size < 1 || size > MaxSize || size%2 == 0 {
		return fmt.Errorf("a cheap operation of %d×%d is out of range: it must be odd, from 1 to %d", size, size, MaxSize)
	}
	return nil
}

// Maps returns the number of maps.
func (s *Stats) Maps() int { return s.maps }

// Size returns the side of the kernels.
func (s *Stats) Size() int { return s.size }

// Samples returns how many pixels of each map were used so far.
func (s *Stats) Samples() int { return int(s.samples) }

// Add takes in a batch of images of the layer's output, all of whose values must be finite. Of maps with more than
// 16,384 pixels it uses every third row, fifth row and so on, as many as needed to stay below that.
func (s *Stats) Add(maps tensor.Tensor) error {
	shape := maps.Shape
	if shape.C != s.maps {
		panic(fmt.Sprintf("BUG: cheap: %d maps for a Stats of %d", shape.C, s.maps))
	}
	plane := shape.Plane()
	for i, v := range maps.Data {
		if v-v != 0 {
			return fmt.Errorf("map %d has the value %v; every value must be finite", i/plane%s.maps, v)
		}
	}
	for i := range maps.N {
		s.add(maps.Image(i), shape.H, shape.W)
	}
	return nil
}

func (s *Stats) add(maps []float32, h, w int) {
	work := workspaces.Get().(*workspace)
	defer workspaces.Put(work)
	step := rowStep(h, w)
	const block = 1 << 10 // pixels that are worked on at a time
	rows := (h + step/2) / step
	for y := 0; y < rows; {
		next := min(rows, y+max(1, block/w))
		s.addRows(work, maps, h, w, step, y, next)
		y = next
	}
}

// rowStep is the distance of the rows in use.
func rowStep(h, w int) int {
	step := (h*w + maxPixels - 1) / maxPixels
	return min(step|1, h|1)
}

// addRows takes in the rows y0 ≤ y < y1 of those in use, which are step apart and of which the first is in the
// middle of the first step.
func (s *Stats) addRows(work *workspace, maps []float32, h, w, step, y0, y1 int) {
	pixels, taps := (y1-y0)*w, s.size*s.size
	window := kernels.Window{Size: 1, Dilation: 1, StrideX: 1, StrideY: step, PadY: -(step / 2)}
	targets := work.unroll(window, &work.targets, maps, s.maps, h, w, y0, y1)
	for j := range s.maps {
		row := targets.Data[j*pixels : (j+1)*pixels]
		for _, v := range row {
			s.sum[j] += v
			s.squares[j] += float64(v * v)
		}
	}
	s.samples += float64(pixels)

	window.Size, window.PadX = s.size, s.size/2
	window.PadY += s.size / 2
	const room = 1 << 19 // values of sources that are worked on at a time
	most := max(1, room/(taps*pixels))
	for from := 0; from < s.maps; from += most {
		n := min(most, s.maps-from)
		sources := work.unroll(window, &work.sources, maps[from*h*w:], n, h, w, y0, y1)
		blas64.Gemm(blas.NoTrans, blas.Trans, 1, sources, targets, 1,
			blas64.General{Rows: n * taps, Cols: s.maps, Stride: s.maps, Data: s.cross[from*taps*s.maps:]})
		for i := range n {
			one := blas64.General{Rows: taps, Cols: pixels, Stride: pixels, Data: sources.Data[i*taps*pixels:]}
			blas64.Syrk(blas.NoTrans, 1, one, 1,
				blas64.Symmetric{Uplo: blas.Upper, N: taps, Stride: taps, Data: s.gram[(from+i)*taps*taps:]})
		}
		for k := range n * taps {
			sum := 0.0
			for _, v := range sources.Data[k*pixels : (k+1)*pixels] {
				sum += v
			}
			s.shifted[from*taps+k] += sum
		}
	}
}

// unroll lays out what a window sees of n maps: a row for each map and tap, a column for each pixel of some rows.
func (work *workspace) unroll(window kernels.Window, into *[]float64, maps []float32, n, h, w, y0, y1 int) blas64.General {
	rows, pixels := n*window.Size*window.Size, (y1-y0)*w
	work.columns = grown(work.columns, rows*pixels)
	*into = grown(*into, rows*pixels)
	window.Im2col(maps, n, h, w, w, y0, y1, work.columns)
	for i, v := range work.columns {
		(*into)[i] = float64(v)
	}
	return blas64.General{Rows: rows, Cols: pixels, Stride: pixels, Data: *into}
}

// grown returns memory for n values, old if it suffices.
func grown[T any](old []T, n int) []T {
	if cap(old) < n {
		return make([]T, n)
	}
	return old[:n]
}
