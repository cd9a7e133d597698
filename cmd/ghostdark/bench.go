package main

import (
	"fmt"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"github.com/ghostdark/ghostdark/cfgs"
	"github.com/ghostdark/ghostdark/layers"
	"github.com/ghostdark/ghostdark/tensor"
)

type benchOptions struct {
	modelOptions
	engine  engineOptions
	repeats repeats
	batch   int
	top     int
	profile string
	json    bool

	compare    string
	noise      float64
	failSlower bool
}

func newBench() *cobra.Command {
	o := &benchOptions{}
	cmd := &cobra.Command{
		Use:   "bench [CFG [WEIGHTS] | MODEL]",
		Short: "Measure how fast a network runs",
		Long: `Run a network again and again on random input and print how long it takes, in
total and layer by layer. Without WEIGHTS the weights are random, too; the same
ones each time. Without CFG the embedded detector is measured.

GFLOP/s counts 2 operations for each multiply-add of convolutions and connected
layers, so layers of other types have none. The peak is measured with the same
threads and instruction set on values that never leave the nearest cache; a 3×3
convolution may exceed it, since it can be done with fewer multiplications.

moved counts what a layer reads and writes if it does so once: its inputs, its
output, and its weights as the kernel wants them; 4 bytes for each value. The
memory's speed is measured, too, with the same threads, by reading much more
than caches hold. The bound is the least time that the peak and this speed
allow, and reached says how near the layer comes to it. Layers whose values
are still in a cache may exceed a bound by memory.

Layers computed along with an earlier one count there.

--compare gives the ratio of the times now to those in FILE, with the interval
that the rank test of Mann and Whitney allows at a level of 1 %. The verdict is
faster or slower only if the whole interval is beyond the noise, since times
also differ from one start of a program to the next. The noise is --noise, or
the distance of the times' quartiles where that is more. FILE must be about
the same network, input, batch and threads. At least 5 runs are needed, and
an exit code of 1 for slower ones only comes with --fail-slower.

` + exitCodes,
		Example: `  ghostdark bench
  ghostdark bench yolov4-tiny.cfg --width 320 --height 320 --seconds 10
  ghostdark bench my.cfg my.weights --threads 1 --top 5
  ghostdark bench my.cfg --reps 50 --json > before.json
  ghostdark bench my.cfg --reps 50 --compare before.json`,
		Args:              withModel(o.checkOperands),
		ValidArgsFunction: completeOperands(onlyModel),
		RunE:              running(withModel(func(cmd *cobra.Command, args []string) error { return runBench(cmd, o, args) })),
	}
	flags := cmd.Flags()
	o.repeats.add(cmd)
	flags.IntVar(&o.batch, "batch", 1, "images in each run")
	flags.IntVar(&o.top, "top", 20, "list so many of the slowest layers (0: none)")
	flags.StringVar(&o.profile, "profile", "", "write a CPU profile of the measured runs to this `FILE`, for go tool pprof")
	flags.BoolVar(&o.json, "json", false, "print JSON, with all layers")
	flags.StringVar(&o.compare, "compare", "", "compare with the result in this `FILE`, which an earlier --json wrote")
	flags.Float64Var(&o.noise, "noise", 5, "with --compare: take differences of up to so many percent for noise, or more where times are spread wider")
	flags.BoolVar(&o.failSlower, "fail-slower", false, "with --compare: fail if the network has become slower")
	completeFiles(cmd, "compare", "json")
	o.engine.add(cmd)
	o.engine.addSessions(cmd, 1, "run so many at the same time, which divide the threads, and count the images of all")
	o.addShape(cmd)
	o.addWeights(cmd)
	return cmd
}

// checkOperands checks which operands and flags are given together.
func (o *benchOptions) checkOperands(cmd *cobra.Command, args []string) error {
	switch given := cmd.Flags().Changed; {
	case len(args) > 2:
		return usagef("give CFG, CFG WEIGHTS, MODEL, or nothing")
	case !given("compare") && (given("noise") || given("fail-slower")):
		return usagef("--noise and --fail-slower go with --compare")
	}
	return nil
}

// check checks the numbers.
func (o *benchOptions) check(cmd *cobra.Command) error {
	if err := o.repeats.check(cmd); err != nil {
		return err
	}
	return checkRanges(
		numberFlag{"batch", float64(o.batch), 1, layers.MaxExtent},
		numberFlag{"top", float64(o.top), 0, layers.MaxLayers},
		numberFlag{"noise", o.noise, 0, 1000},
	)
}

func runBench(cmd *cobra.Command, o *benchOptions, args []string) error {
	if err := o.check(cmd); err != nil {
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
	if how, err = o.engine.tune(cmd, m, how, o.engine.sessions); err != nil {
		return err
	}
	start := time.Now()
	pool, err := m.NewPool(o.engine.sessions, how)
	if err != nil {
		return err
	}
	defer pool.Close()
	m.loadTime += time.Since(start)
	opt, err := o.netOptions()
	if err != nil {
		return err
	}
	values := tensor.Product(o.batch, m.Net.Input().Len())
	if int64(values) > opt.MaxMemory/4 {
		return fmt.Errorf("%s of %v need more memory than --max-memory allows: use a smaller --batch", counted(o.batch, "image"), m.Net.Input())
	}
	result := o.describe(m, weights)
	before, err := o.baseline(result)
	if err != nil {
		return err
	}
	runs, err := o.measureAll(cmd.Context(), pool, randomInput(values))
	if err != nil {
		return err
	}
	result.add(runs)
	if err := result.explain(m, how); err != nil {
		return err
	}
	if before != nil {
		result.compare(o.compare, before, o.noise)
		result.Comparison.warn(cmd, result)
	}
	if o.json {
		err = writeJSONLine(cmd.OutOrStdout(), result)
	} else {
		err = result.print(cmd.OutOrStdout(), o.top)
	}
	if err == nil && o.failSlower {
		err = result.Comparison.regression(result.File)
	}
	return err
}

// baseline reads the result to compare with, nil for none.
func (o *benchOptions) baseline(now *benchResult) (*benchResult, error) {
	if o.compare == "" {
		return nil, nil
	}
	before, err := readResult(o.compare)
	if err != nil {
		return nil, err
	}
	if err := before.fits(now); err != nil {
		return nil, fmt.Errorf("%s can't be compared with: %w", o.compare, err)
	}
	return before, nil
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
