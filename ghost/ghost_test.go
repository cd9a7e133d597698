package ghost

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/design"
	"github.com/ghostdark/ghostdark/internal/testkit"
	"github.com/ghostdark/ghostdark/net"
)

// fataler is what tests and properties have in common.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

// find analyses the text of a cfg, and checks what holds for every network.
func find(t fataler, text string) *Analysis {
	t.Helper()
	file, diagnostics := cfg.Parse("test.cfg", []byte(text))
	g := net.Build(file, diagnostics, net.Options{})
	if err := g.Err(); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	a := Find(g)
	checkSums(t, a)
	return a
}

// checkSums holds sums against the totals of the graph, and that each layer is in one block.
func checkSums(t fataler, a *Analysis) {
	t.Helper()
	totals := a.Graph.Totals()
	want := Cost{totals.MACs, totals.Parameters}
	all := a.All()
	var roles, blocks Cost
	for _, c := range a.ByRole(all...) {
		roles = roles.Plus(c)
	}
	var covered []int
	last := -1
	for _, b := range a.Blocks() {
		blocks = blocks.Plus(a.CostOf(b.Layers...))
		covered = append(covered, b.Layers...)
		if b.Layers[0] < last {
			t.Fatalf("the blocks are out of order: %v", a.Blocks())
		}
		last = b.Layers[0]
	}
	slices.Sort(covered)
	if !slices.Equal(covered, all) {
		t.Fatalf("the blocks cover layers %v of %d", covered, len(all))
	}
	if a.CostOf(all...) != want || roles != want || blocks != want {
		t.Fatalf("layers cost %v, by roles %v, by blocks %v, the graph %v", a.CostOf(all...), roles, blocks, want)
	}
	for _, m := range a.Modules {
		if got := a.CostOf(m.Layers()...); got != m.Cost {
			t.Fatalf("module %+v costs %v", m, got)
		}
		if r, _ := m.Saving(); math.Abs(r-m.Formula()) > 1e-9*r {
			t.Fatalf("module %+v: r_s %v by counting, %v by the formula", m, r, m.Formula())
		}
	}
}

const stem = "[net]\nwidth=24\nheight=16\nchannels=3\n"

func conv(filters, size, stride, groups int) string {
	return fmt.Sprintf("[convolutional]\nfilters=%d\nsize=%d\nstride=%d\npad=1\ngroups=%d\nbatch_normalize=1\nactivation=relu\n", filters, size, stride, groups)
}

// TestModuleByHand compares with numbers worked out by hand: c = 3, m = 8, s = 3, k = 5, d = 3 on
// 12×8 maps.
func TestModuleByHand(t *testing.T) {
	a := find(t, stem+conv(8, 5, 2, 1)+conv(16, 3, 1, 8)+"[route]\nlayers=-1,-2\n")
	if len(a.Modules) != 1 {
		t.Fatalf("found %v", a.Modules)
	}
	m := a.Modules[0]
	want := Module{
		Primary: 0, Cheap: 1, Route: 2, GhostsFirst: true,
		C: 3, M: 8, N: 24, S: 3, K: 5, D: 3, H: 8, W: 12,
		Cost:  Cost{MACs: 57600 + 13824, Parameters: 616 + 176}, // 8·96·3·25 + 16·96·9; 8·75 + 2·8, 16·9 + 2·16
		Dense: Cost{MACs: 172800, Parameters: 1848},             // 24·96·3·25; 24·75 + 2·24
	}
	if m != want {
		t.Errorf("got  %+v\nwant %+v", m, want)
	}
	speedup, compression := m.Saving()
	for _, c := range []struct {
		name      string
		got, want float64
	}{
		{"r_s", speedup, 2.41935}, // 172800/71424
		{"the formula", m.Formula(), 2.41935},
		{"r_c", compression, 2.33333}, // 1848/792
		{"the approximation", m.Approximation(), 1.8},
	} {
		if math.Abs(c.got-c.want) > 1e-5 {
			t.Errorf("%s is %v, want %v", c.name, c.got, c.want)
		}
	}
	if total, dense := a.CostOf(a.All()...), a.DenseOf(a.All()...); total != want.Cost || dense != want.Dense {
		t.Errorf("the network's totals are %v and %v", total, dense)
	}
}

