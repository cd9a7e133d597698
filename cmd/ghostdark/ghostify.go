package main

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ghostdark/ghostdark/ghostify"
	"github.com/ghostdark/ghostdark/internal/atomicfile"
	"github.com/ghostdark/ghostdark/layers"
	"github.com/ghostdark/ghostdark/net"
	"github.com/ghostdark/ghostdark/weights"
)

type ghostifyOptions struct {
	modelOptions
	pictureOptions
	labelled  labelledOptions
	how       ghostify.Options
	layers    string
	calibrate []string
	most      int
	output    string
	force     forceOption
	json      bool
}

// What ghostify does unless flags say otherwise, and features suggests.
const (
	defaultRatio       = 2
	defaultMinChannels = 16
)

func newGhostify() *cobra.Command {
	o := &ghostifyOptions{}
	cmd := &cobra.Command{
		Use:   "ghostify (CFG [WEIGHTS --calibrate IMAGES] | MODEL --calibrate IMAGES) --output FILE.cfg",
		Short: "Rewrite convolutions as ghost modules",
		Long: `Write a cfg in which convolutions are ghost modules: a convolution of fewer
filters, cheap depthwise kernels that make the other maps from its own, and a
route that joins both. Shapes stay as they are, and every reference to a layer is
adapted. A convolution whose filters the ratio doesn't divide gets the nearest
ratio that does. Left alone, unless --layers names them, are convolutions of few
filters, those of single pixels, those that give the network's results, those in
ghost modules already, and those that would not get cheaper.

With WEIGHTS and --calibrate the new network also gets weights, in FILE.weights:
which maps are kept and which one each other map is made from is chosen, and the
weights are fitted, so that on those pictures the new network computes about what
the old one does. Labels are not needed. The errors that are printed are shares of
the variance of a convolution's maps: 0 is exact, 1 is no better than their means.
A network that was fitted only is worse than one that was trained: train it on.
With labelled pictures (--data, or --images and --labels, as evaluate has them) it
is measured how much worse: mean average precision or accuracy, before and after.

` + exitCodes,
		Example: `  ghostdark ghostify yolov3-tiny.cfg -o ghost-yolov3-tiny.cfg
  ghostdark ghostify my.cfg --ratio 4 --dw 5 --min-channels 128 -o small.cfg
  ghostdark ghostify my.cfg my.weights --layers 4,8-12 --calibrate pictures -o my-ghost.cfg
  ghostdark ghostify my.cfg my.weights --calibrate train.txt --data my.data -o my-ghost.cfg`,
		Args: withModel(func(_ *cobra.Command, args []string) error {
			if len(args) < 1 || len(args) > 2 {
				return usagef("give CFG, CFG WEIGHTS, or MODEL")
			}
			return nil
		}),
		ValidArgsFunction: completeOperands(onlyModel),
		RunE:              running(withModel(func(cmd *cobra.Command, args []string) error { return runGhostify(cmd, o, args) })),
	}
	flags := cmd.Flags()
	flags.IntVar(&o.how.Ratio, "ratio", defaultRatio, "s: all maps of a module to those that it convolves")
	flags.IntVar(&o.how.DW, "dw", 3, "d: side of the cheap depthwise kernels, odd")
	flags.StringVar(&o.layers, "layers", "", "rewrite these only, such as 3,8-12: convolutions named alone in any case, those of a range if it is worth it")
	flags.IntVar(&o.how.MinChannels, "min-channels", defaultMinChannels, "leave convolutions of fewer filters alone")
	flags.StringArrayVar(&o.calibrate, "calibrate", nil, "fit WEIGHTS on these `IMAGES`: a file, a folder, a list, a pattern; may be repeated")
	flags.IntVar(&o.most, "calibrate-most", 32, "fit on at most so many of the pictures, taken evenly from all")
	flags.StringVarP(&o.output, "output", "o", "", "the cfg `FILE` to write; the weights go beside it")
	completeFiles(cmd, "output", "cfg")
	o.force.add(cmd)
	flags.BoolVar(&o.json, "json", false, "print JSON")
	o.labelled.add(cmd, "`FOLDER` of labelled pictures, or a pattern or list of them, in place of --data")
	o.labelled.addLabels(cmd)
	o.pictureOptions.add(cmd, "what detect and classify do", "stretch", "letterbox", "mincrop", "centercrop")
	o.addShape(cmd)
	o.addWeights(cmd)
	return cmd
}

