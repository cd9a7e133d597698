package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/ghost"
	"github.com/ghostdark/ghostdark/layers"
	"github.com/ghostdark/ghostdark/net"
	"github.com/ghostdark/ghostdark/tensor"
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
	flags.StringVar(&o.weights, "weights", "", "check that this weights file fits")
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

// table lists the layers. Of those with errors and those that depend on them, shapes are
// guesses, so they aren't shown.
func (c *checked) table() *table {
	t := &table{headings: []string{">layer", "type", ">filters", "window", ">input", "", "output", ">parameters", ">multiply-adds", ">BFLOPs", ""}}
	faulty := map[int]bool{} // sections that an error is about
	for _, d := range c.diagnostics.Errors() {
		faulty[d.Section] = true
	}
	for _, l := range c.graph.Layers {
		row := []string{strconv.Itoa(l.Index), shown(typeName(l)), "", "", "", "→", "?"}
		if l.Op != nil {
			row = c.sound(l, row)
		}
		for len(row) < len(t.headings)-1 {
			row = append(row, "")
		}
		remark := reads(l)
		if faulty[l.Section.Index] {
			remark = strings.TrimSpace(remark + " ✗ error")
		}
		t.add(append(row, remark)...)
	}
	return t
}

// sound completes the row of a layer without errors.
func (c *checked) sound(l *layers.Layer, row []string) []string {
	geometry := l.Geometry()
	if geometry.Filters > 0 {
		row[2] = strconv.Itoa(geometry.Filters)
	}
	row[3] = geometry.String()
	if len(l.Inputs) == 1 {
		row[4] = c.graph.Shape(l.Inputs[0]).String()
	}
	row[6] = l.Output.String()
	parameters, macs, bflops := "", "", ""
	if n := net.Parameters(l); n > 0 {
		parameters = thousands(n)
	}
	if l.Cost.MACs > 0 {
		macs = metric(float64(l.Cost.MACs))
	}
	if l.Cost.BFLOPs > 0 {
		bflops = fmt.Sprintf("%.3f", l.Cost.BFLOPs)
	}
	return append(row, parameters, macs, bflops)
}

// totals lists the sums over all layers.
func (c *checked) totals() *table {
	sum := c.graph.Totals()
	t := &table{headings: []string{"total", ">", "", ""}}
	t.add("parameters", thousands(sum.Parameters), "", "all that training learns")
	t.add("multiply-adds", metric(float64(sum.MACs)), "", "as papers count: convolutions and connected layers")
	t.add("BFLOPs", fmt.Sprintf("%.3f", sum.BFLOPs), "", "as darknet counts: 2 for each multiply-add of a convolution, poolings, shortcuts")
	t.add("weights", binaryBytes(sum.WeightsBytes), "", thousands(sum.WeightsBytes)+" bytes in the file")
	t.add("activations", binaryBytes(sum.ActivationBytes), "", "outputs of all layers for one image; a run reuses memory")
	if a := ghost.Find(c.graph); len(a.Modules) > 0 {
		t.add("ghost modules", thousands(int64(len(a.Modules))), "", summaryOf(a).String())
	}
	if w := c.weights; w != nil {
		t.add("weights file", "fits", "", fmt.Sprintf("%s: version %s, trained on %s images", w.File, w.Version, metric(float64(w.Seen))))
	}
	return t
}

// planTable lists the steps of the plan.
func (c *checked) planTable() *table {
	t := &table{headings: []string{">step", ">layer", "type", "with", "kernel", "output"}}
	for i, s := range c.plan.Steps {
		with := make([]string, len(s.Fused))
		for k, f := range s.Fused {
			with[k] = fmt.Sprintf("%d %s", f, typeName(c.graph.Layers[f]))
		}
		place := "its own"
		if s.Inside >= 0 {
			place = fmt.Sprintf("part of %d", s.Inside)
		}
		number, kind := "", "input"
		if s.Layer >= 0 {
			number, kind = strconv.Itoa(s.Layer), typeName(c.graph.Layers[s.Layer])
		}
		t.add(strconv.Itoa(i), number, kind, strings.Join(with, ", "), s.Kernel, place)
	}
	return t
}

