package ghost

import (
	"slices"

	"github.com/ghostdark/ghostdark/layers"
	"github.com/ghostdark/ghostdark/net"
)

// view is a graph seen without the layers that only pass their input on: routes of a single
// layer, [dropout] and [empty].
type view struct {
	*net.Graph
	readers [][]int // of each layer: those that read it, directly or through layers that pass it on
}

func newView(g *net.Graph) *view {
	v := &view{g, make([][]int, len(g.Layers))}
	for _, l := range g.Layers {
		if passesOn(l) {
			continue
		}
		for _, from := range l.Inputs {
			if from = v.origin(from); from >= 0 && !slices.Contains(v.readers[from], l.Index) {
				v.readers[from] = append(v.readers[from], l.Index)
			}
		}
	}
	return v
}

// passesOn reports that a layer's output is its only input.
func passesOn(l *layers.Layer) bool {
	switch op := l.Op.(type) {
	case *layers.Route:
		return len(l.Inputs) == 1 && op.Groups == 1
	case layers.Identity:
		return true
	}
	return false
}

// origin is the layer that computes what a layer passes on.
func (v *view) origin(i int) int {
	for i >= 0 && passesOn(v.Layers[i]) {
		i = v.Layers[i].Inputs[0]
	}
	return i
}

// input is the origin of a layer's only or first input.
func (v *view) input(l *layers.Layer) int { return v.origin(l.Inputs[0]) }

// convolution returns a layer's convolution if it is a plain one: nil for other types, for binary
// arithmetic (xnor), where a blur follows (antialiasing), and where the weights are another
// layer's (share_index), from which it can't be parted.
func (v *view) convolution(i int) *layers.Convolutional {
	if i < 0 {
		return nil
	}
	l := v.Layers[i]
	c, ok := l.Op.(*layers.Convolutional)
	if !ok || c.XNOR || c.Blur != nil || len(l.Slots)+len(l.Unstored) == 0 {
		return nil
	}
	return c
}

// pointwise reports a convolution of 1×1 and stride 1 over all channels.
func pointwise(c *layers.Convolutional) bool {
	return c != nil && c.Size == 1 && c.Groups == 1 && c.StrideX == 1 && c.StrideY == 1 && c.Padding == 0
}

// depthwise reports a convolution in which no output channel reads, or no input channel serves, more
// than one group: with as many groups as channels come in or go out.
func depthwise(c *layers.Convolutional) bool {
	return c != nil && c.Groups > 1 && (c.Groups == c.In.C || c.Groups == c.Out.C)
}
