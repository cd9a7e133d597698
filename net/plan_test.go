package net

import (
	"context"
	"runtime"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ghostdark/ghostdark/internal/testkit"
	"github.com/ghostdark/ghostdark/kernels"
)

// planTolerance is how far a plan may be from the layers' definitions.
const planTolerance = 1e-3

// TestPlanEqualsReference compares plans of random networks with the layers' definitions: with
// every instruction set, each pass on or off, one thread or several, outputs kept or not.
func TestPlanEqualsReference(t *testing.T) {
	cpus := []string{kernels.Generic}
	for _, s := range kernels.Sets() {
		cpus = append(cpus, s.Name)
	}
	rapid.Check(t, func(t *rapid.T) {
		r := drawNet(t, stateless...)
		n := r.random()
		batch := rapid.IntRange(1, 3).Draw(t, "batch")
		input := r.images(batch)
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
	})
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
	for range 100 {
		runtime.GC()
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("%d goroutines are left, %d were there before", runtime.NumGoroutine(), before)
}
