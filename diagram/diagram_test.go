package diagram

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/design"
	"github.com/ghostdark/ghostdark/ghost"
	"github.com/ghostdark/ghostdark/internal/testkit"
	"github.com/ghostdark/ghostdark/layers"
	"github.com/ghostdark/ghostdark/net"
)

// fataler is what tests and properties have in common.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

func build(t fataler, name, text string) *net.Graph {
	t.Helper()
	file, diagnostics := cfg.Parse(name, []byte(text))
	g := net.Build(file, diagnostics, net.Options{})
	if err := g.Err(); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return g
}

const (
	stem    = "[net]\nwidth=16\nheight=16\nchannels=3\n"
	pointed = "[convolutional]\nfilters=4\n"
	same    = "[convolutional]\nfilters=4\nsize=3\npad=1\n"
	halving = "[convolutional]\nfilters=4\nsize=3\npad=1\nstride=2\n"
	sum     = "[shortcut]\nfrom=%d\n"
	route   = "[route]\nlayers=%s\n"
)

// drawGraph draws a network of small layers that read each other in any way.
func drawGraph(t *rapid.T) *net.Graph {
	var text strings.Builder
	text.WriteString(stem + pointed)
	channels := []int{4}
	for n := rapid.IntRange(0, 40).Draw(t, "layers"); n > 0; n-- {
		i := len(channels)
		near := rapid.IntRange(max(0, i-8), i-1)
		switch rapid.SampledFrom([]string{"conv", "conv", "route", "sum", "pass", "module", "residuals", "end"}).Draw(t, "kind") {
		case "conv":
			text.WriteString(same)
			channels = append(channels, 4)
		case "route":
			from := rapid.SliceOfN(near, 1, 4).Draw(t, "from")
			total, names := 0, make([]string, len(from))
			for k, f := range from {
				total += channels[f]
				names[k] = fmt.Sprint(f)
			}
			if total > 64 {
				continue
			}
			fmt.Fprintf(&text, route, strings.Join(names, ","))
			channels = append(channels, total)
		case "sum":
			fmt.Fprintf(&text, sum, rapid.IntRange(0, i-1).Draw(t, "any"))
			channels = append(channels, channels[i-1])
		case "pass":
			text.WriteString("[dropout]\n")
			channels = append(channels, channels[i-1])
		case "module":
			text.WriteString(pointed + same + "groups=4\n" + fmt.Sprintf(route, "-1,-2"))
			channels = append(channels, 4, 4, 8)
		case "residuals":
			for k := rapid.IntRange(1, 3).Draw(t, "residuals"); k > 0; k-- {
				text.WriteString(same + same + "[shortcut]\nfrom=-3\n")
				channels = append(channels, 4, 4, 4)
			}
		case "end":
			text.WriteString("[implicit]\nfilters=4\natoms=1\n" + fmt.Sprintf(route, fmt.Sprint(near.Draw(t, "after"))))
			return build(t, "drawn.cfg", text.String())
		}
	}
	return build(t, "drawn.cfg", text.String())
}

// eachGraph calls check with drawn graphs, and with those of all cfgs that there are.
func eachGraph(t *testing.T, check func(t fataler, g *net.Graph)) {
	t.Run("drawn", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) { check(t, drawGraph(t)) })
	})
	eachCfg(t, func(t *testing.T, g *net.Graph) { check(t, g) })
}

// eachCfg calls check with the graphs of the project's cfgs, and of published ones where these are.
func eachCfg(t *testing.T, check func(t *testing.T, g *net.Graph)) {
	for name, folder := range map[string]func(*testing.T) string{
		"cfgs": func(*testing.T) string { return filepath.Join(testkit.Root(), "cfgs") },
		"zoo":  func(t *testing.T) string { return testkit.Shared(t, "zoo", "cfg") },
	} {
		t.Run(name, func(t *testing.T) {
			files, err := filepath.Glob(filepath.Join(folder(t), "*.cfg"))
			if err != nil || len(files) == 0 {
				t.Fatalf("no cfgs: %v", err)
			}
			for _, file := range files {
				g, err := net.Read(file, net.Options{})
				if err != nil {
					t.Fatal(err)
				}
				check(t, g)
			}
		})
	}
}