func runGhostify(cmd *cobra.Command, o *ghostifyOptions, args []string) error {
	if err := o.check(cmd, args); err != nil {
		return err
	}
	opt, err := o.netOptions()
	if err != nil {
		return err
	}
	var m *model
	var g *net.Graph
	if len(args) == 2 {
		if m, err = o.openModel(cmd, args[0], args[1]); err == nil {
			g = m.Graph
		}
	} else {
		g, err = o.readGraph(cmd, args[0], tellCfgFindings)
	}
	if err != nil {
		return err
	}
	if o.how.Layers, o.how.Among, err = chosenLayers(g, o.layers); err != nil {
		return err
	}
	r, err := ghostify.New(g, o.output, opt, o.how)
	if err != nil {
		return err
	}
	if len(r.Modules) == 0 {
		return fmt.Errorf("%s: there is no convolution to rewrite%s", args[0], strings.Join(append([]string{""}, leftAlone(r.Skipped)...), "\n  "))
	}
	result := &ghostified{Rewrite: r, cfgPath: o.output}
	files := []atomicfile.File{atomicfile.Bytes(o.output, r.Text)}
	if m != nil {
		fitted, err := result.fit(cmd, o, m, opt)
		if err != nil {
			return err
		}
		result.weightsPath = weightsBeside(o.output)
		files = append([]atomicfile.File{{Path: result.weightsPath, Write: func(w io.Writer) error {
			return weights.Write(w, fitted.Header, fitted.Slots())
		}}}, files...)
	}
	if o.output == "-" {
		if _, err := cmd.OutOrStdout().Write(r.Text); err != nil {
			return err
		}
		return result.print(cmd.ErrOrStderr())
	}
	if err := atomicfile.WriteAll(files...); err != nil {
		return err
	}
	if o.json {
		return writeJSONLine(cmd.OutOrStdout(), result.json())
	}
	return result.print(cmd.OutOrStdout())
}

// weightsBeside is the weights file that goes with a cfg.
func weightsBeside(cfgPath string) string {
	return strings.TrimSuffix(cfgPath, filepath.Ext(cfgPath)) + ".weights"
}

// measures reports whether labelled pictures are given.
func (o *ghostifyOptions) measures() bool {
	l := &o.labelled
	return l.data != "" || l.images != "" || l.labels != "" || l.names != ""
}

func (o *ghostifyOptions) check(cmd *cobra.Command, args []string) error {
	switch {
	case o.output == "":
		return usagef("no file to write: give --output FILE.cfg, or - for standard output")
	case o.output == "-" && o.json:
		return usagef("--json goes with a file to write, not with --output -: both would go to standard output")
	case o.output == "-" && len(args) == 2:
		return usagef("WEIGHTS go with a file to write, since the new ones are written beside it: give --output FILE.cfg")
	case len(args) == 2 && len(o.calibrate) == 0:
		return usagef("WEIGHTS can't be taken over as they are: give pictures to fit new ones on, with --calibrate, or leave WEIGHTS out")
	case len(args) < 2 && (len(o.calibrate) > 0 || o.measures()):
		return usagef("--calibrate and labelled pictures are for weights: give CFG WEIGHTS")
	case o.most < 1:
		return usagef("--calibrate-most=%d is out of range: give 1 or more", o.most)
	case o.how.Ratio < 2 || o.how.Ratio > ghostify.MaxRatio:
		return usagef("--ratio=%d is out of range: give 2 to %d", o.how.Ratio, ghostify.MaxRatio)
	case o.how.DW < 1 || o.how.DW > ghostify.MaxDW || o.how.DW%2 == 0:
		return usagef("--dw=%d: give an odd number from 1 to %d", o.how.DW, ghostify.MaxDW)
	case o.how.MinChannels < 0 || o.how.MinChannels > layers.MaxExtent:
		return usagef("--min-channels=%d is out of range", o.how.MinChannels)
	}
	if o.measures() {
		if err := o.labelled.check(cmd); err != nil {
			return err
		}
	}
	if o.output == "-" {
		return nil
	}
	paths := []string{o.output}
	if weightsBeside(o.output) == o.output {
		return usagef("%s is a name for weights: give that of the cfg, and the weights go beside it", o.output)
	}
	if len(args) == 2 {
		paths = append(paths, weightsBeside(o.output))
	}
	return o.force.check(paths, append(slices.Clone(args), o.calibrate...))
}

// chosenLayers reads numbers and ranges of layers, such as 3,8-12.
func chosenLayers(g *net.Graph, text string) (named, among []int, err error) {
	if text == "" {
		return nil, nil, nil
	}
	for _, part := range strings.Split(text, ",") {
		from, to, isRange := strings.Cut(strings.TrimSpace(part), "-")
		if !isRange {
			to = from
		}
		first, wrong := strconv.Atoi(from)
		last, alsoWrong := strconv.Atoi(to)
		if wrong != nil || alsoWrong != nil || first > last {
			return nil, nil, usagef("--layers: %q is no layer or range of layers, such as 3 or 8-12", part)
		}
		if last >= len(g.Layers) {
			return nil, nil, usagef("--layers: %s has layers 0 to %d, but no layer %d", g.File.Name, len(g.Layers)-1, last)
		}
		for i := first; i <= last; i++ {
			if isRange {
				among = append(among, i)
			} else {
				named = append(named, i)
			}
		}
	}
	return named, among, nil
}
