package design_test

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/design"
	"github.com/ghostdark/ghostdark/internal/testkit"
	"github.com/ghostdark/ghostdark/layers"
	"github.com/ghostdark/ghostdark/net"
	"github.com/ghostdark/ghostdark/tensor"
)

// fataler is what testing and rapid have in common.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

// build writes a cfg and builds its network, of which there must be nothing to say.
func build(t fataler, kind string, opt design.Options) *net.Graph {
	t.Helper()
	text, err := design.Lookup(kind).Cfg(opt)
	if err != nil {
		t.Fatalf("%s %+v: %v", kind, opt, err)
	}
	file, diagnostics := cfg.Parse(kind+".cfg", text)
	g := net.Build(file, diagnostics, net.Options{})
	for _, d := range g.Diagnostics {
		if d.Severity != cfg.Note { // one that hard_sigmoid is an extension
			t.Fatalf("%s %+v: %v", kind, opt, d)
		}
	}
	return g
}

// TestProjectCfgs holds the embedded cfgs to what is written today.
func TestProjectCfgs(t *testing.T) {
	for _, name := range []string{"ghostnet", "ghost-yolo"} {
		text, err := design.Lookup(name).Cfg(design.Options{Layout: design.Darknet})
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(text, testkit.Bytes(t, filepath.Join(testkit.Root(), "cfgs", name+".cfg"))) {
			t.Errorf("cfgs/%s.cfg is not what is written today: run go generate ./cfgs", name)
		}
	}
}

// TestSharedBackbone holds ghostnet's head comment true: the layers up to the last bottleneck
// are ghost-yolo's.
func TestSharedBackbone(t *testing.T) {
	backbone := func(kind string, opt design.Options, end string) string {
		text, err := design.Lookup(kind).Cfg(opt)
		if err != nil {
			t.Fatal(err)
		}
		_, body, begins := strings.Cut(string(text), "\n# 0 · stem\n")
		body, _, ends := strings.Cut(body, "\n# "+end)
		if !begins || !ends {
			t.Fatalf("%s has no backbone", kind)
		}
		return body
	}
	for _, opt := range []design.Options{{}, {WidthMult: 0.35, Ratio: 3, NoSE: true}, {Layout: design.Darknet}} {
		classifier := opt
		classifier.Classes, classifier.Size = 3, design.Size{W: 64, H: 96}
		if backbone("ghostnet", classifier, "classifier\n") != backbone("ghost-yolo", opt, "neck and head at stride 32") {
			t.Errorf("%+v: ghostnet and ghost-yolo differ before their heads", opt)
		}
	}
}

// TestHardTanGate wants the scaled maps added to the maps themselves, in each of the seven
// blocks of squeeze-and-excite.
func TestHardTanGate(t *testing.T) {
	g := build(t, "ghostnet", design.Options{Gate: design.HardTan})
	blocks := 0
	for i, l := range g.Layers {
		if l.Kind.Name() != "scale_channels" {
			continue
		}
		blocks++
		add := g.Layers[i+1]
		if scaled := l.Inputs[1]; add.Kind.Name() != "shortcut" || !slices.Equal(add.Inputs, []int{i, scaled}) {
			t.Errorf("%s scales layer %d, but %s adds %v", l.Label(), scaled, add.Label(), add.Inputs)
		}
	}
	if blocks != 7 {
		t.Errorf("%d blocks, want 7", blocks)
	}
}

