package net

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ghostdark/ghostdark/internal/testkit"
	"github.com/ghostdark/ghostdark/kernels"
)

// drawChoices draws choices for a session: methods and lengths of chains for any layers, whether
// they can have them or not.
func drawChoices(t *rapid.T, n *Network, opt SessionOptions) *Choices {
	key, err := n.TuningKey(opt)
	if err != nil {
		t.Fatal(err)
	}
	c := &Choices{Key: key, Methods: map[int]string{}, Chains: map[int]int{}}
	for i := range n.Layers {
		if rapid.Bool().Draw(t, "choose a method") {
			c.Methods[i] = string(rapid.SampledFrom([]convMethod{byMatrix, byWinograd, byDepthwise, byCombine}).Draw(t, "method"))
		}
		if rapid.Bool().Draw(t, "choose a chain") {
			c.Chains[i] = rapid.IntRange(1, maxStages).Draw(t, "chain")
		}
	}
	return c
}

// tunable has a convolution for each of two methods, and an inverted residual whose last part
// is the first one of a ghost module.
const tunable = `[net]
width=40
height=40
channels=3
[convolutional]
filters=16
size=3
pad=1
activation=relu
[convolutional]
filters=32
size=3
pad=1
activation=leaky
[convolutional]
filters=48
[convolutional]
filters=48
groups=48
size=3
pad=1
activation=relu
[convolutional]
filters=16
[convolutional]
filters=16
groups=16
size=3
pad=1
[route]
layers=-1,-2
[shortcut]
from=-6
`

// forced gives choices for a network's session.
func forced(t testing.TB, n *Network, opt SessionOptions, c Choices) SessionOptions {
	t.Helper()
	key, err := n.TuningKey(opt)
	if err != nil {
		t.Fatal(err)
	}
	c.Key = key
	opt.Choices = &c
	return opt
}

// kernelsOf lists the kernels of a plan by step.
func kernelsOf(t testing.TB, n *Network, opt SessionOptions) []string {
	t.Helper()
	plan, err := n.Plan(opt)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range plan.Steps {
		names = append(names, strings.TrimSuffix(s.Kernel, " "+plan.CPU))
	}
	return names
}

// needKernels skips a test where there is no assembly.
func needKernels(t testing.TB) {
	t.Helper()
	set, err := new(SessionOptions).kernels()
	if err != nil {
		t.Fatal(err)
	}
	if set == nil {
		t.Skip("without assembly there is nothing to choose")
	}
}

