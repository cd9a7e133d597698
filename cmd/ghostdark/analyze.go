package main

import (
	"fmt"
	"io"
	"runtime"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/ghostdark/ghostdark/chart"
	"github.com/ghostdark/ghostdark/ghost"
	"github.com/ghostdark/ghostdark/net"
)

type analyzeOptions struct {
	modelOptions
	engine   engineOptions
	repeats  repeats
	measure  bool
	plot     string
	markdown bool
	json     bool
}

func newAnalyze() *cobra.Command {
	o := &analyzeOptions{}
	cmd := &cobra.Command{
		Use:   "analyze (CFG | MODEL)…",
		Short: "Show what a network's ghost modules cost and save",
		Long: `Find the ghost modules, ghost bottlenecks and squeeze-and-excite blocks of a
network by how its layers are connected, and compare its cost with that of its
dense twin, which has an ordinary convolution in place of each module. Several
cfgs are compared with each other.

A ghost module is a convolution that makes m maps of c channels by kernels of
k×k, a depthwise one that makes s-1 ghosts of each by kernels of d×d, and a
route that joins both. r_s is the dense convolution's multiply-adds to those of
the module, r_c the same of parameters, with biases and batch norm. The paper
approximates both by s·c/(s+c-1), which is nearly s.

--measure runs the network on random input with random weights, and gives the
time of each part, too. --plot draws the cost of each block, and with --measure
its share of the time against its share of the multiply-adds.

` + exitCodes,
		Example: `  ghostdark analyze cfgs/ghostnet.cfg
  ghostdark analyze my.cfg --measure --threads 1 --plot my.svg
  ghostdark analyze --markdown a.cfg b.cfg c.cfg`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("no cfg file: give one or more")
			}
			return nil
		},
		ValidArgsFunction: completeOperands(onlyCfgs),
		RunE:              running(withCfgs(func(cmd *cobra.Command, args []string) error { return runAnalyze(cmd, o, args) })),
	}
	flags := cmd.Flags()
	flags.BoolVar(&o.measure, "measure", false, "measure the time of each part")
	flags.StringVar(&o.plot, "plot", "", "draw the cost of each block to this `FILE`, .svg or .png")
	completeFiles(cmd, "plot", "svg", "png")
	flags.BoolVar(&o.markdown, "markdown", false, "print tables for a page on GitHub")
	flags.BoolVar(&o.json, "json", false, "print JSON, one line for each cfg")
	o.repeats.add(cmd)
	o.engine.add(cmd)
	o.addShape(cmd)
	return cmd
}

// check checks which flags are given together.
func (o *analyzeOptions) check(cmd *cobra.Command, paths []string) error {
	switch {
	case o.json && o.markdown:
		return usagef("give --json or --markdown, not both")
	case o.plot != "" && len(paths) > 1:
		return usagef("--plot goes with one cfg, not %d", len(paths))
	}
	if !o.measure {
		for _, flag := range []string{"warmup", "seconds", "reps", "threads", "cpu", "reference", "autotune", "disable-pass"} {
			if cmd.Flags().Changed(flag) {
				return usagef("--%s goes with --measure", flag)
			}
		}
	}
	if err := o.repeats.check(cmd); err != nil {
		return err
	}
	if _, err := o.engine.session(); err != nil {
		return err
	}
	if o.plot == "" {
		return nil
	}
	return chart.Check(o.plot)
}

func runAnalyze(cmd *cobra.Command, o *analyzeOptions, paths []string) error {
	if err := o.check(cmd, paths); err != nil {
		return err
	}
	var all []*analyzed
	for _, path := range paths {
		n, err := o.analyze(cmd, path)
		if err != nil {
			return err
		}
		all = append(all, n)
	}
	if o.plot != "" {
		if err := chart.Write(o.plot, all[0].chart()); err != nil {
			return err
		}
		tell(cmd, "chart: %s", o.plot)
	}
	out := cmd.OutOrStdout()
	switch {
	case o.json:
		for _, n := range all {
			if err := writeJSONLine(out, n.report()); err != nil {
				return err
			}
		}
		return nil
	case len(all) > 1:
		return o.write(out, compareAnalyses(all))
	}
	return o.print(out, all[0])
}

