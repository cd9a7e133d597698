package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ghostdark/ghostdark/internal/testkit"
)

func TestChange(t *testing.T) {
	times := func(ms float64, jitter float64) []float64 {
		var list []float64
		for i := range 10 {
			list = append(list, ms*(1+jitter*float64(i-5)/10))
		}
		return list
	}
	for _, c := range []struct {
		name        string
		before, now []float64
		noise       float64
		want        string
	}{
		{"the same", times(3, .01), times(3, .01), 0, noDifference},
		{"slower", times(3, .01), times(3.3, .01), 5, slower},
		{"faster", times(3.3, .01), times(3, .01), 5, faster},
		{"surely slower, but by less than the noise", times(3, .01), times(3.1, .01), 5, noDifference},
		{"the same without noise", times(3, .01), times(3.1, .01), 0, slower},
		{"slower, but the times are spread wide", times(3, .3), times(3.3, .01), 0, noDifference},
		{"one disturbed run", append(times(3, .01), 30), append(times(3, .01), 3), 0, noDifference},
		{"too few", []float64{3, 3, 3, 3}, []float64{30, 30, 30, 30}, 0, tooFewRuns},
		{"enough", []float64{3, 3, 3, 3, 3}, []float64{30, 30, 30, 30, 30}, 0, slower},
		{"no time", times(3, .01), times(0, 0), 0, notCompared},
	} {
		if got := change(1, c.before, c.now, c.noise); got.Verdict != c.want {
			t.Errorf("%s: %+v, want %s", c.name, got, c.want)
		}
	}
}

// benchOnce is the result of a run of bench with these further words.
func benchOnce(t *testing.T, words ...string) *benchResult {
	t.Helper()
	cfg := filepath.Join(testkit.Root(), "testdata", "golden", "ghost-module", "net.cfg")
	r := &benchResult{}
	if err := json.Unmarshal(invoke(t, append([]string{"bench", cfg, "--json", "--reps", "25", "--threads", "1"}, words...)...), r); err != nil {
		t.Fatal(err)
	}
	return r
}

// saved writes a result to a file.
func saved(t *testing.T, r *benchResult) string {
	t.Helper()
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "before.json")
	if err := os.WriteFile(file, text, 0o666); err != nil {
		t.Fatal(err)
	}
	return file
}

// slowed multiplies all times of a result.
func slowed(r benchResult, factor float64) *benchResult {
	times := func(list []float64) []float64 {
		var scaled []float64
		for _, v := range list {
			scaled = append(scaled, factor*v)
		}
		return scaled
	}
	r.MedianMS *= factor
	r.SamplesMS = times(r.SamplesMS)
	var layers []benchLayer
	for _, l := range r.Layers {
		l.MS *= factor
		l.SamplesMS = times(l.SamplesMS)
		layers = append(layers, l)
	}
	r.Layers = layers
	return &r
}

// TestCompareVerdicts compares with results that are far slower and far faster than any
// noise, and looks at verdicts, ratios and exit codes.
func TestCompareVerdicts(t *testing.T) {
	const factor = 100
	now := benchOnce(t)
	for _, c := range []struct {
		factor float64
		want   string
		code   int // with --fail-slower
	}{{factor, faster, exitDone}, {1. / factor, slower, exitFailed}} {
		before := slowed(*now, c.factor)
		file := saved(t, before)
		got := benchOnce(t, "--compare", file, "--noise", "10").Comparison
		if got == nil || got.File != file || len(got.Layers) != len(now.Layers) || got.Verdict != c.want || got.BeforeMS != before.MedianMS ||
			!(got.Low <= got.Ratio && got.Ratio <= got.High && got.NoisePercent >= 10) {
			t.Errorf("factor %v: %+v", c.factor, got)
		}
		if first := got.Layers[0]; first.Verdict != c.want || first.Index != 0 {
			t.Errorf("factor %v: layer 0 is %+v", c.factor, first)
		}
		var stdout, stderr bytes.Buffer
		args := []string{"bench", now.File, "--reps", "25", "--threads", "1", "--compare", file, "--fail-slower"}
		if code := execute(context.Background(), args, &stdout, &stderr); code != c.code {
			t.Errorf("exit code %d, want %d", code, c.code)
		}
		for _, want := range []string{"ms in " + file + ", now ", "): " + c.want + "\n", "    0  convolutional "} {
			if !strings.Contains(stdout.String(), want) {
				t.Errorf("%q is not in\n%s", want, &stdout)
			}
		}
		if told := "is slower than in " + file; strings.Contains(stderr.String(), told) != (c.code == exitFailed) {
			t.Errorf("told: %s", &stderr)
		}
	}
}

