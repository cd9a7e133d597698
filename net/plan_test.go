package net

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/internal/testkit"
	"github.com/ghostdark/ghostdark/kernels"
)

// planTolerance is how far a plan may be from the layers' definitions.
const planTolerance = 1e-3

// TestPlanEqualsReference compares plans of random networks with the layers' definitions: with
// every instruction set, each pass on or off, one thread or several, outputs kept or not, and other choices of kernels.
func TestPlanEqualsReference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { checkPlan(t, cpuNames(), drawNet(t, stateless...).random()) })
}

// TestPlanOfBlocks does the same with networks of the blocks that passes look for, at sizes
// that need whole vectors and several tasks.
func TestPlanOfBlocks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		defer drawChains(t)()
		n, err := parseGraph(t, drawBlocks(t, everyBlock...)).Random(rapid.Uint64().Draw(t, "weights"))
		if err != nil {
			t.Fatal(err)
		}
		checkPlan(t, cpuNames(), n)
	})
}

// TestPlanOfChains looks at the results of networks of nothing but what is chained, planned
// with all passes.
func TestPlanOfChains(t *testing.T) {
	if len(kernels.Sets()) == 0 {
		t.Skip("without assembly there are no chains")
	}
	rapid.Check(t, func(t *rapid.T) {
		values, overhead, strip := chainValues, chainOverhead, stripValues
		defer func() { chainValues, chainOverhead, stripValues = values, overhead, strip }()
		chainValues, chainOverhead = 1, 100
		stripValues = 1 << rapid.IntRange(0, 16).Draw(t, "strip")
		n, err := parseGraph(t, drawBlocks(t, 7, 8, 10, 11)).Random(rapid.Uint64().Draw(t, "weights"))
		if err != nil {
			t.Fatal(err)
		}
		input := signedInput(n, 1)
		opt := SessionOptions{Threads: rapid.IntRange(1, 3).Draw(t, "threads"), CPU: rapid.SampledFrom(cpuNames()[1:]).Draw(t, "cpu")}
		plan, err := n.Plan(opt)
		if err != nil {
			t.Fatal(err)
		}
		// NEON has no kernels for several filters of each channel that a chain could use.
		if opt.CPU != "neon" && !slices.ContainsFunc(plan.Steps, func(s PlanStep) bool { return strings.Contains(s.Kernel, "+") }) {
			t.Fatalf("no step is a chain: %+v", plan.Steps)
		}
		want := output(t, run(t, n, SessionOptions{Reference: true}, input), n.Result())
		s := run(t, n, opt, input)
		defer s.Close()
		if at, beyond := testkit.Worst(output(t, s, n.Result()), want, planTolerance); beyond {
			t.Fatalf("%+v: value %d is %v, want %v", opt, at, output(t, s, n.Result())[at], want[at])
		}
	})
}

// everyBlock are the numbers of all blocks that drawBlocks knows.
var everyBlock = []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}

