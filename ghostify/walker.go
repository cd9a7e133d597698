package ghostify

import (
	"github.com/ghostdark/ghostdark/layers"
	"github.com/ghostdark/ghostdark/net"
	"github.com/ghostdark/ghostdark/tensor"
)

// walker runs a network layer by layer, by the layers' own definitions, and keeps what later
// layers read. So the weights of a layer may change until it is its turn.
type walker struct {
	network *net.Network
	input   tensor.Tensor
	outputs []tensor.Tensor // of a batch as large as the input's; without Data where nobody needs them any more
	lastUse []int
}

func newWalker(n *net.Network, input tensor.Tensor) *walker {
	return &walker{network: n, input: input, outputs: make([]tensor.Tensor, len(n.Layers)), lastUse: n.LastUse()}
}

// step computes a layer by the given Op, which may be another than the layer's own.
func (w *walker) step(layer int, op layers.Op) tensor.Tensor {
	l := w.network.Layers[layer]
	for i := range layer {
		if w.lastUse[i] < layer && i < layer-1 {
			w.outputs[i].Data = nil
		}
	}
	out := tensor.New(w.input.N, l.Output)
	p := &layers.Pass{Out: out, Scratch: make([]float32, l.Scratch), State: make([]float32, w.input.N*l.State)}
	for _, in := range l.Inputs {
		p.In = append(p.In, w.output(in))
	}
	op.Forward(p)
	w.outputs[layer] = out
	return out
}

// output is what a layer gave, or the input.
func (w *walker) output(layer int) tensor.Tensor {
	if layer == layers.NetworkInput {
		return w.input
	}
	return w.outputs[layer]
}

// peak is the most memory in bytes that the outputs of a walk over one image take.
func peak(g *net.Graph) int64 {
	lastUse := g.LastUse()
	live, most := int64(0), int64(0)
	for i, l := range g.Layers {
		live += 4 * int64(l.Output.Len())
		most = max(most, live+4*int64(l.Scratch))
		for j := range i { // what step(i+1) lets go
			if end := max(lastUse[j], j+1); end == i {
				live -= 4 * int64(g.Layers[j].Output.Len())
			}
		}
	}
	return most
}
