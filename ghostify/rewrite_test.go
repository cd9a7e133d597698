package ghostify

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/design"
	"github.com/ghostdark/ghostdark/ghost"
	"github.com/ghostdark/ghostdark/internal/testkit"
	"github.com/ghostdark/ghostdark/layers"
	"github.com/ghostdark/ghostdark/net"
	"github.com/ghostdark/ghostdark/tensor"
)

func TestText(t *testing.T) {
	const before = `[net]
width=16
height=16
channels=3

[convolutional]
filters=32
# a comment
size=3
stride=2
pad=1
batch_normalize=1
activation=leaky

# second
[convolutional]
filters=18
size=3
pad=1
activation=relu

[convolutional]
filters=32
size=1
activation=linear

[shortcut]
from=-3
activation=linear

[route]
layers = -1, 1, -4, 0

[convolutional]
filters=4
activation=linear
`
	const after = `[net]
width=16
height=16
channels=3

[convolutional]
filters=32
# a comment
size=3
stride=2
pad=1
batch_normalize=1
activation=leaky

# second
[convolutional]
filters=6
size=3
pad=1
activation=relu

# 2 ghosts of each map above, by 5x5 depthwise kernels
[convolutional]
filters=12
size=5
stride=1
pad=1
groups=6
activation=relu

# ghosts, then the maps that they were made from
[route]
layers=-1,-2

[convolutional]
filters=8
size=1
activation=linear

# 3 ghosts of each map above, by 5x5 depthwise kernels
[convolutional]
filters=24
size=5
stride=1
pad=1
groups=8
activation=linear

# ghosts, then the maps that they were made from
[route]
layers=-1,-2

[shortcut]
from=-7
activation=linear

[route]
layers = -1,3,-8,0

[convolutional]
filters=4
activation=linear
`
	g := build(t, before, net.Options{})
	r, err := New(g, "after.cfg", net.Options{}, Options{Ratio: 4, DW: 5, Layers: []int{1, 2}})
	if err != nil {
		t.Fatal(err)
	}
	if string(r.Text) != after {
		t.Errorf("got:\n%s\nwant:\n%s", r.Text, after)
	}
	want := []Module{
		// 8×8 pixels; 18 of 32·3×3 each and a bias, against 6 of the same and 12 of 5×5.
		{Layer: 1, Filters: 18, Intrinsic: 6, DW: 5, Before: ghost.Cost{MACs: 64 * 18 * 288, Parameters: 18*288 + 18}, After: ghost.Cost{MACs: 64 * (6*288 + 12*25), Parameters: 6*288 + 6 + 12*25 + 12}},
		{Layer: 2, Filters: 32, Intrinsic: 8, DW: 5, Before: ghost.Cost{MACs: 64 * 32 * 18, Parameters: 32*18 + 32}, After: ghost.Cost{MACs: 64 * (8*18 + 24*25), Parameters: 8*18 + 8 + 24*25 + 24}},
	}
	if !slices.Equal(r.Modules, want) {
		t.Errorf("modules:\n%+v\nwant:\n%+v", r.Modules, want)
	}
}