// TestPaperFormula checks the formula with the paper's own example, table 3: VGG-16 with s = 2 and
// d = 3 needs about half the multiply-adds, since c·k·k is much larger than d·d.
func TestPaperFormula(t *testing.T) {
	m := Module{C: 512, S: 2, K: 3, D: 3}
	if r := m.Formula(); math.Abs(r-1.99610) > 1e-5 { // 4608/(2304 + 4.5)
		t.Errorf("r_s = %v", r)
	}
	if r := m.Approximation(); math.Abs(r-1.99610) > 1e-5 { // the same for d = k: 1024/513
		t.Errorf("the approximation is %v", r)
	}
}

// TestLookalikes are modules of all forms, and then graphs that differ from a module in one point.
func TestLookalikes(t *testing.T) {
	first, cheap := conv(8, 1, 1, 1), conv(16, 3, 1, 8)
	const route = "[route]\nlayers=-1,-2\n"
	for _, c := range []struct {
		name, text string
		modules    int
		reason     string // of the lookalike, "" for none
	}{
		{"module", first + cheap + route, 1, ""},
		{"primary first", first + cheap + "[route]\nlayers=-2,-1\n", 1, ""},
		{"one map", conv(1, 1, 1, 1) + conv(3, 3, 1, 1) + route, 1, ""},
		{"through a route", first + "[route]\nlayers=-1\n" + cheap + "[route]\nlayers=-1,-3\n", 1, ""},
		{"through dropout", first + "[dropout]\n" + cheap + route, 1, ""},
		{"apart", first + "[route]\nlayers=-1\n" + first + "[route]\nlayers=-3\n" + cheap + "[route]\nlayers=-1,-4\n", 0, "layer 2 reads"},
		{"apart, of equal layers", first + "[route]\nlayers=-1\n" + cheap + "[maxpool]\nsize=2\nstride=2\n" + conv(4, 1, 1, 1) + "[route]\nlayers=-3,-5\n", 0, "layer 3 reads"},
		{"apart in the file", conv(4, 1, 1, 1) + first + "[route]\nlayers=0\n" + conv(4, 1, 1, 1) + "[route]\nlayers=-3\n" + cheap + "[route]\nlayers=1,-1\n", 1, ""},
		{"dilated", first + strings.Replace(cheap, "size=3", "size=3\ndilation=2", 1) + route, 1, ""},
		{"strided primary", conv(8, 3, 2, 1) + cheap + route, 1, ""},

		{"fewer groups", first + conv(16, 3, 1, 4) + route, 0, "4 groups for 8 maps"},
		{"no groups", first + conv(16, 3, 1, 1) + route, 0, ""},
		{"grouped primary", conv(9, 1, 1, 3) + conv(18, 3, 1, 9) + route, 0, "the first convolution has 3 groups"},
		{"stride", first + conv(16, 3, 2, 8) + "[upsample]\n[route]\nlayers=-1,-3\n", 0, ""},
		{"stride on one pixel", "[avgpool]\n" + first + conv(16, 3, 2, 8) + route, 0, "stride"},
		{"another layer read", first + first + "[route]\nlayers=-2\n" + cheap + "[route]\nlayers=-1,-3\n", 0, ""},
		{"three joined", first + cheap + "[route]\nlayers=-1,-2,-2\n", 0, "joins 3 layers"},
		{"twice the ghosts", first + cheap + "[route]\nlayers=-1,-1\n", 0, ""},
		{"half of each", first + cheap + route + "groups=2\n", 0, "only a part"},
		{"batch norm between", first + "[batchnorm]\n" + cheap + route, 0, ""},
		{"activation between", first + "[activation]\nactivation=relu\n" + cheap + "[route]\nlayers=-1,-3\n", 0, ""},
		{"xnor", first + cheap + "xnor=1\n" + route, 0, "xnor"},
		{"antialiasing", first + "antialiasing=1\n" + cheap + route, 0, "antialiasing"},
		{"maps read outside", first + cheap + route + "[route]\nlayers=-3\n" + first + "[route]\nlayers=-1,-3\n", 0, "layer 4 reads"},
		{"ghosts read outside", first + cheap + route + "[route]\nlayers=-2\n" + first, 0, "layer 4 reads"},
		{"shared weights", conv(3, 1, 1, 1) + conv(3, 1, 1, 1) + "share_index=0\n" + conv(6, 3, 1, 3) + route, 0, "share_index"},
		{"joined twice", first + cheap + route + "[route]\nlayers=-2,-3\n", 0, "layer 3 reads"},
		{"ghosts of the input", conv(9, 3, 1, 3) + first + route, 0, ""},
	} {
		a := find(t, stem+c.text)
		if len(a.Modules) != c.modules {
			t.Errorf("%s: found %v", c.name, a.Modules)
		}
		var reasons []string
		for _, l := range a.Lookalikes {
			reasons = append(reasons, l.Reason)
		}
		if got := strings.Join(reasons, "; "); (got == "") != (c.reason == "") || !strings.Contains(got, c.reason) {
			t.Errorf("%s: the reason is %q, want %q", c.name, got, c.reason)
		}
	}
}