// TestDiagram holds each diagram against the graph, and the folded one against the other.
func TestDiagram(t *testing.T) {
	eachGraph(t, func(t fataler, g *net.Graph) {
		d, f := New(g, Options{}), New(g, Options{Fold: true})
		checkEdges(t, g, d.Edges)
		checkGroups(t, d)
		checkGroups(t, f)
		if len(d.Nodes) != len(g.Layers) {
			t.Fatalf("%s: %d nodes for %d layers", d.Name, len(d.Nodes), len(g.Layers))
		}
		becomes := make([]int, len(d.Nodes))
		next := 0
		var total ghost.Cost
		for i, n := range f.Nodes {
			if n.First != next || n.Last < n.First || n.Output != g.Layers[n.Last].Output {
				t.Fatalf("%s: folded node %+v comes at layer %d", d.Name, n, next)
			}
			for ; next <= n.Last; next++ {
				becomes[next] = i
				total = total.Plus(d.Nodes[next].Cost)
			}
		}
		if next != len(d.Nodes) || total != d.Total || f.Total != d.Total {
			t.Fatalf("%s: the folded nodes hold %d layers and cost %v of %v", d.Name, next, total, d.Total)
		}
		var want, got []string
		for _, e := range d.Edges {
			if e.To = becomes[e.To]; e.From != Input {
				if layer := e.From; f.Nodes[becomes[layer]].Last != layer && becomes[layer] != e.To {
					t.Fatalf("%s: layer %d is folded, but %d reads it", d.Name, layer, e.To)
				}
				e.From = becomes[e.From]
			}
			if e.From != e.To {
				want = append(want, fmt.Sprint(e.From, e.To))
			}
		}
		for _, e := range f.Edges {
			got = append(got, fmt.Sprint(e.From, e.To))
		}
		if got, want := sortedSet(got), sortedSet(want); !slices.Equal(got, want) {
			t.Fatalf("%s: the folded edges are %v, want %v", d.Name, got, want)
		}
	})
}

func sortedSet(texts []string) []string {
	slices.Sort(texts)
	return slices.Compact(texts)
}

// checkEdges wants one edge for each input of each layer.
func checkEdges(t fataler, g *net.Graph, edges []Edge) {
	t.Helper()
	var want []Edge
	for _, l := range g.Layers {
		for _, from := range l.Inputs {
			want = append(want, Edge{From: from, To: l.Index})
		}
	}
	for i := range edges {
		if e := edges[i]; i >= len(want) || e.From != want[i].From || e.To != want[i].To {
			t.Fatalf("%s: edge %d is %v, want those of %v", g.File.Name, i, e, want)
		}
	}
	if len(edges) != len(want) {
		t.Fatalf("%s: %d edges for %d inputs", g.File.Name, len(edges), len(want))
	}
}

// checkGroups wants groups one in another, and nodes that know theirs.
func checkGroups(t fataler, d *Diagram) {
	t.Helper()
	for i, g := range d.Groups {
		if g.First > g.Last || g.Last >= len(d.Nodes) || g.Parent >= i {
			t.Fatalf("%s: group %d is %+v", d.Name, i, g)
		}
		if g.Parent == None {
			continue
		}
		if p := d.Groups[g.Parent]; g.First < p.First || g.Last > p.Last {
			t.Fatalf("%s: group %+v lies across %+v", d.Name, g, p)
		}
	}
	for n, node := range d.Nodes {
		innermost := None
		for i, g := range d.Groups {
			if g.First <= n && n <= g.Last {
				innermost = i
			}
		}
		if node.Group != innermost {
			t.Fatalf("%s: node %d is in group %d, want %d", d.Name, n, node.Group, innermost)
		}
	}
}

