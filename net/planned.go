package net

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"time"

	"github.com/ghostdark/ghostdark/kernels"
	"github.com/ghostdark/ghostdark/layers"
	"github.com/ghostdark/ghostdark/tensor"
)

// planned runs a plan, image after image. It agrees with plain up to rounding.
type planned struct {
	plan    *plan
	frame   *frame
	input   []float32 // a copy of an image with Slack behind it
	crew    *crew
	batch   int
	kept    []tensor.Tensor // by layer; without data where the output is not kept
	states  [][]float32     // by layer, image after image
	took    []time.Duration
	cleanup runtime.Cleanup
}

func newPlanned(n *Network, batch int, opt SessionOptions) (*planned, error) {
	p, err := n.planFor(opt)
	if err != nil {
		return nil, err
	}
	return execute(n, p, batch)
}

// execute makes what runs a prepared plan.
func execute(n *Network, p *plan, batch int) (*planned, error) {
	kept, threads := p.kept, p.threads
	x := &planned{plan: p, batch: batch, frame: &frame{}}
	need := int64(p.arena+n.Net.Input().Len()) + int64(threads)*int64(p.scratch)
	for i, l := range n.Layers {
		need = sumBytes(need, int64(tensor.Product(batch, l.State)))
		if kept[i] && batch > 1 {
			need = sumBytes(need, int64(tensor.Product(batch, l.Output.Len())))
		}
	}
	if need = min(need, math.MaxInt64/8) * 4; need > n.options.maxMemory() {
		return nil, tooMuchMemory(n, need)
	}
	arena := kernels.Huge(p.arena)
	x.frame.views = make([][]float32, len(p.homes))
	for v := range x.frame.views {
		if p.live(value(v)) {
			x.frame.views[v] = p.view(arena, value(v))
		}
	}
	x.input = kernels.Aligned(n.Net.Input().Len())
	x.frame.views[valueOf(layers.NetworkInput, planes)] = x.input
	x.kept = make([]tensor.Tensor, len(n.Layers))
	x.states = make([][]float32, len(n.Layers))
	x.took = make([]time.Duration, len(n.Layers))
	for i, l := range n.Layers {
		x.states[i] = make([]float32, batch*l.State)
		if !kept[i] {
			continue
		}
		x.kept[i] = tensor.Tensor{N: batch, Shape: l.Output, Data: x.frame.views[valueOf(i, planes)]}
		if batch > 1 {
			x.kept[i] = tensor.New(batch, l.Output)
		}
	}
	p.newPasses(x.frame)
	x.crew = newCrew(p, x.frame, threads)
	// A session that is dropped must not leave its helpers behind.
	x.cleanup = runtime.AddCleanup(x, (*crew).stop, x.crew)
	return x, nil
}

func tooMuchMemory(n *Network, need int64) error {
	return fmt.Errorf("%s: running it needs %s of memory, more than the limit of %s; use a smaller input or batch, or raise it with --max-memory",
		n.File.Name, formatBytes(need), formatBytes(n.options.maxMemory()))
}

func (x *planned) run(ctx context.Context, input tensor.Tensor, last int) error {
	clear(x.took)
	for image := range x.batch {
		copy(x.input, input.Image(image))
		for i, u := range x.plan.units {
			if u.first() > last {
				break
			}
			if err := ctx.Err(); err != nil {
				return fmt.Errorf("stopped before %s: %w", u.layer.Label(), err)
			}
			start := time.Now()
			if n := u.layer.State; n > 0 {
				x.frame.passes[u.layer.Index].State = x.states[u.layer.Index][image*n : (image+1)*n]
			}
			x.crew.run(i)
			x.took[max(u.first(), 0)] += time.Since(start) // the input counts with the first layer
		}
		if x.batch > 1 {
			for i := range x.kept[:last+1] {
				if x.kept[i].Data != nil {
					copy(x.kept[i].Image(image), x.frame.views[valueOf(i, planes)])
				}
			}
		}
	}
	return nil
}

func (x *planned) output(layer int) (tensor.Tensor, bool) {
	return x.kept[layer], x.kept[layer].Data != nil
}

func (x *planned) times() []time.Duration { return x.took }

func (x *planned) reset() {
	for _, s := range x.states {
		clear(s)
	}
}

func (x *planned) close() {
	x.crew.stop()
	x.cleanup.Stop() // it holds the plan
}
