package ghostify

import (
	"slices"

	"github.com/ghostdark/ghostdark/layers"
	"github.com/ghostdark/ghostdark/net"
)

// A module makes its maps in an order of its own: the ghosts of the first intrinsic map, those
// of the second, …, then the intrinsic maps. To choose freely which maps are intrinsic and which
// one each ghost is made from, channels must change places, and whatever reads them must follow:
// a convolution with its weights, a route with the place of a part, a shortcut with the order of
// the other summand, so that the layer that made that one must follow, too.
//
// So channels are put into classes. Two channels are of one class when a layer ties them: what
// a shortcut adds, what a depthwise convolution makes of a map, the same map in a route. A change
// of order is a permutation of classes, and every layer has its channels in the order of their
// classes. A class is pinned when something depends on the place of its channels: the network's
// result, a head, a convolution in groups.
type order struct {
	graph  *net.Graph
	offset []int // of each layer's channels among all
	parent []int // union-find over all channels
	pinned []bool
	shared map[int]bool // layers with weights that another layer uses

	classes   [][]int     // by layer: the class of each channel, as a root of the union
	signature map[int]int // by class
}

// newOrder finds the classes of a network's channels.
func newOrder(g *net.Graph) *order {
	o := &order{graph: g, shared: sharing(g), signature: map[int]int{}}
	total := 0
	for _, l := range g.Layers {
		o.offset = append(o.offset, total)
		total += l.Output.C
	}
	o.parent, o.pinned = make([]int, total), make([]bool, total)
	for i := range o.parent {
		o.parent[i] = i
	}
	for _, l := range g.Layers {
		o.tieLayer(l)
	}
	o.pinOutput(g.Result())
	for i, l := range g.Layers {
		list := make([]int, l.Output.C)
		for c := range list {
			list[c] = o.find(o.offset[i] + c)
		}
		o.classes = append(o.classes, list)
	}
	o.sign()
	return o
}

func (o *order) find(channel int) int {
	for o.parent[channel] != channel {
		o.parent[channel] = o.parent[o.parent[channel]]
		channel = o.parent[channel]
	}
	return channel
}

// tie puts n channels of two layers into common classes, from the given ones on. The network's
// input has no order to change, so what is tied to it is pinned.
func (o *order) tie(a, firstA, b, firstB, n int) {
	for c := range n {
		switch {
		case a == layers.NetworkInput && b == layers.NetworkInput:
		case a == layers.NetworkInput:
			o.pin(o.offset[b] + firstB + c)
		case b == layers.NetworkInput:
			o.pin(o.offset[a] + firstA + c)
		default:
			x, y := o.find(o.offset[a]+firstA+c), o.find(o.offset[b]+firstB+c)
			o.parent[y] = x
			o.pinned[x] = o.pinned[x] || o.pinned[y]
		}
	}
}

func (o *order) pin(channel int) { o.pinned[o.find(channel)] = true }

func (o *order) pinOutput(layer int) {
	if layer == layers.NetworkInput {
		return
	}
	for c := range o.graph.Layers[layer].Output.C {
		o.pin(o.offset[layer] + c)
	}
}

// tieLayer notes what a layer says of the order of its channels and of its inputs'.
func (o *order) tieLayer(l *layers.Layer) {
	i, out := l.Index, l.Output.C
	same := func(inputs ...int) {
		for _, in := range inputs {
			o.tie(i, 0, in, 0, min(out, o.graph.Shape(in).C))
		}
	}
	switch op := l.Op.(type) {
	case *layers.Convolutional:
		switch {
		case o.shared[l.Index]:
			o.pinLayer(l)
		case op.Groups == 1: // follows by its weights
		case op.Groups == op.In.C && op.Out.C == op.In.C:
			same(l.Inputs...)
		default:
			o.pinLayer(l)
		}
	case *layers.Connected, *layers.Implicit: // follow by their weights
	case layers.Identity, *layers.Activation, *layers.BatchNorm, *layers.MaxPool, *layers.AvgPool, *layers.LocalAvgPool,
		*layers.Upsample, *layers.Crop, *layers.L2Norm, *layers.SAM, *layers.Shortcut:
		same(l.Inputs...)
	case *layers.ScaleChannels:
		same(l.Inputs[1])
		if !op.PerPixel {
			same(l.Inputs[0])
		}
	case *layers.Route:
		at := 0
		for _, in := range l.Inputs {
			first, count := op.Part(o.graph.Shape(in).C)
			o.tie(i, at, in, first, count)
			at += count
		}
	default:
		o.pinLayer(l)
	}
}

// pinLayer lets neither the layer's channels nor those that it reads change places.
func (o *order) pinLayer(l *layers.Layer) {
	o.pinOutput(l.Index)
	for _, in := range l.Inputs {
		o.pinOutput(in)
	}
}

// sign gives classes the same signature when they may change places with each other: they have
// as many channels in every layer, and aren't pinned.
func (o *order) sign() {
	type step struct{ before, layer, count int }
	known := map[step]int{}
	next := 1
	for i, list := range o.classes {
		count := map[int]int{}
		for _, class := range list {
			count[class]++
		}
		for class, n := range count {
			s := step{o.signature[class], i, n}
			if known[s] == 0 {
				known[s] = next
				next++
			}
			o.signature[class] = known[s]
		}
	}
	for channel, pinned := range o.pinned {
		if o.parent[channel] == channel && pinned {
			o.signature[channel] = -1 - channel
		}
	}
}

// space are layers that are to become modules and have the same classes, so that their maps
// must have the same order.
type space struct {
	layers []int
	cells  []int // by channel: those with the same number may change places
}

// spaces groups the chosen layers.
func (o *order) spaces(chosen []int) []*space {
	var all []*space
	home := map[int]*space{} // by class
	frozen := map[*space]bool{}
	for _, i := range chosen {
		list := o.classes[i]
		if met := home[list[0]]; met != nil && slices.Equal(o.classes[met.layers[0]], list) {
			met.layers = append(met.layers, i)
			continue
		}
		s := &space{layers: []int{i}}
		all = append(all, s)
		for _, class := range list {
			if other := home[class]; other != nil {
				// Modules that have only some classes in common, or a module that has one twice,
				// can't agree on an order.
				frozen[s], frozen[other] = true, true
			} else {
				home[class] = s
			}
		}
	}
	for _, s := range all {
		first := map[int]int{} // channel of a signature
		for c, class := range o.classes[s.layers[0]] {
			signature := o.signature[class]
			if _, known := first[signature]; !known || frozen[s] {
				first[signature] = c
			}
			s.cells = append(s.cells, first[signature])
		}
	}
	return all
}

// permutations tells for each layer which old channel comes to each place. moved gives the same
// for the layers of each space.
func (o *order) permutations(spaces []*space, moved [][]int) [][]int {
	now := map[int]int{} // the class that comes to the place of another one
	for k, s := range spaces {
		list := o.classes[s.layers[0]]
		for place, channel := range moved[k] {
			now[list[place]] = list[channel]
		}
	}
	permuted := make([][]int, len(o.classes))
	for i, list := range o.classes {
		places := map[int][]int{} // of each class that changes places
		for c, class := range list {
			if _, moves := now[class]; moves {
				places[class] = append(places[class], c)
			}
		}
		seen := map[int]int{}
		p := make([]int, len(list))
		for place, class := range list {
			p[place] = place
			if to, moves := now[class]; moves {
				p[place] = places[to][seen[class]]
				seen[class]++
			}
		}
		permuted[i] = p
	}
	return permuted
}
