// Package ghost finds what GhostNet is made of in a network's graph: ghost modules, ghost
// bottlenecks and squeeze-and-excite. It goes by what layers are and which ones they read, never by
// their place or their number, and tells what the parts cost and what they save.
//
// The paper is Han et al., "GhostNet: More Features from Cheap Operations", arXiv 1911.11907.
package ghost

import (
	"math"
	"slices"

	"github.com/ghostdark/ghostdark/layers"
	"github.com/ghostdark/ghostdark/net"
	"github.com/ghostdark/ghostdark/tensor"
)

// None stands for a layer that a structure doesn't have.
const None = -2 // layers.NetworkInput is -1

// Analysis is what Find has found. All numbers of layers are indexes of Graph.Layers.
type Analysis struct {
	Graph       *net.Graph
	Modules     []Module     // in the order of their routes
	SE          []SE         // in the order of their products
	Bottlenecks []Bottleneck // in the order of their sums
	// Lookalikes are routes that join a convolution with another one that reads it, and yet make
	// no ghost module.
	Lookalikes []Lookalike

	roles []Role // of each layer
}

// Lookalike is a layer that resembles a ghost module's route, and what is missing.
type Lookalike struct {
	Route  int
	Reason string
}

// Find analyses a graph without errors.
func Find(g *net.Graph) *Analysis {
	a := &Analysis{Graph: g}
	v := newView(g)
	for _, l := range g.Layers {
		m, reason := v.module(l)
		switch {
		case m != nil:
			a.Modules = append(a.Modules, *m)
		case reason != "":
			a.Lookalikes = append(a.Lookalikes, Lookalike{l.Index, reason})
		}
		if se := v.squeezeAndExcite(l); se != nil {
			a.SE = append(a.SE, *se)
		}
	}
	for _, l := range g.Layers {
		if b := a.bottleneck(v, l); b != nil {
			a.Bottlenecks = append(a.Bottlenecks, *b)
		}
	}
	a.assignRoles(v)
	return a
}

// Cost is the work for one image and the size of some layers.
type Cost struct {
	MACs       int64 `json:"multiply_adds"` // of convolutions and connected layers
	Parameters int64 `json:"parameters"`    // all that training learns: weights, biases, scales of batch norm
}

// Plus adds up. Sums stop at the largest number, as the costs of absurdly large layers do.
func (c Cost) Plus(d Cost) Cost {
	return Cost{plus(c.MACs, d.MACs), plus(c.Parameters, d.Parameters)}
}

func plus(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}

// times multiplies.
func (c Cost) times(n int) Cost {
	return Cost{int64(tensor.Product(int(c.MACs), n)), int64(tensor.Product(int(c.Parameters), n))}
}

func costOf(l *layers.Layer) Cost { return Cost{l.Cost.MACs, net.Parameters(l)} }

// CostOf sums up layers.
func (a *Analysis) CostOf(indexes ...int) Cost {
	var sum Cost
	for _, i := range indexes {
		sum = sum.Plus(costOf(a.Graph.Layers[i]))
	}
	return sum
}

// DenseOf is what layers would cost with an ordinary convolution in place of each ghost module
// whose convolutions are among them.
func (a *Analysis) DenseOf(indexes ...int) Cost {
	var sum Cost
	ordinary := slices.Clone(indexes)
	for _, m := range a.Modules {
		if slices.Contains(indexes, m.Primary) && slices.Contains(indexes, m.Cheap) {
			sum = sum.Plus(m.Dense)
			ordinary = slices.DeleteFunc(ordinary, func(i int) bool { return i == m.Primary || i == m.Cheap })
		}
	}
	return sum.Plus(a.CostOf(ordinary...))
}

// All lists all layers.
func (a *Analysis) All() []int {
	all := make([]int, len(a.Graph.Layers))
	for i := range all {
		all[i] = i
	}
	return all
}

// Saving compares layers with their dense twin: r_s, the ratio of multiply-adds, and r_c, that of
// parameters.
func Saving(cost, dense Cost) (speedup, compression float64) {
	return ratio(dense.MACs, cost.MACs), ratio(dense.Parameters, cost.Parameters)
}

// ratio is 1 of nothing to nothing, as with dontload=1.
func ratio(dense, cost int64) float64 {
	if dense == cost {
		return 1
	}
	return float64(dense) / float64(cost)
}
