package cheap

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/ghostdark/ghostdark/kernels"
)

// Fit is the operation that makes one map of a layer from another with the least mean squared error.
type Fit struct {
	Source, Target int
	Kernel         []float32 // size×size, row by row
	Bias           float32
	// R2 is the share of the target's variance that the operation explains: 1 is all of it, 0 no more than the
	// mean does. It is 1 for a target that is the same everywhere.
	R2 float64
	// MSE is the mean of the squared errors, Relative the same divided by the mean of the target's squares.
	MSE, Relative float64
}

// Images is how many images with so many pixels in each map it takes for a judgement of operations of size×size: 20 pixels to each
// unknown. From fewer pixels fits look better than they are.
func Images(size, pixels int) int {
	const perUnknown = 20
	pixels = max(pixels, 1)
	return (perUnknown*(size*size+1) + pixels - 1) / pixels
}

// Variation returns the sum of the squared distances of a map's values from their mean. It is 0 for a map that is the
// same everywhere.
func (s *Stats) Variation(target int) float64 {
	if s.samples == 0 {
		return 0
	}
	v := s.squares[target] - s.sum[target]*s.sum[target]/s.samples
	const rounding = 1e-12
	if v <= rounding*s.squares[target] {
		return 0
	}
	return v
}

// Predict fits the operation that makes target from source. From a source that is zero everywhere comes the target's
// mean.
func (s *Stats) Predict(source, target int) Fit {
	kernel, gains := s.solve(source, target, target+1)
	fit := Fit{Source: source, Target: target, Kernel: make([]float32, s.size*s.size)}
	if s.samples == 0 {
		return fit
	}
	bias := s.sum[target] / s.samples
	for tap := range fit.Kernel {
		k := kernel.At(tap, 0)
		fit.Kernel[tap] = float32(k)
		bias -= k * s.shifted[source*len(fit.Kernel)+tap] / s.samples
	}
	fit.Bias = float32(bias)
	fit.judge(s.Variation(target), gains[0], s.squares[target], s.samples)
	return fit
}

// Apply makes a map of h rows of w values from its source.
func (f *Fit) Apply(source []float32, h, w int) []float32 {
	size := side(f.Kernel)
	window := kernels.Window{Size: size, Dilation: 1, StrideX: 1, StrideY: 1, PadX: size / 2, PadY: size / 2}
	columns := make([]float32, size*size*h*w)
	window.Im2col(source, 1, h, w, w, 0, h, columns)
	out := make([]float32, h*w)
	kernels.Gemm(1, h*w, size*size, f.Kernel, columns, out, h*w)
	for i := range out {
		out[i] += f.Bias
	}
	return out
}

// side returns the side of a square kernel.
func side(kernel []float32) int { return int(math.Sqrt(float64(len(kernel)))) }

// judge sets the measures of a fit from sums over all samples: the target's variation, how much of it is explained,
// and its squares.
func (f *Fit) judge(variation, gain, squares, samples float64) {
	f.R2, f.MSE, f.Relative = 1, (variation-gain)/samples, 0
	if variation > 0 {
		f.R2 = gain / variation
	}
	if squares > 0 {
		f.Relative = (variation - gain) / squares
	}
}

// Best returns the fit from the other map that explains the target best; of equals the first. With a single map it is
// the fit from that map itself.
func (s *Stats) Best(target int) Fit {
	best, most := target, math.Inf(-1)
	for source := range s.maps {
		if source == target {
			continue
		}
		if _, gain := s.solve(source, target, target+1); gain[0] > most {
			best, most = source, gain[0]
		}
	}
	return s.Predict(best, target)
}

// Gains returns for all pairs how much of a target's Variation the best operation explains: row source, column
// target. On the diagonal is the Variation itself. The matrices of several layers may be added for a joint Select.
func (s *Stats) Gains() *mat.Dense {
	gains := mat.NewDense(s.maps, s.maps, nil)
	for source := range s.maps {
		_, row := s.solve(source, 0, s.maps)
		gains.SetRow(source, row)
		gains.Set(source, source, s.Variation(source))
	}
	return gains
}

// solve fits the operations from a source to the targets from ≤ target < to. It returns their kernels, a column for
// each target, and how much of the target's Variation each explains. With x and y for distances from the mean, that
// is the least squares problem (Σ x xᵀ + ridge) kernel = Σ x y. The ridge is far below what matters, and makes
// the solution unique where taps see the same values.
func (s *Stats) solve(source, from, to int) (filters *mat.Dense, gains []float64) {
	const ridge = 1e-10
	taps, targets := s.size*s.size, to-from
	filters, gains = mat.NewDense(taps, targets, nil), make([]float64, targets)
	sums, gram := s.shifted[source*taps:][:taps], s.gram[source*taps*taps:][:taps*taps]
	moments := mat.NewSymDense(taps, nil)
	level, raw := 0.0, 0.0
	for a := range taps {
		for b := a; b < taps; b++ {
			moments.SetSym(a, b, gram[a*taps+b]-sums[a]*sums[b]/s.samples)
		}
		level += moments.At(a, a) / float64(taps)
		raw += gram[a*taps+a] / float64(taps)
	}
	const rounding = 1e-12
	if !(level > rounding*raw) {
		return filters, gains
	}
	products := mat.NewDense(taps, targets, nil)
	for a := range taps {
		row := s.cross[(source*taps+a)*s.maps:][:s.maps]
		for j := range targets {
			products.Set(a, j, row[from+j]-sums[a]*s.sum[from+j]/s.samples)
		}
	}
	var factors mat.Cholesky
	for add := ridge * level; ; add *= 100 {
		ridged := mat.NewSymDense(taps, nil)
		ridged.CopySym(moments)
		for a := range taps {
			ridged.SetSym(a, a, moments.At(a, a)+add)
		}
		if factors.Factorize(ridged) {
			break
		}
	}
	if err := factors.SolveTo(filters, products); err != nil {
		panic("BUG: cheap: a ridge that is too low: " + err.Error())
	}
	var seen mat.Dense
	seen.Mul(moments, filters)
	for j := range targets {
		gain := 0.0
		for a := range taps {
			gain += filters.At(a, j) * (2*products.At(a, j) - seen.At(a, j))
		}
		gains[j] = min(max(gain, 0), s.Variation(from+j))
	}
	return filters, gains
}