// typeName is the canonical name of a layer's section type, or what the cfg says when there is
// no such type.
func typeName(l *layers.Layer) string {
	if kind := layers.Lookup(l.Section.Name); kind != nil {
		return kind.Name()
	}
	return l.Section.Name
}

// reads tells which layers a layer reads if that is not only the one above it, and of each
// route.
func reads(l *layers.Layer) string {
	if typeName(l) != "route" && slices.Equal(l.Inputs, []int{l.Index - 1}) {
		return ""
	}
	names := make([]string, len(l.Inputs))
	for i, from := range l.Inputs {
		names[i] = strconv.Itoa(from)
		if from == layers.NetworkInput {
			names[i] = "input"
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "← " + strings.Join(names, ", ")
}

// checkedJSON is the report on one cfg. Input and Totals are null when they are not known.
type checkedJSON struct {
	File        string           `json:"file"`
	Valid       bool             `json:"valid"`
	Input       *[3]int          `json:"input"`
	Diagnostics cfg.Diagnostics  `json:"diagnostics"`
	Layers      []layerJSON      `json:"layers"`
	Totals      *net.Totals      `json:"totals"`
	Ghost       *ghostSummary    `json:"ghost,omitempty"`
	Weights     *checkedWeights  `json:"weights,omitempty"`
	Plan        *net.PlanSummary `json:"plan,omitempty"`
}

// layerJSON is one layer of the report. Shapes are [channels, height, width], and null when an
// error leaves them open. Offset counts bytes in a weights file with today's 20-byte header.
type layerJSON struct {
	Index      int     `json:"index"`
	Type       string  `json:"type"`
	Line       int     `json:"line"`
	Inputs     []int   `json:"inputs"` // -1 is the network's input
	Input      *[3]int `json:"input"`  // of the first of the inputs
	Output     *[3]int `json:"output"`
	Filters    int     `json:"filters,omitempty"`
	Size       int     `json:"size,omitempty"`
	Stride     int     `json:"stride,omitempty"`
	StrideY    int     `json:"stride_y,omitempty"` // only where it differs
	Groups     int     `json:"groups,omitempty"`
	Dilation   int     `json:"dilation,omitempty"`
	Parameters int64   `json:"parameters"`
	MACs       int64   `json:"multiply_adds"`
	BFLOPs     float64 `json:"bflops"`
	Offset     *int64  `json:"weights_offset,omitempty"`
}

func (c *checked) json(strict bool) checkedJSON {
	report := checkedJSON{
		File: c.path, Valid: c.verdict(strict) == nil, Diagnostics: c.diagnostics, Layers: []layerJSON{}, Weights: c.weights, Plan: c.plan,
	}
	if c.graph == nil || len(c.graph.Layers) == 0 {
		return report
	}
	report.Input = extents(c.graph.Net.Input())
	offset := int64(weightsHeader)
	for _, l := range c.graph.Layers {
		row := c.layerJSON(l)
		at := offset
		for _, s := range l.Slots {
			row.Offset = &at
			offset += 4 * int64(s.Len())
		}
		report.Layers = append(report.Layers, row)
	}
	if !c.graph.Diagnostics.HasErrors() {
		totals := c.graph.Totals()
		report.Totals = &totals
		report.Ghost = summaryOf(ghost.Find(c.graph))
	}
	return report
}

// weightsHeader is the size in bytes of the header that darknet writes today.
const weightsHeader = 20

func (c *checked) layerJSON(l *layers.Layer) layerJSON {
	row := layerJSON{Index: l.Index, Type: typeName(l), Line: l.Section.Range.Line, Inputs: append([]int{}, l.Inputs...)}
	if l.Op == nil {
		return row
	}
	if len(l.Inputs) > 0 {
		row.Input = extents(c.graph.Shape(l.Inputs[0]))
	}
	g := l.Geometry()
	row.Filters, row.Size, row.Stride, row.Groups, row.Dilation = g.Filters, g.Size, g.StrideX, g.Groups, g.Dilation
	if g.StrideY != g.StrideX {
		row.StrideY = g.StrideY
	}
	row.Output = extents(l.Output)
	row.Parameters, row.MACs, row.BFLOPs = net.Parameters(l), l.Cost.MACs, l.Cost.BFLOPs
	return row
}

// extents is a shape as JSON gives it.
func extents(s tensor.Shape) *[3]int { return &[3]int{s.C, s.H, s.W} }
