package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/net"
)

type validateOptions struct {
	modelOptions
	engine  engineOptions
	weights string
	plan    bool
	strict  bool
	quiet   bool
	json    bool
}

func newValidate() *cobra.Command {
	o := &validateOptions{}
	cmd := &cobra.Command{
		Use:   "validate-cfg (CFG | MODEL)…",
		Short: "Check cfg files and show their layers",
		Long: `Read cfg files and print for each one its layers with their shapes and costs,
and every error, warning and note with the source line it is about.

The table's columns: parameters are what training learns; multiply-adds count
convolutions and connected layers, as papers do (often called FLOPs there);
BFLOPs are 10⁹ operations as darknet counts them, two for each multiply-add of
a convolution. A window of 3×3/2 has stride 2; dw is depthwise, g= groups, d=
dilation. ← shows what a layer reads if not just the layer above it.

With --json there is one line for each cfg, holding one JSON object.

` + exitCodes,
		Example: `  ghostdark validate-cfg my-network.cfg
  ghostdark validate-cfg yolov4-tiny.cfg --weights yolov4-tiny.weights
  ghostdark validate-cfg --strict --quiet cfg/*.cfg`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("no cfg file: give one or more")
			}
			return nil
		},
		ValidArgsFunction: completeOperands(onlyCfgs),
		RunE:              running(withCfgs(func(cmd *cobra.Command, args []string) error { return runValidate(cmd, o, args) })),
	}
	flags := cmd.Flags()
	flags.StringVar(&o.weights, "weights", "", "check that this weights `FILE` fits")
	flags.BoolVar(&o.plan, "plan", false, "show how the network is computed: what is fused, which kernels, where outputs lie")
	flags.BoolVar(&o.strict, "strict", false, "let warnings count as errors")
	flags.BoolVarP(&o.quiet, "quiet", "q", false, "print only what is wrong or doubtful")
	flags.BoolVar(&o.json, "json", false, "print JSON")
	completeFiles(cmd, "weights", "weights")
	o.engine.addPlan(cmd)
	o.addShape(cmd)
	o.addWeights(cmd)
	return cmd
}

func runValidate(cmd *cobra.Command, o *validateOptions, paths []string) error {
	given := cmd.Flags().Changed
	switch {
	case o.weights != "" && len(paths) > 1:
		return usagef("--weights goes with one cfg, not %d", len(paths))
	case o.weights == "" && (given("cutoff") || given("allow-extra")):
		return usagef("--cutoff and --allow-extra go with --weights")
	}
	opt, err := o.netOptions()
	if err != nil {
		return err
	}
	if !o.plan && (given("cpu") || given("disable-pass")) {
		return usagef("--cpu and --disable-pass go with --plan")
	}
	if _, err := o.engine.session(); err != nil {
		return err
	}
	var faulty []error
	for i, path := range paths {
		if err := cmd.Context().Err(); err != nil {
			return err
		}
		c := o.check(path, opt)
		if i > 0 && !o.json {
			fmt.Fprintln(cmd.OutOrStdout())
		}
		if err := c.report(cmd.OutOrStdout(), o); err != nil {
			return err
		}
		if err := c.verdict(o.strict); err != nil {
			faulty = append(faulty, err)
		}
	}
	switch {
	case len(faulty) > 0 && len(paths) > 1:
		return fmt.Errorf("%d of %d cfgs are faulty; the first is %w", len(faulty), len(paths), faulty[0])
	case len(faulty) > 0:
		return faulty[0]
	}
	return nil
}

// checked is what is known of one cfg file.
type checked struct {
	path        string
	graph       *net.Graph // nil when the file can't be read
	diagnostics cfg.Diagnostics
	weights     *checkedWeights  // nil when there are none that fit
	plan        *net.PlanSummary // nil when it is not wanted or the cfg is faulty
}

// checkedWeights is a weights file that fits.
type checkedWeights struct {
	File    string `json:"file"`
	Bytes   int64  `json:"bytes"`
	Version string `json:"version"`
	Seen    uint64 `json:"images_seen"`
}

