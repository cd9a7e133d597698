package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ghostdark/ghostdark/layers"
	"github.com/ghostdark/ghostdark/net"
	"github.com/ghostdark/ghostdark/tensor"
)

type runOptions struct {
	modelOptions
	pictureOptions
	engine   engineOptions
	inputF32 string
	layers   []int
	dump     string
	format   string
	logits   bool
	json     bool
}

func newRun() *cobra.Command {
	o := &runOptions{}
	cmd := &cobra.Command{
		Use:   "run (CFG WEIGHTS | MODEL) (IMAGE | --input-f32 FILE)",
		Short: "Run a network and give its bare output values",
		Long: `Run any network on a picture or on raw values, and print or write what its layers
give. Without --layer that is the network's output: the last layer that is not a
[cost].

Raw values are little-endian float32, one channel after the other, each row by
row (CHW). A file of several inputs is run as one batch. With --dump the chosen
layers, or all of them, are written as such files, or as .npy for NumPy in the
shape (images, channels, height, width). Otherwise --json prints the values,
and without it there is a summary of each layer.

` + exitCodes,
		Example: `  ghostdark run yolov4.cfg yolov4.weights dog.jpg
  ghostdark run my.cfg my.weights cat.png --json --logits > output.json
  ghostdark run my.cfg my.weights --input-f32 input.f32 --layer 12 --layer -1
  ghostdark run my.cfg my.weights cat.png --dump layers --format npy`,
		Args:              withModel(o.checkOperands),
		ValidArgsFunction: completeOperands(modelThenPicture),
		RunE:              running(withModel(func(cmd *cobra.Command, args []string) error { return runRun(cmd, o, args) })),
	}
	flags := cmd.Flags()
	flags.StringVar(&o.inputF32, "input-f32", "", "`FILE` of raw input values in place of a picture")
	flags.IntSliceVar(&o.layers, "layer", nil, "give this layer's output, can be repeated; -1 is the last layer")
	flags.StringVar(&o.dump, "dump", "", "write the layers to files layer-NN.f32 in this `FOLDER`")
	flags.StringVar(&o.format, "format", "f32", "of the files: f32 or npy")
	flags.BoolVar(&o.logits, "logits", false, "give the values that go into the last [softmax], too")
	flags.BoolVar(&o.json, "json", false, "print JSON")
	complete(cmd, "format", "f32", "npy")
	completeFiles(cmd, "input-f32", "f32")
	completeFolders(cmd, "dump")
	o.pictureOptions.add(cmd, "what detect and classify do", "stretch", "letterbox", "mincrop", "centercrop")
	o.engine.add(cmd)
	o.addShape(cmd)
	o.addWeights(cmd)
	return cmd
}

// checkOperands checks what does not need the files.
func (o *runOptions) checkOperands(cmd *cobra.Command, args []string) error {
	given := cmd.Flags().Changed
	switch raw := o.inputF32 != ""; {
	case raw && len(args) != 2:
		return usagef("give CFG WEIGHTS --input-f32 FILE, without a picture")
	case raw && given("resize"):
		return usagef("--resize is for pictures, not for --input-f32")
	case !raw && len(args) != 3:
		return usagef("give CFG WEIGHTS and one IMAGE, or --input-f32 FILE")
	case given("format") && o.dump == "":
		return usagef("--format goes with --dump")
	case dumpFormats[o.format] == nil:
		return usagef("--format %s: choose f32 or npy", o.format)
	}
	return nil
}

func runRun(cmd *cobra.Command, o *runOptions, args []string) error {
	m, err := o.openModel(cmd, args[0], args[1])
	if err != nil {
		return err
	}
	chosen, err := m.chosenLayers(o.layers)
	if err != nil {
		return err
	}
	logits, keep := -1, slices.Clone(chosen)
	if o.logits {
		if logits, err = logitsLayer(m); err != nil {
			return err
		}
		keep = append(keep, logits)
	}
	how, err := o.engine.session()
	if err != nil {
		return err
	}
	how.KeepAll, how.Keep = o.dump != "" && len(chosen) == 0, keep
	if how, err = o.engine.tune(cmd, m, how, 1); err != nil {
		return err
	}
	session, source, err := o.run(cmd, m, args, how)
	if err != nil {
		return err
	}
	r := &runResult{model: m, session: session, source: source, weights: args[1], logits: logits, layers: chosen}
	if o.dump != "" {
		if err := r.dump(o.dump, o.format); err != nil {
			return err
		}
		tell(cmd, "%s written to %s", counted(len(r.files), "layer"), o.dump)
	}
	if err := r.check(); err != nil {
		return err
	}
	switch {
	case o.json:
		return writeJSONLine(cmd.OutOrStdout(), r.json())
	case o.dump == "":
		return r.print(cmd.OutOrStdout())
	}
	return nil
}

// logitsLayer returns the layer whose output the last softmax reads.
func logitsLayer(m *model) (int, error) {
	for _, l := range slices.Backward(m.Layers) {
		if _, ok := l.Op.(*layers.Softmax); ok && l.Inputs[0] != layers.NetworkInput {
			return l.Inputs[0], nil
		}
	}
	return -1, fmt.Errorf("%s has no [softmax] after another layer, so there are no logits", m.cfgPath)
}

// runSource is what the network was run on.
type runSource struct {
	path   string
	batch  int
	resize string // "" for raw values
}

