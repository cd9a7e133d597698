package diagram

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/ghostdark/ghostdark/internal/figures"
)

// printable replaces control characters and what is no UTF-8, which neither XML nor a terminal takes.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

// label is what a node is called in a graph, in lines: `12 convolutional 3×3`, `56×56×64`, `5.4 M
// multiply-adds`.
func (n Node) label() []string {
	lines := []string{n.Numbers() + " " + n.Type}
	switch {
	case n.Window == "":
	case n.Kind == Block:
		lines = append(lines, n.Window)
	default:
		lines[0] += " " + n.Window
	}
	lines = append(lines, n.Output.String())
	if macs, _ := n.Costs(); macs != "" {
		lines = append(lines, macs+" multiply-adds")
	}
	return lines
}

// Costs are the node's multiply-adds and parameters with three digits, `5.42 M`, or nothing for 0.
func (n Node) Costs() (macs, parameters string) {
	positive := func(n int64) string {
		if n == 0 {
			return ""
		}
		return figures.Metric(float64(n))
	}
	return positive(n.Cost.MACs), positive(n.Cost.Parameters)
}

// Summary sums the network up: `input 224×224×3, 158 layers, …`.
func (d *Diagram) Summary() string {
	return fmt.Sprintf("input %v, %s, %s multiply-adds, %s parameters", d.Input, figures.Counted(d.Layers, "layer"),
		figures.Metric(float64(d.Total.MACs)), figures.Thousands(d.Total.Parameters))
}

// inputLabel is what the network's input is called.
func (d *Diagram) inputLabel() string { return fmt.Sprintf("input %v", d.Input) }

// outline calls begin and end around the nodes of each group, and node for each node, in order. The
// depth counts the groups around.
func (d *Diagram) outline(begin func(group, depth int), node func(n, depth int), end func(depth int)) {
	next, depth := 0, 0
	for n := range d.Nodes {
		for ; next < len(d.Groups) && d.Groups[next].First == n; next++ {
			begin(next, depth)
			depth++
		}
		node(n, depth)
		for g := d.Nodes[n].Group; g != None && d.Groups[g].Last == n; g = d.Groups[g].Parent {
			depth--
			end(depth)
		}
	}
}
