package ghostnet

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/checkpoint"
	"github.com/ghostdark/ghostdark/internal/testkit"
	"github.com/ghostdark/ghostdark/net"
)

var (
	zeros = []float32{0, 0, 0}
	ones  = []float32{1, 1, 1}
)

// load writes a converted network and reads it back.
func load(t rapid.TB, n *Network) *net.Network {
	t.Helper()
	var file bytes.Buffer
	if err := n.WriteWeights(&file); err != nil {
		t.Fatal(err)
	}
	parsed, diags := cfg.Parse("net.cfg", n.Cfg)
	network, err := net.Build(parsed, diags, net.Options{}).LoadBytes(file.Bytes(), "net.weights")
	if err != nil {
		t.Fatal(err)
	}
	if w := network.Diagnostics.Warnings(); len(w) > 0 {
		t.Error(w)
	}
	return network
}

// logits returns what goes into the softmax.
func logits(t rapid.TB, network *net.Network, input []float32, reference bool) []float32 {
	t.Helper()
	layer := len(network.Layers) - 2
	s, err := network.NewSession(net.SessionOptions{Reference: reference, Keep: []int{layer}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Run(context.Background(), input); err != nil {
		t.Fatal(err)
	}
	out, err := s.FiniteOutput(layer)
	if err != nil {
		t.Fatal(err)
	}
	return slices.Clone(out.Data)
}

// TestGolden compares with the logits that PyTorch computes, and TensorFlow.js, in both forms of the cfg and with both ways to run it.
func TestGolden(t *testing.T) {
	for stem, others := range map[string][]string{"ghostnet-0.35x": {".safetensors", ".pth"}, "ghostnet-tensorflow-0.1x": {".index"}} {
		for _, ext := range others {
			path := filepath.Join(testkit.Root(), "testdata", "import", stem+ext)
			if ext == ".pth" {
				if path = filepath.Join(testkit.Root(), "..", "shared", "golden", "import", stem+ext); !exists(path) {
					t.Log("the PyTorch file is not tested: it isn't in ../shared")
					continue
				}
			}
			t.Run(stem+ext, func(t *testing.T) { checkGolden(t, path, stem) })
		}
	}
}

// checkGolden compares a checkpoint's network with the logits that are listed under a name.
func checkGolden(t *testing.T, path, name string) {
	var golden struct {
		Width   float64
		Classes int
		Logits  []float32
	}
	testkit.JSON(t, filepath.Join(testkit.Root(), "testdata", "import", name+".json"), &golden)
	input := make([]float32, 3*InputSize*InputSize)
	raw := make([]float32, len(input)) // before normalization
	for i := range input {
		_, fraction := math.Modf(float64(i) * .6180339887498949)
		input[i] = float32(fraction)
		channel := i / (InputSize * InputSize)
		raw[i] = input[i]*Std[channel] + Mean[channel]
	}
	for _, form := range []struct {
		name  string
		opt   Options
		input []float32
	}{
		{"extensions", Options{Mean: Mean, Std: Std}, input},
		{"stock", Options{Stock: true, Mean: Mean, Std: Std}, raw},
		{"stock, not normalized", Options{Stock: true, Mean: zeros, Std: ones}, input},
	} {
		f, err := checkpoint.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		n, err := Convert(f, "ghostnet.cfg", form.opt)
		if err != nil {
			t.Fatal(err)
		}
		if l := n.Layout; l.Width() != golden.Width || l.Classes != golden.Classes || l.Bottlenecks() != 16 {
			t.Errorf("%s: %v", form.name, &l)
		}
		network := load(t, n)
		if notes := network.Diagnostics.Count(cfg.Note); form.opt.Stock != (notes == 0) {
			t.Errorf("%s: %d notes: %v", form.name, notes, network.Diagnostics)
		}
		for _, reference := range []bool{true, false} {
			got := logits(t, network, form.input, reference)
			for i, want := range golden.Logits {
				if math.Abs(float64(got[i]-want)) > 1e-5 {
					t.Errorf("%s, reference %v: logit %d is %g, want %g", form.name, reference, i, got[i], want)
				}
			}
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// extentsOf lists the tensors of a network by name.
func extentsOf(l *Layout) map[string][]int {
	all := map[string][]int{}
	norm := func(name string, n int) {
		for _, array := range []string{"weight", "bias", "running_mean", "running_var"} {
			all[name+"."+array] = []int{n}
		}
		all[name+".num_batches_tracked"] = []int{}
	}
	conv := func(name, bn string, f Filters, channels int) {
		all[name+".weight"] = []int{f.N, channels, f.Size, f.Size}
		if bn == "" {
			all[name+".bias"] = []int{f.N}
		} else {
			norm(bn, f.N)
		}
	}
	ghost := func(name string, g Ghost, in int) {
		conv(name+".primary_conv.0", name+".primary_conv.1", g.Primary, in)
		conv(name+".cheap_operation.0", name+".cheap_operation.1", g.Cheap, 1)
	}
	conv("conv_stem", "bn1", l.Stem, l.Channels)
	last := l.Stem.N
	for _, b := range l.Blocks {
		if b.Conv.N > 0 {
			conv(b.Name+".conv", b.Name+".bn1", b.Conv, b.In)
		} else {
			expanded := b.First.Out()
			ghost(b.Name+".ghost1", b.First, b.In)
			if b.Depthwise > 0 {
				conv(b.Name+".conv_dw", b.Name+".bn_dw", Filters{expanded, b.Depthwise}, 1)
			}
			if b.Squeeze > 0 {
				conv(b.Name+".se.conv_reduce", "", Filters{b.Squeeze, 1}, expanded)
				conv(b.Name+".se.conv_expand", "", Filters{expanded, 1}, b.Squeeze)
			}
			ghost(b.Name+".ghost2", b.Last, expanded)
			if b.Shortcut > 0 {
				conv(b.Name+".shortcut.0", b.Name+".shortcut.1", Filters{b.In, b.Shortcut}, 1)
				conv(b.Name+".shortcut.2", b.Name+".shortcut.3", Filters{b.Out(), 1}, b.In)
			}
		}
		last = b.Out()
	}
	conv("conv_head", "", Filters{l.Head, 1}, last)
	all["classifier.weight"], all["classifier.bias"] = []int{l.Classes, l.Head}, []int{l.Classes}
	return all
}

// file makes a safetensors file of tensors with random values.
func file(t rapid.TB, tensors map[string][]int) *checkpoint.File { return fileWith(t, tensors, "", 0) }

// fileWith makes one in which the first value of a tensor is given.
func fileWith(t rapid.TB, tensors map[string][]int, given string, value float32) *checkpoint.File {
	t.Helper()
	type entry struct {
		Type    string `json:"dtype"`
		Dims    []int  `json:"shape"`
		Offsets [2]int `json:"data_offsets"`
	}
	header, random := map[string]entry{}, rand.New(rand.NewPCG(1, 2))
	var values []byte
	for _, name := range slices.Sorted(maps.Keys(tensors)) {
		dims, n := tensors[name], 1
		for _, d := range dims {
			n *= d
		}
		begin := len(values)
		for i := range n {
			v := random.Float32() - .4
			if strings.HasSuffix(name, "_var") || strings.HasSuffix(name, "/variance/EMA") {
				v += .5
			}
			if name == given && i == 0 {
				v = value
			}
			values = binary.LittleEndian.AppendUint32(values, math.Float32bits(v))
		}
		header[name] = entry{"F32", dims, [2]int{begin, len(values)}}
	}
	text, err := json.Marshal(header)
	if err != nil {
		t.Fatal(err)
	}
	data := append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text...), values...)
	f, err := checkpoint.Read(bytes.NewReader(data), int64(len(data)), "net.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// small is a network with each kind of block.
func small() *Layout {
	ghost := func(primary, cheap int) Ghost { return Ghost{Filters{primary, 1}, Filters{cheap, 3}} }
	return &Layout{Channels: 3, Stem: Filters{4, 3}, HeadName: "conv_head", Head: 7, Classes: 5, Blocks: []Block{
		{Name: "blocks.0.0", In: 4, First: ghost(3, 3), Last: ghost(2, 2)},
		{Name: "blocks.1.0", In: 4, First: ghost(4, 4), Depthwise: 5, Squeeze: 3, Last: ghost(2, 4), Shortcut: 5},
		{Name: "blocks.1.1", In: 6, First: ghost(4, 8), Squeeze: 2, Last: ghost(4, 4), Shortcut: 3},
		{Name: "blocks.2.0", In: 8, Conv: Filters{9, 1}},
	}}
}

// TestForms draws networks and compares their two forms, of which one lacks the gate and the normalization.
func TestForms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := draw(t)
		tensors := extentsOf(l)
		prefix := rapid.SampledFrom([]string{"", "module.", "model.backbone."}).Draw(t, "prefix")
		if rapid.Bool().Draw(t, "TensorFlow") {
			tensors, prefix = variablesOf(renamed(l)), ""
		}
		prefixed := map[string][]int{}
		for name, dims := range tensors {
			prefixed[prefix+name] = dims
		}
		var results [2][]float32
		for i, stock := range []bool{false, true} {
			n, err := Convert(file(t, prefixed), "net.cfg", Options{Stock: stock, Mean: Mean, Std: Std})
			if err != nil {
				t.Fatal(err)
			}
			if fmt.Sprint(n.Layout) != fmt.Sprint(*l) {
				t.Fatalf("read %v\nwant %v", n.Layout, *l)
			}
			parsed, diags := cfg.Parse("net.cfg", n.Cfg)
			graph := net.Build(parsed, diags, net.Options{Width: 32, Height: 17})
			var weightsFile bytes.Buffer
			if err := n.WriteWeights(&weightsFile); err != nil {
				t.Fatal(err)
			}
			network, err := graph.LoadBytes(weightsFile.Bytes(), "net.weights")
			if err != nil {
				t.Fatal(err)
			}
			input := make([]float32, 3*32*17)
			for k := range input {
				input[k] = float32(k%89) / 89
				if c := k / (32 * 17); !stock {
					input[k] = (input[k] - Mean[c]) / Std[c]
				}
			}
			results[i] = logits(t, network, input, true)
		}
		if i, beyond := testkit.Worst(results[1], results[0], 1e-4); beyond {
			t.Errorf("logit %d is %g with extensions and %g without", i, results[0][i], results[1][i])
		}
	})
}

// draw makes a layout.
func draw(t *rapid.T) *Layout {
	number := func(least, most int) int { return rapid.IntRange(least, most).Draw(t, "number") }
	odd := func() int { return 2*number(0, 2) + 1 }
	ghost := func() Ghost {
		primary := number(1, 5)
		return Ghost{Filters{primary, odd()}, Filters{primary * number(1, 3), odd()}}
	}
	l := &Layout{Channels: 3, Stem: Filters{number(1, 6), 3}, HeadName: "conv_head", Head: number(1, 9), Classes: number(2, 6)}
	in := l.Stem.N
	for stage := range number(1, 3) {
		for i := range number(1, 3) {
			b := Block{Name: fmt.Sprintf("blocks.%d.%d", stage, i), In: in}
			if number(0, 4) == 0 {
				b.Conv = Filters{number(1, 6), odd()}
			} else {
				b.First, b.Last = ghost(), ghost()
				if number(0, 1) == 0 {
					b.Depthwise = odd()
				}
				b.Squeeze = number(0, 3)
				if b.Depthwise > 0 || b.Out() != in || number(0, 2) == 0 {
					b.Shortcut = odd()
				}
			}
			l.Blocks, in = append(l.Blocks, b), b.Out()
		}
	}
	return l
}

// TestFaults checks that tensors that don't make a GhostNet are named.
func TestFaults(t *testing.T) {
	for name, c := range map[string]struct {
		change func(tensors map[string][]int)
		want   []string
	}{
		"missing": {func(m map[string][]int) { delete(m, "blocks.1.0.se.conv_reduce.bias"); delete(m, "bn1.running_var") },
			[]string{"2 missing: bn1.running_var, blocks.1.0.se.conv_reduce.bias"}},
		"missing convolution": {func(m map[string][]int) { delete(m, "blocks.1.0.ghost1.primary_conv.0.weight") },
			[]string{"1 missing: blocks.1.0.ghost1.primary_conv.0.weight"}},
		"misshapen": {func(m map[string][]int) { m["blocks.1.0.conv_dw.weight"] = []int{8, 1, 5, 3} },
			[]string{"1 of other extents: blocks.1.0.conv_dw.weight (8×1×5×3 instead of 8×1×5×5)"}},
		"sliced": {func(m map[string][]int) { m["blocks.1.0.ghost2.primary_conv.0.weight"] = []int{2, 7, 1, 1} },
			[]string{"1 of other extents: blocks.1.0.ghost2.primary_conv.0.weight (2×7×1×1 instead of 2×8×1×1)"}},
		"flat": {func(m map[string][]int) { m["conv_stem.weight"] = []int{108} },
			[]string{"conv_stem.weight (108 instead of 108×?×?×?)"}},
		"nothing in it": {func(m map[string][]int) { m["classifier.weight"] = []int{0, 7}; m["classifier.bias"] = []int{0} },
			[]string{"2 of other extents: ", "classifier.weight (?×7 instead of ?×7)"}},
		"unknown": {func(m map[string][]int) { m["blocks.0.0.extra.weight"] = []int{1}; m["teacher"] = []int{1} },
			[]string{"2 unknown: blocks.0.0.extra.weight, teacher"}},
		"many": {func(m map[string][]int) {
			for i := range 20 {
				m[fmt.Sprintf("zz.%02d", i)] = []int{1}
			}
		}, []string{"20 unknown: zz.00, ", "zz.07 and 12 more"}},
		"gap in the blocks": {func(m map[string][]int) {
			for name, dims := range maps.Clone(m) {
				if rest, ok := strings.CutPrefix(name, "blocks.2.0."); ok {
					delete(m, name)
					m["blocks.3.0."+rest] = dims
				}
			}
		}, []string{"conv_head.weight (7×9×1×1 instead of 7×8×1×1)", "5 unknown: blocks.3.0.bn1.bias"}},
		"no shortcut": {func(m map[string][]int) {
			for name := range maps.Clone(m) {
				if strings.HasPrefix(name, "blocks.1.0.shortcut.") {
					delete(m, name)
				}
			}
		}, []string{"missing: blocks.1.0.shortcut.2.weight (which would lead from 4 to 6 channels)"}},
		"all at once": {func(m map[string][]int) {
			delete(m, "bn1.bias")
			m["bn1.weight"] = []int{5}
			m["odd"] = []int{1}
		}, []string{"1 missing: bn1.bias", "1 of other extents: bn1.weight (5 instead of 4)", "1 unknown: odd"}},
		"GhostNetV2": {func(m map[string][]int) { m["blocks.1.0.ghost1.short_conv.0.weight"] = []int{1} },
			[]string{"GhostNetV2", "short_conv"}},
		"another network": {func(m map[string][]int) { delete(m, "conv_stem.weight") },
			[]string{"no GhostNet in the official naming", "conv_stem.weight"}},
		"two networks": {func(m map[string][]int) { m["ema.conv_stem.weight"] = []int{4, 3, 3, 3} },
			[]string{"holds two networks"}},
		"groups": {func(m map[string][]int) {
			m["blocks.0.0.ghost1.cheap_operation.0.weight"] = []int{4, 1, 3, 3}
			for _, array := range []string{"weight", "bias", "running_mean", "running_var"} {
				m["blocks.0.0.ghost1.cheap_operation.1."+array] = []int{4}
			}
			m["blocks.0.0.ghost2.primary_conv.0.weight"] = []int{2, 7, 1, 1}
		}, []string{"the network can't be built", "groups"}},
	} {
		tensors := extentsOf(small())
		c.change(tensors)
		_, err := Convert(file(t, tensors), "net.cfg", Options{Mean: Mean, Std: Std})
		for _, want := range c.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v\nwant %q", name, err, want)
			}
		}
	}
	if _, err := Convert(file(t, extentsOf(small())), "net.cfg", Options{Mean: Mean, Std: ones[:1]}); err == nil || !strings.Contains(err.Error(), "3 channels") {
		t.Error(err)
	}
	if _, err := Convert(file(t, extentsOf(small())), "net.cfg", Options{Mean: Mean, Std: zeros}); err == nil || !strings.Contains(err.Error(), "deviations is 0") {
		t.Error(err)
	}
}

