package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/ghostdark/ghostdark/tensor"
)

// Verdicts on a time.
const (
	faster       = "faster"
	slower       = "slower"
	noDifference = "no difference"
	tooFewRuns   = "too few runs"
	notCompared  = "not compared" // a layer that takes no time, or counts with other ones
)

// comparisonLevel is how seldom the interval of a ratio may miss it by chance.
const comparisonLevel = .01

// comparison is a result beside an earlier one.
type comparison struct {
	File string `json:"file"` // that holds the earlier one
	timeChange
	Layers []layerChange `json:"layers"`

	before *benchResult
}

// timeChange compares a time with an earlier one.
type timeChange struct {
	BeforeMS float64 `json:"before_ms"`
	Ratio    float64 `json:"ratio,omitempty"` // now : before
	Low      float64 `json:"low,omitempty"`   // the interval of the ratio, see quotients
	High     float64 `json:"high,omitempty"`
	// NoisePercent is how far from 1 the whole interval must be for a verdict of faster or slower.
	NoisePercent float64 `json:"noise_percent,omitempty"`
	Verdict      string  `json:"verdict"`
}

// layerChange compares a layer.
type layerChange struct {
	Index int `json:"index"`
	timeChange
}

// change compares samples. Times that differ by less than the noise count as the same; the
// noise is what is given, or more where the samples themselves are spread wider.
func change(beforeMS float64, before, now []float64, noisePercent float64) timeChange {
	c := timeChange{BeforeMS: beforeMS, Verdict: notCompared}
	if slices.Min(before) <= 0 || slices.Min(now) <= 0 {
		return c
	}
	ratio, low, high, ok := quotients(before, now, comparisonLevel)
	noise := max(noisePercent/100, spread(before), spread(now))
	switch {
	case !ok:
		c.Verdict = tooFewRuns
	case low > 1+noise:
		c.Verdict = slower
	case high < 1/(1+noise):
		c.Verdict = faster
	default:
		c.Verdict = noDifference
	}
	c.Ratio, c.Low, c.High, c.NoisePercent = round(ratio, 4), round(low, 4), round(high, 4), round(100*noise, 2)
	return c
}

// spread is the distance of the quartiles of samples as a share of the median.
func spread(samples []float64) float64 {
	sorted := slices.Sorted(slices.Values(samples))
	n := len(sorted)
	return (sorted[3*n/4] - sorted[n/4]) / sorted[n/2]
}

// interval writes the interval of the ratio for people.
func (c *timeChange) interval() string {
	if c.Low == 0 {
		return ""
	}
	return fmt.Sprintf("%.3f to %.3f", c.Low, c.High)
}

// compare compares with an earlier result that fits.
func (r *benchResult) compare(file string, before *benchResult, noisePercent float64) {
	r.Comparison = &comparison{
		File: file, before: before,
		timeChange: change(before.MedianMS, before.SamplesMS, r.SamplesMS, noisePercent),
	}
	for i, now := range r.Layers {
		then := before.Layers[i]
		c := timeChange{BeforeMS: then.MS, Verdict: notCompared}
		if slices.Equal(then.With, now.With) {
			c = change(then.MS, then.SamplesMS, now.SamplesMS, noisePercent)
		}
		r.Comparison.Layers = append(r.Comparison.Layers, layerChange{i, c})
	}
}

// mostResultBytes limits the size of files that are read for comparison.
const mostResultBytes = 64 << 20

// readResult reads what bench has printed with --json.
func readResult(path string) (*benchResult, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, mostResultBytes+1))
	if err != nil {
		return nil, err
	}
	r := &benchResult{}
	switch err := json.Unmarshal(text, r); {
	case len(text) > mostResultBytes:
		return nil, fmt.Errorf("%s: more than %s is too big for a result of bench --json", path, binaryBytes(mostResultBytes))
	case err != nil:
		return nil, fmt.Errorf("%s: is not one result of bench --json: %w", path, err)
	case len(r.Layers) == 0 || !(r.MedianMS > 0):
		return nil, fmt.Errorf("%s: is not a result of bench --json: it has no times of layers", path)
	case len(r.SamplesMS) == 0:
		return nil, fmt.Errorf("%s: has no samples of times, since an older ghostdark wrote it: measure again", path)
	}
	sound := func(samples []float64) bool {
		return len(samples) == len(r.SamplesMS) && len(samples) <= maxSamples && slices.Min(samples) >= 0
	}
	if !sound(r.SamplesMS) || slices.ContainsFunc(r.Layers, func(l benchLayer) bool { return !sound(l.SamplesMS) }) {
		return nil, fmt.Errorf("%s: is not a result of bench --json: its samples of times make no sense", path)
	}
	return r, nil
}