// TestGroups names the groups of small networks.
func TestGroups(t *testing.T) {
	module := pointed + same + "groups=4\n[route]\nlayers=-1,-2\n"
	squeeze := "[avgpool]\n" + pointed + pointed
	pool := func(size int) string { return fmt.Sprintf("[maxpool]\nsize=%d\nstride=1\n", size) }
	for _, c := range []struct{ name, text, want string }{
		{"a single layer", "", ""},
		{"residual", same + same + "[shortcut]\nfrom=0\n", "residual block 1–3"},
		{"residual, with what leads there", same + same + "[shortcut]\nfrom=-3\n" + same, "residual block 1–3"},
		{"halving", halving + same + "[route]\nlayers=0\n" + halving + "[shortcut]\nfrom=2\n", "residual block 1–5"},
		{"module", module, "ghost module 1–3"},
		{"modules", module + module, "ghost module 1–3, ghost module 4–6"},
		{"ghost bottleneck", module + module + "[shortcut]\nfrom=0\n", "ghost bottleneck 1 1–7, ghost module 1–3, ghost module 4–6"},
		{"squeeze-and-excite", squeeze + "[scale_channels]\nfrom=0\n", "squeeze-and-excite 1–4"},
		{"attention", same + same + "[sam]\nfrom=0\n", "attention 1–3"},
		{"dense", same + same + "[route]\nlayers=-1,-3\n", "dense layer 1–3"},
		{"pyramid", pool(3) + "[route]\nlayers=0\n" + pool(5) + "[route]\nlayers=-1,-3,0\n", "pooling pyramid 1–4"},
		{"branches", same + "[route]\nlayers=0\n" + same + same + "[route]\nlayers=-1,-4\n", "parallel branches 1–5"},
		{"one in another", same + "[route]\nlayers=0\n" + same + same + same + "[shortcut]\nfrom=3\n[route]\nlayers=-1,1\n", "parallel branches 1–7, residual block 4–6"},

		{"two layers", same + "[shortcut]\nfrom=0\n", ""},
		{"read in the middle", same + same + "[shortcut]\nfrom=0\n" + "[route]\nlayers=1\n", ""},
		{"an end in the middle", same + "[route]\nlayers=0\n" + same + "[shortcut]\nfrom=0\n", ""},
		{"from further up", same + same + same + "[shortcut]\nfrom=2\n[shortcut]\nfrom=0\n", "residual block 1–5"},
		{"encoder and decoder", halving + halving + same + "[upsample]\nstride=4\n[shortcut]\nfrom=0\n", ""},
		{"long", strings.Repeat(same, maxBlock) + "[shortcut]\nfrom=0\n", ""},
	} {
		d := New(build(t, "test.cfg", stem+pointed+c.text), Options{})
		var got []string
		for _, g := range d.Groups {
			got = append(got, fmt.Sprintf("%s %d–%d", g.Title(), g.First, g.Last))
		}
		if strings.Join(got, ", ") != c.want {
			t.Errorf("%s: %s, want %s", c.name, strings.Join(got, ", "), c.want)
		}
	}
}

