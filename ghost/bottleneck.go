package ghost

import (
	"slices"

	"github.com/ghostdark/ghostdark/layers"
)

// Bottleneck is a ghost bottleneck: a module that expands, one that projects, a shortcut around
// both, and in between what may halve and weigh the maps.
type Bottleneck struct {
	Expand, Project int // indexes of Analysis.Modules
	SE              int // index of Analysis.SE, None without
	Halve           int // the grouped convolution between the modules, None without
	Attention       int // the [sam] by which GhostNetV2 weighs the expanded maps, None without
	Shortcut        int // the [shortcut]
	// Branch are the convolutions on the shortcut's way; an identity has none. It begins at From, which is
	// Input or Halve.
	Branch []int
	From   int

	Input  int   // the layer whose maps come in, or layers.NetworkInput
	Layers []int // all layers of the bottleneck in order
	Stride int
}

// bottleneck returns the bottleneck whose sum a layer is, nil for none.
//
// One of the sum's inputs is a module of 1×1 convolutions, from which a chain of what a bottleneck
// may have in between leads back to another such module. The other input is the first module's
// own, or what one or two depthwise and 1×1 convolutions make of it or of the maps behind the
// halving. Nothing else comes in from outside.
func (a *Analysis) bottleneck(v *view, sum *layers.Layer) *Bottleneck {
	if !plainSum(sum) {
		return nil
	}
	for i, in := range sum.Inputs {
		project := a.freeModule(v.origin(in))
		if project < 0 {
			continue
		}
		b := &Bottleneck{Project: project, SE: None, Halve: None, Attention: None, Shortcut: sum.Index, Stride: 1}
		if !a.mainPath(v, b) || !a.branch(v, b, v.origin(sum.Inputs[1-i])) || !a.enclose(v, b) {
			continue
		}
		return b
	}
	return nil
}

// freeModule finds the module of a 1×1 convolution whose route a layer is, -1 for none or for one
// that another bottleneck has.
func (a *Analysis) freeModule(route int) int {
	return slices.IndexFunc(a.Modules, func(m Module) bool {
		return m.Route == route && pointwise(a.Graph.Layers[m.Primary].Op.(*layers.Convolutional)) && a.BottleneckOf(route) == None
	})
}

// BottleneckOf is the index of the bottleneck that a layer is in, None for none.
func (a *Analysis) BottleneckOf(layer int) int {
	for i, b := range a.Bottlenecks {
		if _, found := slices.BinarySearch(b.Layers, layer); found {
			return i
		}
	}
	return None
}

// mainPath goes back from the module that projects to the one that expands.
func (a *Analysis) mainPath(v *view, b *Bottleneck) bool {
	at := v.input(v.Layers[a.Modules[b.Project].Primary])
	for at >= 0 {
		if m := a.freeModule(at); m >= 0 {
			b.Expand = m
			b.Input = v.input(v.Layers[a.Modules[m].Primary])
			return true
		}
		se := slices.IndexFunc(a.SE, func(s SE) bool { return s.Output() == at })
		c := v.convolution(at)
		_, product := v.Layers[at].Op.(*layers.SAM)
		switch {
		case se >= 0 && b.SE == None:
			b.SE = se
			at = a.SE[se].Input
		case depthwise(c) && b.Halve == None:
			b.Halve, b.Stride = at, max(c.StrideX, c.StrideY)
			at = v.input(v.Layers[at])
		case product && b.Attention == None:
			b.Attention = at
			at = a.expanded(v, at)
		default:
			return false
		}
	}
	return false
}

// expanded is the input of a [sam] that a module gives, None if there is no such.
func (a *Analysis) expanded(v *view, sam int) int {
	for _, in := range v.Layers[sam].Inputs {
		if from := v.origin(in); a.freeModule(from) >= 0 {
			return from
		}
	}
	return None
}

// branch goes back from the shortcut's other input to what the bottleneck begins with, or to the
// maps that the halving gives.
func (a *Analysis) branch(v *view, b *Bottleneck, at int) bool {
	for {
		switch c := v.convolution(at); {
		case at == b.Input || at == b.Halve:
			b.From = at
			return true
		case len(b.Branch) == 2:
			return false
		case pointwise(c) || depthwise(c):
			b.Branch = append([]int{at}, b.Branch...)
			at = v.input(v.Layers[at])
		default:
			return false
		}
	}
}

// enclose collects all layers between the bottleneck's input and its sum, and reports whether
// nothing else comes in.
func (a *Analysis) enclose(v *view, b *Bottleneck) bool {
	inside := map[int]bool{}
	var visit func(i int) bool
	visit = func(i int) bool {
		if i == b.Input || inside[i] {
			return true
		}
		if i < b.Input || i < 0 {
			return false
		}
		inside[i] = true
		return !slices.ContainsFunc(v.Layers[i].Inputs, func(from int) bool { return !visit(from) })
	}
	if !visit(b.Shortcut) {
		return false
	}
	for i := range inside {
		b.Layers = append(b.Layers, i)
	}
	slices.Sort(b.Layers)
	modules := 0
	for _, m := range a.Modules {
		if inside[m.Route] {
			modules++
		}
	}
	return modules == 2
}