func TestChoose(t *testing.T) {
	const c = "convolutional size=3 pad=1 activation=leaky filters="
	const end = ",convolutional filters=18 activation=linear,yolo mask=0;1;2 num=3 classes=1"
	for _, row := range []struct {
		text   string
		how    Options
		chosen []int
		reason string // of layer 0, or of the refusal
	}{
		{c + "32" + end, Options{}, []int{0}, ""},
		{c + "15" + end, Options{}, nil, "has fewer than 16 filters"},
		{c + "15" + end, Options{MinChannels: 8}, []int{0}, ""},
		{c + "37" + end, Options{}, nil, "has a number of filters that no ratio near 2 divides"},
		{c + "37" + end, Options{Layers: []int{0}}, nil, "has a number of filters that no ratio near 2 divides"},
		{c + "32 xnor=1" + end, Options{}, nil, "has binary weights (xnor=1)"},
		{c + "32 antialiasing=1 stride=2" + end, Options{}, nil, "is antialiased"},
		{c + "32 dontload=1" + end, Options{}, nil, "has arrays that the weights file leaves out (dontload, dontloadscales)"},
		{c + "33 groups=3" + end, Options{}, nil, "has its channels in groups"},
		{"convolutional size=3 pad=1 filters=32 activation=normalize_channels" + end, Options{}, nil, "has activation=normalize_channels, which is about all channels together"},
		{"convolutional filters=32 activation=relu" + end, Options{}, nil, "would not get cheaper"},
		{"convolutional filters=32 activation=relu" + end, Options{Layers: []int{0}}, []int{0}, ""},
		{"avgpool," + c + "32,convolutional filters=4,softmax", Options{Layers: []int{0}}, nil, "is no convolution"},
		{c + "32," + c + "18,yolo mask=0;1;2 num=3 classes=1", Options{}, []int{0}, ""},
		{c + "32," + c + "18,yolo mask=0;1;2 num=3 classes=1", Options{Layers: []int{1}}, []int{1}, ""},
		{c + "32,avgpool,softmax", Options{}, nil, "gives a result of the network"},
		{c + "32,maxpool,cost", Options{}, []int{0}, ""},
		{c + "32,cost", Options{}, nil, "gives a result of the network"},
		{c + "32," + c + "32" + end, Options{Among: []int{1, 2}}, []int{1}, ""},
		{c + "32," + c + "32," + c + "8" + end, Options{Layers: []int{2}, Among: []int{0}}, []int{0, 2}, ""},
		{c + "32" + end, Options{Layers: []int{9}}, nil, "there is no layer 9: the network has layers 0 to 2"},
	} {
		how := row.how
		how.Ratio, how.DW = 2, 3
		if how.MinChannels == 0 {
			how.MinChannels = 16
		}
		g := build(t, sections(row.text), net.Options{})
		r, err := New(g, "after.cfg", net.Options{}, how)
		if err != nil {
			if row.chosen != nil || !strings.Contains(err.Error(), row.reason) || row.reason == "" {
				t.Errorf("%s: %v", row.text, err)
			}
			continue
		}
		var chosen []int
		for _, m := range r.Modules {
			chosen = append(chosen, m.Layer)
		}
		if !slices.Equal(chosen, row.chosen) {
			t.Errorf("%s: chose %v, want %v", row.text, chosen, row.chosen)
		}
		if row.reason != "" && (len(r.Skipped) == 0 || r.Skipped[0] != Skipped{0, row.reason}) {
			t.Errorf("%s: left alone: %v, want layer 0, which %s", row.text, r.Skipped, row.reason)
		}
	}
}

// TestTooLong holds that a cfg that may not grow any more isn't called a fault of the program.
func TestTooLong(t *testing.T) {
	const c = "convolutional size=3 pad=1 activation=leaky filters=4,"
	g := build(t, sections(strings.Repeat(c, 6000)+"avgpool"), net.Options{})
	_, err := New(g, "after.cfg", net.Options{}, Options{Ratio: 2, DW: 3})
	if err == nil || err.Error() != g.File.Name+": rewritten it would be longer than a cfg may be; choose fewer layers" {
		t.Error(err)
	}
}

// TestZoo rewrites the published networks: New itself compares all shapes.
func TestZoo(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join(testkit.Shared(t, "zoo", "cfg"), "*.cfg"))
	if err != nil {
		t.Fatal(err)
	}
	modules := 0
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		g := build(t, string(text), net.Options{})
		for _, how := range []Options{{Ratio: 2, DW: 3}, {Ratio: 3, DW: 5, MinChannels: 64}, {Ratio: 7, DW: 1}} {
			r, err := New(g, "after.cfg", net.Options{}, how)
			if err != nil {
				t.Errorf("%s: %v", path, err)
				continue
			}
			modules += len(r.Modules)
			// What was written is found again, beside what was there.
			if found, want := len(ghost.Find(r.After).Modules), len(ghost.Find(g).Modules)+len(r.Modules); found != want {
				t.Errorf("%s: %d ghost modules found, want %d", path, found, want)
			}
			if saved := g.Totals().MACs - r.After.Totals().MACs; len(r.Modules) > 0 && saved <= 0 {
				t.Errorf("%s: %d multiply-adds saved", path, saved)
			}
		}
	}
	t.Logf("%d modules in %d networks", modules, len(paths))
}