// check reads a cfg and, if they are given, its weights.
func (o *validateOptions) check(path string, opt net.Options) *checked {
	c := &checked{path: path, diagnostics: cfg.Diagnostics{}}
	g, err := net.Read(path, opt)
	if g == nil {
		c.add(path, err)
		return c
	}
	c.graph, c.diagnostics = g, append(c.diagnostics, g.Diagnostics...)
	if err != nil {
		return c
	}
	if o.plan {
		how, err := o.engine.session()
		if err == nil {
			c.plan, err = g.Plan(how)
		}
		if err != nil {
			c.add(path, err)
			return c
		}
	}
	if o.weights == "" {
		return c
	}
	network, err := g.LoadFile(o.weights, o.read())
	if err != nil {
		c.add(o.weights, err)
		return c
	}
	h := network.Header
	c.weights = &checkedWeights{File: o.weights, Version: fmt.Sprintf("%d.%d.%d", h.Major, h.Minor, h.Revision), Seen: h.Seen}
	if info, err := os.Stat(o.weights); err == nil {
		c.weights.Bytes = info.Size()
	}
	return c
}

// add makes diagnostics of an error about a file.
func (c *checked) add(file string, err error) {
	var several cfg.Diagnostics
	if errors.As(err, &several) {
		// What is missing for running was a warning before weights were asked for.
		c.diagnostics = slices.DeleteFunc(c.diagnostics, func(d cfg.Diagnostic) bool {
			return slices.ContainsFunc(several, func(e cfg.Diagnostic) bool { return e.Range == d.Range && e.Message == d.Message })
		})
		c.diagnostics = append(c.diagnostics, several...)
		return
	}
	message := strings.TrimPrefix(err.Error(), file+": ")
	var broken *fs.PathError
	if errors.As(err, &broken) && broken.Path == file {
		message = "can't be read: " + broken.Err.Error()
	}
	c.diagnostics = append(c.diagnostics, cfg.Diagnostic{
		Severity: cfg.Error, Range: cfg.Range{File: file}, Section: -1, Message: message,
	})
}

// verdict returns an error that counts what is wrong, which the report tells in full.
func (c *checked) verdict(strict bool) error {
	if n := c.diagnostics.Count(cfg.Error); n > 0 {
		return fmt.Errorf("%s: %s", c.path, counted(n, "error"))
	}
	if n := c.diagnostics.Count(cfg.Warning); strict && n > 0 {
		return fmt.Errorf("%s: %s, which --strict forbids", c.path, counted(n, "warning"))
	}
	return nil
}

func (c *checked) report(w io.Writer, o *validateOptions) error {
	if o.json {
		return writeJSONLine(w, c.json(o.strict))
	}
	return c.print(w, o.quiet)
}

// print writes the report for people.
func (c *checked) print(w io.Writer, quiet bool) error {
	if g := c.graph; g != nil && len(g.Layers) > 0 && !quiet {
		fmt.Fprintf(w, "%s: input %v, %s\n\n", c.path, g.Net.Input(), counted(len(g.Layers), "layer"))
		if err := c.table().write(w); err != nil {
			return err
		}
		fmt.Fprintln(w)
		if !c.graph.Diagnostics.HasErrors() {
			if err := c.totals().write(w); err != nil {
				return err
			}
			fmt.Fprintln(w)
		}
		if c.plan != nil {
			fmt.Fprintf(w, "plan for %s: %s for %s, %s for all outputs\n\n", c.plan.CPU, counted(len(c.plan.Steps), "step"),
				counted(len(g.Layers), "layer"), binaryBytes(c.plan.ArenaBytes))
			if err := c.planTable().write(w); err != nil {
				return err
			}
			fmt.Fprintln(w)
		}
	}
	var file *cfg.File
	if c.graph != nil {
		file = c.graph.File
	}
	if err := render(w, file, c.diagnostics); err != nil {
		return err
	}
	var counts []string
	for _, severity := range []cfg.Severity{cfg.Error, cfg.Warning, cfg.Note} {
		if n := c.diagnostics.Count(severity); n > 0 {
			counts = append(counts, counted(n, severity.String()))
		}
	}
	if !c.diagnostics.HasErrors() {
		counts = append([]string{"valid"}, counts...)
	}
	_, err := fmt.Fprintf(w, "%s: %s\n", c.path, strings.Join(counts, ", "))
	return err
}
