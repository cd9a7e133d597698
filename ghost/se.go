package ghost

import "github.com/ghostdark/ghostdark/layers"

// SE is squeeze-and-excite: the mean of each map, two layers that make a factor for each map of
// these, and their product with the maps.
type SE struct {
	Pool, Squeeze, Excite, Scale int // layers
	// Sum adds the maps once more, as the form of the hard sigmoid for darknet does; None
	// elsewhere.
	Sum int

	Input    int // the layer whose maps are weighed, or layers.NetworkInput
	Channels int
	Squeezed int // channels between the two layers
}

// Layers lists the block's layers in order.
func (s SE) Layers() []int {
	all := []int{s.Pool, s.Squeeze, s.Excite, s.Scale}
	if s.Sum != None {
		all = append(all, s.Sum)
	}
	return all
}

// Output is the layer that gives the weighed maps.
func (s SE) Output() int {
	if s.Sum != None {
		return s.Sum
	}
	return s.Scale
}

// squeezeAndExcite returns the block whose product a layer is, nil for none.
func (v *view) squeezeAndExcite(l *layers.Layer) *SE {
	product, ok := l.Op.(*layers.ScaleChannels)
	if !ok || product.PerPixel {
		return nil
	}
	s := &SE{Scale: l.Index, Input: v.origin(l.Inputs[1]), Channels: l.Output.C, Sum: None}
	s.Excite = v.input(l)
	if !v.mixes(s.Excite) {
		return nil
	}
	s.Squeeze = v.input(v.Layers[s.Excite])
	if !v.mixes(s.Squeeze) {
		return nil
	}
	s.Squeezed = v.Layers[s.Squeeze].Output.C
	s.Pool = v.input(v.Layers[s.Squeeze])
	if s.Pool < 0 {
		return nil
	}
	if _, ok := v.Layers[s.Pool].Op.(*layers.AvgPool); !ok || v.input(v.Layers[s.Pool]) != s.Input {
		return nil
	}
	s.Sum = v.sumWith(s.Scale, s.Input)
	return s
}

// mixes reports a layer that combines all of its input's values: a 1×1 convolution of a single
// pixel, or a [connected].
func (v *view) mixes(i int) bool {
	if i < 0 {
		return false
	}
	if _, ok := v.Layers[i].Op.(*layers.Connected); ok {
		return true
	}
	c := v.convolution(i)
	return pointwise(c) && c.In.IsFlat()
}

// sumWith returns the [shortcut] that adds a product's own input to it, if it is the only reader.
func (v *view) sumWith(product, input int) int {
	if len(v.readers[product]) != 1 {
		return None
	}
	sum := v.Layers[v.readers[product][0]]
	if !plainSum(sum) {
		return None
	}
	if a, b := v.origin(sum.Inputs[0]), v.origin(sum.Inputs[1]); a == product && b == input || a == input && b == product {
		return sum.Index
	}
	return None
}

// plainSum reports a [shortcut] that adds two outputs as they are.
func plainSum(l *layers.Layer) bool {
	s, ok := l.Op.(*layers.Shortcut)
	return ok && len(l.Inputs) == 2 && s.Weights == nil
}
