package net

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/ghostdark/ghostdark/layers"
	"github.com/ghostdark/ghostdark/tensor"
)

// plain runs each layer's own forward pass, one after another: the definition of what a
// network computes.
type plain struct {
	network *Network
	outputs []tensor.Tensor // views into the buffers
	kept    []bool          // whether a layer's output survives the run
	passes  []layers.Pass
	took    []time.Duration
}

func newPlain(n *Network, batch int, opt SessionOptions) (*plain, error) {
	p := &plain{network: n, kept: n.keep(opt)}
	homes, sizes := n.assignBuffers(batch, p.kept)
	scratch, need := 0, int64(0)
	for _, l := range n.Layers {
		scratch = max(scratch, l.Scratch)
		need = sumBytes(need, 4*int64(tensor.Product(batch, l.State)))
	}
	for _, size := range append(sizes, scratch) {
		need = sumBytes(need, min(int64(size), math.MaxInt64/8)*4)
	}
	if need > n.options.maxMemory() {
		return nil, tooMuchMemory(n, need)
	}

	buffers := make([][]float32, len(sizes))
	for i, size := range sizes {
		buffers[i] = make([]float32, size)
	}
	shared := make([]float32, scratch)
	p.outputs = make([]tensor.Tensor, len(n.Layers))
	p.passes = make([]layers.Pass, len(n.Layers))
	p.took = make([]time.Duration, len(n.Layers))
	for i, l := range n.Layers {
		length := batch * l.Output.Len()
		p.outputs[i] = tensor.Tensor{N: batch, Shape: l.Output, Data: buffers[homes[i]][:length:length]}
		p.passes[i] = layers.Pass{
			In: make([]tensor.Tensor, len(l.Inputs)), Out: p.outputs[i],
			Scratch: shared[:l.Scratch:l.Scratch], State: make([]float32, batch*l.State),
		}
	}
	return p, nil
}

// keep tells which outputs must survive a run.
func (g *Graph) keep(opt SessionOptions) []bool {
	kept := make([]bool, len(g.Layers))
	for i := range kept {
		_, head := g.Layers[i].Op.(layers.Head)
		kept[i] = opt.KeepAll || head || i == g.Result() || slices.Contains(opt.Keep, i)
	}
	return kept
}

// assignBuffers gives each layer a buffer to write to, such that no buffer is written while
// its last content is still to be read or kept. It returns each layer's buffer and the
// buffers' sizes in values.
func (g *Graph) assignBuffers(batch int, kept []bool) (homes, sizes []int) {
	lastUse := g.LastUse()
	homes = make([]int, len(g.Layers))
	var free []int
	for i, l := range g.Layers {
		need := tensor.Product(batch, l.Output.Len())
		best := -1
		for at, home := range free {
			if best < 0 || better(sizes[home], sizes[free[best]], need) {
				best = at
			}
		}
		if best < 0 {
			free, sizes = append(free, len(sizes)), append(sizes, 0)
			best = len(free) - 1
		}
		homes[i] = free[best]
		sizes[homes[i]] = max(sizes[homes[i]], need)
		free = slices.Delete(free, best, best+1)
		for j := range i + 1 {
			if lastUse[j] == i && !kept[j] {
				free = append(free, homes[j])
			}
		}
	}
	return homes, sizes
}

// better reports whether a buffer of size a suits the need better than one of size b: the
// smallest that is large enough, else the largest.
func better(a, b, need int) bool {
	if (a >= need) != (b >= need) {
		return a >= need
	}
	if a >= need {
		return a < b
	}
	return a > b
}

func (p *plain) run(ctx context.Context, input tensor.Tensor, last int) error {
	for i, l := range p.network.Layers[:last+1] {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("stopped before %s: %w", l.Label(), err)
		}
		start := time.Now()
		pass := &p.passes[i]
		for k, from := range l.Inputs {
			if from == layers.NetworkInput {
				pass.In[k] = input
			} else {
				pass.In[k] = p.outputs[from]
			}
		}
		l.Op.Forward(pass)
		p.took[i] = time.Since(start)
	}
	return nil
}

func (p *plain) output(layer int) (tensor.Tensor, bool) { return p.outputs[layer], p.kept[layer] }

func (p *plain) times() []time.Duration { return p.took }

func (p *plain) reset() {
	for i := range p.passes {
		clear(p.passes[i].State)
	}
}

func (p *plain) close() {}
