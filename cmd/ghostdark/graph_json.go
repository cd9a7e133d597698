package main

import "github.com/ghostdark/ghostdark/diagram"

// graphJSON is a network as nodes, edges and groups. Shapes are [channels, height, width].
type graphJSON struct {
	File       string      `json:"file"`
	Folded     bool        `json:"folded"`
	Input      *[3]int     `json:"input"`
	Layers     int         `json:"layers"`
	MACs       int64       `json:"multiply_adds"`
	Parameters int64       `json:"parameters"`
	Nodes      []nodeJSON  `json:"nodes"`
	Edges      []edgeJSON  `json:"edges"`
	Groups     []groupJSON `json:"groups"`
}

// nodeJSON is a layer, or with --fold several.
type nodeJSON struct {
	First      int     `json:"first_layer"`
	Last       int     `json:"last_layer"`
	Type       string  `json:"type"`
	Kind       string  `json:"kind"` // that has a colour in pictures
	Window     string  `json:"window,omitempty"`
	Output     *[3]int `json:"output"`
	MACs       int64   `json:"multiply_adds"`
	Parameters int64   `json:"parameters"`
	Group      int     `json:"group"` // index of the innermost group, -1 for none
}

// edgeJSON is an input of a node. From is -1 for the network's input.
type edgeJSON struct {
	From int    `json:"from"`
	To   int    `json:"to"`
	Use  string `json:"use"`
}

// groupJSON is a run of nodes. Parent is the index of the group around it, -1 for none.
type groupJSON struct {
	Title  string `json:"title"`
	First  int    `json:"first_node"`
	Last   int    `json:"last_node"`
	Parent int    `json:"parent"`
}

func newGraphJSON(d *diagram.Diagram, folded bool) graphJSON {
	j := graphJSON{
		File: d.Name, Folded: folded, Input: extents(d.Input), Layers: d.Layers, MACs: d.Total.MACs, Parameters: d.Total.Parameters, Groups: []groupJSON{}, Edges: []edgeJSON{},
	}
	for _, n := range d.Nodes {
		j.Nodes = append(j.Nodes, nodeJSON{n.First, n.Last, n.Type, n.Kind.String(), n.Window, extents(n.Output), n.Cost.MACs, n.Cost.Parameters, n.Group})
	}
	for _, e := range d.Edges {
		j.Edges = append(j.Edges, edgeJSON{e.From, e.To, e.Use.String()})
	}
	for _, g := range d.Groups {
		j.Groups = append(j.Groups, groupJSON{g.Title(), g.First, g.Last, g.Parent})
	}
	return j
}