// TestFold lists the nodes of folded networks.
func TestFold(t *testing.T) {
	residual := pointed + same + "[shortcut]\nfrom=-3\n"
	dense := pointed + same + "[route]\nlayers=-1,-3\n"
	text := func(kind string, opt design.Options) string {
		text, err := design.Lookup(kind).Cfg(opt)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	for _, c := range []struct{ name, text, want string }{
		{"equal blocks", stem + pointed + residual + residual + residual, "convolutional | 3 residual blocks"},
		{"unequal blocks", stem + pointed + residual + strings.ReplaceAll(residual, "size=3", "size=5") + residual,
			"convolutional | residual block | residual block | residual block"},
		{"blocks that grow", stem + pointed + dense + dense, "convolutional | 2 dense layers"},
		{"blocks apart", stem + pointed + residual + same + residual, "convolutional | residual block | convolutional | residual block"},
		{"blocks in a block", stem + pointed + same + "[route]\nlayers=0\n" + same + residual + residual + "[route]\nlayers=-1,1\n",
			"convolutional | parallel branches: 2 residual blocks"},
		{"a part read from outside", stem + pointed + same + "[route]\nlayers=0\n" + residual + residual + "[route]\nlayers=-1,1\n[route]\nlayers=5\n",
			"convolutional | convolutional | route | residual block | residual block | route | route"},
		{"GhostNet", text("ghostnet", design.Options{NoSE: true, WidthMult: .1}), "convolutional | ghost bottleneck 1 | ghost bottleneck 2 | ghost bottleneck 3 | " +
			"ghost bottleneck 4 | ghost bottleneck 5 | ghost bottleneck 6 | ghost bottlenecks 7–9 | ghost bottleneck 10 | ghost bottleneck 11 | " +
			"ghost bottleneck 12 | ghost bottlenecks 13–16 | convolutional | avgpool | convolutional | dropout | convolutional | softmax"},
	} {
		d := New(build(t, "test.cfg", c.text), Options{Fold: true})
		var got []string
		for _, n := range d.Nodes {
			name := n.Type
			if n.Kind == Block && n.Window != "" {
				name += ": " + n.Window
			}
			got = append(got, name)
		}
		if strings.Join(got, " | ") != c.want {
			t.Errorf("%s: %s\nwant %s", c.name, strings.Join(got, " | "), c.want)
		}
	}
}

// TestKinds tells what the layers of the golden cases are, which have all section types but a few.
func TestKinds(t *testing.T) {
	want := map[string][]Kind{
		"convolutional": {Convolution, Depthwise}, "deconvolutional": {Convolution}, "local": {Convolution},
		"connected": {Connected}, "rnn": {Connected}, "gru": {Connected}, "lstm": {Connected}, "crnn": {Connected}, "conv_lstm": {Connected},
		"maxpool": {Window}, "avgpool": {Window}, "local_avgpool": {Window}, "upsample": {Window}, "reorg": {Window}, "reorg3d": {Window}, "crop": {Window},
		"route": {Joint}, "shortcut": {Joint}, "scale_channels": {Joint}, "sam": {Joint},
		"yolo": {Result}, "Gaussian_yolo": {Result}, "region": {Result}, "detection": {Result}, "softmax": {Result}, "cost": {Result}, "contrastive": {Result},
		"logistic": {Other}, "activation": {Other}, "batchnorm": {Other}, "normalization": {Other}, "l2norm": {Other}, "dropout": {Other}, "empty": {Other},
		"history": {Other}, "implicit": {Other},
	}
	for _, k := range layers.Kinds() {
		if want[k.Name()] == nil && k.Name() != "net" && k.Name() != "iseg" { // iseg is not supported
			t.Errorf("what [%s] is isn't tested", k.Name())
		}
	}
	files, err := filepath.Glob(filepath.Join(testkit.Root(), "testdata", "golden", "*", "net.cfg"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden cases: %v", err)
	}
	texts := []string{stem + "[deconvolutional]\nfilters=2\nsize=2\nstride=2\n[l2norm]\n[logistic]\n"}
	for _, file := range files {
		texts = append(texts, string(testkit.Bytes(t, file)))
	}
	seen := map[string]bool{}
	for _, text := range texts {
		for _, n := range New(build(t, "test.cfg", text), Options{}).Nodes {
			if seen[n.Type] = true; !slices.Contains(want[n.Type], n.Kind) {
				t.Errorf("[%s] is of the kind %v, want %v", n.Type, n.Kind, want[n.Type])
			}
		}
	}
	if len(seen) != len(want) {
		t.Errorf("of %d types only %d were seen", len(want), len(seen))
	}
}
