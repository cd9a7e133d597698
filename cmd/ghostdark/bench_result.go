package main

import (
	"cmp"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ghostdark/ghostdark/net"
	"github.com/ghostdark/ghostdark/tensor"
)

// benchResult is what bench reports. Times are in milliseconds, shapes [channels, height,
// width].
type benchResult struct {
	File         string       `json:"file"`
	Weights      string       `json:"weights"`
	Input        [3]int       `json:"input"`
	Batch        int          `json:"batch"`
	Threads      int          `json:"threads"` // of all sessions
	Warmup       int          `json:"warmup"`
	Runs         int          `json:"runs"`
	MedianMS     float64      `json:"median_ms"`
	MinMS        float64      `json:"min_ms"`
	P95MS        float64      `json:"p95_ms"`
	LoadMS       float64      `json:"load_ms"`
	Sessions     int          `json:"sessions"`
	ImagesPerS   float64      `json:"images_per_s"`
	GFLOPS       float64      `json:"gflops"`
	PeakGFLOPS   float64      `json:"peak_gflops"`        // 0 without kernels of our own
	Bandwidth    float64      `json:"bandwidth_gb_per_s"` // 0 without kernels of our own
	BoundMS      float64      `json:"bound_ms"`           // sum over the layers
	Reached      float64      `json:"reached"`            // share of the bound in the median time
	WeightsBytes int64        `json:"weights_bytes"`
	PackedBytes  int64        `json:"packed_bytes"`   // copies of the weights for the kernels
	ArenaBytes   int64        `json:"arena_bytes"`    // the outputs of all layers; 0 with --reference
	PeakRSSBytes int64        `json:"peak_rss_bytes"` // 0 when not known
	CPU          string       `json:"cpu"`            // name of the kernels, generic, or reference
	Machine      machine      `json:"machine"`
	Choices      *net.Choices `json:"choices,omitempty"` // those of --autotune
	SamplesMS    []float64    `json:"samples_ms"`        // see samples
	Layers       []benchLayer `json:"layers"`
	Comparison   *comparison  `json:"comparison,omitempty"`
}

// benchLayer is one layer's part in the median run. What a layer does along with earlier ones
// counts with the first of them.
type benchLayer struct {
	Index     int       `json:"index"`
	Type      string    `json:"type"`
	Output    [3]int    `json:"output"`
	MS        float64   `json:"ms"`
	Share     float64   `json:"share"` // of the sum over all layers
	GFLOPS    float64   `json:"gflops"`
	Kernel    string    `json:"kernel,omitempty"`         // none for what needs nothing done, and with --reference
	ByRule    *string   `json:"kernel_by_rule,omitempty"` // where --autotune chose otherwise
	With      []int     `json:"with,omitempty"`           // later layers that are computed along
	Bytes     int64     `json:"bytes"`                    // moved by a run, see net.PlanStep; 0 with --reference
	BoundMS   float64   `json:"bound_ms"`                 // 0 when not known
	Bound     string    `json:"bound,omitempty"`          // compute or memory
	Reached   float64   `json:"reached"`                  // share of the bound in the time
	SamplesMS []float64 `json:"samples_ms"`

	took  time.Duration
	macs  int64    // for each image
	steps []string // kernels of the steps that count with the layer
}

// referenceCPU stands for the name of kernels in results of --reference.
const referenceCPU = "reference"

// describe begins a result with what is to be measured.
func (o *benchOptions) describe(m *model, weights string) *benchResult {
	r := &benchResult{
		File: m.cfgPath, Weights: weights, WeightsBytes: m.Totals().WeightsBytes, Input: *extents(m.Net.Input()),
		Batch: o.batch, Threads: runtime.GOMAXPROCS(0), Sessions: o.engine.sessions, CPU: referenceCPU, Machine: thisMachine(),
		LoadMS: milliseconds(m.loadTime),
	}
	for i, l := range m.Layers {
		r.Layers = append(r.Layers, benchLayer{Index: i, Type: typeName(l), Output: *extents(l.Output), macs: l.Cost.MACs})
	}
	return r
}

// add puts in what was measured.
func (r *benchResult) add(runs *benchRuns) {
	r.Warmup, r.Runs, r.SamplesMS, r.PeakRSSBytes = runs.warmup, len(runs.total), samples(runs.total), peakRSS()
	slices.Sort(runs.total)
	middle := median(runs.total)
	r.MedianMS, r.MinMS, r.P95MS = milliseconds(middle), milliseconds(runs.total[0]), milliseconds(percentile(runs.total, 95))
	speed := r.throughput(runs)
	r.ImagesPerS = round(speed, 3)
	var sum time.Duration
	var macs int64
	for i := range r.Layers {
		row := &r.Layers[i]
		row.SamplesMS = samples(runs.layers[i])
		slices.Sort(runs.layers[i])
		row.took = median(runs.layers[i])
		row.MS, row.GFLOPS = milliseconds(row.took), gigaflops(row.macs, r.images(), row.took)
		sum += row.took
		macs += row.macs
	}
	for i := range r.Layers {
		r.Layers[i].Share = float64(r.Layers[i].took) / max(float64(sum), 1)
	}
	r.GFLOPS = round(speed*2*float64(macs)/1e9, 3)
}