// published are networks with the multiply-adds and parameters that papers give for them, in
// millions with the digits given there. Where ours, rounded likewise, differ, docs/new.md
// says why.
var published = []struct {
	kind                string
	opt                 design.Options
	macs, parameters    int64
	paperMACs, paperPar string
	differs             bool
}{
	{"ghostnet", design.Options{WidthMult: 0.5}, 42328152, 2587292, "42", "2.6", false},
	{"ghostnet", design.Options{}, 141150512, 5182508, "141", "5.2", false},
	{"ghostnet", design.Options{WidthMult: 1.3}, 227003256, 7358820, "226", "7.3", true},
	{"ghostnet-v2", design.Options{}, 177049448, 6244476, "167", "6.1", true},
	{"ghost-resnet50", design.Options{Dense: true}, 4089184256, 25557032, "4100", "25.6", false},
	{"ghost-resnet50", design.Options{Ratio: 2}, 2151023360, 13953512, "2200", "13.0", true},
	{"ghost-resnet50", design.Options{Ratio: 4}, 1181942912, 8151752, "1200", "6.5", true},
	{"ghost-vgg16", design.Options{Dense: true}, 313463808, 14986698, "313", "15", false},
	{"ghost-vgg16", design.Options{Ratio: 2}, 158109696, 7650474, "158", "7.7", false},
	{"ghost-resnet56", design.Options{Dense: true}, 125485696, 853018, "125", "0.85", false},
	{"ghost-resnet56", design.Options{Ratio: 2}, 65286784, 438154, "63", "0.43", true},
	{"ghost-resnet56", design.Options{Ratio: 2, DW: 1}, 63222400, 430090, "63", "0.43", false},
}

// TestPublishedCosts compares what networks cost with what the papers say, and demands that
// the table in docs/new.md has the same numbers.
func TestPublishedCosts(t *testing.T) {
	page := string(testkit.Bytes(t, filepath.Join(testkit.Root(), "docs", "new.md")))
	for _, p := range published {
		total := build(t, p.kind, p.opt).Totals()
		text, err := design.Lookup(p.kind).Cfg(p.opt)
		if err != nil {
			t.Fatal(err)
		}
		_, command, _ := strings.Cut(string(text), "# Written by: ghostdark new ")
		command, _, _ = strings.Cut(command, "\n")
		if total.MACs != p.macs || total.Parameters != p.parameters {
			t.Errorf("%s: %d multiply-adds and %d parameters, want %d and %d", command, total.MACs, total.Parameters, p.macs, p.parameters)
		}
		agrees := like(total.MACs, p.paperMACs) && like(total.Parameters, p.paperPar)
		if agrees == p.differs {
			t.Errorf("%s: %d multiply-adds and %d parameters for the published %s M and %s M, which differs: %v", command,
				total.MACs, total.Parameters, p.paperMACs, p.paperPar, !agrees)
		}
		row := fmt.Sprintf("| `%s` | %s | %s | %.2f | %s |", command, millions(total.MACs), p.paperMACs, float64(total.Parameters)/1e6, p.paperPar)
		if !strings.Contains(page, row) {
			t.Errorf("docs/new.md has no row\n%s", row)
		}
	}
}

// millions has the digits of the table.
func millions(n int64) string { return fmt.Sprintf("%.1f", float64(n)/1e6) }

// like reports whether a number, in millions, is rounded to the published one, which may end
// in zeros for hundreds of millions.
func like(n int64, published string) bool {
	unit := 1e6
	digits := published
	if whole, isThousands := strings.CutSuffix(published, "00"); isThousands {
		unit, digits = 1e8, whole
	}
	_, decimals, _ := strings.Cut(digits, ".")
	return fmt.Sprintf("%.*f", len(decimals), float64(n)/unit) == digits
}

