package cheap

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"

	"github.com/ghostdark/ghostdark/kernels"
)

// Planes are the two maps of a Fit in one image, each H rows of W values.
type Planes struct {
	Source, Target []float32
	H, W           int
}

// maxRefitted is how many pixels Refit looks at. If the planes have more, it takes as many that are spread over them.
const maxRefitted = 20_000

// Refit improves a fit for the case that an activation follows the operation. From the given one, which usually is
// the linear fit, it goes down the sum of (activation(operation(source)) − target)² by the method of Levenberg and
// Marquardt, with the activation's derivative by differences. The result is never worse than the given fit on the
// pixels that are looked at. Its R2, MSE and Relative are those after the activation, on these pixels; R2 may be
// negative. Activations that need all maps of a pixel are refused.
func Refit(fit Fit, activation kernels.Activation, images []Planes) (Fit, error) {
	switch activation {
	case kernels.NormChannels, kernels.NormChannelsSoftmax, kernels.NormChannelsSoftmaxMax:
		return Fit{}, fmt.Errorf("activation=%v needs all maps of a pixel, so single maps can't be fitted through it", activation)
	}
	r := newRefit(fit, activation, images)
	if len(r.targets) == 0 {
		return fit, nil
	}
	r.descend()
	fit.Kernel = make([]float32, r.unknowns-1)
	for i := range fit.Kernel {
		fit.Kernel[i] = float32(r.at[i])
	}
	fit.Bias = float32(r.at[len(fit.Kernel)])
	sum, squares := 0.0, 0.0
	for _, y := range r.targets {
		sum += y
		squares += y * y
	}
	samples := float64(len(r.targets))
	variation := squares - sum*sum/samples
	fit.judge(variation, variation-r.loss, squares, samples)
	return fit, nil
}

// refit is a non-linear least squares problem and the best solution so far.
type refit struct {
	activation kernels.Activation
	unknowns   int       // taps of the kernel, and the bias
	sources    []float64 // pixels × unknowns: what the taps see, and 1
	targets    []float64
	at         []float64 // kernel, and bias
	loss       float64   // sum of squared errors
	errors     []float64 // of each pixel

	sums, ahead, behind []float32
}

// newRefit gathers the pixels.
func newRefit(fit Fit, activation kernels.Activation, images []Planes) *refit {
	size := side(fit.Kernel)
	r := &refit{activation: activation, unknowns: size*size + 1}
	for _, k := range fit.Kernel {
		r.at = append(r.at, float64(k))
	}
	r.at = append(r.at, float64(fit.Bias))
	total := 0
	for _, m := range images {
		total += m.H * m.W
	}
	pixels := min(total, maxRefitted)
	r.sources, r.targets = make([]float64, 0, pixels*r.unknowns), make([]float64, 0, pixels)
	step := 1
	if pixels < total {
		step = spread(total)
	}
	for i := range pixels {
		pixel, image := i*step%total, 0
		for ; pixel >= images[image].H*images[image].W; image++ {
			pixel -= images[image].H * images[image].W
		}
		m := images[image]
		y, x := pixel/m.W, pixel%m.W
		r.targets = append(r.targets, float64(m.Target[pixel]))
		for dy := -size / 2; dy <= size/2; dy++ {
			for dx := -size / 2; dx <= size/2; dx++ {
				v := float32(0)
				if y+dy >= 0 && y+dy < m.H && x+dx >= 0 && x+dx < m.W {
					v = m.Source[(y+dy)*m.W+x+dx]
				}
				r.sources = append(r.sources, float64(v))
			}
		}
		r.sources = append(r.sources, 1)
	}
	return r
}

// spread returns a step near the golden section of total that has no divisor in common with it. Multiples of the step,
// modulo total, are spread evenly over it, however few or many they are, and hit no number twice.
func spread(total int) int {
	step := max(1, int(float64(total)*(math.Sqrt(5)-1)/2))
	for divisor(step, total) > 1 {
		step--
	}
	return step
}

// divisor returns the greatest common divisor.
func divisor(a, b int) int {
	for b > 0 {
		a, b = b, a%b
	}
	return a
}

