package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ghostdark/ghostdark/checkpoint"
	"github.com/ghostdark/ghostdark/checkpoint/ghostnet"
	"github.com/ghostdark/ghostdark/internal/atomicfile"
)

type importOptions struct {
	out       string
	stock     bool
	force     forceOption
	mean, std []float32
}

func newImport() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "import",
		Short: "Make a cfg and weights of another program's model",
		Long:  "Make a cfg and weights of another program's model.\n\n" + exitCodes,
		Args:  refuseUnknown,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newImportGhostNet())
	return cmd
}

func newImportGhostNet() *cobra.Command {
	o := &importOptions{}
	cmd := &cobra.Command{
		Use:   "ghostnet FILE --output FOLDER",
		Short: "Make a cfg and weights of PyTorch's or TensorFlow's GhostNet",
		Long: `Make a cfg and weights of a GhostNet that PyTorch or TensorFlow has trained: a
checkpoint in the naming of the official repository, which timm shares. FILE is a
PyTorch file (.pth, .pt, .bin), a safetensors file, or a checkpoint of TensorFlow
(NAME.index with NAME.data-00000-of-00001 beside it; FILE may also be NAME).
Width, classes and blocks are read from the extents of its tensors. The cfg and
weights are written to FOLDER under FILE's name.

The cfg has extensions that only ghostdark knows: the activation hard_sigmoid,
and mean=, std= and crop_pct= in [net], so that classify prepares pictures as the
official evaluation does. With --stock it has none: darknet runs it, too, and
computes the same. Its first layer then normalizes the input, unless the mean is
0 and the deviation 1.

TensorFlow's padding and order of colours are built into the weights, so that the
input is the same as for PyTorch's.

A PyTorch file is a program for Python. Nothing of it is run.

` + exitCodes,
		Example: `  ghostdark import ghostnet state_dict_73.98.pth --output models
  ghostdark classify models/state_dict_73.98.cfg models/state_dict_73.98.weights cat.jpg --names imagenet.names
  ghostdark import ghostnet ghostnet.safetensors --output stock --stock
  ghostdark import ghostnet ghostnet_checkpoint.index --output models`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("give one FILE: a checkpoint (.pth, .safetensors or .index)")
			}
			return nil
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return []string{"pth", "pt", "bin", "safetensors", "index"}, cobra.ShellCompDirectiveFilterFileExt
		},
		RunE: running(func(cmd *cobra.Command, args []string) error { return runImportGhostNet(cmd, o, args[0]) }),
	}
	flags := cmd.Flags()
	flags.StringVarP(&o.out, "output", "o", "", "the `FOLDER` to write to; it is made if it does not exist")
	flags.BoolVar(&o.stock, "stock", false, "write a cfg without extensions, which darknet runs, too")
	o.force.add(cmd)
	flags.Float32SliceVar(&o.mean, "mean", ghostnet.Mean, "mean of the channels `R,G,B` of the pictures in training, in 0 to 1")
	flags.Float32SliceVar(&o.std, "std", ghostnet.Std, "standard deviation of the channels `R,G,B` of the pictures in training")
	completeFolders(cmd, "output")
	return cmd
}

func runImportGhostNet(cmd *cobra.Command, o *importOptions, path string) error {
	if o.out == "" {
		return usagef("nowhere to write to: give --output FOLDER")
	}
	file, err := checkpoint.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	path = file.Name
	stem := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	cfgPath, weightsPath := filepath.Join(o.out, stem+".cfg"), filepath.Join(o.out, stem+".weights")
	if err := separate([]string{cfgPath, weightsPath}, []string{path}); err != nil {
		return err
	}
	if err := o.checkTargets(cfgPath, weightsPath); err != nil {
		return err
	}
	network, err := ghostnet.Convert(file, cfgPath, ghostnet.Options{Stock: o.stock, Mean: o.mean, Std: o.std})
	if err != nil {
		return err
	}
	if len(file.Foreign) > 0 {
		tell(cmd, "%s would have Python call %s. It was not called.", path, strings.Join(file.Foreign, ", "))
	}
	if err := os.MkdirAll(o.out, 0o777); err != nil {
		return err
	}
	err = atomicfile.WriteAll(atomicfile.File{Path: weightsPath, Write: network.WriteWeights}, atomicfile.Bytes(cfgPath, network.Cfg))
	if err != nil {
		return err
	}
	totals := network.Graph.Totals()
	tell(cmd, "%s: %s, %v", path, file.Format, &network.Layout)
	tell(cmd, "  %s  %s, %s multiply-adds", cfgPath, counted(len(network.Graph.Layers), "layer"), metric(float64(totals.MACs)))
	tell(cmd, "  %s  %s parameters, %s", weightsPath, thousands(totals.Parameters), binaryBytes(totals.WeightsBytes))
	return nil
}

// checkTargets refuses files that can't be written. A folder that isn't there is made.
func (o *importOptions) checkTargets(paths ...string) error {
	switch info, err := os.Stat(o.out); {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err == nil && !info.IsDir():
		return fmt.Errorf("%s: is a file, not a folder; choose another name", o.out)
	}
	return o.force.check(paths, nil)
}