// drawBlocks writes a cfg of some of the blocks: residual blocks, ghost modules, squeeze-and-excite, pyramids of
// pools and parted routes.
func drawBlocks(t *rapid.T, blocks ...int) string {
	number := func(what string, low, high int) int { return rapid.IntRange(low, high).Draw(t, what) }
	activation := func() string {
		return rapid.SampledFrom([]string{"linear", "relu", "leaky", "mish", "swish", "logistic", "relu6"}).Draw(t, "activation")
	}
	channels := 4 * number("channels", 1, 6)
	conv := func(filters, size, groups int) string {
		return fmt.Sprintf("[convolutional]\nbatch_normalize=%d\nfilters=%d\nsize=%d\npad=1\ngroups=%d\nactivation=%s\n",
			number("batch_normalize", 0, 1), filters, size, groups, activation())
	}
	text := fmt.Sprintf("[net]\nwidth=%d\nheight=%d\nchannels=3\n", number("width", 5, 40), number("height", 5, 40)) + conv(channels, 3, 1)
	for range number("blocks", 1, 4) {
		switch rapid.SampledFrom(blocks).Draw(t, "block") {
		case 0: // residual
			text += conv(channels/2, 1, 1) + conv(channels, 3, 1) + "[shortcut]\nfrom=-3\nactivation=" + activation() + "\n"
		case 1: // residual over a grouped convolution
			text += conv(channels, 3, rapid.SampledFrom([]int{channels, channels / 2, 2}).Draw(t, "groups")) + "[shortcut]\nfrom=-2\nactivation=" + activation() + "\n"
		case 2: // ghost module
			text += conv(channels/2, 1, 1) + conv(channels/2, rapid.SampledFrom([]int{3, 5}).Draw(t, "cheap"), channels/2) + "[route]\nlayers=-1,-2\n"
		case 3: // squeeze and excite
			text += "[avgpool]\n" + conv(channels/4, 1, 1) + conv(channels, 1, 1) + "[scale_channels]\nfrom=-4\n"
		case 4: // pyramid of pools
			text += "[maxpool]\nsize=3\nstride=1\n[route]\nlayers=-2\n[maxpool]\nsize=5\nstride=1\n[route]\nlayers=-4\n[maxpool]\nsize=9\nstride=1\n[route]\nlayers=-1,-3,-5,-6\n" + conv(channels, 1, 1)
		case 5: // half of the channels
			text += "[route]\nlayers=-1\ngroups=2\ngroup_id=1\n" + conv(channels/2, 3, 1) + "[route]\nlayers=-1,-2\n"
		case 7: // inverted residual
			expanded := channels * number("expansion", 1, 3)
			text += conv(expanded, 1, 1) + conv(expanded, rapid.SampledFrom([]int{3, 5}).Draw(t, "depthwise"), expanded) + conv(channels, 1, 1) +
				rapid.SampledFrom([]string{"[shortcut]\nfrom=-4\nactivation=linear\n", "[dropout]\n[shortcut]\nfrom=-5\nactivation=linear\n"}).Draw(t, "dropout")
		case 8: // ghost module of several cheap maps for each intrinsic one, and a shortcut
			text += conv(channels/4, 1, 1) + conv(channels/4*3, 3, channels/4) + rapid.SampledFrom([]string{"[route]\nlayers=-1,-2\n", "[route]\nlayers=-2,-1\n"}).Draw(t, "order") +
				"[shortcut]\nfrom=-4\nactivation=linear\n"
		case 9: // a few channels for each filter
			text += conv(channels/2, 3, channels/2) + conv(channels, 1, 1)
		case 11: // two ghost modules, with a filter of a few channels between them or without
			text += conv(channels/2, 1, 1) + conv(channels/2*3, 3, channels/2) + "[route]\nlayers=-1,-2\n" +
				rapid.SampledFrom([]string{"", conv(channels, 3, channels)}).Draw(t, "filter") +
				conv(channels/2, 1, 1) + conv(channels/2, 3, channels/2) + "[route]\nlayers=-1,-2\n"
		case 10: // squeeze, excite, and project
			text += conv(channels, 3, channels) + "[avgpool]\n" + conv(channels/4, 1, 1) + conv(channels, 1, 1) + "[scale_channels]\nfrom=-4\n" + conv(channels, 1, 1)
		case 6: // down and up again
			text += conv(channels, 3, 1) + "[upsample]\nstride=2\n[maxpool]\nsize=2\nstride=2\n[route]\nlayers=-1,-3\n[dropout]\n" + conv(channels, 1, 1)
		}
	}
	return text
}

// drawChains draws from what size on convolutions are chained, and how large strips are, and
// returns what undoes that.
func drawChains(t *rapid.T) func() {
	values, overhead, strip := chainValues, chainOverhead, stripValues
	if rapid.Bool().Draw(t, "chain all") {
		chainValues, chainOverhead = 1, 100
		stripValues = 1 << rapid.IntRange(0, 16).Draw(t, "strip")
	}
	return func() { chainValues, chainOverhead, stripValues = values, overhead, strip }
}

