package net

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/weights"
)

// run computes a batch in a new session.
func run(t rapid.TB, n *Network, opt SessionOptions, input []float32) *Session {
	t.Helper()
	s, err := n.NewSession(opt)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Run(context.Background(), input); err != nil {
		t.Fatal(err)
	}
	return s
}

// output returns a copy of what a layer gave.
func output(t rapid.TB, s *Session, layer int) []float32 {
	t.Helper()
	out, err := s.Output(layer)
	if err != nil {
		t.Fatal(err)
	}
	return slices.Clone(out.Data)
}

// equal wants the same numbers but for the order of additions, which depends on how slices
// happen to be aligned.
func equal(t rapid.TB, what string, got, want []float32) {
	t.Helper()
	largest := 1.
	for _, v := range want {
		largest = math.Max(largest, math.Abs(float64(v)))
	}
	if !slices.EqualFunc(got, want, func(a, b float32) bool { return math.Abs(float64(a)-float64(b)) <= 1e-5*largest }) {
		t.Fatalf("%s: %v, want %v", what, got, want)
	}
}

// arraysOf reads the arrays of each section from a weights file, in the order in which the
// file format has them.
func arraysOf(r *randomNet, n *Network) [][][]float64 {
	var file bytes.Buffer
	if err := weights.Write(&file, n.Header, n.Slots()); err != nil {
		r.t.Fatal(err)
	}
	data := file.Bytes()[20:]
	arrays := make([][][]float64, len(r.sections))
	for i, s := range r.sections {
		for _, length := range s.lengths {
			if len(data) < 4*length {
				r.t.Fatalf("the weights end in section %d of\n%s", i, r.text())
			}
			values := make([]float64, length)
			for j := range values {
				values[j] = float64(math.Float32frombits(binary.LittleEndian.Uint32(data[4*j:])))
			}
			arrays[i] = append(arrays[i], values)
			data = data[4*length:]
		}
		if s.lengths == nil {
			arrays[i] = arrays[s.shares]
		}
	}
	if len(data) > 0 {
		r.t.Fatalf("%d bytes of weights too many for\n%s", len(data), r.text())
	}
	return arrays
}

// TestLayersAgreeWithDefinition compares each layer of random networks with a second
// formulation of it, over what the layers before it gave.
func TestLayersAgreeWithDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawNet(t, stateless...)
		n := r.random()
		arrays := arraysOf(r, n)
		batch := r.int("batch", 1, 3)
		input := r.images(batch)
		s := run(t, n, SessionOptions{Batch: batch, KeepAll: true}, input)
		if len(n.Layers) != len(r.sections) {
			t.Fatalf("%d layers of %d sections", len(n.Layers), len(r.sections))
		}
		for i, sec := range r.sections {
			out, err := s.Output(i)
			if err != nil {
				t.Fatal(err)
			}
			if got := out.Shape; got.C != sec.out.c || got.H != sec.out.h || got.W != sec.out.w {
				t.Fatalf("%s gives %v, want %d×%d×%d in\n%s", n.Layers[i].Label(), got, sec.out.w, sec.out.h, sec.out.c, r.text())
			}
			for image := range batch {
				var in []volume
				for _, from := range sec.reads {
					a := r.at(from)
					values := input
					if from >= 0 {
						values = output(t, s, from)
					}
					a.v = make([]float64, a.len())
					for j := range a.v {
						a.v[j] = float64(values[image*a.len()+j])
					}
					in = append(in, a)
				}
				agree(t, r, n.Layers[i].Label(), out.Image(image), sec.compute(in, arrays[i]).v, in)
			}
		}
	})
}

// agree allows for rounding relative to the result and, as terms may cancel, to a hundredth
// of that relative to the largest of the inputs.
func agree(t *rapid.T, r *randomNet, what string, got []float32, want []float64, in []volume) {
	t.Helper()
	largest := 1.
	for _, a := range in {
		for _, v := range a.v {
			largest = math.Max(largest, math.Abs(v))
		}
	}
	for i, w := range want {
		if !(math.Abs(float64(got[i])-w) <= 1e-4*math.Max(1, math.Abs(w))+1e-6*largest) {
			t.Fatalf("%s: value %d is %v, want %v in\n%s", what, i, got[i], w, r.text())
		}
	}
}

// TestMemoryReuse wants the result and all kept outputs to be the same whether memory is
// reused or not.
func TestMemoryReuse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawNet(t, stateless...)
		n := r.random()
		batch := r.int("batch", 1, 2)
		input := r.images(batch)
		all := run(t, n, SessionOptions{Batch: batch, KeepAll: true}, input)
		kept := r.int("kept", 0, r.last())
		some := run(t, n, SessionOptions{Batch: batch, Keep: []int{kept}}, input)
		for range 2 {
			for _, i := range []int{kept, n.Result()} {
				equal(t, n.Layers[i].Label(), output(t, some, i), output(t, all, i))
			}
			for _, head := range n.Heads() {
				equal(t, head.Label(), output(t, some, head.Index), output(t, all, head.Index))
			}
			if err := some.Run(context.Background(), input); err != nil { // over what the first run left
				t.Fatal(err)
			}
		}
	})
}