// TestCompareRefuses wants a clear message for each file that is about other work, or none.
func TestCompareRefuses(t *testing.T) {
	now := benchOnce(t)
	for _, c := range []struct {
		name    string
		change  func(r *benchResult)
		message string
	}{
		{"another network", func(r *benchResult) { r.Layers = r.Layers[1:] }, "it is about another network, with "},
		{"another layer", func(r *benchResult) { r.Layers[1].Type = "maxpool" }, "it is about another network: layer 1 is maxpool with "},
		{"another shape", func(r *benchResult) { r.Layers[1].Output[0]++ }, "it is about another network: layer 1 is "},
		{"another input", func(r *benchResult) { r.Input = [3]int{3, 64, 32} }, "its input was 32×64×3, not "},
		{"another batch", func(r *benchResult) { r.Batch = 8 }, "it has a batch of 8, not of 1: give --batch 8, or measure again"},
		{"other sessions", func(r *benchResult) { r.Sessions = 2 }, "it was measured with 2 sessions, not 1: give --sessions 2, or measure again"},
		{"other threads", func(r *benchResult) { r.Threads = 2 }, "it was measured with 2 threads, not 1: give --threads 2, or measure again"},
		{"no samples", func(r *benchResult) { r.SamplesMS = nil }, "has no samples of times, since an older ghostdark wrote it"},
		{"too few samples of a layer", func(r *benchResult) { r.Layers[0].SamplesMS = nil }, "its samples of times make no sense"},
		{"a negative time", func(r *benchResult) { r.SamplesMS[0] = -1 }, "its samples of times make no sense"},
		{"something else", func(r *benchResult) { *r = benchResult{} }, "is not a result of bench --json: it has no times of layers"},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := slowed(*now, 1) // a copy
			c.change(before)
			file := saved(t, before)
			told := refuse(t, exitFailed, "bench", now.File, "--threads", "1", "--compare", file)
			if !strings.HasPrefix(told, "ghostdark: "+file) || !strings.Contains(told, c.message) {
				t.Errorf("told %s, want %s", told, c.message)
			}
		})
	}
}

// TestCompareWarns wants it said when the machine or the kernels were others.
func TestCompareWarns(t *testing.T) {
	before := benchOnce(t)
	before.CPU, before.Machine.Processor = "abacus", "wooden"
	var stdout, stderr bytes.Buffer
	args := []string{"bench", before.File, "--reps", "25", "--threads", "1", "--compare", saved(t, before)}
	if code := execute(context.Background(), args, &stdout, &stderr); code != exitDone {
		t.Fatalf("exit code %d: %s", code, &stderr)
	}
	for _, want := range []string{"was measured on another machine: wooden, ", "was measured with the kernels abacus, this with "} {
		if !strings.Contains(stderr.String(), want) {
			t.Errorf("%q is not in %s", want, &stderr)
		}
	}
}

// TestCompareFusion leaves a layer without a verdict that computes other layers now.
func TestCompareFusion(t *testing.T) {
	r := benchOnce(t)
	before := slowed(*r, 100)
	before.Layers[0].With = []int{1}
	r.compare("before.json", before, 5)
	if got := r.Comparison.Layers[0].Verdict; got != notCompared {
		t.Errorf("layer 0: %s", got)
	}
}