// options draws what a kind takes.
func options(t *rapid.T, kind *design.Kind) design.Options {
	var o design.Options
	has := func(name string) bool {
		return slices.Contains(kind.Takes, name) && rapid.Bool().Draw(t, "gives "+name)
	}
	if has("layout") {
		o.Layout = rapid.SampledFrom(design.Layouts()).Draw(t, "layout")
	}
	if o.Layout != design.Darknet {
		if has("width-mult") {
			o.WidthMult = rapid.Float64Range(0.1, 3).Draw(t, "width-mult")
		}
		if o.Dense = has("dense"); !o.Dense {
			if has("ratio") {
				o.Ratio = rapid.IntRange(2, 16).Draw(t, "ratio")
			}
			if has("dw") {
				o.DW = 1 + 2*rapid.IntRange(0, 7).Draw(t, "dw")
			}
		}
	}
	if has("size") {
		w := rapid.IntRange(1, 12).Draw(t, "width")
		h := rapid.IntRange(1, 12).Draw(t, "height")
		if kind.Name == "ghostnet-v2" {
			h += (w + h) % 2
		}
		o.Size = design.Size{W: w * kind.Stride, H: h * kind.Stride}
	}
	if has("classes") {
		o.Classes = rapid.IntRange(1, 3000).Draw(t, "classes")
	}
	if o.NoSE = has("no-se"); !o.NoSE && has("gate") {
		o.Gate = rapid.SampledFrom(design.Gates()).Draw(t, "gate")
	}
	if has("heads") {
		o.Heads = rapid.IntRange(2, 3).Draw(t, "heads")
	}
	if has("anchors") {
		n := max(o.Heads, 2) * rapid.IntRange(1, 10).Draw(t, "anchors for each head")
		for i := range n {
			o.Anchors = append(o.Anchors, 1.5*float64(i+1), float64(2*i+3))
		}
	}
	return o
}

// TestWhateverOptions builds networks of drawn options: nothing is wrong or doubtful, the
// outputs have the shapes that were asked for, and each ghost module its ratio.
func TestWhateverOptions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom(design.Kinds()).Draw(t, "kind")
		opt := options(t, kind)
		g := build(t, kind.Name, opt)
		size := opt.Size
		if size == (design.Size{}) {
			size = map[string]design.Size{"ghost-yolo": {W: 416, H: 416}, "ghost-vgg16": {W: 32, H: 32}, "ghost-resnet56": {W: 32, H: 32}}[kind.Name]
		}
		if size == (design.Size{}) {
			size = design.Size{W: 224, H: 224}
		}
		if want := (tensor.Shape{C: 3, H: size.H, W: size.W}); g.Net.Input() != want {
			t.Fatalf("input %v, want %v", g.Net.Input(), want)
		}
		if kind.Name == "ghost-yolo" {
			checkHeads(t, g, opt, size)
		} else if got, want := g.Shape(g.Result()), (tensor.Shape{C: classes(kind, opt), H: 1, W: 1}); got != want {
			t.Fatalf("gives %v, want %v", got, want)
		}
		checkModules(t, g, opt)
	})
}

func classes(kind *design.Kind, opt design.Options) int {
	usual := map[string]int{"ghost-yolo": 80, "ghost-vgg16": 10, "ghost-resnet56": 10}[kind.Name]
	switch {
	case opt.Classes > 0:
		return opt.Classes
	case usual > 0:
		return usual
	}
	return 1000
}

func checkHeads(t *rapid.T, g *net.Graph, opt design.Options, size design.Size) {
	heads, each := max(opt.Heads, 2), 3
	if opt.Anchors != nil {
		each = len(opt.Anchors) / 2 / heads
	}
	found := g.Heads()
	if len(found) != heads {
		t.Fatalf("%d heads, want %d", len(found), heads)
	}
	for i, head := range found {
		stride := 32 >> i
		want := tensor.Shape{C: each * (classes(design.Lookup("ghost-yolo"), opt) + 5), H: size.H / stride, W: size.W / stride}
		if head.Output != want {
			t.Fatalf("head %d gives %v, want %v", i, head.Output, want)
		}
	}
}

