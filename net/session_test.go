package net

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/detect"
	"github.com/ghostdark/ghostdark/kernels"
	"github.com/ghostdark/ghostdark/layers"
	"github.com/ghostdark/ghostdark/weights"
)

// graphOf builds a cfg that must be sound.
func graphOf(t testing.TB, text string, opt Options) *Graph {
	t.Helper()
	file, diags := cfg.Parse("test.cfg", []byte(text))
	g := Build(file, diags, opt)
	if err := g.Err(); err != nil {
		t.Fatal(err)
	}
	return g
}

// networkOf builds a cfg with random weights.
func networkOf(t testing.TB, text string) *Network {
	t.Helper()
	n, err := graphOf(t, text, Options{}).Random(1)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// small has a layer whose memory is reused, a head in the middle, and a loss at the end.
const small = `[net]
width=4
height=4
channels=3
[convolutional]
filters=6
[yolo]
classes=1
[convolutional]
filters=2
size=3
[softmax]
[cost]
`

// recurrent remembers earlier runs in every way there is.
const recurrent = `[net]
width=3
height=3
channels=2
time_steps=2
[history]
history_size=2
[crnn]
pad=1
hidden=2
output=2
[conv_lstm]
pad=1
output=2
[rnn]
hidden=3
output=4
[gru]
output=4
[lstm]
output=3
`

// wantError wants an error that holds all parts.
func wantError(t testing.TB, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("no error, want %q", parts)
		return
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q lacks %q", err, part)
		}
	}
}

func TestSessionErrors(t *testing.T) {
	n := networkOf(t, small)
	for _, opt := range []SessionOptions{{Batch: -1}, {Batch: layers.MaxExtent + 1}} {
		_, err := n.NewSession(opt)
		wantError(t, err, "batch", "out of range")
	}
	for _, i := range []int{-1, 5} {
		_, err := n.NewSession(SessionOptions{Keep: []int{i}})
		wantError(t, err, "no layer")
	}
	s, err := n.NewSession(SessionOptions{Batch: 2})
	if err != nil {
		t.Fatal(err)
	}
	if s.Network() != n || n.Result() != 3 || len(n.Heads()) != 1 || n.Classes() != 1 {
		t.Errorf("result %d, heads %v, %d classes", n.Result(), n.Heads(), n.Classes())
	}
	ctx := context.Background()
	input := make([]float32, 2*48)
	wantError(t, s.Run(ctx, input[1:]), "95 values", "needs 96")
	wantError(t, s.RunTo(ctx, input, 5), "no layer 5")
	_, err = s.Result()
	wantError(t, err, "not computed")
	if err := s.Run(ctx, input); err != nil {
		t.Fatal(err)
	}
	_, err = s.Output(0)
	wantError(t, err, "not kept")
	_, err = s.Output(-1)
	wantError(t, err, "no layer -1")
	for _, image := range []int{-1, 2} {
		_, err = s.Candidates(image, .5, detect.Fit{})
		wantError(t, err, "no image")
	}
	if out, err := s.Output(1); err != nil || out.N != 2 || len(out.Data) != 2*96 { // a head is kept unasked
		t.Errorf("head's output %v, %v", out, err)
	}
	if len(s.Times()) != len(n.Layers) {
		t.Errorf("%d times of %d layers", len(s.Times()), len(n.Layers))
	}
}

func TestSessionDoesNotChangeInput(t *testing.T) {
	input := []float32{1, 2, 3, -4, 5, 6, 7, 8}
	before := slices.Clone(input)
	n := networkOf(t, "[net]\nwidth=2\nheight=2\nchannels=2\n[dropout]\n[activation]\nactivation=leaky\n[shortcut]\nfrom=0\n[softmax]\n")
	run(t, n, SessionOptions{}, input)
	if !slices.Equal(input, before) {
		t.Errorf("the input became %v", input)
	}
}

func TestResetForgets(t *testing.T) {
	n := networkOf(t, recurrent)
	input := make([]float32, 2*18)
	for i := range input {
		input[i] = float32(math.Sin(float64(i)))
	}
	s := run(t, n, SessionOptions{Batch: 2}, input)
	first := output(t, s, n.Result())
	again := func() []float32 {
		if err := s.Run(context.Background(), input); err != nil {
			t.Fatal(err)
		}
		return output(t, s, n.Result())
	}
	second := again()
	if slices.Equal(first, second) {
		t.Error("the second run does not know of the first")
	}
	s.Reset()
	equal(t, "after a reset", again(), first)
	equal(t, "the run after it", again(), second)
	equal(t, "another session", output(t, run(t, n, SessionOptions{Batch: 2}, input), n.Result()), first)
}

