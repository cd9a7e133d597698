// Package diagram draws networks: as text with lanes for what isn't read in order, as graphs in the
// languages of Graphviz and Mermaid, and as pictures.
//
// A Diagram is what all of these have in common: nodes in the order of the cfg, edges for what they
// read, and groups of nodes that belong together, such as ghost modules.
package diagram

import (
	"fmt"
	"strconv"

	"github.com/ghostdark/ghostdark/ghost"
	"github.com/ghostdark/ghostdark/layers"
	"github.com/ghostdark/ghostdark/net"
	"github.com/ghostdark/ghostdark/tensor"
)

// None stands for the group of a node, or of a group, that is in none.
const None = -1

// Input stands for the network's own input where an Edge has a node.
const Input = layers.NetworkInput

// Diagram is a network without errors as nodes, edges and groups.
type Diagram struct {
	Name   string // of the cfg
	Input  tensor.Shape
	Layers int
	Total  ghost.Cost
	Nodes  []Node // in the order of the cfg
	Edges  []Edge // by the node that reads, then in the order in which it reads
	Groups []Group
}

// Node is a layer, or layers that are folded into one.
type Node struct {
	First, Last int    // layers; the same but for folded ones
	Kind        Kind   // what it does
	Type        string // the section's type, or what is folded
	Window      string // size, stride and groups; of a head its classes, of a route the part
	Output      tensor.Shape
	Cost        ghost.Cost
	Group       int // the innermost of Groups, None for none
}

// Numbers are the node's layers: `7`, or `7–12`.
func (n Node) Numbers() string {
	if n.First == n.Last {
		return strconv.Itoa(n.First)
	}
	return strconv.Itoa(n.First) + "–" + strconv.Itoa(n.Last)
}

// Edge is an input of a node. Without folding there is one for each input of each layer.
type Edge struct {
	From, To int // nodes; From may be Input
	Use      Use
}

// Passes reports that the edge leads past other nodes. All others lead to the next node.
func (e Edge) Passes() bool { return e.To != e.From+1 }

// Use is what a node does with an input.
type Use int

// The uses.
const (
	Read     Use = iota // whatever the layer does
	Join                // a [route]
	Sum                 // a [shortcut]
	Multiply            // a [scale_channels] or [sam]
)

var useNames = [...]string{"read", "join", "sum", "multiply"}

// String names the use.
func (u Use) String() string { return useNames[u] }

// Options say how to draw.
type Options struct {
	// Fold makes one node of each block that nothing reads in the middle of, and of several equal
	// ones in a row.
	Fold bool
}

// New makes the diagram of a graph without errors.
func New(g *net.Graph, opt Options) *Diagram {
	a := ghost.Find(g)
	d := &Diagram{Name: g.File.Name, Input: g.Net.Input(), Layers: len(g.Layers), Total: a.CostOf(a.All()...), Groups: findGroups(a)}
	for _, l := range g.Layers {
		d.Nodes = append(d.Nodes, Node{
			First: l.Index, Last: l.Index, Kind: kindOf(l), Type: l.Kind.Name(), Window: window(l), Output: l.Output, Cost: a.CostOf(l.Index), Group: None,
		})
		for _, from := range l.Inputs {
			d.Edges = append(d.Edges, Edge{from, l.Index, useOf(l)})
		}
	}
	for i, group := range d.Groups {
		for n := group.First; n <= group.Last; n++ {
			d.Nodes[n].Group = i // inner groups come later
		}
	}
	if opt.Fold {
		return d.folded()
	}
	return d
}

func useOf(l *layers.Layer) Use {
	switch l.Op.(type) {
	case *layers.Route:
		return Join
	case *layers.Shortcut:
		return Sum
	case *layers.ScaleChannels, *layers.SAM:
		return Multiply
	}
	return Read
}

// window describes how a layer gets from its input to its output.
func window(l *layers.Layer) string {
	switch op := l.Op.(type) {
	case layers.Head:
		return fmt.Sprintf("%d classes", op.Classes())
	case *layers.Route:
		if op.Groups > 1 {
			return fmt.Sprintf("part %d of %d", op.GroupID+1, op.Groups)
		}
	}
	return l.Geometry().String()
}
