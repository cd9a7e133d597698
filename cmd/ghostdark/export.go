package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/ghostdark/ghostdark/internal/atomicfile"
	"github.com/ghostdark/ghostdark/layers"
	"github.com/ghostdark/ghostdark/onnx"
)

type exportOptions struct {
	modelOptions
	output string
	batch  int
}

func newExport() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Write a network in another format",
		Long:  "Write a network in another format.\n\n" + exitCodes,
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newExportONNX())
	return cmd
}

func newExportONNX() *cobra.Command {
	o := &exportOptions{}
	cmd := &cobra.Command{
		Use:   "onnx CFG [WEIGHTS] --output FILE",
		Short: "Write a network as an ONNX model",
		Long: fmt.Sprintf(`Write a network as an ONNX model (opset %d, float32) for other runtimes. Without
WEIGHTS they are random, the same ones that bench takes.

The model has one input, "%s", of [batch, channels, height, width]: RGB
values of 0 to 1. Its outputs are those of all detection heads, or else of the
last layer that is not a [cost], and hold what ghostdark run gives for that
layer. Boxes are neither decoded nor suppressed. Batch norm is folded into the
convolutions.

`, onnx.Opset, onnx.InputName) + exitCodes,
		Example: `  ghostdark export onnx yolov4-tiny.cfg yolov4-tiny.weights -o yolov4-tiny.onnx
  ghostdark export onnx my.cfg my.weights -o my.onnx --width 320 --height 256`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) < 1 || len(args) > 2 {
				return usagef("give CFG, or CFG WEIGHTS")
			}
			return nil
		},
		RunE: running(func(cmd *cobra.Command, args []string) error { return runExportONNX(cmd, o, args) }),
	}
	flags := cmd.Flags()
	flags.StringVarP(&o.output, "output", "o", "", "the file to write")
	flags.IntVar(&o.batch, "batch", 1, "images in each run")
	o.addShape(cmd)
	o.addWeights(cmd)
	return cmd
}

func (o *exportOptions) check() error {
	if o.output == "" {
		return usagef("no file to write: give --output FILE")
	}
	if o.batch < 1 || o.batch > layers.MaxExtent {
		return usagef("--batch=%d is out of range: give 1 to %d", o.batch, layers.MaxExtent)
	}
	return nil
}

func runExportONNX(cmd *cobra.Command, o *exportOptions, args []string) error {
	if err := o.check(); err != nil {
		return err
	}
	m, err := o.open(cmd, args)
	if err != nil {
		return err
	}
	exported, err := onnx.Export(m.Network, onnx.Options{Batch: o.batch, Version: version()})
	if err != nil {
		return err
	}
	err = atomicfile.Write(o.output, func(w io.Writer) error {
		_, err := exported.WriteTo(w)
		return err
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
func (o *exportOptions) open(cmd *cobra.Command, args []string) (*model, error) {
	if len(args) == 2 {
		return o.openModel(cmd, args[0], args[1])
	}
	m, err := o.openRandom(cmd, args[0])
	if err != nil {
		return nil, err
	}
	tell(cmd, "no weights file is given: the weights are random")
	return m, nil
}