// TestBottleneckForms are bottlenecks of 8 maps, and what differs from one in a single point.
func TestBottleneckForms(t *testing.T) {
	module := func(m int) string { return conv(m, 1, 1, 1) + conv(m, 3, 1, m) + "[route]\nlayers=-1,-2\n" }
	const back = "[route]\nlayers=0\n"
	attention := back + conv(16, 1, 1, 1) + conv(16, 5, 1, 16)
	for _, c := range []struct {
		name, text  string
		bottlenecks int
	}{
		{"identity", module(8) + module(4) + "[shortcut]\nfrom=0\n", 1},
		{"attention", module(8) + attention + "[sam]\nfrom=3\n" + module(4) + "[shortcut]\nfrom=0\n", 1},
		{"SE before the halving", module(8) + "[avgpool]\n" + conv(4, 1, 1, 1) + conv(16, 1, 1, 1) + "[scale_channels]\nfrom=3\n" +
			conv(16, 3, 2, 16) + module(4) + back + conv(8, 3, 2, 8) + "[shortcut]\nfrom=-3\n", 1},
		{"two sums of one projection", module(8) + module(4) + "[shortcut]\nfrom=0\n[route]\nlayers=-2\n[shortcut]\nfrom=0\n", 1},

		{"attention from outside", "[maxpool]\nsize=3\nstride=1\n" + module(8) + attention + "[sam]\nfrom=4\n" + module(4) + "[shortcut]\nfrom=1\n", 0},
		{"attention of a module", module(8) + back + module(8) + "[sam]\nfrom=3\n" + module(4) + "[shortcut]\nfrom=0\n", 0},
		{"long branch", module(8) + module(4) + back + conv(8, 3, 1, 8) + conv(8, 1, 1, 1) + conv(8, 3, 1, 8) + "[shortcut]\nfrom=6\n", 0},
		{"one module", module(4) + "[shortcut]\nfrom=0\n", 0},
		{"three modules", module(8) + module(8) + module(4) + "[shortcut]\nfrom=0\n", 0},
	} {
		if a := find(t, stem+conv(8, 3, 1, 1)+c.text); len(a.Bottlenecks) != c.bottlenecks {
			t.Errorf("%s: found %+v", c.name, a.Bottlenecks)
		}
	}
}

// TestDesigns counts what the networks that design writes are made of, and compares the dense
// totals with the dense networks that it writes.
func TestDesigns(t *testing.T) {
	counts := map[string]struct{ modules, bottlenecks, se int }{
		"ghostnet": {32, 16, 7}, "ghostnet-v2": {32, 16, 7}, "ghost-yolo": {32, 16, 7},
		"ghost-resnet50": {52, 0, 0}, "ghost-resnet56": {54, 0, 0}, "ghost-vgg16": {13, 0, 0},
	}
	for _, kind := range design.Kinds() {
		for ratio := 2; ratio <= 6; ratio++ {
			for d := 1; d <= 7; d += 2 {
				text, err := kind.Cfg(design.Options{Ratio: ratio, DW: d})
				if err != nil {
					t.Fatal(err)
				}
				a := find(t, string(text))
				count := counts[kind.Name]
				if len(a.Modules) != count.modules || len(a.Bottlenecks) != count.bottlenecks || len(a.SE) != count.se || len(a.Lookalikes) > 0 {
					t.Errorf("%s, s = %d, d = %d: %d modules, %d bottlenecks, %d SE, lookalikes %v, want %+v", kind.Name, ratio, d,
						len(a.Modules), len(a.Bottlenecks), len(a.SE), a.Lookalikes, count)
				}
				for _, m := range a.Modules {
					if m.S != ratio || m.D != d || m.N != ratio*m.M || m.GhostsFirst {
						t.Errorf("%s, s = %d, d = %d: module %+v", kind.Name, ratio, d, m)
					}
				}
				if 4%ratio != 0 {
					continue // numbers of maps are rounded otherwise in the dense network
				}
				text, err = kind.Cfg(design.Options{Dense: true})
				if err != nil {
					t.Fatal(err)
				}
				dense := find(t, string(text))
				want, got := dense.CostOf(dense.All()...), a.DenseOf(a.All()...)
				if len(dense.Modules) > 0 || got != want || dense.DenseOf(dense.All()...) != want {
					t.Errorf("%s, s = %d: the dense network has %d modules and costs %v, the dense twin %v", kind.Name, ratio, len(dense.Modules), want, got)
				}
			}
		}
	}
}

