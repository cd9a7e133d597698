package main

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"os"
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
	if len(got.SamplesMS) != 5 || len(got.Layers[0].SamplesMS) != 5 || got.Comparison != nil {
		t.Errorf("samples %v and %v, comparison %v", got.SamplesMS, got.Layers[0].SamplesMS, got.Comparison)
	}
	if got.WeightsBytes == 0 || got.ArenaBytes == 0 || got.Machine != thisMachine() || got.CPU == "" {
		t.Errorf("memory, machine or kernels are not told: %+v", got)
	}
	for _, l := range got.Layers {
		if l.Type == "convolutional" && (l.Kernel == "" || l.Bytes < 4*int64(l.Output[0]*l.Output[1]*l.Output[2])) {
			t.Errorf("layer %d moves %d bytes with kernel %q", l.Index, l.Bytes, l.Kernel)
		}
		if bounded := got.PeakGFLOPS > 0 && l.Bytes > 0; bounded != (l.Bound != "") || bounded != (l.BoundMS > 0) {
			t.Errorf("layer %d moves %d bytes, bounded by %q to %v ms", l.Index, l.Bytes, l.Bound, l.BoundMS)
		}
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
	profile := filepath.Join(t.TempDir(), "cpu.prof")
	// Without warming up it stops while it measures.
	if code := execute(ctx, []string{"bench", "--seconds", "1000", "--warmup", "0", "--profile", profile}, &stdout, &stderr); code != exitStopped || stdout.Len() > 0 ||
		stderr.String() != "ghostdark: stopped\n" {
		t.Errorf("exit code %d, %q, %q", code, &stdout, &stderr)
	}
	if left, _ := os.ReadDir(filepath.Dir(profile)); len(left) > 0 {
		t.Errorf("left behind: %v", left)
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

// TestBenchJSONKeys holds the names under which programs find things in results.
func TestBenchJSONKeys(t *testing.T) {
	cfg := filepath.Join(testkit.Root(), "testdata", "golden", "ghost-module", "net.cfg")
	var got struct {
		All    map[string]json.RawMessage
		Layers []map[string]json.RawMessage
	}
	text := invoke(t, "bench", cfg, "--json", "--reps", "3")
	if err := json.Unmarshal(text, &got.All); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	for _, key := range strings.Fields(`file weights input batch threads sessions warmup runs median_ms min_ms p95_ms load_ms images_per_s
		gflops peak_gflops bandwidth_gb_per_s bound_ms reached weights_bytes packed_bytes arena_bytes peak_rss_bytes cpu machine
		samples_ms layers`) {
		if got.All[key] == nil {
			t.Errorf("no key %q", key)
		}
	}
	for _, key := range strings.Fields("index type output ms share gflops kernel bytes bound_ms reached samples_ms") {
		if got.Layers[0][key] == nil {
			t.Errorf("no key %q in a layer", key)
		}
	}
}

// TestBenchReference wants no figures of a plan where there is none.
func TestBenchReference(t *testing.T) {
	if r := benchOnce(t, "--reference"); r.CPU != referenceCPU || r.PackedBytes != 0 || r.ArenaBytes != 0 || r.PeakGFLOPS != 0 || r.Bandwidth != 0 {
		t.Errorf("%+v", r)
	}
}

func TestRoofline(t *testing.T) {
	r := roofline{gflops: 100, bandwidth: 10}
	for _, c := range []struct {
		r                 roofline
		operations, bytes int64
		least             time.Duration
		by                string
	}{
		{r, 1e6, 1e3, 10 * time.Microsecond, byCompute},
		{r, 1e6, 1e6, 100 * time.Microsecond, byMemory},
		{r, 0, 1e6, 100 * time.Microsecond, byMemory},
		{r, 0, 0, 0, ""},
		{roofline{}, 1e6, 1e6, 0, ""},
	} {
		if least, by := c.r.bound(c.operations, c.bytes); least != c.least || by != c.by {
			t.Errorf("%d operations, %d bytes: %v by %q, want %v by %q", c.operations, c.bytes, least, by, c.least, c.by)
		}
	}
}

func TestSamples(t *testing.T) {
	var times []time.Duration
	for i := range 1000 {
		times = append(times, time.Duration(i)*time.Microsecond)
	}
	times[7] = time.Hour
	got := samples(times)
	if len(got) != maxSamples || got[0] != .0205 || got[24] != .9795 {
		t.Errorf("%v", got)
	}
	if got := samples(times[:3]); !slices.Equal(got, []float64{0, .001, .002}) {
		t.Errorf("%v", got)
	}
}

func TestBenchSessions(t *testing.T) {
	cfg := filepath.Join(testkit.Root(), "testdata", "golden", "ghost-module", "net.cfg")
	var got benchResult
	if err := json.Unmarshal(invoke(t, "bench", cfg, "--json", "--reps", "5", "--threads", "2", "--sessions", "3", "--batch", "2"), &got); err != nil {
		t.Fatal(err)
	}
	if got.Runs != 15 || got.Threads != 2 || got.Sessions != 3 || got.Batch != 2 {
		t.Errorf("%+v", got)
	}
	// Fifteen runs took at least as long as five of the fastest.
	if limit := 3 * 2 * 1000 / got.MinMS; !(got.ImagesPerS > 0 && got.ImagesPerS <= limit && got.GFLOPS > 0) {
		t.Errorf("%v images a second, at most %v are possible; %v GFLOP/s", got.ImagesPerS, limit, got.GFLOPS)
	}
}
