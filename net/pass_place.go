package net

import (
	"slices"

	"github.com/ghostdark/ghostdark/kernels"
	"github.com/ghostdark/ghostdark/layers"
)

// joins is the route that the unit is: dropout and empty are routes of one layer.
func (u *unit) joins() (*layers.Route, bool) {
	if u.turn {
		return nil, false
	}
	if _, ok := u.layer.Op.(layers.Identity); ok {
		return &layers.Route{Groups: 1}, true
	}
	route, ok := u.layer.Op.(*layers.Route)
	return route, ok
}

// aliasViews gives no memory of its own to what is an uninterrupted part of its input:
// dropout, empty and routes of a single layer. Their units vanish.
func aliasViews(p *plan) {
	p.units = slices.DeleteFunc(p.units, func(u *unit) bool {
		route, ok := u.joins()
		if !ok || len(u.inputs) != 1 || u.inputs[0] == layers.NetworkInput {
			return false
		}
		first, _ := route.Part(p.shape(u.from[0]).C)
		p.homes[u.out] = home{parent: u.from[0], offset: first}
		return true
	})
}

// placeRoutes makes the inputs of a route parts of its output, so that their units write there
// and the route has nothing to do. An input that lies inside another value, or twice in the
// same route, stays and is copied; so does one that a kernel would overwrite which rounds up
// the channels of the input before it.
func placeRoutes(p *plan) {
	for _, u := range p.units {
		route, ok := u.joins()
		if !ok || route.Groups != 1 {
			continue
		}
		var before []span
		offset := 0
		for _, v := range u.from {
			channels := p.shape(v).C
			root, at := p.resolve(v)
			s := p.span(root, offset)
			s.placed = v.layer() != layers.NetworkInput && v.layout() == u.out.layout() && root != u.out && at == 0 && p.shape(root).C == channels &&
				!slices.ContainsFunc(before, func(earlier span) bool { return earlier.harms(s) })
			if s.placed {
				p.homes[root] = home{parent: u.out, offset: offset}
			} else {
				s.end = offset + kernels.RoundUp(channels)
			}
			before = append(before, s)
			offset += channels
		}
	}
}

// span is what one input of a route occupies of its output.
type span struct {
	begin, end  int  // channels, and how far its units may write
	first, last int  // units that write it
	placed      bool // or else it is copied by the route
}

// span gives what a root with all that lies in it would occupy at an offset.
func (p *plan) span(root value, offset int) span {
	s := span{begin: offset, end: offset, first: len(p.units)}
	for i, u := range p.units {
		if r, at := p.resolve(u.out); r == root {
			s.first, s.last = min(s.first, i), max(s.last, i)
			s.end = max(s.end, offset+at+kernels.RoundUp(p.shape(u.out).C))
		}
	}
	return s
}

// harms reports whether writing s may overwrite what the later part has got by then.
func (s span) harms(later span) bool {
	return s.end > later.begin && (!s.placed || s.last >= later.first)
}

// placed reports whether input v of a route already lies at the offset in its output.
func (p *plan) placed(route, v value, offset int) bool {
	rootOut, atOut := p.resolve(route)
	rootIn, atIn := p.resolve(v)
	return rootOut == rootIn && atIn == atOut+offset
}

// allPlaced reports whether a route has nothing to copy.
func (p *plan) allPlaced(u *unit, route *layers.Route) bool {
	offset := 0
	for _, v := range u.from {
		if route.Groups != 1 || !p.placed(u.out, v, offset) {
			return false
		}
		offset += p.shape(v).C
	}
	return true
}