// print writes the tables of one network.
func (o *analyzeOptions) print(w io.Writer, n *analyzed) error {
	fmt.Fprintf(w, "%s: input %v, %s, %s\n", n.path, n.Graph.Net.Input(), counted(len(n.Graph.Layers), "layer"), summaryOf(n.Analysis).contents())
	if t := n.times; t != nil {
		fmt.Fprintf(w, "%smeasured with random weights: %.3f ms (median of %s, %s, %s)\n", o.newLine(), milliseconds(t.median),
			counted(t.runs, "run"), counted(t.threads, "thread"), t.cpu)
	}
	for _, t := range n.tables() {
		fmt.Fprintln(w)
		if err := o.write(w, t); err != nil {
			return err
		}
	}
	if len(n.Lookalikes) > 0 {
		fmt.Fprintf(w, "\nno ghost modules, though they resemble them:\n")
		if o.markdown {
			fmt.Fprintln(w)
		}
	}
	for _, l := range n.Lookalikes {
		bullet := "  "
		if o.markdown {
			bullet = "- "
		}
		fmt.Fprintf(w, "%s%s: %s\n", bullet, n.Graph.Layers[l.Route].Label(), l.Reason)
	}
	return nil
}

// newLine begins a new paragraph where one line would run into the other.
func (o *analyzeOptions) newLine() string {
	if o.markdown {
		return "\n"
	}
	return ""
}

func (o *analyzeOptions) write(w io.Writer, t *table) error {
	if o.markdown {
		return t.writeMarkdown(w)
	}
	return t.write(w)
}

// analyzed is a network with what was found in it.
type analyzed struct {
	*ghost.Analysis
	path  string
	total ghost.Cost     // of all layers
	times *analyzedTimes // nil if nothing was measured
}

func newAnalyzed(path string, g *net.Graph, times *analyzedTimes) *analyzed {
	a := ghost.Find(g)
	return &analyzed{a, path, a.CostOf(a.All()...), times}
}

// analyzedTimes are medians over runs.
type analyzedTimes struct {
	layers  []time.Duration
	sum     time.Duration // of all layers
	median  time.Duration // of whole runs
	runs    int
	threads int
	cpu     string
}

// analyze reads a cfg, and measures its network if that is wanted.
func (o *analyzeOptions) analyze(cmd *cobra.Command, path string) (*analyzed, error) {
	if o.measure {
		return o.analyzeRunning(cmd, path)
	}
	g, err := o.readGraph(cmd, path, tellCfgFindings)
	if err != nil {
		return nil, err
	}
	return newAnalyzed(path, g, nil), nil
}

func (o *analyzeOptions) analyzeRunning(cmd *cobra.Command, path string) (*analyzed, error) {
	// GOMAXPROCS(0) only reads the number.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(o.engine.threads))
	m, err := o.openRandom(cmd, path)
	if err != nil {
		return nil, err
	}
	pool, err := o.engine.open(cmd, m, false)
	if err != nil {
		return nil, err
	}
	defer pool.Close()
	t := &analyzedTimes{threads: runtime.GOMAXPROCS(0), cpu: referenceCPU}
	if how, err := o.engine.session(); err != nil {
		return nil, err
	} else if !how.Reference {
		plan, err := m.Plan(how)
		if err != nil {
			return nil, err
		}
		t.cpu = plan.CPU
	}
	ctx, input := cmd.Context(), randomInput(m.Net.Input().Len())
	var runs *benchRuns
	err = pool.Do(ctx, func(s *net.Session) error {
		if err := o.repeats.warm(ctx, s, input); err != nil {
			return err
		}
		runs, err = o.repeats.measure(ctx, s, input)
		return err
	})
	if err != nil {
		return nil, err
	}
	slices.Sort(runs.total)
	t.median, t.runs = median(runs.total), len(runs.total)
	for _, times := range runs.layers {
		slices.Sort(times)
		t.layers = append(t.layers, median(times))
		t.sum += median(times)
	}
	return newAnalyzed(path, m.Graph, t), nil
}

// of sums up the times of layers.
func (t *analyzedTimes) of(indexes ...int) time.Duration {
	var sum time.Duration
	for _, i := range indexes {
		sum += t.layers[i]
	}
	return sum
}

// share is the part that layers have in the time of all.
func (t *analyzedTimes) share(indexes ...int) float64 {
	return float64(t.of(indexes...)) / max(float64(t.sum), 1)
}
