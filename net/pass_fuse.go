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
	for at := 1; at < len(p.units); at++ {
		u, before := p.units[at], p.units[at-1]
		shortcut, ok := u.layer.Op.(*layers.Shortcut)
		conv := before.layer.Index
		if !ok || before.conv == nil || before.residual != none || shortcut.Weights != nil || len(u.inputs) != 2 ||
			u.inputs[0] != conv || readers[conv] != 1 || p.kept[conv] {
			continue
		}
		from := u.inputs[1]
		if p.graph.Shape(from) != u.layer.Output || from == layers.NetworkInput || !shortcut.Activation.Elementwise() {
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
		before.residual = from
		before.layer = u.layer
		before.fused = append(before.fused, conv)
		p.units = slices.Delete(p.units, at, at+1)
		at--
	}
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