// TestNeighbours changes the tensors of drawn networks: what comes of it is an error or a network that runs.
func TestNeighbours(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tensors, stem := extentsOf(draw(t)), "conv_stem.weight"
		if rapid.Bool().Draw(t, "TensorFlow") {
			tensors, stem = variablesOf(renamed(draw(t))), "MobileNetV2/Conv2d_0/W"
		}
		names := slices.Sorted(maps.Keys(tensors))
		for range rapid.IntRange(1, 3).Draw(t, "changes") {
			name := rapid.SampledFrom(names).Draw(t, "name")
			dims := slices.Clone(tensors[name])
			switch at := rapid.IntRange(-2, len(dims)-1).Draw(t, "at"); {
			case at == -2:
				delete(tensors, name)
				continue
			case at == -1:
				dims = append(dims, 1)
			default:
				dims[at] = rapid.IntRange(0, 6).Draw(t, "extent")
			}
			tensors[name] = dims
		}
		if tensors[stem] == nil {
			t.Skip("no GhostNet at all")
		}
		if n, err := Convert(file(t, tensors), "net.cfg", Options{Mean: Mean, Std: Std}); err == nil {
			network := load(t, n)
			logits(t, network, make([]float32, network.Net.Inputs), false)
		}
	})
}

// TestValues checks that values which no network can compute with are found.
func TestValues(t *testing.T) {
	for name, c := range map[string]struct {
		tensor string
		value  float32
		want   string
	}{
		"NaN":      {"conv_head.weight", float32(math.NaN()), "net.safetensors: tensor conv_head.weight: value 0 of 63 is NaN"},
		"variance": {"bn1.running_var", -1, "net.safetensors: tensor bn1.running_var: value 0 of 4 is -1: a variance can't be negative"},
	} {
		_, err := Convert(fileWith(t, extentsOf(small()), c.tensor, c.value), "net.cfg", Options{Mean: Mean, Std: Std})
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// TestWidth checks the width multipliers that are read from channels.
func TestWidth(t *testing.T) {
	for _, want := range []float64{.5, 1, 1.3} {
		l := &Layout{Stem: Filters{divisible(16 * want), 3}, Classes: 1000}
		for _, row := range official {
			exp, out := divisible(float64(row[0])*want), divisible(float64(row[1])*want)
			l.Blocks = append(l.Blocks, Block{First: Ghost{Filters{exp / 2, 1}, Filters{exp / 2, 3}}, Last: Ghost{Filters{out / 2, 1}, Filters{out / 2, 3}}})
		}
		if got := l.Width(); got != want {
			t.Errorf("width %g, want %g", got, want)
		}
		if want == 1 && l.String() != "GhostNet 1.0×, 16 ghost bottlenecks, 1000 classes" {
			t.Error(l)
		}
		l.Blocks[3].Last.Primary.N++
		if got := l.Width(); got != 0 || !strings.HasPrefix(l.String(), "GhostNet of its own layout") {
			t.Errorf("width %g, %v", got, l)
		}
	}
}
