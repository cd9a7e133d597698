package main

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ghostdark/ghostdark/internal/testkit"
)

func TestMedianAndPercentile(t *testing.T) {
	upTo := func(n int) []time.Duration {
		var times []time.Duration
		for i := range n {
			times = append(times, time.Duration(10*(i+1)))
		}
		return times
	}
	for _, c := range []struct {
		times       []time.Duration
		median, p95 time.Duration
	}{
		{upTo(1), 10, 10}, {upTo(2), 15, 20}, {upTo(3), 20, 30}, {upTo(20), 105, 190}, {upTo(100), 505, 950},
	} {
		if got := median(c.times); got != c.median {
			t.Errorf("median of %d times is %d, want %d", len(c.times), got, c.median)
		}
		if got := percentile(c.times, 95); got != c.p95 {
			t.Errorf("95th percentile of %d times is %d, want %d", len(c.times), got, c.p95)
		}
	}
}

func TestBenchJSON(t *testing.T) {
	threads := runtime.GOMAXPROCS(0)
	cfg := filepath.Join(testkit.Root(), "testdata", "golden", "ghost-module", "net.cfg")
	var got benchResult
	if err := json.Unmarshal(invoke(t, "bench", cfg, "--json", "--reps", "5", "--threads", "1"), &got); err != nil {
		t.Fatal(err)
	}
	if got.Runs != 5 || got.Threads != 1 || got.Batch != 1 || got.Weights != randomWeights {
		t.Errorf("%+v", got)
	}
	if !(got.MinMS > 0 && got.MinMS <= got.MedianMS && got.MedianMS <= got.P95MS && got.ImagesPerS > 0 && got.GFLOPS > 0) {
		t.Errorf("times and speeds make no sense: %+v", got)
	}
	share := 0.0
	for _, l := range got.Layers {
		share += l.Share
	}
	if math.Abs(share-1) > 1e-9 {
		t.Errorf("the layers' shares sum to %v", share)
	}
	if runtime.GOOS == "linux" && got.PeakRSSBytes < 1<<20 {
		t.Errorf("peak memory of %d bytes", got.PeakRSSBytes)
	}
	if runtime.GOMAXPROCS(0) != threads {
		t.Errorf("%d threads are left, there were %d", runtime.GOMAXPROCS(0), threads)
	}
}

func TestBenchStops(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var stdout, stderr bytes.Buffer
	if code := execute(ctx, []string{"bench", "--seconds", "1000"}, &stdout, &stderr); code != exitFailed || stdout.Len() > 0 ||
		!strings.Contains(stderr.String(), "context canceled") {
		t.Errorf("exit code %d, %q, %q", code, &stdout, &stderr)
	}
}

func TestRandomInput(t *testing.T) {
	a, b := randomInput(1000), randomInput(1000)
	if !slices.Equal(a, b) {
		t.Error("two random inputs differ")
	}
	if slices.Min(a) < 0 || slices.Max(a) >= 1 || slices.Max(a)-slices.Min(a) < .9 {
		t.Errorf("values from %v to %v", slices.Min(a), slices.Max(a))
	}
}