func TestChoicesReplaceRules(t *testing.T) {
	needKernels(t)
	n := networkOf(t, tunable)
	opt := SessionOptions{Threads: 1}
	for _, c := range []struct {
		name    string
		choices Choices
		want    []string
	}{
		{"by rule", Choices{}, []string{"matrix", "winograd", "matrix+depthwise+matrix+depthwise", "to planes"}},
		{"a method", Choices{Methods: map[int]string{1: "matrix"}}, []string{"matrix", "matrix", "matrix+depthwise+matrix+depthwise", "to planes"}},
		{"no such method for it", Choices{Methods: map[int]string{2: "winograd"}}, []string{"matrix", "winograd", "matrix+depthwise+matrix+depthwise", "to planes"}},
		{"no chain", Choices{Chains: map[int]int{2: 1, 3: 1, 4: 1}}, []string{"matrix", "winograd", "matrix", "depthwise", "matrix", "depthwise", "in place", "add", "to planes"}},
		{"a chain of three", Choices{Chains: map[int]int{2: 3, 5: 1}}, []string{"matrix", "winograd", "matrix+depthwise+matrix", "depthwise", "in place", "add", "to planes"}},
		{"chains of two", Choices{Chains: map[int]int{2: 2, 4: 2}}, []string{"matrix", "winograd", "matrix+depthwise", "matrix+depthwise", "to planes"}},
	} {
		if got := kernelsOf(t, n, forced(t, n, opt, c.choices)); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestChoicesRefused(t *testing.T) {
	needKernels(t)
	n := networkOf(t, tunable)
	for _, c := range []struct {
		name   string
		change func(c *Choices, opt *SessionOptions)
		want   string
	}{
		{"another number of threads", func(_ *Choices, opt *SessionOptions) { opt.Threads = 3 }, "measure them anew"},
		{"another instruction set", func(_ *Choices, opt *SessionOptions) { opt.CPU = kernels.Generic }, "measure them anew"},
		{"another plan", func(_ *Choices, opt *SessionOptions) { opt.Disable = []string{"place"} }, "measure them anew"},
		{"other outputs kept", func(_ *Choices, opt *SessionOptions) { opt.KeepAll = true }, "measure them anew"},
		{"a stale key", func(c *Choices, _ *SessionOptions) { c.Key = strings.Repeat("0", len(c.Key)) }, "measure them anew"},
		{"no such layer", func(c *Choices, _ *SessionOptions) { c.Methods[99] = "matrix" }, "there is no layer 99"},
		{"no such chain's layer", func(c *Choices, _ *SessionOptions) { c.Chains[-1] = 2 }, "there is no layer -1"},
		{"no such method", func(c *Choices, _ *SessionOptions) { c.Methods[0] = "guess" }, `layer 0 can't be computed by "guess"`},
		{"too long a chain", func(c *Choices, _ *SessionOptions) { c.Chains[2] = 9 }, "no chain has 9 convolutions"},
	} {
		opt := forced(t, n, SessionOptions{Threads: 1}, Choices{Methods: map[int]string{}, Chains: map[int]int{}})
		c.change(opt.Choices, &opt)
		if _, err := n.NewSession(opt); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.name, err, c.want)
		}
	}
	for name, other := range map[string]*Network{
		"another activation": networkOf(t, strings.Replace(tunable, "leaky", "relu", 1)),
		"another input size": networkOf(t, strings.Replace(tunable, "width=40", "width=48", 1)),
	} {
		opt := forced(t, n, SessionOptions{}, Choices{})
		if _, err := other.NewSession(opt); err == nil || !strings.Contains(err.Error(), "measure them anew") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestTune(t *testing.T) {
	needKernels(t)
	n := shippedNetwork(t, "ghostnet-fashion.cfg")
	input := inputFor(n)
	opt := SessionOptions{Threads: 2}
	var done []float64
	choices, err := n.Tune(context.Background(), opt, func(d float64) { done = append(done, d) })
	if err != nil {
		t.Fatal(err)
	}
	if len(done) == 0 || !slices.IsSorted(done) || done[len(done)-1] > 1 {
		t.Errorf("progress goes %v", done)
	}
	stored, err := json.Marshal(choices)
	if err != nil {
		t.Fatal(err)
	}
	read := new(Choices)
	if err := json.Unmarshal(stored, read); err != nil {
		t.Fatal(err)
	}
	if read.Key != choices.Key || read.Len() != choices.Len() || !reflect.DeepEqual(kernelsOf(t, n, withChoices(opt, read)), kernelsOf(t, n, withChoices(opt, choices))) {
		t.Errorf("stored and read, %+v are %+v", choices, read)
	}
	want := output(t, run(t, n, SessionOptions{Reference: true}, input), n.Result())
	var first []float32
	for range 2 {
		s := run(t, n, withChoices(opt, read), input)
		got := output(t, s, n.Result())
		s.Close()
		if i, beyond := testkit.Worst(got, want, planTolerance); beyond {
			t.Errorf("value %d is %v, want %v", i, got[i], want[i])
		}
		if first != nil && !slices.Equal(got, first) {
			t.Error("the same choices give other values")
		}
		first = got
	}
}

func withChoices(opt SessionOptions, c *Choices) SessionOptions {
	opt.Choices = c
	return opt
}

// TestJudge wants another way only where it is faster in the middle and at its best, and the
// fastest of them.
func TestJudge(t *testing.T) {
	q := &question{first: 1, last: 1}
	for _, c := range []struct {
		rules, other []time.Duration // of layer 1
		taken        bool
	}{
		{[]time.Duration{100, 110, 105}, []time.Duration{99, 104, 101}, false},
		{[]time.Duration{100, 110, 105}, []time.Duration{99, 90, 90}, true},
		{[]time.Duration{100, 110, 105}, []time.Duration{90, 120, 110}, false},
		{[]time.Duration{90, 110, 105}, []time.Duration{89, 92, 90}, false},
		{[]time.Duration{100, 110, 105}, []time.Duration{95, 95, 95}, false},
		{[]time.Duration{100, 110, 105}, []time.Duration{80, 80, 80}, true},
	} {
		r := &race{plans: [2]*plan{{}, {}}}
		for i := range c.rules {
			r.took[0] = append(r.took[0], []time.Duration{1, c.rules[i]})
			r.took[1] = append(r.took[1], []time.Duration{1000, c.other[i]})
		}
		other := &Choices{}
		if q.judge(r, other); (q.best == other) != c.taken {
			t.Errorf("%v against %v: taken %v, want %v", c.other, c.rules, q.best == other, c.taken)
		}
	}
}

func TestTuneStops(t *testing.T) {
	needKernels(t)
	n := networkOf(t, tunable)
	ctx, cancel := context.WithCancel(context.Background())
	calls := 0
	_, err := n.Tune(ctx, SessionOptions{Threads: 1}, func(float64) {
		calls++
		cancel()
	})
	if !errors.Is(err, context.Canceled) || calls != 1 {
		t.Errorf("after %d steps: error %v", calls, err)
	}
}

func TestTuneWithoutKernels(t *testing.T) {
	n := networkOf(t, tunable)
	for _, opt := range []SessionOptions{{CPU: kernels.Generic}, {Reference: true}} {
		c, err := n.Tune(context.Background(), opt, func(float64) { t.Error("something is measured") })
		if err != nil || c.Len() > 0 {
			t.Errorf("%+v: choices %+v, error %v", opt, c, err)
		}
	}
}

func TestTuneNeedsMemory(t *testing.T) {
	needKernels(t)
	g := graphOf(t, tunable, Options{MaxMemory: 300 << 10})
	n, err := g.Random(1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.Tune(context.Background(), SessionOptions{Threads: 1}, nil); err == nil || !strings.Contains(err.Error(), "raise it with --max-memory") {
		t.Errorf("error %v", err)
	}
}

// TestDivide lists the ways to divide units into chains.
func TestDivide(t *testing.T) {
	for _, c := range []struct {
		n, length, offset int
		want              []int
	}{
		{3, 1, 0, []int{1, 1, 1}}, {3, 2, 0, []int{2, 1}}, {3, 2, 1, []int{1, 2}}, {3, 3, 0, []int{3}},
		{2, 3, 0, []int{2}}, {2, 3, 2, []int{2}}, {5, 5, 0, []int{5}}, {7, 3, 2, []int{2, 3, 2}}, {5, 3, 1, []int{1, 3, 1}},
	} {
		if got := divide(c.n, c.length, c.offset); !slices.Equal(got, c.want) {
			t.Errorf("%d by %d from %d: %v, want %v", c.n, c.length, c.offset, got, c.want)
		}
	}
}
