// Package rewrite changes a network's cfg and weights together, so that they go on fitting each
// other: it folds batch norm into the weights and cuts a network at a layer. Of the cfg's text all is
// kept that doesn't have to go.
package rewrite

import (
	"fmt"
	"math"

	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/layers"
	"github.com/ghostdark/ghostdark/net"
	"github.com/ghostdark/ghostdark/weights"
)

// Options say what to change.
type Options struct {
	// Fold makes batch norm part of the weights and biases, as darknet does when it has loaded
	// them for detection.
	Fold bool
	// Cut keeps only the layers with an index below it; 0 keeps all.
	Cut int
}

// Result is a network to be written.
type Result struct {
	Cfg   []byte
	Slots []*weights.Slot // in the order of the weights file
	// Folded are the layers that had batch norm and have none any more; Left those that still
	// have it, and why.
	Folded []*layers.Layer
	Left   []Left
}

// Left is a layer whose batch norm can't be folded.
type Left struct {
	Layer  *layers.Layer
	Reason string
}

// Apply changes a network. Its own arrays stay as they are; those of the result are copies where
// they differ.
func Apply(n *net.Network, opt Options) (*Result, error) {
	if opt.Cut < 0 || opt.Cut > len(n.Layers) {
		return nil, fmt.Errorf("%s: can't be cut at layer %d: it has %d layers", n.File.Name, opt.Cut, len(n.Layers))
	}
	end := opt.Cut
	if end == 0 {
		end = len(n.Layers)
	}
	f := folding{replaced: map[*weights.Slot]*weights.Slot{}}
	if opt.Fold {
		for _, l := range n.Layers[:end] {
			f.layer(l)
		}
	}
	r := &Result{Folded: f.folded, Left: f.left}
	for _, l := range n.Layers[:end] {
		for _, s := range l.Slots {
			if other, changed := f.replaced[s]; changed {
				s = other
			}
			if s != nil {
				r.Slots = append(r.Slots, s)
			}
		}
	}
	text := n.File.Edit()
	for _, l := range f.folded {
		for _, key := range []string{"batch_normalize", "cbn", "dontloadscales"} {
			text.Remove(l.Section, key)
		}
	}
	if end < len(n.Layers) {
		text.Cut(n.Layers[end].Section)
	}
	r.Cfg = text.Bytes()
	return r, r.check(n)
}

// check holds that the new cfg asks for the new arrays.
func (r *Result) check(n *net.Network) error {
	file, diags := cfg.Parse(n.File.Name, r.Cfg)
	g := net.Build(file, diags, net.Options{Width: n.Net.Width, Height: n.Net.Height})
	slots := g.Slots()
	fits := g.Err() == nil && len(slots) == len(r.Slots)
	for i := 0; fits && i < len(slots); i++ {
		a, b := slots[i], r.Slots[i]
		fits = a.Layer == b.Layer && a.Name == b.Name && a.Rows == b.Rows && a.Cols == b.Cols && a.Order == b.Order
	}
	if !fits {
		return fmt.Errorf("%s: the changed cfg doesn't fit the changed weights; this is a fault of the program: please report it together with the file", n.File.Name)
	}
	return nil
}

// finite reports whether all values are numbers that a weights file may hold.
func finite(values []float32) bool {
	for _, v := range values {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			return false
		}
	}
	return true
}