// evaluate gives the errors and their squared sum for a kernel and bias. It leaves in sums what goes into the activation.
func (r *refit) evaluate(at []float64) (errors []float64, loss float64) {
	errors = make([]float64, len(r.targets))
	blas64.Gemv(blas.NoTrans, 1, r.matrix(r.sources), vector(at), 0, vector(errors))
	r.sums = grown(r.sums, len(errors))
	for i, v := range errors {
		r.sums[i] = float32(v)
	}
	r.ahead = append(r.ahead[:0], r.sums...)
	r.activation.Apply(r.ahead, len(r.ahead))
	for i, v := range r.ahead {
		e := float64(v) - r.targets[i]
		errors[i] = e
		loss += float64(e * e)
	}
	return errors, loss
}

func (r *refit) matrix(data []float64) blas64.General {
	return blas64.General{Rows: len(r.targets), Cols: r.unknowns, Stride: r.unknowns, Data: data}
}

func vector(data []float64) blas64.Vector { return blas64.Vector{N: len(data), Inc: 1, Data: data} }

// descend improves the solution until it hardly gets better.
func (r *refit) descend() {
	const (
		steps, tries   = 30, 8
		enough         = 1e-6 // relative gain of a step below which it ends
		damping, scale = 1e-3, 10.
	)
	r.errors, r.loss = r.evaluate(r.at)
	mu := damping
	for range steps {
		gradient, curvature := r.linearize()
		before := r.loss
		for range tries {
			if next, ok := damped(r.at, gradient, curvature, mu); ok {
				if errors, loss := r.evaluate(next); loss < r.loss {
					r.at, r.errors, r.loss = next, errors, loss
					mu /= scale
					break
				}
			}
			mu *= scale
		}
		if before-r.loss <= enough*before {
			return
		}
	}
}

// linearize returns half the loss's gradient, Σ e·j, and the matrix Σ j·jᵀ in its place of half the second derivative, where
// j is a pixel's derivative by the unknowns.
func (r *refit) linearize() (gradient []float64, curvature *mat.SymDense) {
	r.evaluate(r.at) // for the sums
	jacobian := append([]float64(nil), r.sources...)
	r.ahead, r.behind = grown(r.ahead, len(r.sums)), grown(r.behind, len(r.sums))
	const apart = 1e-3
	for i, v := range r.sums {
		step := apart * (1 + abs(v))
		r.ahead[i], r.behind[i] = v+step, v-step
	}
	r.activation.Apply(r.ahead, len(r.ahead))
	r.activation.Apply(r.behind, len(r.behind))
	for i, v := range r.sums {
		step := apart * (1 + abs(v))
		slope := float64(r.ahead[i]-r.behind[i]) / float64((v+step)-(v-step))
		row := jacobian[i*r.unknowns : (i+1)*r.unknowns]
		for k := range row {
			row[k] *= slope
		}
	}
	gradient = make([]float64, r.unknowns)
	blas64.Gemv(blas.Trans, 1, r.matrix(jacobian), vector(r.errors), 0, vector(gradient))
	curvature = mat.NewSymDense(r.unknowns, nil)
	blas64.Syrk(blas.Trans, 1, r.matrix(jacobian), 0, curvature.RawSymmetric())
	return gradient, curvature
}

func abs(v float32) float32 { return max(v, -v) }

// damped returns the solution of a step: curvature with a share mu of its diagonal added, times the step, is the
// downward gradient. It fails where that has no unique solution.
func damped(at, gradient []float64, curvature *mat.SymDense, mu float64) (next []float64, ok bool) {
	n := len(at)
	matrix := mat.NewSymDense(n, nil)
	matrix.CopySym(curvature)
	level := mat.Trace(curvature) / float64(n)
	for i := range n {
		matrix.SetSym(i, i, curvature.At(i, i)+mu*(curvature.At(i, i)+1e-6*level))
	}
	var factors mat.Cholesky
	if !factors.Factorize(matrix) {
		return nil, false
	}
	var step mat.VecDense
	if err := factors.SolveVecTo(&step, mat.NewVecDense(n, gradient)); err != nil {
		return nil, false
	}
	next = make([]float64, n)
	for i := range n {
		next[i] = at[i] - step.AtVec(i)
	}
	return next, true
}