// TestBatch wants a batch to give what its images give one by one.
func TestBatch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawNet(t, stateless...)
		n := r.random()
		batch := r.int("batch", 2, 4)
		input := r.images(batch)
		together := output(t, run(t, n, SessionOptions{Batch: batch}, input), n.Result())
		var single []float32
		for i := range batch {
			one := input[i*r.input.len() : (i+1)*r.input.len()]
			single = append(single, output(t, run(t, n, SessionOptions{}, one), n.Result())...)
		}
		equal(t, "result", together, single)
	})
}

// TestRunTo wants a run of the first layers to give what they give in a run of all.
func TestRunTo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawNet(t, stateless...)
		n := r.random()
		input, last := r.images(1), r.int("last", 0, r.last())
		want := output(t, run(t, n, SessionOptions{KeepAll: true}, input), last)
		s, err := n.NewSession(SessionOptions{Keep: []int{last}})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.RunTo(context.Background(), input, last); err != nil {
			t.Fatal(err)
		}
		equal(t, n.Layers[last].Label(), output(t, s, last), want)
		for i := last + 1; i < len(n.Layers); i++ {
			if _, err := s.Output(i); err == nil {
				t.Fatalf("layer %d was not computed but has an output", i)
			}
		}
	})
}

// TestSaveAndLoad wants weights that were written and read to give the same results.
func TestSaveAndLoad(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawNet(t, stateless...)
		n := r.random()
		var file bytes.Buffer
		if err := weights.Write(&file, n.Header, n.Slots()); err != nil {
			t.Fatal(err)
		}
		if int64(file.Len()) != n.Totals().WeightsBytes {
			t.Fatalf("a file of %d bytes, announced were %d", file.Len(), n.Totals().WeightsBytes)
		}
		again, err := r.build(Options{}).LoadBytes(file.Bytes(), "random.weights")
		if err != nil {
			t.Fatal(err)
		}
		input := r.images(1)
		equal(t, "result", output(t, run(t, again, SessionOptions{}, input), n.Result()), output(t, run(t, n, SessionOptions{}, input), n.Result()))
		for _, size := range []int{0, 7, 19, file.Len() - 1, file.Len() + 1} {
			data := append(slices.Clone(file.Bytes()), 0)[:size]
			if _, err := r.build(Options{}).LoadBytes(data, "random.weights"); err == nil {
				t.Fatalf("%d bytes are taken for %d", size, file.Len())
			}
		}
	})
}

// TestInputSize wants a size given from outside to do what the same size in the cfg does.
func TestInputSize(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawNet(t, stateless...)
		w, h := r.int("new width", 1, 16), r.int("new height", 1, 16)
		build := func(text string, opt Options) *Graph {
			file, diags := cfg.Parse("random.cfg", []byte(text))
			return Build(file, diags, opt)
		}
		want, got := build(r.textFor(w, h), Options{}), build(r.text(), Options{Width: w, Height: h})
		if (got.Err() == nil) != (want.Err() == nil) || got.Net.Input() != want.Net.Input() || len(got.Layers) != len(want.Layers) {
			t.Fatalf("%v and %v, input %v and %v", got.Err(), want.Err(), got.Net.Input(), want.Net.Input())
		}
		for i, l := range got.Layers {
			if l.Output != want.Layers[i].Output {
				t.Fatalf("%s gives %v, want %v", l.Label(), l.Output, want.Layers[i].Output)
			}
		}
		if len(got.Diagnostics) != len(want.Diagnostics) {
			t.Fatalf("%v\nwant %v", got.Diagnostics, want.Diagnostics)
		}
	})
}

// TestFewChannelsOfOnePixel convolves single pixels of fewer channels than a granule has, behind
// which lies nothing but what kernels may reach.
func TestFewChannelsOfOnePixel(t *testing.T) {
	for channels := range 9 {
		for _, groups := range []int{1, channels + 1} {
			text := fmt.Sprintf("[net]\nwidth=1\nheight=1\nchannels=1\n[connected]\noutput=%d\nactivation=linear\n[softmax]\n"+
				"[convolutional]\nfilters=%[1]d\nsize=3\npad=1\ngroups=%d\nactivation=linear\n", channels+1, groups)
			if groups == 1 {
				text += "[convolutional]\nfilters=1\nsize=3\npad=1\nactivation=linear\n"
			}
			file, diags := cfg.Parse("pixel.cfg", []byte(text))
			n, err := Build(file, diags, Options{}).Random(1)
			if err != nil {
				t.Fatal(err)
			}
			input := []float32{.5}
			equal(t, text, output(t, run(t, n, SessionOptions{}, input), n.Result()), output(t, run(t, n, SessionOptions{Reference: true}, input), n.Result()))
		}
	}
}
