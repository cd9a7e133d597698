package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/ghostdark/ghostdark/internal/atomicfile"
	"github.com/ghostdark/ghostdark/layers"
	"github.com/ghostdark/ghostdark/onnx"
)

type exportONNXOptions struct {
	modelOptions
	output        string
	force         forceOption
	randomWeights bool
	batch         int
	dynamicSize   bool
	decode        bool
}

func newExportONNX() *cobra.Command {
	o := &exportONNXOptions{}
	cmd := &cobra.Command{
		Use:   "onnx (CFG WEIGHTS | MODEL | CFG --random-weights) --output FILE",
		Short: "Write a network as an ONNX model",
		Long: fmt.Sprintf(`Write a network as an ONNX model (opset %d, float32) for other runtimes.

The model has one input, "%s", of [batch, channels, height, width]: RGB
values of 0 to 1. Its outputs are those of all detection heads, or else of the
last layer that is not a [cost], and hold what ghostdark run gives for that
layer. With --decode it has two outputs instead, "%s" of [batch, candidates, 4]
(centre x and y, width and height, as parts of the input) and "%s" of
[batch, candidates, classes]. Overlapping boxes are not suppressed.

Each run may have another batch, unless --batch says how many images it has, and
with --dynamic-size another width and height. Batch norm is folded into the
convolutions. --random-weights are the same ones each time, those that bench
takes.

`, onnx.Opset, onnx.InputName, onnx.BoxesName, onnx.ScoresName) + exitCodes,
		Example: `  ghostdark export onnx yolov4-tiny.cfg yolov4-tiny.weights -o yolov4-tiny.onnx --decode
  ghostdark export onnx my.cfg my.weights -o my.onnx --width 320 --height 256 --batch 1
  ghostdark export onnx my.cfg --random-weights -o my.onnx --dynamic-size`,
		Args: withModel(func(_ *cobra.Command, args []string) error {
			if len(args) < 1 || len(args) > 2 {
				return usagef("give CFG WEIGHTS, MODEL, or CFG --random-weights")
			}
			return nil
		}),
		ValidArgsFunction: completeOperands(onlyModel),
		RunE:              running(withModel(func(cmd *cobra.Command, args []string) error { return runExportONNX(cmd, o, args) })),
	}
	flags := cmd.Flags()
	flags.StringVarP(&o.output, "output", "o", "", "the `FILE` to write")
	completeFiles(cmd, "output", "onnx")
	o.force.add(cmd)
	flags.BoolVar(&o.randomWeights, "random-weights", false, "make up weights instead of reading them")
	flags.IntVar(&o.batch, "batch", 0, "images in each run; 0 leaves that to each run")
	flags.BoolVar(&o.dynamicSize, "dynamic-size", false, "leave width and height of the input to each run")
	flags.BoolVar(&o.decode, "decode", false, "give boxes and scores instead of the heads' own outputs")
	o.addShape(cmd)
	o.addWeights(cmd)
	return cmd
}

func (o *exportONNXOptions) check(args []string) error {
	switch {
	case o.output == "":
		return usagef("no file to write: give --output FILE")
	case o.batch < 0 || o.batch > layers.MaxExtent:
		return usagef("--batch=%d is out of range: give 1 to %d, or 0 to leave it to each run", o.batch, layers.MaxExtent)
	case o.dynamicSize && (o.width != 0 || o.height != 0):
		return usagef("--dynamic-size leaves width and height to each run: give it without --width and --height")
	case len(args) == 1 && !o.randomWeights:
		return usagef("no weights: give CFG WEIGHTS, or --random-weights")
	case len(args) == 2 && o.randomWeights:
		return usagef("weights twice: give either %s or --random-weights", args[1])
	}
	return nil
}

func runExportONNX(cmd *cobra.Command, o *exportONNXOptions, args []string) error {
	if err := o.check(args); err != nil {
		return err
	}
	if err := o.force.check([]string{o.output}, args); err != nil {
		return err
	}
	m, err := o.open(cmd, args)
	if err != nil {
		return err
	}
	var exported *onnx.Model
	err = whileUnchanged(m.Slots(), func() error {
		exported, err = onnx.Export(m.Network, onnx.Options{Batch: o.batch, DynamicSize: o.dynamicSize, Decode: o.decode, Version: version()})
		return err
	})
	if err != nil {
		return err
	}
	err = atomicfile.Write(o.output, func(w io.Writer) error {
		return whileUnchanged(m.Slots(), func() error {
			_, err := exported.WriteTo(w)
			return err
		})
	})
	if err != nil {
		return err
	}
	tell(cmd, "%s: %s, %s", o.output, counted(len(exported.Nodes), "node"), binaryBytes(exported.Size()))
	for _, v := range exported.Inputs {
		tell(cmd, "  input   %s %v", v.Name, v.Dims)
	}
	for _, v := range exported.Outputs {
		tell(cmd, "  output  %s %v", v.Name, v.Dims)
	}
	return nil
}

// open loads the network that is to be exported.
func (o *exportONNXOptions) open(cmd *cobra.Command, args []string) (*model, error) {
	if o.randomWeights {
		return o.openRandom(cmd, args[0])
	}
	return o.openModel(cmd, args[0], args[1])
}
