package net

import "github.com/ghostdark/ghostdark/layers"

// chooseLayouts gives each unit the layout that its kernel wants, and puts units between them
// that turn a value into the other layout where a reader wants that.
func chooseLayouts(p *plan) {
	l := layoutChoice{plan: p, known: make([]bool, len(p.graph.Layers)*int(layouts)+int(layouts))}
	p.homes = make([]home, len(l.known))
	for v := range p.homes {
		p.homes[v].parent = nothing
	}
	l.known[valueOf(layers.NetworkInput, planes)] = true
	for _, u := range p.units {
		in, out := l.wanted(u)
		for _, i := range u.inputs {
			u.from = append(u.from, l.want(i, in))
		}
		if u.residual != none {
			u.add = l.want(u.residual, out)
		}
		u.out = valueOf(u.layer.Index, out)
		l.known[u.out] = true
		l.units = append(l.units, u)
		if p.kept[u.layer.Index] {
			l.want(u.layer.Index, planes)
		}
	}
	p.units = l.units
}

// layoutChoice is the work of chooseLayouts: the units so far, and the values they make.
type layoutChoice struct {
	*plan
	units []*unit
	known []bool
}

// want makes sure that a layer's output exists in a layout. A single pixel is the same in both.
func (l *layoutChoice) want(layer int, in layout) value {
	v := valueOf(layer, in)
	if l.known[v] {
		return v
	}
	l.known[v] = true
	other := valueOf(layer, 1-in)
	if layer != layers.NetworkInput && l.shape(v).IsFlat() {
		l.homes[v] = home{parent: other}
		return v
	}
	u := &unit{layer: &layers.Layer{Index: layers.NetworkInput, Output: l.shape(v)}, residual: none, add: nothing, from: []value{other}, out: v, turn: true}
	if layer != layers.NetworkInput {
		u.layer = l.graph.Layers[layer]
	}
	l.units = append(l.units, u)
	return v
}

// wanted tells which layout a unit reads and which it writes.
func (l *layoutChoice) wanted(u *unit) (in, out layout) {
	if l.set == nil {
		return planes, planes
	}
	if _, ok := u.joins(); ok {
		for _, i := range u.inputs {
			if l.known[valueOf(i, pixels)] {
				return pixels, pixels
			}
		}
		return planes, planes
	}
	if u.conv != nil {
		if method, spec := l.convMethod(u); method == byMatrix && spec.TakesPlanes() && !l.known[valueOf(u.inputs[0], pixels)] {
			return planes, pixels
		}
		return pixels, pixels
	}
	switch u.layer.Op.(type) {
	case *layers.Connected:
		if l.connected(u) != nil {
			return planes, pixels // its inputs are numbered plane by plane
		}
	case activator, *layers.Softmax: // each plane for itself, or all values in their order
	default:
		if l.kernelStep(u) != nil {
			return pixels, pixels
		}
	}
	return planes, planes
}
