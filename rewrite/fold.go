package rewrite

import (
	"slices"
	"strings"

	"github.com/ghostdark/ghostdark/kernels"
	"github.com/ghostdark/ghostdark/layers"
	"github.com/ghostdark/ghostdark/weights"
)

// folding collects what folding changes.
type folding struct {
	replaced map[*weights.Slot]*weights.Slot // by what; by nil if it goes
	folded   []*layers.Layer
	left     []Left
}

// norm is batch norm with the weights that it follows; recurrent layers have several.
type norm struct{ weights, biases, scales, mean, variance *weights.Slot }

// layer folds one layer's batch norm, all of it or none.
func (f *folding) layer(l *layers.Layer) {
	if _, whole := l.Op.(*layers.BatchNorm); whole {
		f.leave(l, "a section of its own has no weights to fold into")
		return
	}
	if shared, ok := l.Op.(*layers.Convolutional); ok && shared.Weights.Layer != l.Index {
		switch _, changed := f.replaced[shared.Weights]; {
		case shared.Scales == nil:
		case changed:
			f.folded = append(f.folded, l)
		default:
			f.leave(l, "the layer that it shares weights with keeps its own")
		}
		return
	}
	norms := normsOf(l)
	if len(norms) == 0 {
		return
	}
	if binary, ok := l.Op.(*layers.Convolutional); ok && binary.XNOR {
		f.leave(l, "xnor=1 makes something else of the weights than their products")
		return
	}
	type change struct{ weights, biases *weights.Slot }
	var changes []change
	for _, n := range norms {
		if slices.Contains(l.Unstored, n.weights) {
			f.leave(l, "the weights file does not hold its weights (dontload=1)")
			return
		}
		w, b := *n.weights, *n.biases
		w.Data = make([]float32, len(n.weights.Data))
		b.Data = kernels.FoldBatchNorm(w.Data, n.weights.Data, run(l, n), n.biases.Data, n.scales.Data, n.mean.Data, n.variance.Data)
		if !finite(w.Data) || !finite(b.Data) {
			f.leave(l, "weights or biases would exceed the range of float32")
			return
		}
		changes = append(changes, change{&w, &b})
	}
	for i, n := range norms {
		f.replaced[n.weights], f.replaced[n.biases] = changes[i].weights, changes[i].biases
		f.replaced[n.scales], f.replaced[n.mean], f.replaced[n.variance] = nil, nil, nil
	}
	f.folded = append(f.folded, l)
}

func (f *folding) leave(l *layers.Layer, reason string) { f.left = append(f.left, Left{l, reason}) }

// run is how many neighbouring weights belong to the same output channel.
func run(l *layers.Layer, n norm) int {
	if _, ok := l.Op.(*layers.Deconvolutional); ok { // [input channel][filter][row][column]
		return n.weights.Cols / n.biases.Len()
	}
	return n.weights.Cols
}

// normsOf finds a layer's batch norms by the names of its arrays, which the parts of recurrent
// layers begin with their own.
func normsOf(l *layers.Layer) []norm {
	arrays := map[string]*weights.Slot{}
	for _, s := range slices.Concat(l.Slots, l.Unstored) {
		arrays[s.Name] = s
	}
	var norms []norm
	for _, s := range slices.Concat(l.Slots, l.Unstored) {
		if prefix, ok := strings.CutSuffix(s.Name, "scales"); ok {
			norms = append(norms, norm{
				weights: arrays[prefix+"weights"], biases: arrays[prefix+"biases"],
				scales: s, mean: arrays[prefix+"rolling_mean"], variance: arrays[prefix+"rolling_variance"],
			})
		}
	}
	return norms
}
