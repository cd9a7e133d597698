package diagram

import (
	"fmt"
	"slices"

	"github.com/ghostdark/ghostdark/ghost"
	"github.com/ghostdark/ghostdark/layers"
	"github.com/ghostdark/ghostdark/net"
)

// Group is nodes that follow each other and belong together.
type Group struct {
	Name        Name
	Number      int // from 1; 0 for kinds of groups that aren't counted
	First, Last int // nodes
	Parent      int // index in Diagram.Groups, always lower; None for none

	// Closed reports that nothing outside reads any node but the last, so that the group can be
	// seen as one node.
	Closed bool
	reach  int // the last node that reads the group's last
}

// Title is what the group is called: `ghost bottleneck 3`.
func (g Group) Title() string {
	if g.Number > 0 {
		return fmt.Sprintf("%s %d", g.Name, g.Number)
	}
	return string(g.Name)
}

// Name is what a group is one of.
type Name string

// The names. Each but Branches, which is one already, makes a plural with s.
const (
	GhostBottleneck  Name = "ghost bottleneck"
	GhostModule      Name = "ghost module"
	SqueezeAndExcite Name = "squeeze-and-excite"
	Residual         Name = "residual block"
	Dense            Name = "dense layer" // joins what it makes with what it reads
	Pyramid          Name = "pooling pyramid"
	Attention        Name = "attention"
	Branches         Name = "parallel branches"
)

// several counts: `2 residual blocks`.
func (n Name) several(count int) string {
	if n == Branches {
		return fmt.Sprintf("%d × %s", count, n)
	}
	return fmt.Sprintf("%d %ss", count, n)
}

// findGroups finds ghost bottlenecks, ghost modules, squeeze-and-excite, and other blocks that begin
// with one layer's output and end with a joint one. The indexes are those of layers. Groups are in
// the order of their first nodes, outer ones before inner ones. Structures whose layers don't
// follow each other in the cfg make no group.
func findGroups(a *ghost.Analysis) []Group {
	var all []Group
	add := func(name Name, number int, indexes []int) {
		if first, last := slices.Min(indexes), slices.Max(indexes); last-first == len(indexes)-1 {
			all = append(all, Group{Name: name, Number: number, First: first, Last: last})
		}
	}
	known := map[int]bool{} // layers that end a structure of ghost networks
	for i, b := range a.Bottlenecks {
		add(GhostBottleneck, i+1, b.Layers)
		known[b.Shortcut] = true
	}
	for _, m := range a.Modules {
		add(GhostModule, 0, m.Layers())
		known[m.Route] = true
	}
	squeezing := map[int]bool{}
	for _, s := range a.SE {
		add(SqueezeAndExcite, 0, s.Layers())
		known[s.Scale], known[s.Output()] = true, true
		for _, i := range s.Layers() {
			squeezing[i] = true
		}
	}
	last := a.Graph.LastUse()
	for _, l := range a.Graph.Layers {
		if known[l.Index] {
			continue
		}
		if first, ok := blockOf(a.Graph, l, last, squeezing); ok {
			all = append(all, Group{Name: blockName(a.Graph, l, first), First: first, Last: l.Index})
		}
	}
	slices.SortStableFunc(all, func(a, b Group) int {
		if a.First != b.First {
			return a.First - b.First
		}
		return b.Last - a.Last
	})
	return nest(all, last)
}

// nest finds the parents and leaves out groups that lie across others.
func nest(sorted []Group, last []int) []Group {
	var all []Group
	for _, g := range sorted {
		g.Parent = len(all) - 1
		for g.Parent != None && all[g.Parent].Last < g.First {
			g.Parent = all[g.Parent].Parent
		}
		if g.Parent != None && (all[g.Parent].Last < g.Last || all[g.Parent].First == g.First && all[g.Parent].Last == g.Last) {
			continue
		}
		g.Closed, g.reach = true, last[g.Last]
		for i := g.First; i < g.Last; i++ {
			g.Closed = g.Closed && last[i] <= g.Last
		}
		all = append(all, g)
	}
	return all
}

// Blocks of fewer layers aren't worth a group, and those of more are no blocks but networks.
const (
	minBlock = 3
	maxBlock = 500
)

// blockOf finds the layers that lie between one layer and a joint one: the layers after the first
// lead to the joint one and nowhere else, nothing else comes in, and the extents are those of the
// beginning or of the end, so that a whole encoder and decoder is no block.
func blockOf(g *net.Graph, joint *layers.Layer, last []int, squeezing map[int]bool) (first int, ok bool) {
	if kindOf(joint) != Joint || len(joint.Inputs) < 2 {
		return 0, false
	}
	from := joint.Index // the layer that all of the block comes from
	for i := joint.Index; i > from || i == joint.Index; i-- {
		if joint.Index-i >= maxBlock {
			return 0, false
		}
		l := g.Layers[i]
		if i < joint.Index && (last[i] == i || last[i] > joint.Index) {
			return 0, false
		}
		for _, in := range l.Inputs {
			from = min(from, in)
		}
	}
	begin, end := g.Shape(from), joint.Output
	for i := from + 1; i < joint.Index; i++ {
		s := g.Layers[i].Output
		if !squeezing[i] && (s.H != begin.H || s.W != begin.W) && (s.H != end.H || s.W != end.W) {
			return 0, false
		}
	}
	return from + 1, joint.Index-from >= minBlock
}

// blockName says what the block from the first layer to the joint one is.
func blockName(g *net.Graph, joint *layers.Layer, first int) Name {
	switch useOf(joint) {
	case Sum:
		return Residual
	case Multiply:
		return Attention
	}
	inside := g.Layers[first:joint.Index]
	has := func(is func(l *layers.Layer) bool) bool { return slices.ContainsFunc(inside, is) }
	switch {
	case slices.Contains(joint.Inputs, first-1) && !has(func(l *layers.Layer) bool { return kindOf(l) == Joint }):
		return Dense
	case !has(func(l *layers.Layer) bool { return !isPool(l) && useOf(l) != Join }):
		return Pyramid
	}
	return Branches
}

func isPool(l *layers.Layer) bool {
	_, ok := l.Op.(*layers.MaxPool)
	return ok
}
