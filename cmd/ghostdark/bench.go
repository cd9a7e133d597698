package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/ghostdark/ghostdark/cfgs"
	"github.com/ghostdark/ghostdark/layers"
	"github.com/ghostdark/ghostdark/net"
	"github.com/ghostdark/ghostdark/tensor"
)

type benchOptions struct {
	modelOptions
	engine  engineOptions
	warmup  int
	reps    int
	seconds float64
	batch   int
	top     int
	profile string
	json    bool
}

const (
	minRuns = 3
	maxRuns = 10_000 // each keeps a time for each layer
)

func newBench() *cobra.Command {
	o := &benchOptions{}
	cmd := &cobra.Command{
		Use:   "bench [CFG [WEIGHTS]]",
		Short: "Measure how fast a network runs",
		Long: `Run a network again and again on random input and print how long it takes, in
total and layer by layer. Without WEIGHTS the weights are random, too; the same
ones each time. Without CFG the embedded detector is measured.

GFLOP/s counts 2 operations for each multiply-add of convolutions and connected
layers, so layers of other types have none. The peak is measured with the same
threads and instruction set on values that never leave the nearest cache; a 3×3
convolution may exceed it, since it can be done with fewer multiplications.
Layers computed along with an earlier one count there.

` + exitCodes,
		Example: `  ghostdark bench
  ghostdark bench yolov4-tiny.cfg --width 320 --height 320 --seconds 10
  ghostdark bench my.cfg my.weights --threads 1 --top 5
  ghostdark bench my.cfg --reps 50 --json > bench.json`,
		Args: func(cmd *cobra.Command, args []string) error { return o.checkOperands(cmd, args) },
		RunE: running(func(cmd *cobra.Command, args []string) error { return runBench(cmd, o, args) }),
	}
	flags := cmd.Flags()
	flags.IntVar(&o.warmup, "warmup", 2, "runs before the measurement")
	flags.Float64Var(&o.seconds, "seconds", 2, fmt.Sprintf("measure for about so long, but at least %d runs", minRuns))
	flags.IntVar(&o.reps, "reps", 0, "measure exactly so many runs instead")
	flags.IntVar(&o.batch, "batch", 1, "images in each run")
	flags.IntVar(&o.top, "top", 20, "list so many of the slowest layers (0: none)")
	flags.StringVar(&o.profile, "profile", "", "write a CPU profile of the measured runs, for go tool pprof")
	flags.BoolVar(&o.json, "json", false, "print JSON, with all layers")
	o.engine.add(cmd)
	o.addShape(cmd)
	o.addWeights(cmd)
	return cmd
}

// checkOperands checks which operands and flags are given together.
func (o *benchOptions) checkOperands(cmd *cobra.Command, args []string) error {
	switch given := cmd.Flags().Changed; {
	case len(args) > 2:
		return usagef("give CFG, or CFG WEIGHTS, or neither")
	case given("seconds") && given("reps"):
		return usagef("give --seconds or --reps, not both")
	}
	return nil
}

// check checks the numbers.
func (o *benchOptions) check() error {
	const day = 24 * 60 * 60
	for _, f := range []struct {
		flag         string
		value        float64
		least, limit float64
	}{
		{"warmup", float64(o.warmup), 0, maxRuns}, {"reps", float64(o.reps), 0, maxRuns}, {"seconds", o.seconds, 0, day},
		{"batch", float64(o.batch), 1, layers.MaxExtent}, {"top", float64(o.top), 0, layers.MaxLayers},
	} {
		if !(f.value >= f.least && f.value <= f.limit) {
			return usagef("--%s=%v is out of range: give %.0f to %.0f", f.flag, f.value, f.least, f.limit)
		}
	}
	return nil
}

