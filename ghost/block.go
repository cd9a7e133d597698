package ghost

import (
	"fmt"
	"slices"

	"github.com/ghostdark/ghostdark/tensor"
)

// Block is a part of the network: a bottleneck, a ghost module that belongs to none, or layers
// in between, as far as one follows the other, the extents stay the same, and all or none of them
// belong to the head.
type Block struct {
	// Name is `bottleneck 1` or `module 1`, counted from 1, `stem` for what is before the first of
	// these and `head` for what is behind all of them, `layers 4–7` for others.
	Name string

	Bottleneck int // index of Analysis.Bottlenecks, None for other blocks
	Module     int // index of Analysis.Modules, None for other blocks
	Layers     []int
	Output     tensor.Shape // of the last layer
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
		for i := first; i < len(taken) && !taken[i] && a.alike(first, i); i++ {
			between.Layers = append(between.Layers, i)
		}
		take(between)
	}
	slices.SortFunc(blocks, func(a, b Block) int { return a.Layers[0] - b.Layers[0] })
	stem := len(a.Modules) > 0
	for i := range blocks {
		b := &blocks[i]
		stem = stem && b.Bottleneck == None && b.Module == None
		b.Name = a.name(b, stem)
	}
	return blocks
}

func (a *Analysis) name(b *Block, stem bool) string {
	first, last := b.Layers[0], b.Layers[len(b.Layers)-1]
	switch {
	case b.Bottleneck != None:
		return fmt.Sprintf("bottleneck %d", b.Bottleneck+1)
	case b.Module != None:
		return fmt.Sprintf("module %d", b.Module+1)
	case stem:
		return "stem"
	case a.roles[first] == Head:
		return "head"
	case first == last:
		return fmt.Sprintf("layer %d", first)
	default:
		return fmt.Sprintf("layers %d–%d", first, last)
	}
}

// alike compares the extents of two layers' outputs, and whether they belong to the head.
func (a *Analysis) alike(i, j int) bool {
	s, t := a.Graph.Shape(i), a.Graph.Shape(j)
	return s.H == t.H && s.W == t.W && (a.roles[i] == Head) == (a.roles[j] == Head)
}
