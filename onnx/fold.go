package onnx

import (
	"github.com/ghostdark/ghostdark/kernels"
	"github.com/ghostdark/ghostdark/weights"
)

type slot = weights.Slot

// arrays are those of a convolution or connected layer; the last three are nil without batch
// norm.
type arrays struct{ weights, biases, scales, mean, variance *slot }

// folded adds a layer's weights, of the given extents, and its biases as initializers, with
// batch norm folded in. run is how many weights follow one another that belong to the same
// output channel. It returns the inputs of an operator on x. Layers that share their weights
// share the initializers, too.
func (e *exporter) folded(x string, a arrays, run int, dims ...int) []string {
	owner := prefix(e.net.Layers[a.weights.Layer])
	w, b := owner+"."+a.weights.Name, owner+".biases"
	if e.names[w] {
		return []string{x, w, b}
	}
	weight, bias := fold(a, run)
	return []string{x, e.weights(w, weight, dims...), e.weights(b, bias, len(bias))}
}

// fold gives weights and biases that make batch norm superfluous.
func fold(a arrays, run int) (weight, bias []float32) {
	if a.scales == nil {
		return a.weights.Data, a.biases.Data
	}
	weight = make([]float32, len(a.weights.Data))
	bias = kernels.FoldBatchNorm(weight, a.weights.Data, run, a.biases.Data, a.scales.Data, a.mean.Data, a.variance.Data)
	return weight, bias
}
