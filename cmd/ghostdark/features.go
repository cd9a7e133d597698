package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ghostdark/ghostdark/ghost/cheap"
	"github.com/ghostdark/ghostdark/net"
	"github.com/ghostdark/ghostdark/picture"
)

type featuresOptions struct {
	modelOptions
	pictureOptions
	engine    engineOptions
	target    pictureTarget
	layers    []int
	dw        int
	threshold float64
	json      bool
}

func newFeatures() *cobra.Command {
	o := &featuresOptions{}
	cmd := &cobra.Command{
		Use:   "features (CFG WEIGHTS | MODEL) IMAGE… [--layer N]",
		Short: "Show how alike a layer's feature maps are",
		Long: `Show what a ghost module relies on (arXiv 1911.11907, figure 1 and table 2): that
many feature maps of a layer can be made from others of them by cheap d×d
operations, a filter on one map and a bias.

With --layer there is a contact sheet of the maps in the first picture, with the
pairs in which one map is predicted best from another, and how well operations of
other sizes do. Without it there is a table of all convolutions, and which of
them to make ghost modules of.

Redundancy is the share of variance that is explained when half of the maps are
kept and each of them makes another one by its best operation. What is kept is
chosen so that the least is lost. Operations are fitted by least squares to the
maps behind the layer's activation, over all pictures. A high value doesn't mean
that the network stays as accurate: measure that.

` + exitCodes,
		Example: `  ghostdark features my.cfg my.weights a.jpg b.jpg c.jpg
  ghostdark features my.cfg my.weights a.jpg --layer 12 -o maps.png
  ghostdark features my.cfg my.weights *.jpg --layer 3,7 --dw 5 -o sheets/
  ghostdark features my.cfg my.weights photos/ --json > features.json`,
		Args: withModel(func(_ *cobra.Command, args []string) error {
			if len(args) < 3 {
				return usagef("give CFG WEIGHTS and at least one IMAGE")
			}
			return nil
		}),
		ValidArgsFunction: completeOperands(modelThenPicture),
		RunE:              running(withModel(func(cmd *cobra.Command, args []string) error { return runFeatures(cmd, o, args) })),
	}
	flags := cmd.Flags()
	flags.IntSliceVar(&o.layers, "layer", nil, "show this layer's maps, can be repeated; -1 is the last layer")
	flags.IntVar(&o.dw, "dw", 3, "d: side of the operations' kernels, odd")
	flags.Float64Var(&o.threshold, "threshold", .5, "suggest layers with at least this redundancy")
	flags.StringVarP(&o.target.out, "output", "o", "", "`FILE` for the contact sheet, or folder for those of several layers; none for no sheet (default features.png, features/ for several)")
	flags.BoolVar(&o.json, "json", false, "print JSON; contact sheets are then written only with --output")
	o.pictureOptions.add(cmd, "what detect and classify do", "stretch", "letterbox", "mincrop", "centercrop")
	o.engine.add(cmd)
	o.addShape(cmd)
	o.addWeights(cmd)
	return cmd
}

// check refuses flags that don't go with each other or are out of range.
func (o *featuresOptions) check(cmd *cobra.Command) error {
	if err := cheap.CheckSize(o.dw); err != nil {
		return usagef("--dw=%d: %w", o.dw, err)
	}
	given := cmd.Flags().Changed
	switch {
	case !(o.threshold >= 0 && o.threshold <= 1):
		return usagef("--threshold=%v is out of range: give a redundancy from 0 to 1", o.threshold)
	case len(o.layers) > 0 && given("threshold"):
		return usagef("--threshold is for the table of all convolutions, without --layer")
	case len(o.layers) == 0 && given("output"):
		return usagef("--output is for the contact sheets of layers: choose some with --layer")
	}
	return nil
}

func runFeatures(cmd *cobra.Command, o *featuresOptions, args []string) error {
	if err := o.check(cmd); err != nil {
		return err
	}
	m, err := o.openModel(cmd, args[0], args[1])
	if err != nil {
		return err
	}
	r := &featuresResult{model: m, options: o, weights: args[1]}
	if r.pictures, err = picturePaths(cmd.Context(), args[2:]); err != nil {
		return err
	}
	if r.resize, err = o.choose(m.usualResize()); err != nil {
		return err
	}
	if err := r.chooseLayers(); err != nil {
		return err
	}
	if len(o.layers) > 0 {
		if err := o.target.choose(o.defaultTarget(len(r.layers)), len(r.layers) > 1); err != nil {
			return err
		}
		if err := o.target.prepare(); err != nil {
			return err
		}
	}
	if err := r.measure(cmd); err != nil {
		return err
	}
	if len(o.layers) > 0 && o.target.wanted() {
		for _, l := range r.layers {
			if err := r.saveSheet(cmd, l); err != nil {
				return err
			}
		}
	}
	switch {
	case o.json:
		return writeJSONLine(cmd.OutOrStdout(), r.json())
	case len(o.layers) > 0:
		return r.printLayers(cmd.OutOrStdout())
	}
	return r.printTable(cmd.OutOrStdout())
}

// defaultTarget is where contact sheets go unless --output says otherwise.
func (o *featuresOptions) defaultTarget(layers int) string {
	switch {
	case o.json:
		return noPicture
	case layers > 1:
		return "features"
	}
	return "features.png"
}

// saveSheet draws the contact sheet of a layer into its file.
func (r *featuresResult) saveSheet(cmd *cobra.Command, l *layerFeatures) error {
	l.sheet = r.options.target.out
	if r.options.target.folder {
		l.sheet = filepath.Join(l.sheet, fmt.Sprintf("layer-%02d.png", l.layer.Index))
	}
	if err := picture.Save(l.sheet, r.draw(l)); err != nil {
		return err
	}
	tell(cmd, "contact sheet of layer %d: %s", l.layer.Index, l.sheet)
	return nil
}

// session makes a session that keeps the layers' outputs.
func (r *featuresResult) session(cmd *cobra.Command) (*net.Session, error) {
	how, err := r.options.engine.session()
	if err != nil {
		return nil, err
	}
	for _, l := range r.layers {
		how.Keep = append(how.Keep, l.layer.Index)
	}
	if how, err = r.options.engine.tune(cmd, r.model, how, 1); err != nil {
		return nil, err
	}
	return r.model.NewSession(how)
}

// numbers writes layers as --layers of ghostify and --layer take them.
func numbers(all []int) string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(all), " ", ","), "[]")
}