// fits refuses to compare results of different work.
func (r *benchResult) fits(now *benchResult) error {
	shape := func(s [3]int) tensor.Shape { return tensor.Shape{C: s[0], H: s[1], W: s[2]} }
	switch {
	case len(r.Layers) != len(now.Layers):
		return fmt.Errorf("it is about another network, with %s: %s has %d", counted(len(r.Layers), "layer"), now.File, len(now.Layers))
	case r.Input != now.Input:
		return fmt.Errorf("its input was %v, not %v: give --width %d --height %d, or measure again", shape(r.Input), shape(now.Input), r.Input[2], r.Input[1])
	case r.Batch != now.Batch:
		return fmt.Errorf("it has a batch of %d, not of %d: give --batch %d, or measure again", r.Batch, now.Batch, r.Batch)
	case r.Threads != now.Threads:
		return fmt.Errorf("it was measured with %s, not %d: give --threads %d, or measure again", counted(r.Threads, "thread"), now.Threads, r.Threads)
	case r.Sessions != now.Sessions:
		return fmt.Errorf("it was measured with %s, not %d: give --sessions %d, or measure again", counted(r.Sessions, "session"), now.Sessions, r.Sessions)
	}
	for i, l := range r.Layers {
		if n := now.Layers[i]; l.Type != n.Type || l.Output != n.Output {
			return fmt.Errorf("it is about another network: layer %d is %s with %v, in %s %s with %v", i, shown(l.Type), shape(l.Output), now.File, n.Type, shape(n.Output))
		}
	}
	return nil
}

// warn tells what else than the program may make the times differ.
func (c *comparison) warn(cmd *cobra.Command, now *benchResult) {
	if c.before.Machine != now.Machine {
		tell(cmd, "warning: %s was measured on another machine: %v; this is %v", c.File, c.before.Machine, now.Machine)
	}
	if c.before.CPU != now.CPU {
		tell(cmd, "warning: %s was measured with the kernels %s, this with %s", c.File, shown(c.before.CPU), now.CPU)
	}
}

// print writes the layers whose times differ most, but not more than top.
func (c *comparison) print(w io.Writer, now *benchResult, top int) error {
	t := &table{headings: []string{">layer", "type", ">before ms", ">now ms", ">ratio", "interval", "verdict", "kernel"}}
	var changed []layerChange
	for _, l := range c.Layers {
		if l.Verdict == faster || l.Verdict == slower {
			changed = append(changed, l)
		}
	}
	difference := func(l layerChange) float64 { return math.Abs(now.Layers[l.Index].MS - l.BeforeMS) }
	slices.SortStableFunc(changed, func(a, b layerChange) int { return cmp.Compare(difference(b), difference(a)) })
	top = min(top, len(changed))
	for _, l := range changed[:top] {
		row := &now.Layers[l.Index]
		kernel := row.Kernel
		if before := c.before.Layers[l.Index].Kernel; before != kernel {
			kernel = shown(before) + " → " + kernel
		}
		t.add(row.name(), row.Type, fmt.Sprintf("%.3f", l.BeforeMS), fmt.Sprintf("%.3f", row.MS),
			fmt.Sprintf("%.3f", l.Ratio), l.interval(), l.Verdict, kernel)
	}
	if rest := len(changed) - top; rest > 0 {
		t.add("", counted(rest, "other"), "", "", "", "", "faster or slower")
	}
	if same := len(c.Layers) - len(changed); same > 0 {
		t.add("", strconv.Itoa(same)+" without a verdict")
	}
	return t.write(w)
}

// String is the verdict on the network's time.
func (c *comparison) String() string {
	text := fmt.Sprintf("%.3f ms in %s, now %.3f of that", c.BeforeMS, c.File, c.Ratio)
	if c.Low > 0 {
		text += fmt.Sprintf(" (%s; noise %.0f %%)", c.interval(), c.NoisePercent)
	}
	return text + ": " + c.Verdict
}

// regression is an error if the network has become slower.
func (c *comparison) regression(file string) error {
	if c.Verdict != slower {
		return nil
	}
	return fmt.Errorf("%s is slower than in %s: %.3f times as long (%s)", file, c.File, c.Ratio, c.interval())
}
