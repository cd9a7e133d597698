package ghost

import (
	"fmt"
	"slices"

	"github.com/ghostdark/ghostdark/tensor"
)

// Block is a part of the network: a bottleneck, a ghost module that belongs to none, or layers
// in between, as far as one follows the other and the extents stay the same.
type Block struct {
	Bottleneck int // index of Analysis.Bottlenecks, None for other blocks
	Module     int // index of Analysis.Modules, None for other blocks
	Layers     []int
	Output     tensor.Shape // of the last layer
}

// Name calls a bottleneck or a module by its number, from 1, and other layers by their indexes.
func (b Block) Name() string {
	switch first, last := b.Layers[0], b.Layers[len(b.Layers)-1]; {
	case b.Bottleneck != None:
		return fmt.Sprintf("bottleneck %d", b.Bottleneck+1)
	case b.Module != None:
		return fmt.Sprintf("module %d", b.Module+1)
	case first == last:
		return fmt.Sprintf("layer %d", first)
	default:
		return fmt.Sprintf("layers %d–%d", first, last)
	}
}

// Blocks divides all layers, each of which is in one block, in the order of their first layers.
func (a *Analysis) Blocks() []Block {
	taken := make([]bool, len(a.Graph.Layers))
	var blocks []Block
	take := func(b Block) {
		b.Layers = slices.DeleteFunc(slices.Clone(b.Layers), func(i int) bool { return taken[i] })
		for _, i := range b.Layers {
			taken[i] = true
		}
		if len(b.Layers) > 0 {
			b.Output = a.Graph.Shape(b.Layers[len(b.Layers)-1])
			blocks = append(blocks, b)
		}
	}
	for i, b := range a.Bottlenecks {
		take(Block{Bottleneck: i, Module: None, Layers: b.Layers})
	}
	for i, m := range a.Modules {
		take(Block{Bottleneck: None, Module: i, Layers: m.Layers()})
	}
	for first := 0; first < len(taken); first++ {
		between := Block{Bottleneck: None, Module: None}
		for i := first; i < len(taken) && !taken[i] && a.sameExtents(first, i); i++ {
			between.Layers = append(between.Layers, i)
		}
		take(between)
	}
	slices.SortFunc(blocks, func(a, b Block) int { return a.Layers[0] - b.Layers[0] })
	return blocks
}

// sameExtents compares two layers' outputs.
func (a *Analysis) sameExtents(i, j int) bool {
	s, t := a.Graph.Shape(i), a.Graph.Shape(j)
	return s.H == t.H && s.W == t.W
}
