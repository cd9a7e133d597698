package diagram

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// The most that Mermaid draws unless it is configured otherwise.
const (
	MermaidEdges = 500
	MermaidText  = 50_000 // bytes
)

// mermaidArrows are edges by use.
var mermaidArrows = [...]string{Read: "-->", Join: "-->", Sum: "==>", Multiply: "-.->"}

// WriteMermaid writes the diagram in the language of Mermaid, groups as subgraphs.
func (d *Diagram) WriteMermaid(w io.Writer) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "---\ntitle: %s\n---\nflowchart TD\n", yamlText(printable(d.Name)+": "+d.Summary()))
	fmt.Fprintf(b, "  input([%s])\n", mermaidText(d.inputLabel()))
	indent := func(depth int) { b.WriteString(strings.Repeat("  ", depth+1)) }
	var present [kinds]bool
	d.outline(func(g, depth int) {
		indent(depth)
		fmt.Fprintf(b, "subgraph g%d[%s]\n", g, mermaidText(d.Groups[g].Title()))
	}, func(n, depth int) {
		indent(depth)
		node := d.Nodes[n]
		present[node.Kind] = true
		begin, end := "[", "]"
		if node.Kind == Joint {
			begin, end = "([", "])"
		}
		fmt.Fprintf(b, "n%d%s%s%s:::k%d\n", n, begin, mermaidText(node.label()...), end, node.Kind)
	}, func(depth int) {
		indent(depth)
		b.WriteString("end\n")
	})
	for _, e := range d.Edges {
		fmt.Fprintf(b, "  %s %s n%d\n", nodeID(e.From), mermaidArrows[e.Use], e.To)
	}
	if len(d.Groups) > 0 {
		b.WriteString("  classDef group fill:#f5f5f5,stroke:#969696,color:#282828\n")
	}
	for g := range d.Groups {
		fmt.Fprintf(b, "  class g%d group\n", g)
	}
	for k, here := range present {
		if here {
			line, fill := colours[k].Hex()
			fmt.Fprintf(b, "  classDef k%d fill:%s,stroke:%s,color:#282828\n", k, fill, line)
		}
	}
	return b.Flush()
}

// mermaidText quotes lines of text.
func mermaidText(lines ...string) string {
	escape := strings.NewReplacer(`#`, `#35;`, `"`, `#quot;`, `<`, `#lt;`, `>`, `#gt;`, `&`, `#amp;`)
	for i, line := range lines {
		lines[i] = escape.Replace(line)
	}
	return `"` + strings.Join(lines, "<br>") + `"`
}

// yamlText quotes a text: YAML takes those of JSON.
func yamlText(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		panic("BUG: diagram: " + err.Error())
	}
	return string(text)
}