// checkModules finds depthwise convolutions that a route joins with what they read.
func checkModules(t *rapid.T, g *net.Graph, opt design.Options) {
	found, scales := 0, 0
	for _, l := range g.Layers {
		if l.Kind.Name() == "scale_channels" {
			scales++
		}
		if l.Kind.Name() != "route" || len(l.Inputs) != 2 {
			continue
		}
		a, b := min(l.Inputs[0], l.Inputs[1]), max(l.Inputs[0], l.Inputs[1])
		conv, isConv := g.Layers[b].Op.(*layers.Convolutional)
		if !isConv || conv.Groups == 1 || !slices.Equal(g.Layers[b].Inputs, []int{a}) {
			continue
		}
		found++
		if opt.Layout == design.Darknet {
			continue
		}
		ratio, dw := cmp.Or(opt.Ratio, 2), cmp.Or(opt.DW, 3)
		if conv.Groups != conv.In.C || l.Output.C != ratio*conv.In.C || conv.Size != dw {
			t.Fatalf("%s: %v to %v in %d groups of %d×%d, joined in %v", l.Label(), conv.In, conv.Out, conv.Groups, conv.Size, conv.Size, l.Output)
		}
		if first := l.Inputs[0]; first != a {
			t.Fatalf("%s: ghosts come first", l.Label())
		}
	}
	if (found > 0) == opt.Dense {
		t.Fatalf("%d ghost modules", found)
	}
	if opt.NoSE && scales > 0 {
		t.Fatalf("%d squeeze-and-excite blocks", scales)
	}
}

// TestNetworksRun runs slim networks of each kind, which has the plan and the layers'
// definitions agree on them.
func TestNetworksRun(t *testing.T) {
	slim := design.Options{WidthMult: 0.25, Classes: 7}
	for _, kind := range design.Kinds() {
		for _, side := range []int{kind.Stride, 3 * kind.Stride} { // odd maps at the end
			opt := slim
			opt.Size = design.Size{W: side, H: side}
			t.Run(fmt.Sprintf("%s-%d", kind.Name, side), func(t *testing.T) {
				network, err := build(t, kind.Name, opt).Random(1)
				if err != nil {
					t.Fatal(err)
				}
				input := make([]float32, network.Net.Input().Len())
				random := rand.New(rand.NewPCG(1, 2))
				for i := range input {
					input[i] = random.Float32()
				}
				result := func(opt net.SessionOptions) []float32 {
					s, err := network.NewSession(opt)
					if err != nil {
						t.Fatal(err)
					}
					defer s.Close()
					if err := s.Run(context.Background(), input); err != nil {
						t.Fatal(err)
					}
					out, err := s.Output(network.Result())
					if err != nil {
						t.Fatal(err)
					}
					return slices.Clone(out.Data)
				}
				got, want := result(net.SessionOptions{}), result(net.SessionOptions{Reference: true})
				for i, w := range want {
					if far := math.Abs(float64(got[i] - w)); !(far <= 1e-3*(1+math.Abs(float64(w)))) {
						t.Fatalf("value %d is %g, by definition %g", i, got[i], w)
					}
				}
			})
		}
	}
}