// explain adds what the plan tells of the layers, and how fast the machine could compute them.
func (r *benchResult) explain(m *model, how net.SessionOptions) error {
	if how.Reference {
		return nil
	}
	each := how.Each(r.Sessions)
	plan, err := m.Plan(each)
	if err != nil {
		return err
	}
	r.CPU, r.PackedBytes, r.ArenaBytes = plan.CPU, plan.PackedBytes, int64(r.Sessions)*plan.ArenaBytes
	most := roofline{gflops: how.PeakGFLOPS(), bandwidth: how.Bandwidth()}
	r.PeakGFLOPS, r.Bandwidth = round(most.gflops, 1), round(most.bandwidth, 1)
	var sum time.Duration
	for _, s := range plan.Steps {
		computed := computedBy(s)
		row := &r.Layers[computed[0]]
		if len(computed) > 1 {
			row.With = computed[1:]
		}
		row.Bytes += int64(r.images()) * s.Bytes
		row.steps = append(row.steps, s.Kernel)
		for _, i := range computed[1:] {
			row.macs += r.Layers[i].macs
		}
	}
	for i := range r.Layers {
		row := &r.Layers[i]
		if len(row.steps) == 0 {
			continue
		}
		row.Kernel = strings.Join(row.steps, ", ")
		row.GFLOPS = gigaflops(row.macs, r.images(), row.took)
		least, by := most.bound(2*row.macs*int64(r.images()), row.Bytes)
		row.BoundMS, row.Bound, row.Reached = fineMS(least), by, reached(least, row.took)
		sum += least
	}
	r.BoundMS = fineMS(sum)
	r.Reached = round(r.BoundMS/max(r.MedianMS, .001), 4)
	if r.Choices = how.Choices; r.Choices == nil {
		return nil
	}
	each.Choices = nil
	if plan, err = m.Plan(each); err != nil {
		return err
	}
	r.differ(plan)
	return nil
}

// computedBy lists the layers that a step computes. It counts with the first of them, with which
// other steps may count, too: what turns a layer's output counts with the layer, what turns the
// network's input with the first one.
func computedBy(s net.PlanStep) []int {
	return slices.Sorted(slices.Values(append(slices.Clone(s.Fused), max(s.Layer, 0))))
}

// differ notes where the kernels are others than those of the plan by rule.
func (r *benchResult) differ(byRule *net.PlanSummary) {
	steps := make([][]string, len(r.Layers))
	for _, s := range byRule.Steps {
		first := computedBy(s)[0]
		steps[first] = append(steps[first], s.Kernel)
	}
	for i := range r.Layers {
		if kernel := strings.Join(steps[i], ", "); kernel != r.Layers[i].Kernel {
			r.Layers[i].ByRule = &kernel
		}
	}
}

// maxSamples is how many samples are kept of the runs.
const maxSamples = 25

// samples sums up times in at most so many values: medians of equally many consecutive runs,
// in milliseconds. Single runs that something disturbs hardly show in them, and what slows
// down several runs one after another shows in one sample only.
func samples(times []time.Duration) []float64 {
	n := min(len(times), maxSamples)
	list := make([]float64, n)
	for i := range list {
		part := slices.Clone(times[i*len(times)/n : (i+1)*len(times)/n])
		slices.Sort(part)
		list[i] = fineMS(median(part))
	}
	return list
}

// fineMS gives milliseconds that are exact to the nanosecond.
func fineMS(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e6 }

