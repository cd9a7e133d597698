package main

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/ghostdark/ghostdark/internal/atomicfile"
	"github.com/ghostdark/ghostdark/layers"
	"github.com/ghostdark/ghostdark/rewrite"
	"github.com/ghostdark/ghostdark/weights"
)

type exportWeightsOptions struct {
	modelOptions
	rewrite.Options
	output, outputCfg string
	force             forceOption
	seen              uint64
}

func newExportWeights() *cobra.Command {
	o := &exportWeightsOptions{}
	cmd := &cobra.Command{
		Use:   "weights (CFG WEIGHTS | MODEL) --output FILE [--output-cfg FILE]",
		Short: "Write weights with batch norm folded, cut at a layer, or with a new header",
		Long: `Write a network's weights anew, with the header that darknet writes today:
version 0.2.5, and 64 bits for the number of pictures seen. Without other flags
the arrays stay as they are.

--fold multiplies batch norm into the weights and biases. The cfg without
batch_normalize that belongs to them is written to --output-cfg, with all else
that stands in it. What can't be folded is left, and named.

--cut N writes only the layers before layer N, as darknet partial does, to begin
another training with. So the number of pictures seen becomes 0, unless --seen
says otherwise. --output-cfg then gets the sections of these layers.

` + exitCodes,
		Example: `  ghostdark export weights my.cfg my.weights -o folded.weights --output-cfg folded.cfg --fold
  ghostdark export weights yolov4.cfg yolov4.weights -o yolov4.conv.137 --cut 137
  ghostdark export weights old.cfg old.weights -o new.weights --seen 0`,
		Args: withModel(func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usagef("give CFG WEIGHTS, or MODEL")
			}
			return nil
		}),
		ValidArgsFunction: completeOperands(onlyModel),
		RunE:              running(withModel(func(cmd *cobra.Command, args []string) error { return runExportWeights(cmd, o, args[0], args[1]) })),
	}
	flags := cmd.Flags()
	flags.StringVarP(&o.output, "output", "o", "", "the weights `FILE` to write")
	completeFiles(cmd, "output", "weights")
	o.force.add(cmd)
	flags.StringVar(&o.outputCfg, "output-cfg", "", "the cfg `FILE` to write that belongs to it")
	completeFiles(cmd, "output-cfg", "cfg")
	flags.BoolVar(&o.Fold, "fold", false, "fold batch norm into weights and biases")
	flags.IntVar(&o.Cut, "cut", 0, "write only the layers before this one; 0 for all")
	flags.Uint64Var(&o.seen, "seen", 0, "pictures seen in training (default: those of WEIGHTS; 0 with --cut)")
	o.addMemory(cmd)
	o.addWeights(cmd)
	return cmd
}

func (o *exportWeightsOptions) check() error {
	switch {
	case o.output == "":
		return usagef("no file to write: give --output FILE")
	case o.Fold && o.outputCfg == "":
		return usagef("folded weights need a cfg of their own: give --output-cfg FILE")
	case o.Cut < 0:
		return usagef("--cut must not be negative")
	case o.cutoff > 0 && (o.Cut == 0 || o.Cut > o.cutoff):
		return usagef("--cutoff=%d says that there are no weights from layer %d on: give --cut %d, too", o.cutoff, o.cutoff, o.cutoff)
	}
	return nil
}

func runExportWeights(cmd *cobra.Command, o *exportWeightsOptions, cfgPath, weightsPath string) error {
	if err := o.check(); err != nil {
		return err
	}
	if err := o.force.check([]string{o.output, o.outputCfg}, []string{cfgPath, weightsPath}); err != nil {
		return err
	}
	m, err := o.openModel(cmd, cfgPath, weightsPath)
	if err != nil {
		return err
	}
	if o.Cut > len(m.Layers) {
		return usagef("--cut=%d is out of range: %s has %s, so give 1 to %d", o.Cut, cfgPath, counted(len(m.Layers), "layer"), len(m.Layers))
	}
	var result *rewrite.Result
	err = whileUnchanged(m.Slots(), func() error {
		result, err = rewrite.Apply(m.Network, o.Options)
		return err
	})
	if err != nil {
		return err
	}
	header := weights.CurrentHeader(m.Header.Seen)
	if o.Cut > 0 || cmd.Flags().Changed("seen") {
		header.Seen = o.seen
	}
	files := []atomicfile.File{{Path: o.output, Write: func(w io.Writer) error {
		return whileUnchanged(m.Slots(), func() error { return weights.Write(w, header, result.Slots) })
	}}}
	if o.outputCfg != "" {
		files = append(files, atomicfile.Bytes(o.outputCfg, result.Cfg))
	}
	if err := atomicfile.WriteAll(files...); err != nil {
		return err
	}
	o.tell(cmd, m.Layers, header, result)
	return nil
}

// tell says what was written.
func (o *exportWeightsOptions) tell(cmd *cobra.Command, all []*layers.Layer, header weights.Header, r *rewrite.Result) {
	tell(cmd, "%s: version %d.%d.%d, %d pictures seen, %s values, %s", o.output, header.Major, header.Minor, header.Revision,
		header.Seen, thousands(int64(weights.ParamCount(r.Slots))), binaryBytes(weights.FileSize(header, r.Slots)))
	kept := len(all)
	if o.Cut > 0 {
		kept = o.Cut
	}
	if o.outputCfg != "" {
		tell(cmd, "%s: %s", o.outputCfg, counted(kept, "layer"))
	}
	if o.Fold {
		tell(cmd, "  batch norm folded in %s", counted(len(r.Folded), "layer"))
	}
	for _, left := range r.Left {
		tell(cmd, "  %s keeps its batch norm: %s", left.Layer.Label(), left.Reason)
	}
}
