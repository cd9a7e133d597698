package net

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/detect"
	"github.com/ghostdark/ghostdark/internal/testkit"
	"github.com/ghostdark/ghostdark/kernels"
	"github.com/ghostdark/ghostdark/layers"
)

// seeds are small networks of section types that no golden case has.
var seeds = []string{
	small, recurrent, "",
	"[net]\nwidth=4\nheight=4\nchannels=2\nmean=.5,.5\nstd=1,2\n[deconv]\nfilters=2\nsize=2\nstride=2\n[logistic]\n[l2norm]\n[iseg]\n",
	"[network]\nwidth=4\nheight=6\nchannels=4\n[empty]\n[max]\nsize=1\nstride=2\n[shortcut]\nfrom=0,-2\nweights_type=per_channel\nweights_normalization=softmax\n[upsample]\nstride=-2\n",
	"[net]\nwidth=8\nheight=8\nchannels=4\n[conv]\nfilters=4\ngroups=4\nsize=3\npad=1\nantialiasing=2\nstride_x=2\nxnor=1\n[reorg3d]\nstride=2\n[route]\nlayers=-1,-1\ngroups=2\ngroup_id=1\n[lrn]\n[crop]\ncrop_width=1\ncrop_height=1\n",
	"[net]\ninputs=6\n[soft]\ntree=none.tree\n[local]\nfilters=2\n[implicit]\nfilters=6\n[region]\nclasses=1\n[contrastive]\nyolo_layer=3\n",
	"[net]\nwidth=2\nheight=2\nchannels=1\n[convolutional]\nsize=5\ndilation=3\n[route]\nlayers=0,-1,7\n[sam]\nfrom=0\n[unknown]\na=1\n",
}

// Bounds on what FuzzBuild lets a network take: it runs only small ones, but checks all.
const (
	fuzzMemory   = 64 << 20
	fuzzBytes    = 4 << 20 // bytes of weights and outputs
	fuzzWork     = .05     // BFLOPs
	fuzzPerByte  = 20_000  // bytes that may be taken for each byte of the cfg
	fuzzBuilding = 20 * time.Second
)

// FuzzBuild builds networks from arbitrary text: that must take bounded time and memory and
// leave every layer with some shape; a network without errors and of small size must run.
func FuzzBuild(f *testing.F) {
	limit := debug.SetMemoryLimit(1 << 30)
	f.Cleanup(func() { debug.SetMemoryLimit(limit) })
	for _, text := range seeds {
		f.Add([]byte(text))
	}
	paths, err := filepath.Glob(filepath.Join(testkit.Root(), "testdata", "golden", "*", "net.cfg"))
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) { tryToRun(t, text) })
}

// TestRandomOptions does what FuzzBuild does to sections with random options of their kind.
func TestRandomOptions(t *testing.T) {
	kinds := slices.DeleteFunc(layers.Kinds(), func(k *layers.Kind) bool { return k == layers.NetKind || k.Name() == "iseg" })
	few := rapid.SampledFrom([]string{"1", "2", "3", "4", "6"})
	odd := rapid.SampledFrom([]string{"0", "-1", "-2", "5", "8", "-0.5", "1e30", "1024", "1025", "70000", "1048576", "2147483647", "-2147483648", "x", "1,2", "-1,-2", "-1,,0"})
	values := map[string]*rapid.Generator[string]{
		"from":                  rapid.SampledFrom([]string{"-1", "-2", "0", "-1,-2", "0,0"}),
		"layers":                rapid.SampledFrom([]string{"-1", "-2", "0", "-1,-2", "0,0"}),
		"activation":            rapid.SampledFrom(kernels.ActivationNames()),
		"weights_type":          rapid.SampledFrom([]string{"none", "per_feature", "per_channel"}),
		"weights_normalization": rapid.SampledFrom([]string{"relu", "softmax"}),
		"size":                  few, "filters": few, "stride": few, "output": few, "hidden": few, "classes": few,
		"share_index": rapid.SampledFrom([]string{"-1", "-2", "0"}), "yolo_layer": rapid.SampledFrom([]string{"-1", "0"}), "coords": rapid.Just("4"),
	}
	rapid.Check(t, func(t *rapid.T) {
		var text strings.Builder
		fmt.Fprintf(&text, "[net]\nwidth=%d\nheight=%d\nchannels=%d\n", rapid.IntRange(1, 9).Draw(t, "w"), rapid.IntRange(1, 9).Draw(t, "h"), rapid.IntRange(1, 8).Draw(t, "c"))
		for range rapid.IntRange(1, 6).Draw(t, "layers") {
			k := rapid.SampledFrom(kinds).Draw(t, "kind")
			fmt.Fprintf(&text, "[%s]\n", k.Name())
			for _, o := range slices.Concat(k.Schema, layers.CommonOptions) {
				if o.Effect != cfg.Inference || rapid.IntRange(0, 3).Draw(t, "given") > 0 {
					continue
				}
				value := cmp.Or(values[o.Name], few)
				if rapid.IntRange(0, 15).Draw(t, "odd") == 0 {
					value = odd
				}
				fmt.Fprintf(&text, "%s=%s\n", o.Name, value.Draw(t, o.Name))
			}
		}
		tryToRun(t, []byte(text.String()))
	})
}

// tryToRun builds a network and runs it if it is sound and small.
func tryToRun(t rapid.TB, text []byte) {
	file, diags := cfg.Parse("fuzz.cfg", text)
	g := buildWithin(t, file, diags, len(text))
	for _, l := range g.Layers {
		if l.Output.C < 1 || l.Output.H < 1 || l.Output.W < 1 || l.Output.Len() > layers.MaxValues {
			t.Fatalf("%s gives %v", l.Label(), l.Output)
		}
	}
	if g.Err() != nil {
		return
	}
	if totals := g.Totals(); totals.ActivationBytes+totals.WeightsBytes > fuzzBytes || totals.BFLOPs > fuzzWork || float64(totals.MACs) > fuzzWork*1e9 {
		return
	}
	n, err := g.Random(1)
	if err != nil {
		return // a tree file is missing
	}
	s, err := n.NewSession(SessionOptions{})
	if err != nil {
		return // the working memory is beyond the limit
	}
	input := make([]float32, n.Net.Inputs)
	for i := range input {
		input[i] = float32(i%7) / 7
	}
	for range 2 {
		if err := s.Run(context.Background(), input); err != nil {
			t.Fatal(err)
		}
		// Random weights may well give infinities, which is an error here and not a fault.
		_, _ = s.Candidates(0, .5, detect.Fit{NetW: n.Net.Width, NetH: n.Net.Height, ImageW: 5, ImageH: 3, Letterbox: n.Net.LetterBox})
	}
}

// buildWithin builds a graph and holds that to its bounds.
func buildWithin(t rapid.TB, file *cfg.File, diags cfg.Diagnostics, length int) *Graph {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	g := Build(file, diags, Options{MaxMemory: fuzzMemory})
	if took := time.Since(start); took > fuzzBuilding {
		t.Fatalf("building took %v for %d bytes", took, length)
	}
	runtime.ReadMemStats(&after)
	if taken := after.TotalAlloc - before.TotalAlloc; taken > 1<<20+fuzzPerByte*uint64(length) {
		t.Fatalf("building took %d bytes of memory for %d bytes of text", taken, length)
	}
	return g
}