func runBench(cmd *cobra.Command, o *benchOptions, args []string) error {
	if err := o.check(); err != nil {
		return err
	}
	how, err := o.engine.session()
	if err != nil {
		return err
	}
	// GOMAXPROCS(0) only reads the number.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(o.engine.threads))
	m, weights, err := o.open(cmd, args)
	if err != nil {
		return err
	}
	how.Batch = o.batch
	start := time.Now()
	session, err := m.NewSession(how)
	if err != nil {
		return err
	}
	m.loadTime += time.Since(start)
	opt, err := o.netOptions()
	if err != nil {
		return err
	}
	values := tensor.Product(o.batch, m.Net.Input().Len())
	if int64(values) > opt.MaxMemory/4 {
		return fmt.Errorf("%s of %v need more memory than --max-memory allows: use a smaller --batch", counted(o.batch, "image"), m.Net.Input())
	}
	runs, err := o.measure(cmd.Context(), session, randomInput(values))
	if err != nil {
		return err
	}
	result := o.result(m, runs, how.PeakGFLOPS())
	result.Weights = weights
	if o.json {
		return writeJSONLine(cmd.OutOrStdout(), result)
	}
	return result.print(cmd.OutOrStdout(), o.top)
}

// randomWeights stands for the name of a weights file.
const randomWeights = "random weights"

// open loads the network that is to be measured, and tells where its weights come from.
func (o *benchOptions) open(cmd *cobra.Command, args []string) (m *model, weights string, err error) {
	switch len(args) {
	case 0:
		embedded := cfgs.Detector()
		m, err = o.openEmbedded(cmd, embedded)
		return m, embedded.Name + ".weights", err
	case 2:
		m, err = o.openModel(cmd, args[0], args[1])
		return m, args[1], err
	}
	m, err = o.openRandom(cmd, args[0])
	return m, randomWeights, err
}

// randomInput gives n values of 0 … 1, the same on each call.
func randomInput(n int) []float32 {
	rng := rand.New(rand.NewPCG(1, 2))
	input := make([]float32, n)
	for i := range input {
		input[i] = rng.Float32()
	}
	return input
}

// benchRuns are the times of the measured runs.
type benchRuns struct {
	total  []time.Duration   // of each run
	layers [][]time.Duration // [layer][run]
}

// measure runs the network, first to warm up, then as often as the options say.
func (o *benchOptions) measure(ctx context.Context, session *net.Session, input []float32) (*benchRuns, error) {
	for range o.warmup {
		if err := session.Run(ctx, input); err != nil {
			return nil, err
		}
	}
	if o.profile != "" {
		stop, err := startProfile(o.profile)
		if err != nil {
			return nil, err
		}
		defer stop()
	}
	runs := &benchRuns{layers: make([][]time.Duration, len(session.Times()))}
	begin, limit := time.Now(), time.Duration(o.seconds*float64(time.Second))
	more := func(done int) bool {
		if o.reps > 0 {
			return done < o.reps
		}
		return done < minRuns || done < maxRuns && time.Since(begin) < limit
	}
	for more(len(runs.total)) {
		start := time.Now()
		if err := session.Run(ctx, input); err != nil {
			return nil, err
		}
		runs.total = append(runs.total, time.Since(start))
		for i, took := range session.Times() {
			runs.layers[i] = append(runs.layers[i], took)
		}
	}
	return runs, nil
}

// benchResult is what bench reports. Times are in milliseconds, shapes [channels, height,
// width].
type benchResult struct {
	File         string       `json:"file"`
	Weights      string       `json:"weights"`
	Input        [3]int       `json:"input"`
	Batch        int          `json:"batch"`
	Threads      int          `json:"threads"`
	Warmup       int          `json:"warmup"`
	Runs         int          `json:"runs"`
	MedianMS     float64      `json:"median_ms"`
	MinMS        float64      `json:"min_ms"`
	P95MS        float64      `json:"p95_ms"`
	LoadMS       float64      `json:"load_ms"`
	ImagesPerS   float64      `json:"images_per_s"`
	GFLOPS       float64      `json:"gflops"`
	PeakGFLOPS   float64      `json:"peak_gflops"`    // 0 without kernels of our own
	PeakRSSBytes int64        `json:"peak_rss_bytes"` // 0 when not known
	Layers       []benchLayer `json:"layers"`
}

// benchLayer is one layer's part in the median run.
type benchLayer struct {
	Index  int     `json:"index"`
	Type   string  `json:"type"`
	Output [3]int  `json:"output"`
	MS     float64 `json:"ms"`
	Share  float64 `json:"share"` // of the sum over all layers
	GFLOPS float64 `json:"gflops"`
}

