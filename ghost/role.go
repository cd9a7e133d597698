package ghost

import (
	"slices"

	"github.com/ghostdark/ghostdark/layers"
)

// Role says what a layer is there for.
type Role int

// The roles. Each layer has one, the first that fits.
const (
	Primary     Role = iota // the primary convolution of a ghost module
	Cheap                   // the cheap convolution of a ghost module
	Squeeze                 // part of squeeze-and-excite
	Depthwise               // another convolution with as many groups as channels come in or go out
	Head                    // behind all ghost modules: classifier, or neck and heads of a detector
	Convolution             // another convolution: stem, shortcuts, networks without ghost modules
	Other                   // what is no convolution
	roles
)

// Roles lists all roles.
func Roles() []Role {
	all := make([]Role, roles)
	for i := range all {
		all[i] = Role(i)
	}
	return all
}

var roleNames = [roles]string{"primary", "cheap", "SE", "depthwise", "head", "convolution", "other"}

// String names the role.
func (r Role) String() string { return roleNames[r] }

// Role is what a layer is there for.
func (a *Analysis) Role(layer int) Role { return a.roles[layer] }

// ByRole sums up the costs of layers by their roles. The sums add up to CostOf.
func (a *Analysis) ByRole(indexes ...int) []Cost {
	sums := make([]Cost, roles)
	for _, i := range indexes {
		sums[a.roles[i]] = sums[a.roles[i]].Plus(costOf(a.Graph.Layers[i]))
	}
	return sums
}

func (a *Analysis) assignRoles(v *view) {
	a.roles = make([]Role, len(v.Layers))
	head := a.behindModules()
	for i, l := range v.Layers {
		c, convolves := l.Op.(*layers.Convolutional)
		switch {
		case depthwise(c):
			a.roles[i] = Depthwise
		case head[i]:
			a.roles[i] = Head
		case convolves:
			a.roles[i] = Convolution
		default:
			a.roles[i] = Other
		}
	}
	for _, s := range a.SE {
		for _, i := range s.Layers() {
			a.roles[i] = Squeeze
		}
	}
	for _, m := range a.Modules {
		a.roles[m.Primary], a.roles[m.Cheap] = Primary, Cheap
	}
}

// behindModules marks the layers that read, directly or not, what a module or a bottleneck gives, and
// that no module reads.
func (a *Analysis) behindModules() []bool {
	n := len(a.Graph.Layers)
	after, before := make([]bool, n), make([]bool, n)
	reads := func(l *layers.Layer, from []bool) bool {
		return slices.ContainsFunc(l.Inputs, func(i int) bool { return i >= 0 && from[i] })
	}
	for _, m := range a.Modules {
		after[m.Route] = true
		before[m.Primary], before[m.Cheap], before[m.Route] = true, true, true
	}
	for _, b := range a.Bottlenecks {
		for _, i := range b.Layers {
			before[i] = true
		}
	}
	for _, l := range a.Graph.Layers {
		after[l.Index] = after[l.Index] || reads(l, after)
	}
	for _, l := range slices.Backward(a.Graph.Layers) {
		if !before[l.Index] {
			continue
		}
		for _, i := range l.Inputs {
			if i >= 0 {
				before[i] = true
			}
		}
	}
	for i := range after {
		after[i] = after[i] && !before[i]
	}
	return after
}
