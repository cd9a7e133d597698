package layers

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/tensor"
	"github.com/ghostdark/ghostdark/weights"
)

// harness runs the layers of a cfg one after another. Whatever a layer must write, or must not
// rely on, holds NaN before each call.
type harness struct {
	t      *testing.T
	net    *Net
	layers []*Layer
	batch  int
	passes []Pass
}

// files are the side files that the cfgs of the tests name.
var files = map[string]string{}

func openTestFile(name string) ([]byte, error) {
	text, ok := files[name]
	if !ok {
		return nil, fmt.Errorf("%s: no such file", name)
	}
	return []byte(text), nil
}

// parse builds a cfg, given as sections `name key=value …`, one to a line.
func parse(t *testing.T, text string) (net *Net, layers []*Layer, diags, missing cfg.Diagnostics) {
	t.Helper()
	var lines []string
	for section := range strings.Lines(strings.TrimSpace(text)) {
		words := strings.Fields(section)
		lines = append(lines, "["+words[0]+"]")
		lines = append(lines, words[1:]...)
	}
	file, diags := cfg.Parse("test.cfg", []byte(strings.Join(lines, "\n")))
	if diags.HasErrors() {
		t.Fatal(diags.Err())
	}
	net = ReadNet(file.Sections[0], 0, 0, &diags)
	for _, s := range file.Sections[1:] {
		kind := Lookup(s.Name)
		if kind == nil {
			t.Fatalf("no section type [%s]", s.Name)
		}
		layers = append(layers, Build(s, kind, net, layers, openTestFile, &diags, &missing))
	}
	return net, layers, diags, missing
}

// build builds a sound cfg and gives it random weights.
func build(t *testing.T, batch int, text string) *harness {
	t.Helper()
	net, layers, diags, missing := parse(t, text)
	if diags.HasErrors() || missing.HasErrors() {
		t.Fatal(diags, missing)
	}
	h := &harness{t: t, net: net, layers: layers, batch: batch, passes: make([]Pass, len(layers))}
	for i, l := range layers {
		weights.Randomize(slices.Concat(l.Slots, l.Unstored), uint64(i)+1)
		h.passes[i] = Pass{
			In: make([]tensor.Tensor, len(l.Inputs)), Out: tensor.New(batch, l.Output),
			Scratch: make([]float32, l.Scratch), State: make([]float32, batch*l.State),
		}
	}
	return h
}

// slot returns the values of one array of a layer.
func (h *harness) slot(layer int, name string) []float32 {
	h.t.Helper()
	for _, s := range slices.Concat(h.layers[layer].Slots, h.layers[layer].Unstored) {
		if s.Name == name {
			return s.Data
		}
	}
	h.t.Fatalf("%s has no array %q", h.layers[layer].Label(), name)
	return nil
}

// run computes all layers and returns the last one's output.
func (h *harness) run(input []float32) []float32 {
	h.t.Helper()
	in := tensor.Tensor{N: h.batch, Shape: h.net.Input(), Data: input}
	if len(input) != h.batch*in.Shape.Len() {
		h.t.Fatalf("%d values for %d × %v", len(input), h.batch, in.Shape)
	}
	nan := float32(math.NaN())
	for i, l := range h.layers {
		p := &h.passes[i]
		for k, from := range l.Inputs {
			if from == NetworkInput {
				p.In[k] = in
			} else {
				p.In[k] = h.passes[from].Out
			}
		}
		for _, undefined := range [][]float32{p.Out.Data, p.Scratch} {
			for j := range undefined {
				undefined[j] = nan
			}
		}
		before := make([][]float32, len(p.In))
		for k := range p.In {
			before[k] = slices.Clone(p.In[k].Data)
		}
		l.Op.Forward(p)
		for k := range p.In {
			if !slices.Equal(p.In[k].Data, before[k]) {
				h.t.Fatalf("%s writes to its input", l.Label())
			}
		}
	}
	return h.passes[len(h.passes)-1].Out.Data
}

// shape wants the last layer's output shape.
func (h *harness) shape(c, height, w int) {
	h.t.Helper()
	if got, want := h.layers[len(h.layers)-1].Output, (tensor.Shape{C: c, H: height, W: w}); got != want {
		h.t.Fatalf("output is %v, want %v", got, want)
	}
}

// reset makes all state zero.
func (h *harness) reset() {
	for i := range h.passes {
		clear(h.passes[i].State)
	}
}

// ramp counts n values up from start.
func ramp(start float32, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = start + float32(i)
	}
	return x
}

// wave makes n values within ±1 without any visible period.
func wave(n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(math.Sin(float64(i*i + 1)))
	}
	return x
}

// want compares values with tolerance for float32 arithmetic.
func want(t *testing.T, got []float32, want ...float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d values, want %d", len(got), len(want))
	}
	for i, w := range want {
		if !(math.Abs(float64(got[i])-w) <= 1e-5*math.Max(1, math.Abs(w))) {
			t.Fatalf("value %d of %d is %v, want %v", i, len(want), got[i], w)
		}
	}
}

// reports wants the diagnostics of a cfg to hold one of that severity and message part.
func reports(t *testing.T, severity cfg.Severity, part, text string) {
	t.Helper()
	_, _, diags, _ := parse(t, text)
	for _, d := range diags {
		if d.Severity == severity && strings.Contains(d.Message, part) {
			if d.Hint == "" {
				t.Errorf("%q has no hint", d.Message)
			}
			return
		}
	}
	t.Errorf("no %v with %q in %v\nfor %s", severity, part, diags, text)
}
