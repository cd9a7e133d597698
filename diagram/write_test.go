package diagram

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ghostdark/ghostdark/chart"
	"github.com/ghostdark/ghostdark/net"
)

// nodeNumber is the node that a name in DOT or Mermaid stands for.
func nodeNumber(name string) int {
	n := Input
	fmt.Sscanf(name, "n%d", &n)
	return n
}

func written(t fataler, write func(io.Writer) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatalf("%v", err)
	}
	return b.String()
}

var (
	dotStatement = regexp.MustCompile(`^(digraph \{|\}|subgraph cluster_\d+ \{|label=TEXT(; [a-z]+=(TEXT|\w+))*|[a-z]+=(TEXT|\w+)|node \[ATTRIBUTES\]|(n\d+|input) \[ATTRIBUTES\]|(n\d+|input) -> n\d+ \[ATTRIBUTES\])$`)
	dotQuoted    = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)
	dotList      = regexp.MustCompile(`\[\w+=(TEXT|[\w.]+)(, \w+=(TEXT|[\w.]+))*\]`)

	mermaidStatement = regexp.MustCompile(`^(flowchart TD|input\(\[TEXT\]\)|subgraph g\d+\[TEXT\]|end|n\d+(\[TEXT\]|\(\[TEXT\]\)):::k\d|(n\d+|input) (-->|==>|-\.->) n\d+|class g\d+ group|classDef (k\d|group) fill:#\w{6},stroke:#\w{6},color:#\w{6})$`)
	mermaidQuoted    = regexp.MustCompile(`"[^"]*"`)
)

// TestLanguages reads DOT and Mermaid back: statements by their form, edges, and which nodes are in
// which groups.
func TestLanguages(t *testing.T) {
	eachGraph(t, func(t fataler, g *net.Graph) {
		for _, fold := range []bool{false, true} {
			d := New(g, Options{Fold: fold})
			checkText(t, d, written(t, d.WriteDOT), func(line string) (string, bool) {
				line = dotList.ReplaceAllString(dotQuoted.ReplaceAllString(line, "TEXT"), "[ATTRIBUTES]")
				return line, dotStatement.MatchString(line)
			})
			front, text, found := strings.Cut(written(t, d.WriteMermaid)[4:], "\n---\n")
			if !found || !strings.HasPrefix(front, `title: "`) {
				t.Fatalf("the title is %q", front)
			}
			checkText(t, d, text, func(line string) (string, bool) {
				line = mermaidQuoted.ReplaceAllString(line, "TEXT")
				return line, mermaidStatement.MatchString(line)
			})
		}
	})
}

var (
	edgeLine  = regexp.MustCompile(`^(input|n\d+) \S*> (n\d+)`)
	groupLine = regexp.MustCompile(`^subgraph (?:cluster_|g)(\d+)`)
	nodeLine  = regexp.MustCompile(`^(n\d+)(?: \[|\[|\()`)
)

func checkText(t fataler, d *Diagram, text string, plain func(string) (string, bool)) {
	t.Helper()
	var got, want []string
	parent := []int{None}
	nodes := 0
	for line := range strings.Lines(text) {
		line, ok := plain(strings.TrimSpace(line))
		if !ok {
			t.Fatalf("%s: unknown statement %q", d.Name, line)
		}
		inside := parent[len(parent)-1]
		switch edge, group, node := edgeLine.FindStringSubmatch(line), groupLine.FindStringSubmatch(line), nodeLine.FindStringSubmatch(line); {
		case edge != nil:
			got = append(got, fmt.Sprint(nodeNumber(edge[1]), " ", nodeNumber(edge[2])))
		case group != nil:
			i := 0
			fmt.Sscan(group[1], &i)
			if d.Groups[i].Parent != inside {
				t.Fatalf("%s: group %d is in %d", d.Name, i, inside)
			}
			parent = append(parent, i)
		case node != nil:
			n := nodeNumber(node[1])
			if nodes++; n != nodes-1 || d.Nodes[n].Group != inside {
				t.Fatalf("%s: node %d is in group %d, want %d", d.Name, n, inside, d.Nodes[n].Group)
			}
		case line == "}" && len(parent) > 1, line == "end":
			parent = parent[:len(parent)-1]
		}
	}
	for _, e := range d.Edges {
		want = append(want, fmt.Sprint(e.From, " ", e.To))
	}
	if nodes != len(d.Nodes) || len(parent) != 1 || !slices.Equal(got, want) {
		t.Fatalf("%s: %d nodes of %d, %d groups open, edges %v, want %v", d.Name, nodes, len(d.Nodes), len(parent)-1, got, want)
	}
}

