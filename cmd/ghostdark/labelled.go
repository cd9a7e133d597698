package main

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/ghostdark/ghostdark/dataset"
	"github.com/ghostdark/ghostdark/source"
)

// labelledOptions are the flags that name a set of labelled pictures and its classes.
type labelledOptions struct {
	names, data    string
	split          string
	images, labels string
}

func (o *labelledOptions) add(cmd *cobra.Command, images string) {
	flags := cmd.Flags()
	flags.StringVar(&o.data, "data", "", "darknet .data `FILE` with the list of pictures and names=")
	flags.StringVar(&o.split, "split", "valid", "which list of the .data file: valid, train or another one of its keys")
	flags.StringVar(&o.images, "images", "", images)
	flags.StringVar(&o.names, "names", "", "`FILE` of class names, one to a line (default: those of the .data file, or NAME.names beside NAME.cfg)")
	complete(cmd, "split", "valid", "train")
	completeFiles(cmd, "names", "names", "txt", "list")
	completeFiles(cmd, "data", "data")
}

// addLabels adds the flag for labels of objects.
func (o *labelledOptions) addLabels(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.labels, "labels", "", "labels for --images: a `FOLDER` of .txt (darknet) or .xml (Pascal VOC), or COCO's .json (default: .txt where darknet has them)")
}

// check refuses flags that don't go together.
func (o *labelledOptions) check(cmd *cobra.Command) error {
	given := cmd.Flags().Changed
	if o.data != "" && o.images != "" && given("data") != given("images") { // one is only a default
		if given("data") {
			o.images = ""
		} else {
			o.data = ""
		}
	}
	switch {
	case o.data == "" && o.images == "":
		return usagef("no labelled pictures: give --data FILE.data, or --images FOLDER")
	case o.data != "" && o.images != "":
		return usagef("give --data or --images, not both")
	case given("labels") && o.images == "":
		return usagef("--labels goes with --images")
	case given("split") && o.data == "":
		return usagef("--split goes with --data")
	}
	return nil
}

// source is what was given, for messages.
func (o *labelledOptions) source() string {
	switch {
	case o.data != "":
		return o.data
	case o.labels != "":
		return o.labels
	}
	return o.images
}

// naming gives the flags that the names of classes come from.
func (o *labelledOptions) naming() (nameOptions, error) {
	if o.names != "" || o.data == "" {
		return nameOptions{names: o.names}, nil
	}
	d, err := dataset.ReadData(o.data)
	if err != nil || !d.Has("names", "labels") {
		return nameOptions{}, err
	}
	return nameOptions{data: o.data}, nil
}

// load finds the names of a model's classes.
func (o *labelledOptions) load(cmd *cobra.Command, m *model) (classNames, error) {
	naming, err := o.naming()
	if err != nil {
		return nil, err
	}
	return naming.load(cmd, m)
}

// known finds out without a network what classes there are: from the names, else from classes= of
// the .data file.
func (o *labelledOptions) known(cmd *cobra.Command) (dataset.Classes, error) {
	naming, err := o.naming()
	if err != nil {
		return dataset.Classes{}, err
	}
	names, source, err := naming.given(cmd)
	classes := dataset.Classes{Names: names, Count: len(names)}
	if err != nil || o.data == "" {
		return classes, err
	}
	d, err := dataset.ReadData(o.data)
	if err != nil {
		return classes, err
	}
	n, found, err := d.Int("classes")
	switch {
	case err != nil || !found:
		return classes, err
	case n > dataset.MaxClasses:
		return classes, fmt.Errorf("%s: classes = %d is out of range: there may be %d", o.data, n, dataset.MaxClasses)
	case source != "" && n != len(names):
		return classes, fmt.Errorf("%s: classes = %d, but %s has %s", o.data, n, source, counted(len(names), "name"))
	}
	classes.Count = n
	return classes, nil
}

// pictures lists the files that --images names.
func (o *labelledOptions) pictures(cmd *cobra.Command) ([]string, error) {
	return picturePaths(cmd.Context(), []string{o.images})
}

