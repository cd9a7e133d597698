package ghostify

import (
	"math/rand/v2"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"

	"github.com/ghostdark/ghostdark/kernels"
	"github.com/ghostdark/ghostdark/layers"
	"github.com/ghostdark/ghostdark/tensor"
)

const (
	maxUnknowns     = 1200 // weights of a filter; more take too long to solve for
	samplesEach     = 4    // samples for each unknown, at most
	fewestSamples   = 4096 // that are taken where there are as many
	ridgeOfVariance = .01  // how strongly weights are held where they are, as a share of what they see
)

// reconstruct changes the weights of a dense convolution so that from its present input it
// computes as nearly as possible what the old network's convolution did before activation; order
// says of which old channels. It is a linear regression with all of a filter's weights and its
// bias as unknowns, and a ridge that holds the weights near those that they have:
//
//	Σ (x·(w + δ) + b - t)² + λ·|δ|²
//
// where t is the wanted value before batch norm. Convolutions with too many weights, or with
// fewer than two samples for each weight, are left as they are.
func reconstruct(conv *layers.Convolutional, in, want tensor.Tensor, order []int) {
	taps := conv.Weights.Cols
	pixels := want.N * want.Shape.Plane()
	samples := min(pixels, max(samplesEach*taps, fewestSamples))
	if taps > maxUnknowns || samples < 2*taps {
		return
	}
	chosen := rand.New(rand.NewPCG(1, 1)).Perm(pixels)[:samples]
	x := gather(conv, in, chosen)

	// Residuals, samples × filters: what the present weights miss.
	r := make([]float64, samples*len(order))
	gain := make([]float64, len(order))
	w := make([]float64, len(conv.Weights.Data))
	for i, v := range conv.Weights.Data {
		w[i] = float64(v)
	}
	matrix := blas64.General{Rows: samples, Cols: taps, Stride: taps, Data: x}
	errors := blas64.General{Rows: samples, Cols: len(order), Stride: len(order), Data: r}
	blas64.Gemm(blas.NoTrans, blas.Trans, -1, matrix, blas64.General{Rows: len(order), Cols: taps, Stride: taps, Data: w}, 0, errors)
	plane := want.Shape.Plane()
	for c, old := range order {
		scale, mean := 1., 0.
		if conv.Scales != nil {
			scale, mean = kernels.BatchNormFactor(conv.Scales.Data[c], conv.Variance.Data[c]), float64(conv.Mean.Data[c])
		}
		gain[c] = scale
		if scale == 0 {
			scale = 1
		}
		for k, pixel := range chosen {
			z := float64(want.Image(pixel / plane)[old*plane+pixel%plane])
			r[k*len(order)+c] += (z-float64(conv.Biases.Data[c]))/scale + mean
		}
	}
	meanX, meanR := center(matrix), center(errors)

	gram := mat.NewSymDense(taps, nil)
	blas64.Syrk(blas.Trans, 1, matrix, 0, gram.RawSymmetric())
	level := mat.Trace(gram) / float64(taps)
	if !(level > 0) {
		return
	}
	for i := range taps {
		gram.SetSym(i, i, gram.At(i, i)+ridgeOfVariance*level)
	}
	moments := mat.NewDense(taps, len(order), nil)
	blas64.Gemm(blas.Trans, blas.NoTrans, 1, matrix, errors, 0, moments.RawMatrix())
	var factors mat.Cholesky
	var change mat.Dense
	if !factors.Factorize(gram) || factors.SolveTo(&change, moments) != nil {
		return
	}
	for c := range order {
		if gain[c] == 0 {
			continue
		}
		shift := meanR[c]
		for i := range taps {
			d := change.At(i, c)
			conv.Weights.Data[c*taps+i] += float32(d)
			shift -= d * meanX[i]
		}
		conv.Biases.Data[c] += float32(gain[c] * shift)
	}
}

// gather lays out what the taps of a convolution see at some output pixels of a batch: a row for
// each pixel.
func gather(conv *layers.Convolutional, in tensor.Tensor, pixels []int) []float64 {
	taps, plane := conv.Weights.Cols, conv.Out.Plane()
	x := make([]float64, len(pixels)*taps)
	window := conv.Window()
	parallel(len(pixels), func(k int) {
		image, at := in.Image(pixels[k]/plane), pixels[k]%plane
		y0, x0 := at/conv.Out.W*window.StrideY-window.PadY, at%conv.Out.W*window.StrideX-window.PadX
		row := x[k*taps : (k+1)*taps]
		for c := range conv.In.C {
			for ky := range window.Size {
				for kx := range window.Size {
					y, x := y0+ky*window.Dilation, x0+kx*window.Dilation
					if y >= 0 && y < conv.In.H && x >= 0 && x < conv.In.W {
						row[(c*window.Size+ky)*window.Size+kx] = float64(image[(c*conv.In.H+y)*conv.In.W+x])
					}
				}
			}
		}
	})
	return x
}

// center subtracts from every column its mean, and returns these.
func center(m blas64.General) []float64 {
	mean := make([]float64, m.Cols)
	for i := range m.Rows {
		for j, v := range m.Data[i*m.Stride : i*m.Stride+m.Cols] {
			mean[j] += v / float64(m.Rows)
		}
	}
	for i := range m.Rows {
		row := m.Data[i*m.Stride : i*m.Stride+m.Cols]
		for j := range row {
			row[j] -= mean[j]
		}
	}
	return mean
}
