package ghost

import (
	"fmt"
	"slices"

	"github.com/ghostdark/ghostdark/layers"
)

// Module is a ghost module: an ordinary convolution makes M maps (the primary one), a depthwise
// one makes S-1 ghosts of each of these, and a route joins both.
type Module struct {
	Primary, Cheap, Route int // layers
	GhostsFirst           bool

	C    int // channels that come in
	M    int // maps of the primary convolution
	N    int // maps in all, S·M
	S    int // ratio
	K, D int // sides of the primary's and of the cheap convolution's kernels
	H, W int // extents of the maps

	Cost  Cost // of the module
	Dense Cost // of the ordinary convolution of N maps that it stands for: S times the primary
}

// Layers lists the module's layers in order.
func (m Module) Layers() []int { return []int{m.Primary, m.Cheap, m.Route} }

// Saving gives the paper's r_s and r_c, counted: the multiply-adds of the dense convolution to those
// of the module, and the same of parameters, with biases and batch norm. The paper counts kernels
// only, see Formula.
func (m Module) Saving() (speedup, compression float64) { return Saving(m.Cost, m.Dense) }

// Formula is the paper's formula for r_s, and for r_c if only the weights of kernels count:
//
//	c·k·k / ((1/s)·c·k·k + ((s-1)/s)·d·d)
func (m Module) Formula() float64 {
	dense, s := float64(m.C*m.K*m.K), float64(m.S)
	return dense / (dense/s + (s-1)/s*float64(m.D*m.D))
}

// Approximation is what the paper makes of both formulas for d = k: s·c/(s+c-1), which is
// nearly s if there are many channels.
func (m Module) Approximation() float64 {
	return float64(m.S*m.C) / float64(m.S+m.C-1)
}

// module returns the ghost module that a route completes. If it is nil but looks like one, reason
// tells why it isn't.
//
// A module could be replaced by one convolution of n maps. So the cheap convolution reads what
// the primary one gives and keeps its extents, no map is mixed with another, the route has each
// exactly once and whole, and nobody else reads what only the module has.
func (v *view) module(l *layers.Layer) (m *Module, reason string) {
	route, ok := l.Op.(*layers.Route)
	if !ok || len(l.Inputs) < 2 {
		return nil, ""
	}
	from := make([]int, len(l.Inputs))
	for i, in := range l.Inputs {
		from[i] = v.origin(in)
	}
	primary, cheap, found := v.pair(from)
	if !found {
		return nil, ""
	}
	if len(from) > 2 {
		return nil, fmt.Sprintf("the route joins %d layers", len(from))
	}
	if route.Groups > 1 {
		return nil, "the route takes only a part of the maps"
	}
	a, b := v.convolution(primary), v.convolution(cheap)
	switch outside := v.outsideReader(primary, cheap, l.Index); {
	case a == nil || b == nil:
		return nil, "a convolution has xnor, antialiasing or share_index"
	case a.Groups > 1:
		return nil, fmt.Sprintf("the first convolution has %d groups", a.Groups)
	case b.Groups != a.Out.C:
		return nil, fmt.Sprintf("the second convolution has %d groups for %d maps", b.Groups, a.Out.C)
	case b.StrideX != 1 || b.StrideY != 1: // of a single pixel; otherwise the route would not join the two
		return nil, "the second convolution has a stride"
	case outside >= 0:
		return nil, fmt.Sprintf("layer %d reads one of the two convolutions, too", outside)
	}
	s := 1 + b.Out.C/a.Out.C
	m = &Module{
		Primary: primary, Cheap: cheap, Route: l.Index, GhostsFirst: from[0] == cheap,
		C: a.In.C, M: a.Out.C, N: s * a.Out.C, S: s, K: a.Size, D: b.Size, H: a.Out.H, W: a.Out.W,
		Cost:  costOf(v.Layers[primary]).Plus(costOf(v.Layers[cheap])),
		Dense: costOf(v.Layers[primary]).times(s),
	}
	return m, ""
}

// pair finds two of the layers that are convolutions, of which the second reads the first and has
// groups, or reads a single map.
func (v *view) pair(from []int) (primary, cheap int, found bool) {
	for _, cheap := range from {
		if cheap < 0 {
			continue
		}
		b, ok := v.Layers[cheap].Op.(*layers.Convolutional)
		if !ok || b.Groups == 1 && b.In.C > 1 {
			continue
		}
		primary := v.input(v.Layers[cheap])
		if primary < 0 || !slices.Contains(from, primary) {
			continue
		}
		if _, ok := v.Layers[primary].Op.(*layers.Convolutional); ok {
			return primary, cheap, true
		}
	}
	return 0, 0, false
}

// outsideReader is a layer that reads one of the two convolutions though it is no part of the
// module, None if there is none.
func (v *view) outsideReader(primary, cheap, route int) int {
	for _, i := range append(slices.Clone(v.readers[primary]), v.readers[cheap]...) {
		if i != cheap && i != route {
			return i
		}
	}
	return None
}