// median returns the middle of sorted times, or the mean of the two in the middle.
func median(sorted []time.Duration) time.Duration {
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// percentile returns the smallest of the sorted times that p percent of them don't exceed.
func percentile(sorted []time.Duration, p int) time.Duration {
	return sorted[max((len(sorted)*p+99)/100, 1)-1]
}

// perSecond divides by a time, which is at least a nanosecond.
func perSecond(n float64, took time.Duration) float64 { return n / max(took, 1).Seconds() }

// gigaflops is the speed of so many multiply-adds for each of the images, 0 for work that
// took no time, since it was not done or counts elsewhere.
func gigaflops(macs int64, images int, took time.Duration) float64 {
	if took <= 0 {
		return 0
	}
	return round(perSecond(2*float64(macs)*float64(images)/1e9, took), 3)
}

// reached is the share of the least possible time in the time that something took.
func reached(least, took time.Duration) float64 {
	if took <= 0 {
		return 0
	}
	return round(least.Seconds()/took.Seconds(), 4)
}

// print writes the result for people.
func (r *benchResult) print(w io.Writer, top int) error {
	sessions := ""
	if r.Sessions > 1 {
		sessions = counted(r.Sessions, "session") + ", "
	}
	fmt.Fprintf(w, "%s with %s: input %v, batch of %d, %s%s, %s, %s after %d to warm up\n\n", r.File, filepath.Base(r.Weights),
		tensor.Shape{C: r.Input[0], H: r.Input[1], W: r.Input[2]}, r.Batch, sessions, counted(r.Threads, "thread"), r.CPU, counted(r.Runs, "run"), r.Warmup)
	if top > 0 {
		if err := r.slowest(top).write(w); err != nil {
			return err
		}
		fmt.Fprintln(w)
	}
	if top > 0 && r.Comparison != nil {
		if err := r.Comparison.print(w, r, top); err != nil {
			return err
		}
		fmt.Fprintln(w)
	}
	each, peak := "", ""
	if r.Batch > 1 {
		each = fmt.Sprintf(", %.4g ms for each image", r.MedianMS/float64(r.Batch))
	}
	if r.PeakGFLOPS > 0 {
		peak = fmt.Sprintf(" of %.4g", r.PeakGFLOPS)
	}
	fmt.Fprintf(w, "time    %.3f ms median, %.3f ms minimum, %.3f ms 95th percentile\n", r.MedianMS, r.MinMS, r.P95MS)
	if r.Comparison != nil {
		fmt.Fprintf(w, "before  %v\n", r.Comparison)
	}
	r.printChoices(w)
	fmt.Fprintf(w, "speed   %.4g images/s%s, %.4g%s GFLOP/s\n", r.ImagesPerS, each, r.GFLOPS, peak)
	if r.BoundMS > 0 {
		fmt.Fprintf(w, "bound   %.3f ms by %.4g GFLOP/s and %.4g GB/s from memory, %s reached\n", r.BoundMS, r.PeakGFLOPS, r.Bandwidth, percent(r.Reached))
	}
	fmt.Fprintf(w, "load    %.3f ms\n", r.LoadMS)
	_, err := fmt.Fprintf(w, "memory  %s\n", r.memory())
	return err
}

// printChoices tells which layers --autotune has computed otherwise than by rule. Of a chain that is
// the first one.
func (r *benchResult) printChoices(w io.Writer) {
	heading := "tuned"
	line := func(format string, args ...any) {
		fmt.Fprintf(w, "%-7s "+format+"\n", append([]any{heading}, args...)...)
		heading = ""
	}
	for _, l := range r.Layers {
		switch {
		case l.ByRule == nil || l.Kernel == "":
		case *l.ByRule == "":
			line("layer %s: %s, with an earlier layer by rule", l.name(), l.Kernel)
		default:
			line("layer %s: %s, by rule %s", l.name(), l.Kernel, *l.ByRule)
		}
	}
	if r.Choices != nil && heading != "" {
		line("no layer otherwise than by rule")
	}
}

// memory lists what needs memory.
func (r *benchResult) memory() string {
	parts := []string{binaryBytes(r.WeightsBytes) + " weights"}
	if r.CPU != referenceCPU {
		parts = append(parts, binaryBytes(r.PackedBytes)+" weights packed for kernels", binaryBytes(r.ArenaBytes)+" outputs")
	}
	most := "unknown"
	if r.PeakRSSBytes > 0 {
		most = binaryBytes(r.PeakRSSBytes)
	}
	return fmt.Sprintf("%s; the process %s at most", strings.Join(parts, ", "), most)
}

func percent(share float64) string { return fmt.Sprintf("%.0f %%", 100*share) }

// slowest lists the layers that take longest, and sums up the others.
func (r *benchResult) slowest(top int) *table {
	t := &table{headings: []string{">layer", "type", "output", ">ms", ">share", ">GFLOP/s", ">of peak", ">moved", ">bound ms", "by", ">reached", "kernel"}}
	sorted := slices.SortedStableFunc(slices.Values(r.Layers), func(a, b benchLayer) int { return cmp.Compare(b.MS, a.MS) })
	top = min(top, len(sorted))
	for _, l := range sorted[:top] {
		var speed, ofPeak, moved, bound, reached string
		if l.GFLOPS > 0 {
			speed = fmt.Sprintf("%.2f", l.GFLOPS)
		}
		if l.GFLOPS > 0 && r.PeakGFLOPS > 0 {
			ofPeak = percent(l.GFLOPS / r.PeakGFLOPS)
		}
		if l.Bytes > 0 {
			moved = binaryBytes(l.Bytes)
		}
		if l.Bound != "" {
			bound, reached = fmt.Sprintf("%.3f", l.BoundMS), percent(l.Reached)
		}
		t.add(l.name(), l.Type, tensor.Shape{C: l.Output[0], H: l.Output[1], W: l.Output[2]}.String(),
			fmt.Sprintf("%.3f", l.MS), share(l.Share), speed, ofPeak, moved, bound, l.Bound, reached, l.Kernel)
	}
	if rest := sorted[top:]; len(rest) > 0 {
		var ms, sum float64
		for _, l := range rest {
			ms, sum = ms+l.MS, sum+l.Share
		}
		t.add("", counted(len(rest), "other"), "", fmt.Sprintf("%.3f", ms), share(sum))
	}
	return t
}

// name is the layer's index, and those of the layers computed along with it.
func (l *benchLayer) name() string {
	name := strconv.Itoa(l.Index)
	for _, i := range l.With {
		name += "+" + strconv.Itoa(i)
	}
	return name
}