func TestBadOptions(t *testing.T) {
	for _, bad := range []struct {
		kind string
		opt  design.Options
		want string
	}{
		{"ghostnet", design.Options{Ratio: 1}, "ratio=1 makes no ghosts: give 2 to 16, or dense for ordinary convolutions"},
		{"ghostnet", design.Options{Ratio: -2}, "ratio=-2 is out of range: give 2 to 16"},
		{"ghostnet", design.Options{Ratio: 17}, "ratio=17 is out of range: give 2 to 16"},
		{"ghostnet", design.Options{DW: 4}, "dw=4 is even, so a kernel has no middle: give an odd number from 1 to 15"},
		{"ghostnet", design.Options{DW: -1}, "dw=-1 is out of range: give 1 to 15"},
		{"ghostnet", design.Options{DW: 17}, "dw=17 is out of range: give 1 to 15"},
		{"ghostnet", design.Options{WidthMult: 0.05}, "width-mult=0.05 is out of range: give 0.1 to 10"},
		{"ghostnet", design.Options{WidthMult: math.NaN()}, "width-mult=NaN is out of range: give 0.1 to 10"},
		{"ghostnet", design.Options{WidthMult: math.Inf(1)}, "width-mult=+Inf is out of range: give 0.1 to 10"},
		{"ghostnet", design.Options{Classes: -1}, "classes=-1 is out of range: give 1 to 100000"},
		{"ghostnet", design.Options{Classes: 100001}, "classes=100001 is out of range: give 1 to 100000"},
		{"ghostnet", design.Options{Size: design.Size{W: 225, H: 224}}, "size=225x224 can't be divided by 32, the stride of ghostnet: give 224 or 256x224"},
		{"ghostnet", design.Options{Size: design.Size{W: 16, H: 16}}, "size=16 is too small for ghostnet, which divides it by 32: give 32 or more"},
		{"ghostnet", design.Options{Size: design.Size{W: 32}}, "size=32x0 is out of range: give 32 to 16384"},
		{"ghostnet", design.Options{Size: design.Size{W: 32768, H: 32}}, "size=32768x32 is out of range: give 32 to 16384"},
		{"ghostnet-v2", design.Options{Size: design.Size{W: 224, H: 256}},
			"size=224x256 has attention over maps of 7x8, of which one extent only can be halved: give multiples of 64, or a square"},
		{"ghostnet", design.Options{Layout: "torch"}, "layout=torch is unknown: choose one of official, darknet"},
		{"ghostnet", design.Options{Gate: "relu6"}, "gate=relu6 is unknown: choose one of logistic, hard_sigmoid, hardtan"},
		{"ghostnet", design.Options{Gate: "logistic", NoSE: true}, "gate=logistic doesn't go with no-se: without squeeze-and-excite there is no gate"},
		{"ghostnet", design.Options{Ratio: 2, Dense: true}, "ratio=2 doesn't go with dense: ordinary convolutions have no ghosts"},
		{"ghostnet", design.Options{DW: 3, Dense: true}, "dw=3 doesn't go with dense: ordinary convolutions have no ghosts"},
		{"ghostnet", design.Options{Ratio: 2, Layout: design.Darknet},
			"ratio=2 doesn't go with layout=darknet, where each module has a width, ratio and kernel of its own"},
		{"ghostnet", design.Options{Dense: true, Layout: design.Darknet},
			"dense doesn't go with layout=darknet, where each module has a width, ratio and kernel of its own"},
		{"ghostnet", design.Options{Heads: 2}, "heads=2 is no option of ghostnet, which has layout, width-mult, ratio, dw, dense, size, classes, no-se, gate"},
		{"ghost-vgg16", design.Options{NoSE: true}, "no-se is no option of ghost-vgg16, which has width-mult, ratio, dw, dense, size, classes"},
		{"ghost-yolo", design.Options{Heads: 4}, "heads=4 is out of range: give 2 to 3"},
		{"ghost-yolo", design.Options{Anchors: []float64{1, 2, 3}},
			"anchors=1,2,3 are 3 numbers: give a width and a height for each anchor, and each of the 2 heads as many anchors, up to 10"},
		{"ghost-yolo", design.Options{Heads: 3, Anchors: []float64{1, 2, 3, 4}},
			"anchors=1,2,3,4 are 4 numbers: give a width and a height for each anchor, and each of the 3 heads as many anchors, up to 10"},
		{"ghost-yolo", design.Options{Anchors: []float64{}},
			"anchors are 0 numbers: give a width and a height for each anchor, and each of the 2 heads as many anchors, up to 10"},
		{"ghost-yolo", design.Options{Anchors: []float64{0, 2, 3, 4}}, "anchors=0,2,3,4 have one of 0 by 2: give pixels, above 0 and up to 16384"},
		{"ghost-yolo", design.Options{Anchors: []float64{1, math.NaN(), 3, 4}}, "anchors=1,NaN,3,4 have one of 1 by NaN: give pixels, above 0 and up to 16384"},
		{"ghost-yolo", design.Options{Anchors: []float64{9, 9, 3, 4}},
			"anchors=9,9,3,4 have 3,4 behind a larger one: give the smallest first, since the heads divide them in this order"},
	} {
		text, err := design.Lookup(bad.kind).Cfg(bad.opt)
		if text != nil || err == nil || err.Error() != bad.want {
			t.Errorf("%s %+v: %v\nwant %s", bad.kind, bad.opt, err, bad.want)
		}
	}
	if design.Lookup("ghost") != nil {
		t.Error("there is a kind named ghost")
	}
}
