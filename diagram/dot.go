package diagram

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/ghostdark/ghostdark/chart"
)

// WriteDOT writes the diagram in the language of Graphviz, groups as clusters.
func (d *Diagram) WriteDOT(w io.Writer) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "digraph {\n\tlabel=%s\n\tlabelloc=t\n\tfontname=\"Helvetica,Arial,sans-serif\"\n", dotText(printable(d.Name), d.Summary()))
	b.WriteString("\tnode [shape=box, style=\"rounded,filled\", fontname=\"Helvetica,Arial,sans-serif\", fontsize=11, margin=\"0.12,0.05\"]\n")
	fmt.Fprintf(b, "\tinput [label=%s, shape=oval, style=solid]\n", dotText(d.inputLabel()))
	indent := func(depth int) { b.WriteString(strings.Repeat("\t", depth+1)) }
	d.outline(func(g, depth int) {
		indent(depth)
		fmt.Fprintf(b, "subgraph cluster_%d {\n", g)
		indent(depth + 1)
		fmt.Fprintf(b, "label=%s; labelloc=t; labeljust=l; fontsize=10; color=gray60; style=\"rounded,filled\"; fillcolor=\"#0000000a\"\n", dotText(d.Groups[g].Title()))
	}, func(n, depth int) {
		indent(depth)
		line, fill := colours[d.Nodes[n].Kind].Hex()
		fmt.Fprintf(b, "n%d [label=%s, color=%q, fillcolor=%q]\n", n, dotText(d.Nodes[n].label()...), line, fill)
	}, func(depth int) {
		indent(depth)
		b.WriteString("}\n")
	})
	for _, e := range d.Edges {
		fmt.Fprintf(b, "\t%s -> n%d [%s]\n", nodeID(e.From), e.To, dotEdge(e))
	}
	b.WriteString("}\n")
	return b.Flush()
}

// dotEdge are the attributes of an edge. Those to the next node are kept short.
func dotEdge(e Edge) string {
	look := lines[e.Use]
	colour, _ := look.Colour.Hex()
	attributes := fmt.Sprintf("color=%q", colour)
	switch look.Line {
	case chart.Thick:
		attributes += ", penwidth=2"
	case chart.Dashed:
		attributes += ", style=dashed"
	}
	if !e.Passes() {
		attributes += ", weight=10"
	}
	return attributes
}

// nodeID names a node or the input in DOT and Mermaid.
func nodeID(n int) string {
	if n == Input {
		return "input"
	}
	return fmt.Sprintf("n%d", n)
}

// dotText quotes lines of text.
func dotText(lines ...string) string {
	escape := strings.NewReplacer(`\`, `\\`, `"`, `\"`)
	for i, line := range lines {
		lines[i] = escape.Replace(line)
	}
	return `"` + strings.Join(lines, `\n`) + `"`
}