func (o *benchOptions) result(m *model, runs *benchRuns, peak float64) *benchResult {
	slices.Sort(runs.total)
	middle := median(runs.total)
	r := &benchResult{
		File: m.cfgPath, Input: *extents(m.Net.Input()), Batch: o.batch,
		Threads: runtime.GOMAXPROCS(0), Warmup: o.warmup, Runs: len(runs.total),
		MedianMS: milliseconds(middle), MinMS: milliseconds(runs.total[0]), P95MS: milliseconds(percentile(runs.total, 95)),
		LoadMS: milliseconds(m.loadTime), ImagesPerS: round(perSecond(float64(o.batch), middle), 3), PeakRSSBytes: peakRSS(),
		PeakGFLOPS: round(peak, 1),
	}
	var sum time.Duration
	var macs int64
	for i, l := range m.Layers {
		slices.Sort(runs.layers[i])
		took := median(runs.layers[i])
		sum += took
		macs += l.Cost.MACs
		r.Layers = append(r.Layers, benchLayer{
			Index: i, Type: typeName(l), Output: *extents(l.Output), MS: milliseconds(took),
			Share: float64(took), GFLOPS: gigaflops(l.Cost.MACs, o.batch, took),
		})
	}
	for i := range r.Layers {
		r.Layers[i].Share /= max(float64(sum), 1)
	}
	r.GFLOPS = gigaflops(macs, o.batch, middle)
	return r
}

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

// gigaflops is the speed of so many multiply-adds for each image of a batch, 0 for work that
// took no time, since it was not done or counts elsewhere.
func gigaflops(macs int64, batch int, took time.Duration) float64 {
	if took <= 0 {
		return 0
	}
	return round(perSecond(2*float64(macs)*float64(batch)/1e9, took), 3)
}

// print writes the result for people.
func (r *benchResult) print(w io.Writer, top int) error {
	fmt.Fprintf(w, "%s with %s: input %v, batch of %d, %s, %s after %d to warm up\n\n", r.File, filepath.Base(r.Weights),
		tensor.Shape{C: r.Input[0], H: r.Input[1], W: r.Input[2]}, r.Batch, counted(r.Threads, "thread"), counted(r.Runs, "run"), r.Warmup)
	if top > 0 {
		if err := r.slowest(top).write(w); err != nil {
			return err
		}
		fmt.Fprintln(w)
	}
	memory := "unknown"
	if r.PeakRSSBytes > 0 {
		memory = binaryBytes(r.PeakRSSBytes)
	}
	peak := ""
	if r.PeakGFLOPS > 0 {
		peak = fmt.Sprintf(" of %.4g", r.PeakGFLOPS)
	}
	_, err := fmt.Fprintf(w, `time    %.3f ms median, %.3f ms minimum, %.3f ms 95th percentile
speed   %.4g images/s, %.4g%s GFLOP/s
load    %.3f ms
memory  %s at most
`, r.MedianMS, r.MinMS, r.P95MS, r.ImagesPerS, r.GFLOPS, peak, r.LoadMS, memory)
	return err
}

// slowest lists the layers that take longest, and sums up the others.
func (r *benchResult) slowest(top int) *table {
	t := &table{headings: []string{">layer", "type", "output", ">ms", ">share", ">GFLOP/s", ">of peak"}}
	sorted := slices.SortedStableFunc(slices.Values(r.Layers), func(a, b benchLayer) int { return cmp.Compare(b.MS, a.MS) })
	percent := func(share float64) string { return fmt.Sprintf("%.1f %%", 100*share) }
	top = min(top, len(sorted))
	for _, l := range sorted[:top] {
		speed, ofPeak := "", ""
		if l.GFLOPS > 0 {
			speed = fmt.Sprintf("%.2f", l.GFLOPS)
		}
		if l.GFLOPS > 0 && r.PeakGFLOPS > 0 {
			ofPeak = fmt.Sprintf("%.0f %%", 100*l.GFLOPS/r.PeakGFLOPS)
		}
		t.add(strconv.Itoa(l.Index), l.Type, tensor.Shape{C: l.Output[0], H: l.Output[1], W: l.Output[2]}.String(),
			fmt.Sprintf("%.3f", l.MS), percent(l.Share), speed, ofPeak)
	}
	if rest := sorted[top:]; len(rest) > 0 {
		var ms, share float64
		for _, l := range rest {
			ms, share = ms+l.MS, share+l.Share
		}
		t.add("", counted(len(rest), "other"), "", fmt.Sprintf("%.3f", ms), percent(share))
	}
	return t
}
