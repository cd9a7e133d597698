package ghostify

import (
	"fmt"

	"github.com/ghostdark/ghostdark/kernels"
	"github.com/ghostdark/ghostdark/layers"
	"github.com/ghostdark/ghostdark/net"
	"github.com/ghostdark/ghostdark/weights"
)

// transfer gives the rewritten network the weights of the old one, with channels in their new
// order. The cheap convolutions get zeros.
func (r *Rewrite) transfer(old *net.Network, permuted [][]int) (*net.Network, error) {
	return r.After.Fill(old.Header, func() error {
		module := map[int]Module{}
		for _, m := range r.Modules {
			module[m.Layer] = m
		}
		for i, l := range r.Before.Layers {
			m, isModule := module[i]
			now := r.After.Layers[r.first[i]]
			t := mover{graph: r.Before, layer: l, out: permuted[i]}
			if isModule {
				t.out = t.out[m.Ghosts():]
				blank(r.After.Layers[r.first[i]+atCheap].Op.(*layers.Convolutional))
			}
			if len(l.Inputs) > 0 && l.Inputs[0] != layers.NetworkInput {
				t.in = permuted[l.Inputs[0]]
			}
			t.move(now)
		}
		return nil
	})
}

// blank sets a convolution to zero, with a batch norm that passes everything on.
func blank(conv *layers.Convolutional) {
	for _, s := range []*weights.Slot{conv.Biases, conv.Scales, conv.Mean, conv.Variance, conv.Weights} {
		if s != nil {
			s.Data = make([]float32, s.Len())
		}
	}
	if conv.Scales != nil {
		for i := range conv.Scales.Data {
			conv.Scales.Data[i], conv.Variance.Data[i] = 1, 1-kernels.BatchNormEpsilon
		}
	}
}

// mover copies the arrays of one layer.
type mover struct {
	graph   *net.Graph
	layer   *layers.Layer // the old one
	out, in []int         // the old channel of each new one, of its output and of its first input; nil where none moves
}

// move fills the arrays of the new layer.
func (m *mover) move(now *layers.Layer) {
	if len(m.layer.Slots) != len(now.Slots) {
		panic(fmt.Sprintf("BUG: ghostify: %s became %s", m.layer.Label(), now.Label()))
	}
	for k, s := range m.layer.Slots {
		to := now.Slots[k]
		to.Data = m.array(s, to)
	}
}

// array returns the values of an old array in their new order.
func (m *mover) array(s, to *weights.Slot) []float32 {
	switch op := m.layer.Op.(type) {
	case *layers.Convolutional:
		switch {
		case s != op.Weights:
			return pick(s.Data, m.out, 1)
		case op.Groups > 1:
			return pick(s.Data, m.out, s.Cols)
		}
		return columns(pick(s.Data, m.out, s.Cols), s.Cols, m.in, op.Size*op.Size)
	case *layers.Connected:
		if s != op.Weights {
			return pick(s.Data, m.out, 1)
		}
		plane := m.graph.Shape(m.layer.Inputs[0]).Plane()
		return columns(pick(s.Data, m.out, s.Cols), s.Cols, m.in, plane)
	case *layers.BatchNorm:
		return pick(s.Data, m.out, 1)
	case *layers.Implicit:
		return pick(s.Data, m.out, s.Cols)
	case *layers.Shortcut:
		if op.PerChannel {
			return columns(s.Data, s.Cols, m.out, 1)
		}
	}
	if len(s.Data) != to.Len() {
		panic("BUG: ghostify: an array has changed its length")
	}
	return s.Data
}

// pick returns runs of n values in the given order.
func pick(values []float32, order []int, n int) []float32 {
	picked := make([]float32, 0, len(order)*n)
	for _, i := range order {
		picked = append(picked, values[i*n:(i+1)*n]...)
	}
	return picked
}

// columns brings runs of n values of each row into the given order, nil for the one they have.
func columns(values []float32, cols int, order []int, n int) []float32 {
	if order == nil {
		return values
	}
	moved := make([]float32, 0, len(values))
	for row := 0; row < len(values); row += cols {
		moved = append(moved, pick(values[row:row+cols], order, n)...)
	}
	return moved
}