// picturePaths lists the pictures that operands stand for. They must be files, which can be read more than once.
func picturePaths(ctx context.Context, operands []string) ([]string, error) {
	var paths []string
	for item := range source.New(operands, source.Options{}).All(ctx) {
		info, err := os.Stat(item.Name)
		if err != nil || info.IsDir() {
			if _, err := item.Open(ctx); err != nil {
				return nil, err
			}
		}
		if err != nil || item.Video != nil {
			return nil, fmt.Errorf("%s: must be a picture file here", item.Name)
		}
		paths = append(paths, item.Name)
	}
	return paths, ctx.Err()
}

// objects reads pictures with the objects in them.
func (o *labelledOptions) objects(cmd *cobra.Command, classes dataset.Classes) (*dataset.Set, error) {
	if o.images != "" {
		var pictures []string
		if !dataset.IsCOCO(o.labels) {
			var err error
			if pictures, err = o.pictures(cmd); err != nil {
				return nil, err
			}
		}
		return dataset.Open(o.images, pictures, o.labels, classes)
	}
	d, err := o.readData()
	if err != nil {
		return nil, err
	}
	return dataset.OpenData(d, o.split, classes)
}

// readData reads the .data file, which must have the list that is asked for.
func (o *labelledOptions) readData() (*dataset.Data, error) {
	d, err := dataset.ReadData(o.data)
	if err == nil && !d.Has(o.split) {
		return nil, fmt.Errorf("%s: has no line %s = FILE; --split names another list", o.data, o.split)
	}
	return d, err
}

// soundObjects is objects, with findings told: errors keep the set from being used.
func (o *labelledOptions) soundObjects(cmd *cobra.Command, classes dataset.Classes) (*dataset.Set, error) {
	set, err := o.objects(cmd, classes)
	if err != nil {
		return nil, err
	}
	if err := tellFindings(cmd, set.Findings); err != nil {
		return nil, err
	}
	if set.Findings.Count(dataset.Missing) == len(set.Pictures) {
		return nil, fmt.Errorf("%s: none of the %s has a label file; the first one's would be %v", o.source(), counted(len(set.Pictures), "picture"), set.Findings[0].File)
	}
	if set.Objects() == 0 {
		return nil, fmt.Errorf("%s: no objects are labelled in its %s", o.source(), counted(len(set.Pictures), "picture"))
	}
	return set, nil
}

// tellFindings gives the first errors, or else shows the first warnings.
func tellFindings(cmd *cobra.Command, findings dataset.Findings) error {
	more := func(n int, thing string) string {
		return fmt.Sprintf("… and %s not shown here: ghostdark labels check shows all", counted(n, "more "+thing))
	}
	if errs := findings.Errors(); len(errs) > maxErrors {
		return fmt.Errorf("%w\n%s", errs[:maxErrors], more(len(errs)-maxErrors, "error"))
	} else if len(errs) > 0 {
		return errs
	}
	for _, f := range findings[:min(maxWarnings, len(findings))] {
		tell(cmd, "%v", f)
	}
	if n := len(findings) - maxWarnings; n > 0 {
		tell(cmd, "%s", more(n, "warning"))
	}
	return nil
}

// classified reads pictures that show one class each.
func (o *labelledOptions) classified(cmd *cobra.Command, names []string) ([]dataset.Classified, error) {
	labels := names
	var paths []string
	var findings dataset.Findings
	if o.images != "" {
		var err error
		if paths, err = o.pictures(cmd); err != nil {
			return nil, err
		}
	} else {
		d, err := o.readData()
		if err != nil {
			return nil, err
		}
		if paths, findings, err = d.List(o.split); err != nil {
			return nil, err
		}
		// Names for people and those in paths are in two files where they differ, as with ImageNet.
		if d.Has("labels") {
			if labels, err = d.Names("labels"); err != nil {
				return nil, err
			}
			if len(labels) != len(names) {
				return nil, fmt.Errorf("%s: labels = has %d names, for %d classes", o.data, len(labels), len(names))
			}
		}
	}
	pictures, more := dataset.Classify(paths, labels)
	if err := tellFindings(cmd, append(findings, more...)); err != nil {
		return nil, err
	}
	return pictures, nil
}