// run runs the network on the picture or the raw values.
func (o *runOptions) run(cmd *cobra.Command, m *model, args []string, how net.SessionOptions) (*net.Session, runSource, error) {
	if o.inputF32 != "" {
		opt, err := o.netOptions()
		if err != nil {
			return nil, runSource{}, err
		}
		input, err := readF32(o.inputF32, m.Net.Input(), opt.MaxMemory)
		if err != nil {
			return nil, runSource{}, err
		}
		how.Batch = input.N
		session, err := m.NewSession(how)
		if err != nil {
			return nil, runSource{}, err
		}
		return session, runSource{path: o.inputF32, batch: input.N}, session.Run(cmd.Context(), input.Data)
	}
	resize, err := o.choose(m.usualResize())
	if err != nil {
		return nil, runSource{}, err
	}
	session, err := m.NewSession(how)
	if err != nil {
		return nil, runSource{}, err
	}
	err = m.infer(cmd.Context(), session, args[2], resize)
	return session, runSource{path: args[2], batch: 1, resize: resize.String()}, err
}

// runResult is a network that has run, and what is wanted of it.
type runResult struct {
	model   *model
	session *net.Session
	source  runSource
	weights string
	logits  int   // the layer that gives them, -1 when they aren't wanted
	layers  []int // the chosen ones
	files   []string
}

// output returns what a layer gave.
func (r *runResult) output(layer int) tensor.Tensor {
	t, err := r.session.Output(layer)
	if err != nil {
		panic("BUG: run: " + err.Error())
	}
	return t
}

// dump writes the chosen layers, or all, to files.
func (r *runResult) dump(folder, format string) error {
	if len(r.layers) == 0 {
		for i := range r.model.Layers {
			r.layers = append(r.layers, i)
		}
	}
	for _, i := range r.layers {
		path, err := dump(folder, format, i, r.output(i))
		if err != nil {
			return err
		}
		r.files = append(r.files, path)
	}
	return nil
}

// check refuses values that no sound network gives, naming the first layer that has them.
func (r *runResult) check() error {
	wanted := append(slices.Clone(r.layers), r.model.Result())
	if r.logits >= 0 {
		wanted = append(wanted, r.logits)
	}
	slices.Sort(wanted)
	for _, i := range wanted {
		if _, err := r.session.FiniteOutput(i); err != nil {
			return err
		}
	}
	return nil
}

// runJSON is the result of run. Shapes are [channels, height, width]; values are those of
// image after image.
type runJSON struct {
	File        string      `json:"file"`
	Weights     string      `json:"weights"`
	Source      string      `json:"source"` // picture or file of raw values
	Resize      string      `json:"resize,omitempty"`
	Input       [3]int      `json:"input"`
	Batch       int         `json:"batch"`
	Layer       int         `json:"layer"`
	Type        string      `json:"type"`
	Shape       [3]int      `json:"shape"`
	Output      []float32   `json:"output"`
	LogitsLayer *int        `json:"logits_layer,omitempty"`
	Logits      []float32   `json:"logits,omitempty"`
	Layers      []layerData `json:"layers,omitempty"`
}

// layerData is a chosen layer: its values, or the file that they were written to.
type layerData struct {
	Index  int       `json:"index"`
	Type   string    `json:"type"`
	Shape  [3]int    `json:"shape"`
	Values []float32 `json:"values,omitempty"`
	File   string    `json:"file,omitempty"`
}

func (r *runResult) json() runJSON {
	m := r.model
	last := m.Layers[m.Result()]
	j := runJSON{
		File: m.cfgPath, Weights: r.weights, Source: r.source.path, Resize: r.source.resize, Input: *extents(m.Net.Input()), Batch: r.source.batch,
		Layer: last.Index, Type: typeName(last), Shape: *extents(last.Output), Output: r.output(last.Index).Data,
	}
	if r.logits >= 0 {
		j.LogitsLayer, j.Logits = &r.logits, r.output(r.logits).Data
	}
	for k, i := range r.layers {
		d := layerData{Index: i, Type: typeName(m.Layers[i]), Shape: *extents(m.Layers[i].Output)}
		if len(r.files) > 0 {
			d.File = r.files[k]
		} else {
			d.Values = r.output(i).Data
		}
		j.Layers = append(j.Layers, d)
	}
	return j
}

// print writes a line about each layer.
func (r *runResult) print(w io.Writer) error {
	t := &table{headings: []string{">layer", "type", "output", ">min", ">max", ">mean", "first values"}}
	add := func(i int, remark string) {
		l := r.model.Layers[i]
		t.add(append([]string{strconv.Itoa(i), typeName(l) + remark, l.Output.String()}, summary(r.output(i).Data)...)...)
	}
	chosen := r.layers
	if len(chosen) == 0 {
		chosen = []int{r.model.Result()}
	}
	for _, i := range chosen {
		add(i, "")
	}
	if r.logits >= 0 {
		add(r.logits, " (logits)")
	}
	if r.source.batch > 1 {
		fmt.Fprintf(w, "batch of %d\n\n", r.source.batch)
	}
	return t.write(w)
}

// summary gives the smallest, largest and mean of values, and the first few.
func summary(values []float32) []string {
	const few = 5
	sum := 0.0
	for _, v := range values {
		sum += float64(v)
	}
	short := func(v float64) string { return fmt.Sprintf("%.5g", v) }
	var first []string
	for _, v := range values[:min(few, len(values))] {
		first = append(first, short(float64(v)))
	}
	if len(values) > few {
		first = append(first, "…")
	}
	return []string{
		short(float64(slices.Min(values))), short(float64(slices.Max(values))), short(sum / float64(len(values))), strings.Join(first, " "),
	}
}