func parseGraph(t *rapid.T, text string) *Graph {
	file, diags := cfg.Parse("blocks.cfg", []byte(text))
	g := Build(file, diags, Options{})
	if err := g.Err(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return g
}

// cpuNames are the names that SessionOptions.CPU may have here.
func cpuNames() []string {
	names := []string{kernels.Generic}
	for _, s := range kernels.Sets() {
		names = append(names, s.Name)
	}
	return names
}

// checkPlan runs a network by some plan and by the layers' definitions.
func checkPlan(t *rapid.T, cpus []string, n *Network) {
	batch := rapid.IntRange(1, 3).Draw(t, "batch")
	input := signedInput(n, batch)
	want := run(t, n, SessionOptions{Batch: batch, KeepAll: true, Reference: true}, input)
	opt := SessionOptions{
		Batch: batch, CPU: rapid.SampledFrom(cpus).Draw(t, "cpu"), Threads: rapid.IntRange(1, 3).Draw(t, "threads"),
		KeepAll: rapid.Bool().Draw(t, "keep all"),
	}
	for i := range n.Layers {
		if rapid.IntRange(0, 5).Draw(t, "keep") == 0 {
			opt.Keep = append(opt.Keep, i)
		}
	}
	for _, pass := range Passes() {
		if rapid.Bool().Draw(t, "without "+pass) {
			opt.Disable = append(opt.Disable, pass)
		}
	}
	if rapid.Bool().Draw(t, "choices") {
		opt.Choices = drawChoices(t, n, opt)
	}
	s := run(t, n, opt, input)
	defer s.Close()
	for i, kept := range n.keep(opt) {
		if !kept {
			continue
		}
		expected := output(t, want, i)
		if at, beyond := testkit.Worst(output(t, s, i), expected, planTolerance); beyond {
			t.Fatalf("%+v: %s: value %d is %v, want %v", opt, n.Layers[i].Label(), at, output(t, s, i)[at], expected[at])
		}
	}
}

// shippedNetwork is one of the project's own cfgs with random weights.
func shippedNetwork(t *testing.T, file string) *Network {
	t.Helper()
	g, err := Read(testkit.Root()+"/cfgs/"+file, Options{})
	if err != nil {
		t.Fatal(err)
	}
	n, err := g.Random(1)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// signedInput is a batch of images of values from -1 to 1.
func signedInput(n *Network, batch int) []float32 {
	input := make([]float32, batch*n.Net.Input().Len())
	for i := range input {
		v := float64(i) * 0.6180339887498949
		input[i] = float32(v-math.Floor(v))*2 - 1
	}
	return input
}

func inputFor(n *Network) []float32 {
	input := make([]float32, n.Net.Input().Len())
	for i := range input {
		v := float64(i) * 0.6180339887498949
		input[i] = float32(v - float64(int(v)))
	}
	return input
}

// TestPlanOfShippedNetworks compares the results of whole networks.
func TestPlanOfShippedNetworks(t *testing.T) {
	for _, file := range []string{"ghostnet.cfg", "ghost-yolo.cfg", "ghostnet-fashion.cfg", "ghost-yolo-bccd.cfg"} {
		n := shippedNetwork(t, file)
		input := inputFor(n)
		want := output(t, run(t, n, SessionOptions{Reference: true}, input), n.Result())
		for name, opt := range executors() {
			for _, opt.Threads = range []int{1, 2} {
				s := run(t, n, opt, input)
				if i, beyond := testkit.Worst(output(t, s, n.Result()), want, planTolerance); beyond {
					t.Errorf("%s, %s, %d threads: value %d is far from %v", file, name, opt.Threads, i, want[i])
				}
				s.Close()
			}
		}
	}
}

// TestPlanIsDeterministic wants the same bits from run to run.
func TestPlanIsDeterministic(t *testing.T) {
	n := shippedNetwork(t, "ghost-yolo-bccd.cfg")
	input := inputFor(n)
	for _, threads := range []int{1, 2} {
		s := run(t, n, SessionOptions{Threads: threads}, input)
		first := output(t, s, n.Result())
		for range 20 {
			if err := s.Run(context.Background(), input); err != nil {
				t.Fatal(err)
			}
			for i, v := range output(t, s, n.Result()) {
				if v != first[i] {
					t.Fatalf("%d threads: value %d is %v, then %v", threads, i, first[i], v)
				}
			}
		}
		s.Close()
	}
}

// TestRunAllocatesNothing looks at the steady state of a plan.
func TestRunAllocatesNothing(t *testing.T) {
	if len(kernels.Sets()) == 0 {
		t.Skip("without assembly, convolutions run on gonum's matrix product, which allocates")
	}
	for _, file := range []string{"ghostnet.cfg", "ghost-yolo-bccd.cfg"} {
		n := shippedNetwork(t, file)
		input := inputFor(n)
		for _, threads := range []int{1, 2} {
			s, err := n.NewSession(SessionOptions{Threads: threads})
			if err != nil {
				t.Fatal(err)
			}
			ctx := context.Background()
			if count := testing.AllocsPerRun(5, func() { err = s.Run(ctx, input) }); count > 0 || err != nil {
				t.Errorf("%s, %d threads: %v allocations in a run, error %v", file, threads, count, err)
			}
			s.Close()
		}
	}
}

// TestSessionsLeaveNoThreads wants the helpers of closed and of dropped sessions to end.
func TestSessionsLeaveNoThreads(t *testing.T) {
	n := shippedNetwork(t, "ghostnet-fashion.cfg")
	input := inputFor(n)
	before := runtime.NumGoroutine()
	for i := range 10 {
		s := run(t, n, SessionOptions{Threads: 3}, input)
		if i%2 == 0 {
			s.Close()
		}
	}
	wantGoroutines(t, before)
}

// wantGoroutines waits until no more goroutines are left than there were before.
func wantGoroutines(t *testing.T, before int) {
	t.Helper()
	for range 100 {
		runtime.GC()
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("%d goroutines are left, %d were there before", runtime.NumGoroutine(), before)
}
