package net

import (
	"slices"

	"github.com/ghostdark/ghostdark/layers"
	"github.com/ghostdark/ghostdark/tensor"
)

// aliasViews gives no memory of its own to what is an uninterrupted part of its input:
// dropout, empty and routes of a single layer. Their units vanish.
func aliasViews(p *plan) {
	p.units = slices.DeleteFunc(p.units, func(u *unit) bool {
		offset := 0
		switch op := u.layer.Op.(type) {
		case layers.Identity:
		case *layers.Route:
			var shapes []tensor.Shape
			for _, i := range u.inputs {
				shapes = append(shapes, p.graph.Shape(i))
			}
			var ok bool
			if offset, ok = op.View(shapes); !ok {
				return false
			}
		default:
			return false
		}
		if u.inputs[0] == layers.NetworkInput {
			return false
		}
		p.homes[u.layer.Index] = home{parent: u.inputs[0], offset: offset}
		return true
	})
}

// placeRoutes makes the inputs of a route parts of its output, so that their units write there
// and the route has nothing to do. An input that lies inside another layer's output, or twice
// in the same route, stays and is copied.
func placeRoutes(p *plan) {
	for _, u := range p.units {
		route, ok := u.layer.Op.(*layers.Route)
		if !ok || route.Groups != 1 {
			continue
		}
		offset := 0
		for _, i := range u.inputs {
			if i != layers.NetworkInput {
				root, at := p.resolve(i)
				if root != u.layer.Index && at == 0 && p.length(root) == p.length(i) {
					p.homes[root] = home{parent: u.layer.Index, offset: offset}
				}
			}
			offset += p.graph.Shape(i).Len()
		}
	}
}

// placed reports whether input i of a route already lies at the offset in its output.
func (p *plan) placed(route, input, offset int) bool {
	if input == layers.NetworkInput {
		return false
	}
	rootOut, atOut := p.resolve(route)
	rootIn, atIn := p.resolve(input)
	return rootOut == rootIn && atIn == atOut+offset
}