// hostile are names of files that languages could stumble over.
var hostile = []string{
	`a"b.cfg`, `a\.cfg`, `a\" ]; x -> y [.cfg`, "a\nb.cfg", "a\x01\x7f.cfg", "\xff\xfe.cfg", `<script>&amp;]]>.cfg`, `%%{init: {}}%%.cfg`, "---.cfg", "日本 ü.cfg", "# ; | ` '.cfg", "",
}

// TestEscaping draws networks with such names.
func TestEscaping(t *testing.T) {
	for _, name := range hostile {
		d := New(build(t, "test.cfg", stem+pointed), Options{})
		d.Name = name
		dot := written(t, d.WriteDOT)
		checkText(t, d, dot, func(line string) (string, bool) {
			line = dotList.ReplaceAllString(dotQuoted.ReplaceAllString(line, "TEXT"), "[ATTRIBUTES]")
			return line, dotStatement.MatchString(line)
		})
		runDot(t, dot)
		if lines := strings.Split(written(t, d.WriteMermaid), "\n"); lines[0] != "---" || !strings.HasPrefix(lines[1], `title: "`) || lines[2] != "---" {
			t.Errorf("%q: the head is %q", name, lines[:3])
		}
		checkXML(t, d)
	}
}

// TestMermaidText escapes what would end a text or begin an entity or a tag.
func TestMermaidText(t *testing.T) {
	if got, want := mermaidText(`a "b" <c> #d; &e`, "f"), `"a #quot;b#quot; #lt;c#gt; #35;d; #amp;e<br>f"`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// checkXML wants the picture to be sound XML with the diagram's texts.
func checkXML(t fataler, d *Diagram) {
	t.Helper()
	picture, err := d.Picture()
	if err != nil {
		t.Fatalf("%v", err)
	}
	text := written(t, func(w io.Writer) error { return chart.Encode(w, ".svg", picture) })
	decoder := xml.NewDecoder(strings.NewReader(text))
	var shown strings.Builder
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("%s: not XML: %v", d.Name, err)
		}
		if data, ok := token.(xml.CharData); ok {
			shown.Write(data)
			shown.WriteString("\n")
		}
	}
	for _, want := range []string{printable(filepath.Base(d.Name)), d.Summary(), d.Nodes[len(d.Nodes)-1].Type} {
		if !strings.Contains(shown.String(), want+"\n") {
			t.Fatalf("the picture of %q has no text %q", d.Name, want)
		}
	}
}

// TestPicture draws the graphs of all cfgs.
func TestPicture(t *testing.T) {
	eachCfg(t, func(t *testing.T, g *net.Graph) {
		for _, fold := range []bool{false, true} {
			checkXML(t, New(g, Options{Fold: fold}))
		}
	})
}

// TestPictureLimits holds that lines without room are counted, and that vast pictures are refused.
func TestPictureLimits(t *testing.T) {
	d := New(build(t, "test.cfg", stem+strings.Repeat("[dropout]\n", 3*mostColumns)), Options{})
	for i := range mostColumns + 2 {
		d.Edges = append(d.Edges, Edge{From: i, To: len(d.Nodes) - 1, Use: Join})
	}
	picture, err := d.Picture()
	if err != nil || len(picture.Lines) != mostColumns || !strings.HasSuffix(picture.Subtitle, "; no room for 2 lines") {
		t.Errorf("%d lines, %s, %v", len(picture.Lines), picture.Subtitle, err)
	}
	d.Edges = make([]Edge, mostDrawn+1)
	if _, err := d.Picture(); err == nil || !strings.Contains(err.Error(), "100,001 edges are too many for a picture") {
		t.Error(err)
	}
}

// runDot has Graphviz read a graph, where there is Graphviz.
func runDot(t *testing.T, text string) {
	t.Helper()
	path, err := exec.LookPath("dot")
	if err != nil {
		return
	}
	cmd := exec.Command(path, "-Tcanon")
	cmd.Stdin = strings.NewReader(text)
	if out, err := cmd.CombinedOutput(); err != nil || bytes.Contains(out, []byte("Warning")) {
		t.Errorf("dot: %v: %.500s", err, out)
	}
}

// TestGraphviz has Graphviz read the graphs of all cfgs.
func TestGraphviz(t *testing.T) {
	if _, err := exec.LookPath("dot"); err != nil {
		t.Skip("dot of Graphviz is not installed: DOT is checked by its form only")
	}
	eachCfg(t, func(t *testing.T, g *net.Graph) {
		runDot(t, written(t, New(g, Options{}).WriteDOT))
	})
}
