package diagram

import (
	"fmt"
	"slices"
	"strings"
)

// folded makes one node of each closed group, of the outermost ones that there are, and of equal
// ones that follow each other. Other groups stay.
func (d *Diagram) folded() *Diagram {
	f := *d
	f.Nodes, f.Edges, f.Groups = nil, nil, nil
	becomes := make([]int, len(d.Nodes)) // the node of f, by node of d
	stays := make([]int, len(d.Groups))  // the group of f, by group of d
	for i := range stays {
		stays[i] = None
	}
	g := 0 // the first group that doesn't begin before n
	for n := 0; n < len(d.Nodes); {
		for ; g < len(d.Groups) && d.Groups[g].First == n && !d.Groups[g].Closed; g++ {
			stays[g] = len(f.Groups)
			f.Groups = append(f.Groups, d.Groups[g])
		}
		node, last := d.Nodes[n], n
		if g < len(d.Groups) && d.Groups[g].First == n {
			node, last = d.block(g)
		}
		for ; n <= last; n++ {
			becomes[n] = len(f.Nodes)
		}
		for ; g < len(d.Groups) && d.Groups[g].First <= last; g++ {
		}
		if node.Group != None {
			node.Group = stays[node.Group]
		}
		f.Nodes = append(f.Nodes, node)
	}
	for i := range f.Groups {
		group := &f.Groups[i]
		group.First, group.Last = becomes[group.First], becomes[group.Last]
		if group.Parent != None {
			group.Parent = stays[group.Parent]
		}
	}
	f.Edges = d.foldedEdges(&f, becomes)
	return &f
}

// foldedEdges are those between different nodes, once for each pair where one of them is folded.
func (d *Diagram) foldedEdges(f *Diagram, becomes []int) []Edge {
	var edges []Edge
	type pair struct{ from, to int }
	seen := map[pair]bool{}
	for _, e := range d.Edges {
		if e.To = becomes[e.To]; e.From != Input {
			e.From = becomes[e.From]
		}
		if e.From == e.To {
			continue
		}
		if to := f.Nodes[e.To]; to.Kind == Block {
			e.Use = Read
			if seen[pair{e.From, e.To}] {
				continue
			}
			seen[pair{e.From, e.To}] = true
		}
		edges = append(edges, e)
	}
	return edges
}

// block makes a node of a closed group and the equal ones that follow it, as far as only they read
// each other, and tells its last node in d.
func (d *Diagram) block(first int) (node Node, last int) {
	g := d.Groups[first]
	count := 1
	last = g.Last
	for i := first; ; count++ {
		next := d.after(i)
		if next == None || d.Groups[i].reach > d.Groups[next].Last || !d.equal(g, d.Groups[next]) {
			break
		}
		i, last = next, d.Groups[next].Last
	}
	node = d.Nodes[last]
	node.First, node.Kind, node.Type, node.Window, node.Group = d.Nodes[g.First].First, Block, g.Title(), d.contents(first), g.Parent
	switch {
	case count > 1 && g.Number > 0:
		node.Type = fmt.Sprintf("%ss %d–%d", g.Name, g.Number, g.Number+count-1)
	case count > 1:
		node.Type = g.Name.several(count)
	}
	for _, n := range d.Nodes[g.First:last] {
		node.Cost = node.Cost.Plus(n.Cost)
	}
	return node, last
}

// after is the closed group that begins where another one with the same parent ends, None for
// none.
func (d *Diagram) after(i int) int {
	next := i + 1
	for next < len(d.Groups) && d.Groups[next].First <= d.Groups[i].Last {
		next++
	}
	if next == len(d.Groups) || d.Groups[next].First != d.Groups[i].Last+1 || d.Groups[next].Parent != d.Groups[i].Parent || !d.Groups[next].Closed {
		return None
	}
	return next
}

// equal compares the layers of two groups. The outputs of the last ones may differ, as in a
// DenseNet.
func (d *Diagram) equal(a, b Group) bool {
	return a.Name == b.Name && slices.EqualFunc(d.Nodes[a.First:a.Last], d.Nodes[b.First:b.Last], func(m, n Node) bool {
		return m.Type == n.Type && m.Window == n.Window && m.Output == n.Output
	}) && d.Nodes[a.Last].Type == d.Nodes[b.Last].Type
}

// contents names the groups directly inside another one, but the modules of a ghost bottleneck,
// which are always two.
func (d *Diagram) contents(group int) string {
	var names []Name
	count := map[Name]int{}
	for i := group + 1; i < len(d.Groups) && d.Groups[i].First <= d.Groups[group].Last; i++ {
		name := d.Groups[i].Name
		if d.Groups[i].Parent != group || name == GhostModule {
			continue
		}
		if count[name]++; count[name] == 1 {
			names = append(names, name)
		}
	}
	texts := make([]string, len(names))
	for i, name := range names {
		texts[i] = string(name)
		if count[name] > 1 {
			texts[i] = name.several(count[name])
		}
	}
	return strings.Join(texts, ", ")
}
