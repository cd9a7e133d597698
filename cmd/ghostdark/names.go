package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ghostdark/ghostdark/cfgs"
	"github.com/ghostdark/ghostdark/dataset"
)

// nameOptions are the flags that say what the classes are called.
type nameOptions struct{ names, data string }

func (o *nameOptions) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.names, "names", "", "`FILE` of class names, one to a line (default: NAME.names beside NAME.cfg)")
	cmd.Flags().StringVar(&o.data, "data", "", "darknet .data `FILE`, whose names= is used")
	completeFiles(cmd, "names", "names", "txt", "list")
	completeFiles(cmd, "data", "data")
}

// classNames are the names of a network's classes.
type classNames []string

// of returns the name of a class, `class 7` when it has none.
func (n classNames) of(class int) string {
	if class < len(n) && n[class] != "" {
		return n[class]
	}
	return fmt.Sprintf("class %d", class)
}

// all returns the names of so many classes.
func (n classNames) all(classes int) []string {
	all := make([]string, classes)
	for k := range all {
		all[k] = n.of(k)
	}
	return all
}

// load finds the names for a model's classes and tells where they come from if that was not
// asked for.
func (o *nameOptions) load(cmd *cobra.Command, m *model) (classNames, error) {
	names, source, err := o.find(cmd, m)
	if err != nil {
		return nil, err
	}
	if classes := m.Classes(); source != "" && len(names) != classes {
		tell(cmd, "%s has %d names, the network %d classes: is it the file for this network?", source, len(names), classes)
	}
	return names, nil
}

// given reads the names that the flags name, none if they don't.
func (o *nameOptions) given(cmd *cobra.Command) (names classNames, source string, err error) {
	if byNames := cmd.Flags().Changed("names"); o.names != "" && o.data != "" {
		switch byData := cmd.Flags().Changed("data"); {
		case byNames == byData:
			return nil, "", usagef("give --names or --data, not both")
		case byData: // and --names is only a default
			o.names = ""
		}
	}
	switch {
	case o.names != "":
		names, err = dataset.ReadNames(o.names)
		return names, o.names, err
	case o.data != "":
		return namesOfData(o.data)
	}
	return nil, "", nil
}

func (o *nameOptions) find(cmd *cobra.Command, m *model) (names classNames, source string, err error) {
	if names, source, err = o.given(cmd); names != nil || err != nil {
		return names, source, err
	}
	if m.embedded != nil {
		return m.embedded.Names, "", nil
	}
	beside := strings.TrimSuffix(m.cfgPath, filepath.Ext(m.cfgPath)) + ".names"
	if _, err := os.Stat(beside); err == nil {
		names, err = dataset.ReadNames(beside)
		return names, beside, err
	}
	if tree := m.tree(); tree != nil {
		note(cmd, "no %s: taking the names in the class tree (choose others with --names)", beside)
		return tree.Names(), "", nil
	}
	if coco := cfgs.COCONames(); m.Classes() == len(coco) {
		note(cmd, "no %s: taking the names of COCO's %d classes (choose others with --names)", beside, len(coco))
		return coco, "", nil
	}
	note(cmd, "no %s: classes are shown by number (name them with --names)", beside)
	return nil, "", nil
}

// namesOfData reads the names that a .data file tells, and where from.
func namesOfData(path string) (names classNames, source string, err error) {
	d, err := dataset.ReadData(path)
	if err != nil {
		return nil, "", err
	}
	source, err = d.File("names", "labels")
	if err != nil {
		return nil, "", fmt.Errorf("%w; give the file with --names", err)
	}
	names, err = dataset.ReadNames(source)
	return names, source, err
}