// TestReferences rewrites drawn chains of layers that refer to drawn earlier ones, and checks
// that each refers to what stands for the same layer then.
func TestReferences(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := "[net]\nwidth=8\nheight=8\nchannels=3\n"
		count := rapid.IntRange(1, 12).Draw(t, "layers")
		refer := func(i int) string {
			to := rapid.IntRange(0, i-1).Draw(t, "reference")
			if rapid.Bool().Draw(t, "backwards") {
				to -= i
			}
			return " " + strconv.Itoa(to)
		}
		for i := 0; i < count; i++ {
			kind := rapid.IntRange(0, 4).Draw(t, "kind")
			if i == 0 {
				kind = 0
			}
			switch kind {
			case 0, 1:
				text += "[convolutional]\nfilters=24\nsize=3\npad=1\nactivation=relu\n"
			case 2:
				text += "[route]\nlayers=" + refer(i) + "," + refer(i) + "\n[convolutional]\nfilters=24\n"
				i++
			case 3:
				text += "[shortcut]\nfrom=" + refer(i) + "\n"
			case 4:
				text += "[sam]\nfrom=" + refer(i) + "\n"
			}
		}
		file, diags := cfg.Parse("net.cfg", []byte(text+"[convolutional]\nfilters=3\n"))
		g := net.Build(file, diags, net.Options{})
		if g.Err() != nil {
			t.Skip("a summand or factor has other channels")
		}
		r, err := New(g, "after.cfg", net.Options{}, Options{Ratio: rapid.IntRange(2, 4).Draw(t, "ratio"), DW: 3})
		if err != nil {
			t.Fatal(err)
		}
		before, after := outputs(t, g), outputs(t, r.After)
		for i, l := range g.Layers {
			if a, b := before[i].Shape, after[r.Becomes(i)].Shape; a != b {
				t.Fatalf("layer %d gave %v, and gives %v now", i, a, b)
			}
			now := r.After.Layers[r.first[i]]
			if _, ok := l.Op.(*layers.Convolutional); ok {
				if want := r.Becomes(l.Inputs[0]); now.Inputs[0] != want {
					t.Fatalf("layer %d read layer %d, which is layer %d now, and reads layer %d\n%s", i, l.Inputs[0], want, now.Inputs[0], r.Text)
				}
				continue
			}
			for k, in := range l.Inputs {
				if want := r.Becomes(in); now.Inputs[k] != want {
					t.Fatalf("layer %d read layer %d, which is layer %d now, and reads layer %d\n%s", i, in, want, now.Inputs[k], r.Text)
				}
			}
		}
	})
}

// TestPublished rewrites the dense forms of networks that the paper gives costs for.
func TestPublished(t *testing.T) {
	for _, row := range []struct {
		kind       string
		macs       string // published, in millions
		parameters int64  // those of the form that the kind has
	}{
		{"ghost-vgg16", "158", 7_650_474},
	} {
		text, err := design.Lookup(row.kind).Cfg(design.Options{Dense: true})
		if err != nil {
			t.Fatal(err)
		}
		r, err := New(build(t, string(text), net.Options{}), "after.cfg", net.Options{}, Options{Ratio: 2, DW: 3})
		if err != nil {
			t.Fatal(err)
		}
		totals := r.After.Totals()
		if got := fmt.Sprintf("%.0f", float64(totals.MACs)/1e6); got != row.macs || totals.Parameters != row.parameters {
			t.Errorf("%s: %s M multiply-adds, %d parameters", row.kind, got, totals.Parameters)
		}
	}
}

// outputs runs a network of random weights with the plain executor.
func outputs(t *rapid.T, g *net.Graph) []tensor.Tensor {
	n, err := g.Random(1)
	if err != nil {
		t.Fatal(err)
	}
	session, err := n.NewSession(net.SessionOptions{Reference: true, KeepAll: true})
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	if err := session.Run(context.Background(), make([]float32, g.Net.Input().Len())); err != nil {
		t.Fatal(err)
	}
	var all []tensor.Tensor
	for i := range g.Layers {
		out, err := session.FiniteOutput(i)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, out)
	}
	return all
}