func TestMemoryLimit(t *testing.T) {
	const text = "[net]\nwidth=64\nheight=64\nchannels=3\n[convolutional]\nfilters=32\nsize=3\npad=1\n[connected]\noutput=10\n"
	_, err := graphOf(t, text, Options{MaxMemory: 1 << 20}).Random(1)
	wantError(t, err, "test.cfg: the weights need 5.0 MiB", "limit of 1.0 MiB")
	n, err := graphOf(t, text, Options{MaxMemory: 12 << 20}).Random(1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.NewSession(SessionOptions{}); err != nil {
		t.Error(err)
	}
	_, err = n.NewSession(SessionOptions{Batch: 64, Reference: true})
	wantError(t, err, "test.cfg: running it needs", "limit of 12.0 MiB", "smaller input or batch")
	_, err = n.NewSession(SessionOptions{Batch: 64, KeepAll: true})
	wantError(t, err, "test.cfg: running it needs", "limit of 12.0 MiB", "smaller input or batch")
	if len(kernels.Sets()) > 0 {
		n, err = graphOf(t, text, Options{MaxMemory: 5300 << 10}).Random(1)
		if err != nil {
			t.Fatal(err)
		}
		_, err = n.NewSession(SessionOptions{}) // its packed weights are as large again
		wantError(t, err, "test.cfg: running it needs", "limit of 5.2 MiB")
	}
}

func TestLoadErrors(t *testing.T) {
	folder := t.TempDir()
	_, err := Open(filepath.Join(folder, "absent.cfg"), "", Options{})
	wantError(t, err, "absent.cfg")
	_, err = graphOf(t, small, Options{}).LoadFile(filepath.Join(folder, "absent.weights"), weights.ReadOptions{})
	wantError(t, err, "absent.weights")

	file, diags := cfg.Parse("bad.cfg", []byte("[net]\nwidth=4\nheight=4\nchannels=1\n[convolutional]\nsize=5\n"))
	_, err = Build(file, diags, Options{}).Random(1)
	wantError(t, err, "bad.cfg:5", "layer 0 [convolutional] (line 5)", "output would be empty")

	_, err = graphOf(t, "[net]\ninputs=3\n[softmax]\ntree=absent.tree\n", Options{}).Random(1)
	wantError(t, err, "test.cfg:4", "absent.tree")
}

// saved gives a small network, the file that its weights are saved in, and an input with its
// result.
func saved(t *testing.T) (n *Network, path string, input, want []float32) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "net.weights")
	n = networkOf(t, small)
	input = make([]float32, 48)
	input[5] = 1
	want = output(t, run(t, n, SessionOptions{}, input), n.Result())
	if err := n.Save(path, 0); err != nil {
		t.Fatal(err)
	}
	return n, path, input, want
}

// TestSaveFile writes all weights and only those of the first layers.
func TestSaveFile(t *testing.T) {
	n, path, input, want := saved(t)
	whole, err := graphOf(t, small, Options{}).LoadFile(path, weights.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "result", output(t, run(t, whole, SessionOptions{}, input), n.Result()), want)

	if err := n.Save(path, 1); err != nil {
		t.Fatal(err)
	}
	_, err = graphOf(t, small, Options{}).LoadFile(path, weights.ReadOptions{})
	wantError(t, err, "net.weights")
	part, err := graphOf(t, small, Options{}).LoadFile(path, weights.ReadOptions{Cutoff: 1})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(part.Layers[0].Slots[1].Data, n.Layers[0].Slots[1].Data) {
		t.Error("the first layer's weights are not those of the file")
	}
	run(t, part, SessionOptions{}, input)
}

// TestMappedWeights runs on views of a file, and refuses them once the file has changed.
func TestMappedWeights(t *testing.T) {
	n, path, input, want := saved(t)
	mapped, err := graphOf(t, small, Options{}).LoadFile(path, weights.ReadOptions{Map: true})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "result", output(t, run(t, mapped, SessionOptions{}, input), n.Result()), want)
	if weights.Unchanged(mapped.Slots()) != nil {
		t.Fatal("the weights seem to have changed")
	}
	if err := os.Chtimes(path, time.Time{}, time.Now().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	if weights.Unchanged(mapped.Slots()) == nil {
		t.Skip("the system maps no files")
	}
	_, err = mapped.NewSession(SessionOptions{})
	wantError(t, err, path, "changed while it was in use")
}

// TestUnstoredArraysHaveValues runs layers whose arrays no file holds.
func TestUnstoredArraysHaveValues(t *testing.T) {
	n := networkOf(t, "[net]\nwidth=2\nheight=2\nchannels=1\n[convolutional]\nfilters=2\nbatch_normalize=1\ndontload=1\n[convolutional]\nbatch_normalize=1\ndontloadscales=1\nactivation=linear\n")
	out := output(t, run(t, n, SessionOptions{}, []float32{1, 2, 3, 4}), 1)
	if slices.ContainsFunc(out, func(v float32) bool { return v-v != 0 }) {
		t.Errorf("output %v", out)
	}
	// (w·x - 0)/√(0 + 1e-5)·1 + bias
	scales, variance := n.Layers[1].Unstored[0], n.Layers[1].Unstored[2]
	if scales.Data[0] != 1 || variance.Data[0] != 0 {
		t.Errorf("scales %v, variance %v", scales.Data, variance.Data)
	}
}
