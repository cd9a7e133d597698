package kernels

import "math"

// BatchNormEpsilon is what darknet adds to the variance, inside the root.
const BatchNormEpsilon = 1e-5

// BatchNorm replaces the planes of x, one for each element of mean, by
// (x-mean)/sqrt(variance+ε)·scale + bias.
func BatchNorm(x []float32, plane int, bias, scale, mean, variance []float32) {
	for c := range mean {
		m, s, b := mean[c], scale[c], bias[c]
		inv := float32(1 / math.Sqrt(float64(variance[c])+BatchNormEpsilon))
		row := x[c*plane : (c+1)*plane]
		for i, v := range row {
			row[i] = float32(float32((v-m)*inv)*s) + b
		}
	}
}

// BatchNormFactor is by what batch norm multiplies a channel: scale/√(variance + ε).
func BatchNormFactor(scale, variance float32) float64 {
	return float64(scale) / math.Sqrt(float64(variance)+BatchNormEpsilon)
}

// FoldBatchNorm makes batch norm superfluous: it writes weights times f to folded and returns
//
//	bias - mean·f   with f the BatchNormFactor of the output channel
//
// run is how many weights follow one another that belong to the same channel. folded may be weights itself.
func FoldBatchNorm(folded, weights []float32, run int, bias, scale, mean, variance []float32) []float32 {
	factors, shifted := make([]float64, len(bias)), make([]float32, len(bias))
	for c := range factors {
		factors[c] = BatchNormFactor(scale[c], variance[c])
		shifted[c] = float32(float64(bias[c]) - float64(mean[c])*factors[c])
	}
	for start := 0; start < len(weights); start += run {
		factor := factors[start/run%len(factors)]
		for i, w := range weights[start : start+run] {
			folded[start+i] = float32(float64(w) * factor)
		}
	}
	return shifted
}

// AddBias adds bias[c] to plane c of x.
func AddBias(x []float32, plane int, bias []float32) {
	for c, b := range bias {
		row := x[c*plane : (c+1)*plane]
		for i := range row {
			row[i] += b
		}
	}
}

// Softmax writes exp(x/t)/Σexp(x/t) over all of x to out, with the maximum taken out first.
// out may be x itself.
func Softmax(x, out []float32, temperature float32) {
	largest := float32(-math.MaxFloat32)
	for _, v := range x {
		largest = max(largest, v)
	}
	var sum float32
	for i, v := range x {
		e := exp(v/temperature - largest/temperature)
		sum += e
		out[i] = e
	}
	for i := range out[:len(x)] {
		out[i] /= sum
	}
}

// exp is e^x rounded once from float64.
func exp(x float32) float32 { return float32(math.Exp(float64(x))) }
