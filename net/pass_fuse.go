package net

import (
	"slices"

	"github.com/ghostdark/ghostdark/kernels"
	"github.com/ghostdark/ghostdark/layers"
)

// fuseShortcuts lets a convolution add what the shortcut behind it adds, where nothing else
// reads the convolution's own output and one of the two activations is linear.
func fuseShortcuts(p *plan) {
	readers := p.readers()
	alone := func(layer int) bool { return readers[layer] == 1 && !p.kept[layer] }
	for at := 1; at < len(p.units); at++ {
		u := p.units[at]
		shortcut, ok := u.layer.Op.(*layers.Shortcut)
		if !ok || shortcut.Weights != nil || len(u.inputs) != 2 {
			continue
		}
		// Dropout in between does nothing.
		first := at - 1
		for first > 0 && p.units[first].passes() && p.units[first].layer.Index == u.inputs[0] && alone(u.inputs[0]) &&
			p.units[first].inputs[0] == p.units[first-1].layer.Index {
			u.inputs[0] = p.units[first].inputs[0]
			first--
		}
		before, conv := p.units[first], p.units[first].layer.Index
		from := u.inputs[1]
		if before.conv == nil || before.residual != none || u.inputs[0] != conv || !alone(conv) ||
			p.graph.Shape(from) != u.layer.Output || from == layers.NetworkInput || !shortcut.Activation.Elementwise() {
			continue
		}
		switch {
		case shortcut.Activation == kernels.Linear:
			before.addLast = true
		case before.activation == kernels.Linear:
			before.activation = shortcut.Activation
		default:
			continue
		}
		for _, passed := range p.units[first:at] {
			before.fused = append(before.fused, passed.layer.Index)
		}
		before.residual = from
		before.layer = u.layer
		p.units = slices.Delete(p.units, first+1, at+1)
		at = first
	}
}

// passes reports whether the unit's output is its input: dropout and empty sections.
func (u *unit) passes() bool {
	_, ok := u.layer.Op.(layers.Identity)
	return ok
}

// dropDead leaves out units whose output nobody reads or keeps.
func dropDead(p *plan) {
	for {
		readers := p.readers()
		before := len(p.units)
		p.units = slices.DeleteFunc(p.units, func(u *unit) bool {
			return readers[u.layer.Index] == 0 && !p.kept[u.layer.Index] && u.layer.State == 0
		})
		if len(p.units) == before {
			return
		}
	}
}