// TestDesignVariants counts in networks of other gates, layouts and widths.
func TestDesignVariants(t *testing.T) {
	for _, c := range []struct {
		opt             design.Options
		se, bottlenecks int
	}{
		{design.Options{Layout: design.Darknet}, 7, 16},
		{design.Options{NoSE: true}, 0, 16},
		{design.Options{Gate: design.HardTan}, 7, 16},
		{design.Options{Gate: design.HardSigmoid, WidthMult: 0.1, Ratio: 4}, 7, 16},
		{design.Options{Dense: true}, 7, 0},
	} {
		text, err := design.Lookup("ghostnet").Cfg(c.opt)
		if err != nil {
			t.Fatal(err)
		}
		a := find(t, string(text))
		if len(a.SE) != c.se || len(a.Bottlenecks) != c.bottlenecks || len(a.Modules) != 2*c.bottlenecks {
			t.Errorf("%+v: %d modules, %d bottlenecks, %d SE", c.opt, len(a.Modules), len(a.Bottlenecks), len(a.SE))
		}
		for _, s := range a.SE {
			if (s.Sum != None) != (c.opt.Gate == design.HardTan) {
				t.Errorf("%+v: %+v", c.opt, s)
			}
		}
	}
}

func read(t *testing.T, path string) *Analysis {
	t.Helper()
	g, err := net.Read(path, net.Options{})
	if err != nil {
		t.Fatal(err)
	}
	a := Find(g)
	checkSums(t, a)
	return a
}

// TestOwnCfgs counts what is in the cfgs that the project has.
func TestOwnCfgs(t *testing.T) {
	for name, want := range map[string]struct {
		modules, bottlenecks, se int
		ghostsFirst              bool
	}{
		"ghostnet.cfg":         {32, 16, 7, true},
		"ghost-yolo.cfg":       {32, 16, 7, true},
		"ghost-yolo-bccd.cfg":  {30, 14, 6, true}, // two modules in the heads,
		"ghostnet-fashion.cfg": {26, 13, 6, false},
	} {
		a := read(t, filepath.Join(testkit.Root(), "cfgs", name))
		if len(a.Modules) != want.modules || len(a.Bottlenecks) != want.bottlenecks || len(a.SE) != want.se {
			t.Errorf("%s: %d modules, %d bottlenecks, %d SE", name, len(a.Modules), len(a.Bottlenecks), len(a.SE))
		}
		for _, m := range a.Modules {
			if m.GhostsFirst != want.ghostsFirst {
				t.Errorf("%s: module %+v", name, m)
			}
		}
	}
}

// TestZoo holds that in published cfgs there are modules in Ghost-YOLO only.
func TestZoo(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(testkit.Shared(t, "zoo", "cfg"), "*.cfg"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no cfgs: %v", err)
	}
	for _, file := range files {
		g, _ := net.Read(file, net.Options{})
		if g == nil || g.Diagnostics.HasErrors() {
			t.Fatalf("%s can't be read", file)
		}
		a := Find(g)
		checkSums(t, a)
		modules, bottlenecks := 0, 0
		if filepath.Base(file) == "ghost-yolo.cfg" {
			modules, bottlenecks = 32, 16
		}
		if len(a.Modules) != modules || len(a.Bottlenecks) != bottlenecks {
			t.Errorf("%s: %d modules, %d bottlenecks", file, len(a.Modules), len(a.Bottlenecks))
		}
		if len(a.Lookalikes) > 0 {
			t.Errorf("%s: lookalikes %v", file, a.Lookalikes)
		}
	}
}
