package rewrite

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/internal/testkit"
	"github.com/ghostdark/ghostdark/layers"
	"github.com/ghostdark/ghostdark/net"
	"github.com/ghostdark/ghostdark/weights"
)

// parse makes a network of a cfg's text. load gives it weights.
func parse(t *testing.T, name, text string, load func(*net.Graph) (*net.Network, error)) *net.Network {
	t.Helper()
	file, diags := cfg.Parse(name, []byte(text))
	n, err := load(net.Build(file, diags, net.Options{}))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// random makes a network of words, each on a line of its own.
func random(t *testing.T, words string) *net.Network {
	t.Helper()
	return parse(t, "test.cfg", strings.ReplaceAll(words, " ", "\n")+"\n", func(g *net.Graph) (*net.Network, error) { return g.Random(3) })
}

func apply(t *testing.T, n *net.Network, opt Options) *Result {
	t.Helper()
	r, err := Apply(n, opt)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// written gives the weights file of a result.
func written(t *testing.T, r *Result, h weights.Header) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := weights.Write(&b, h, r.Slots); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// reread makes a network of a result as its files hold it.
func reread(t *testing.T, r *Result) *net.Network {
	t.Helper()
	data := written(t, r, weights.CurrentHeader(0))
	return parse(t, "test.cfg", string(r.Cfg), func(g *net.Graph) (*net.Network, error) { return g.LoadBytes(data, "test.weights") })
}

// model is a network with a weights file, of a small golden case or trained.
type model struct {
	name, cfg, weights string
	golden             bool
}

func models(t *testing.T) []model {
	t.Helper()
	var list []model
	golden := filepath.Join(testkit.Root(), "testdata", "golden")
	entries, err := os.ReadDir(golden)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() {
			list = append(list, model{e.Name(), filepath.Join(golden, e.Name(), "net.cfg"), filepath.Join(golden, e.Name(), "net.weights"), true})
		}
	}
	for _, name := range []string{"ghost-yolo-bccd", "ghostnet-fashion"} {
		path := filepath.Join(testkit.Root(), "cfgs", name)
		list = append(list, model{name, path + ".cfg", path + ".weights", false})
	}
	shared := filepath.Join(testkit.Root(), "..", "shared", "models")
	for _, name := range []string{"yolo-fastest-1.1", "yolo-fastest-1.1-xl"} {
		if path := filepath.Join(shared, name); exists(path + ".weights") {
			list = append(list, model{name, path + ".cfg", path + ".weights", false})
		}
	}
	return list
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func (m model) open(t *testing.T) *net.Network {
	t.Helper()
	g, err := net.Read(m.cfg, net.Options{})
	if err != nil {
		t.Fatal(err)
	}
	n, err := g.LoadFile(m.weights, weights.ReadOptions{AllowExtra: true})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestFoldedNetworksComputeTheSame compares, by the layers' definitions, every layer's output; of
// trained networks, which have factors of hundreds, only what they find.
func TestFoldedNetworksComputeTheSame(t *testing.T) {
	folded := 0
	for _, m := range models(t) {
		t.Run(m.name, func(t *testing.T) {
			n := m.open(t)
			r := apply(t, n, Options{Fold: true})
			if len(r.Folded) == 0 {
				if !sameText(r.Cfg, testkit.Bytes(t, m.cfg)) {
					t.Error("nothing was folded, but the cfg is another one")
				}
				return
			}
			folded++
			other := reread(t, r)
			for _, l := range r.Folded {
				if s := other.Layers[l.Index].Section; s.Option("batch_normalize") != nil || s.Option("cbn") != nil {
					t.Errorf("%s still has batch norm", l.Label())
				}
			}
			want, got := outputs(t, n), outputs(t, other)
			for i := range want {
				if _, head := n.Layers[i].Op.(layers.Head); !m.golden && !head && i != n.Result() {
					continue
				}
				if at, beyond := testkit.Worst(got[i], want[i], 1e-5); beyond {
					t.Errorf("%s: value %d is %v, want %v", n.Layers[i].Label(), at, got[i][at], want[i][at])
				}
			}
		})
	}
	if folded < 40 {
		t.Errorf("only %d networks had anything to fold", folded)
	}
}

// sameText compares two texts but for their line ends and a byte order mark.
func sameText(a, b []byte) bool {
	plain := func(text []byte) string {
		return strings.TrimRight(strings.TrimPrefix(strings.ReplaceAll(string(text), "\r\n", "\n"), "\uFEFF"), "\n")
	}
	return plain(a) == plain(b)
}

// outputs runs a network twice, since some have a state, and returns what each layer gives.
func outputs(t *testing.T, n *net.Network) [][]float32 {
	t.Helper()
	s, err := n.NewSession(net.SessionOptions{Reference: true, KeepAll: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	input := make([]float32, n.Net.Input().Len())
	for i := range input {
		input[i] = float32(i*2654435761%1000) / 1000
	}
	for range 2 {
		if err := s.Run(context.Background(), input); err != nil {
			t.Fatal(err)
		}
	}
	var all [][]float32
	for i := range n.Layers {
		out, err := s.Output(i)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, append([]float32(nil), out.Data...))
	}
	return all
}

// TestUnchanged holds that without changes the cfg stays, and the weights but for the header.
func TestUnchanged(t *testing.T) {
	older := 0
	for _, m := range models(t) {
		n := m.open(t)
		r := apply(t, n, Options{})
		if !sameText(r.Cfg, testkit.Bytes(t, m.cfg)) {
			t.Errorf("%s: the cfg is another one", m.name)
		}
		current := weights.CurrentHeader(n.Header.Seen)
		got, want := written(t, r, current), testkit.Bytes(t, m.weights)
		if len(want) > n.Header.Size()+4*weights.ParamCount(n.Slots()) { // the reference ignores surplus bytes
			want = want[:n.Header.Size()+4*weights.ParamCount(n.Slots())]
		}
		switch {
		case n.Header == current:
			if !bytes.Equal(got, want) {
				t.Errorf("%s: the weights file is another one", m.name)
			}
		case n.Header.Transposed(): // dense layers lie otherwise in it
		default:
			older++
			if !bytes.Equal(got[current.Size():], want[n.Header.Size():]) {
				t.Errorf("%s: the arrays are other ones", m.name)
			}
		}
	}
	if older == 0 {
		t.Error("no file has another header")
	}
}

const start = "[net] width=8 height=6 channels=4 "

// TestLeft names what can't be folded.
func TestLeft(t *testing.T) {
	for _, c := range []struct{ cfg, left, reason string }{
		{"[batchnorm]", "layer 0 [batchnorm] (line 5)", "a section of its own has no weights to fold into"},
		{"[convolutional] batch_normalize=1 dontload=1", "layer 0 [convolutional] (line 5)", "the weights file does not hold its weights (dontload=1)"},
		{"[convolutional] batch_normalize=1 xnor=1", "layer 0 [convolutional] (line 5)", "xnor=1 makes something else of the weights than their products"},
	} {
		n := random(t, start+c.cfg+" [convolutional] batch_normalize=1 filters=3")
		r := apply(t, n, Options{Fold: true})
		if len(r.Left) != 1 || r.Left[0].Layer.Label() != c.left || r.Left[0].Reason != c.reason {
			t.Errorf("%s: left %+v", c.cfg, r.Left)
		}
		if len(r.Folded) != 1 || r.Folded[0].Index != 1 {
			t.Errorf("%s: folded %d layers", c.cfg, len(r.Folded))
		}
		reread(t, r)
	}
	shared := apply(t, random(t, start+"[convolutional] filters=4 batch_normalize=1 dontload=1 [convolutional] filters=4 batch_normalize=1 share_index=0"), Options{Fold: true})
	if len(shared.Left) != 2 || shared.Left[1].Reason != "the layer that it shares weights with keeps its own" {
		t.Errorf("left %+v", shared.Left)
	}
	huge := random(t, start+"[convolutional] batch_normalize=1")
	huge.Slots()[1].Data[0] = 3e38
	huge.Slots()[3].Data[0] = 0
	if r := apply(t, huge, Options{Fold: true}); len(r.Left) != 1 || len(r.Folded) != 0 {
		t.Errorf("left %+v", r.Left)
	}
}

// TestEverySectionWithBatchNorm folds what the golden cases don't have, twice in one network.
func TestEverySectionWithBatchNorm(t *testing.T) {
	for _, words := range []string{
		"[deconvolutional] filters=3 size=4 stride=2 padding=1 batch_normalize=1",
		"[connected] output=5 batch_normalize=1",
		"[rnn] output=3 hidden=4 batch_normalize=1",
		"[gru] output=3 batch_normalize=1",
		"[lstm] output=3 batch_normalize=1",
		"[crnn] output=3 hidden=2 pad=1 batch_normalize=1",
		"[conv_lstm] output=3 pad=1 batch_normalize=1 peephole=1",
		"[convolutional] filters=3 size=3 pad=1 flipped=1 batch_normalize=1",
		"[convolutional] filters=3 cbn=1 dontloadscales=1",
		"[convolutional] filters=4 batch_normalize=1 [convolutional] filters=4 batch_normalize=1 share_index=0",
	} {
		n := random(t, start+words+" "+words)
		r := apply(t, n, Options{Fold: true})
		if len(r.Folded) != len(n.Layers) || strings.Contains(string(r.Cfg), "batch_normalize") || strings.Contains(string(r.Cfg), "dontloadscales") {
			t.Errorf("%s: folded %d of %d layers:\n%s", words, len(r.Folded), len(n.Layers), r.Cfg)
		}
		got, want := outputs(t, reread(t, r)), outputs(t, n)
		for i := range want {
			if at, beyond := testkit.Worst(got[i], want[i], 1e-5); beyond {
				t.Errorf("%s: layer %d: value %d is %v, want %v", words, i, at, got[i][at], want[i][at])
			}
		}
	}
}

// TestText wants all other lines as they were.
func TestText(t *testing.T) {
	const net8, first, second = "# A network\n[net]\nwidth = 8\nheight=8\nchannels=3\n\n; first\n[convolutional]\n",
		"# batch_normalize=1\nfilters=4 # many\n", "\n\n# the second\n\n# one\n[convolutional]\nfilters=2\n"
	const text = net8 + "  batch_normalize = 1\n" + first + "batch_normalize=0\n" + second + "batch_normalize=1\n"
	n := parse(t, "test.cfg", text, func(g *net.Graph) (*net.Network, error) { return g.Random(1) })
	for _, c := range []struct {
		opt  Options
		want string
	}{
		{Options{}, text},
		{Options{Cut: 2}, text},
		{Options{Fold: true}, net8 + first + second},
		{Options{Fold: true, Cut: 1}, net8 + first + "\n\n# the second\n"},
		{Options{Cut: 1}, text[:strings.Index(text, "\n# one")]},
	} {
		if got := string(apply(t, n, c.opt).Cfg); got != c.want {
			t.Errorf("%+v:\n%q\nwant\n%q", c.opt, got, c.want)
		}
	}
}

// TestCut holds that what is cut is the beginning of the file, and that other layers don't follow.
func TestCut(t *testing.T) {
	m := model{"ghostnet-fashion", filepath.Join(testkit.Root(), "cfgs", "ghostnet-fashion.cfg"), filepath.Join(testkit.Root(), "cfgs", "ghostnet-fashion.weights"), false}
	n := m.open(t)
	whole := written(t, apply(t, n, Options{}), weights.CurrentHeader(0))
	for _, cut := range []int{1, 2, 17, 100, len(n.Layers)} {
		r := apply(t, n, Options{Cut: cut})
		part := written(t, r, weights.CurrentHeader(0))
		if !bytes.HasPrefix(whole, part) {
			t.Errorf("cut at %d: no beginning of the whole file", cut)
		}
		if got := reread(t, r); len(got.Layers) != cut {
			t.Errorf("cut at %d: %d layers", cut, len(got.Layers))
		}
		file, diags := cfg.Parse(m.cfg, testkit.Bytes(t, m.cfg))
		if _, err := net.Build(file, diags, net.Options{}).Load(bytes.NewReader(part), "part", int64(len(part)), weights.ReadOptions{Cutoff: cut}); err != nil {
			t.Error(err)
		}
	}
	for _, cut := range []int{-1, len(n.Layers) + 1} {
		if _, err := Apply(n, Options{Cut: cut}); err == nil {
			t.Errorf("cut at %d", cut)
		}
	}
}

// TestArraysStay holds that the network that was rewritten is as it was.
func TestArraysStay(t *testing.T) {
	n := random(t, start+"[convolutional] batch_normalize=1 filters=3")
	before := written(t, &Result{Slots: n.Slots()}, weights.CurrentHeader(0))
	apply(t, n, Options{Fold: true})
	if !bytes.Equal(before, written(t, &Result{Slots: n.Slots()}, weights.CurrentHeader(0))) {
		t.Error("folding has changed the network")
	}
	if _, ok := n.Layers[0].Op.(*layers.Convolutional); !ok || len(n.Slots()) != 5 {
		t.Error("folding has changed the list of arrays")
	}
}
