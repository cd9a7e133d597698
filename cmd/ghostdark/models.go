package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/models"
)

// catalogue lists the models that have names.
var catalogue = models.Catalogue

func newModels() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "models",
		Short: "List and fetch well-known models",
		Long: `List well-known public models, fetch their files, and tell where they lie. Once
a model was fetched its name stands for its CFG and WEIGHTS in all commands.

` + exitCodes,
		Args: refuseUnknown,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newModelsList(), newModelsPull(), newModelsPath())
	return cmd
}

func newModelsList() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:        "list [MODEL…]",
		SuggestFor: []string{"ls", "show", "info"},
		Short:      "List the models that have names",
		Long: `List well-known models, and which of them are here. With MODEL tell where the
files come from, their sizes, their SHA-256 where it is known, and the licence.

` + exitCodes,
		Example: `  ghostdark models list
  ghostdark models list yolov4-tiny
  ghostdark models list --json`,
		Args:              knownModels,
		ValidArgsFunction: completeModels,
		RunE:              running(func(cmd *cobra.Command, args []string) error { return runModelsList(cmd, args, asJSON) }),
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func newModelsPath() *cobra.Command {
	return &cobra.Command{
		Use:   "path [MODEL]",
		Short: "Tell where models lie",
		Long: `Print the folder that holds the MODEL.cfg, MODEL.weights and MODEL.names of a
model, or the folder of all models. Remove it to be rid of them.

` + exitCodes,
		Example: `  ghostdark models path
  ls "$(ghostdark models path yolov4-tiny)"`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usagef("give one MODEL, or none")
			}
			return knownModels(cmd, args)
		},
		ValidArgsFunction: completeModels,
		RunE:              running(func(cmd *cobra.Command, args []string) error { return runModelsPath(cmd, args) }),
	}
}

// knownModels refuses operands that are no names of models.
func knownModels(_ *cobra.Command, args []string) error {
	for _, name := range args {
		if _, ok := models.Find(catalogue(), name); ok {
			continue
		}
		if near := nearestModel(name); near != "" {
			return usagef("no model is called %q; did you mean %s? ghostdark models list shows all", name, near)
		}
		return usagef("no model is called %q: ghostdark models list shows those that there are", name)
	}
	return nil
}

// nearestModel is the name of a model that a word is likely to be a misspelling of, or "".
func nearestModel(word string) string { return cfg.Nearest(word, models.Names(catalogue())) }

// namedModel gives the model of that name, which is known to be one.
func namedModel(name string) models.Model {
	m, _ := models.Find(catalogue(), name)
	return m
}

// addModelsDir adds the flag for the folder of all models.
func addModelsDir(root *cobra.Command) {
	root.PersistentFlags().String("models-dir", "", "`FOLDER` of fetched models (default: ghostdark/models in the user's folder for caches)")
	mustComplete(root.MarkPersistentFlagDirname("models-dir"))
}

// modelsDir is the folder of all models.
func modelsDir(cmd *cobra.Command) (string, error) {
	if dir := cmd.Flag("models-dir").Value.String(); dir != "" {
		return dir, nil
	}
	dir, err := models.DefaultDir()
	if err != nil {
		return "", fmt.Errorf("there is no folder for models: %w; name one with --models-dir", err)
	}
	return dir, nil
}

// modelJSON is a model as list prints it.
type modelJSON struct {
	models.Model
	Here  bool         `json:"here"`
	Files models.Paths `json:"files"` // where they are, or would be
}

func runModelsList(cmd *cobra.Command, args []string, asJSON bool) error {
	dir, err := modelsDir(cmd)
	if err != nil {
		return err
	}
	chosen := catalogue()
	if len(args) > 0 {
		chosen = nil
		for _, name := range args {
			chosen = append(chosen, namedModel(name))
		}
	}
	listed := make([]modelJSON, len(chosen))
	for i, m := range chosen {
		paths := m.In(dir)
		listed[i] = modelJSON{Model: m, Here: paths.Present(), Files: paths}
	}
	w := cmd.OutOrStdout()
	switch {
	case asJSON:
		return writeJSONLine(w, listed)
	case len(args) > 0:
		for i, m := range listed {
			if i > 0 {
				fmt.Fprintln(w)
			}
			if err := m.print(w); err != nil {
				return err
			}
		}
		return nil
	}
	t := &table{headings: []string{"model", "for", "trained on", ">weights", "here"}}
	for _, m := range listed {
		here := ""
		switch {
		case m.Here:
			here = "yes"
		case m.Files.Begun():
			here = "in part"
		}
		t.add(m.Name, string(m.Task), m.Data, binaryBytes(m.Weights.Bytes), here)
	}
	return t.write(w)
}

// print writes all that is known of a model.
func (m modelJSON) print(w io.Writer) error {
	t := &table{headings: []string{m.Name, string(m.Task) + ", trained on " + m.Data}}
	t.add("  page", m.Page)
	t.add("  licence", m.Licence)
	for _, f := range []struct {
		name string
		models.File
	}{{"  cfg", m.Cfg}, {"  weights", m.Weights}, {"  names", m.Names}} {
		for i, from := range f.URLs {
			if i > 0 {
				f.name = "  or"
			}
			t.add(f.name, from)
		}
		if f.Bytes > 0 {
			size := thousands(f.Bytes) + " bytes"
			if f.Less > 0 {
				size += fmt.Sprintf(", or %d less", f.Less)
			}
			t.add("", size)
		}
		if f.SHA256 != "" {
			t.add("", "SHA-256 "+f.SHA256)
		}
	}
	if m.Here {
		t.add("  here", m.Files.Folder)
	} else {
		t.add("  here", "no; ghostdark models pull "+m.Name)
	}
	return t.write(w)
}

func runModelsPath(cmd *cobra.Command, args []string) error {
	dir, err := modelsDir(cmd)
	if err != nil {
		return err
	}
	if len(args) == 0 {
		fmt.Fprintln(cmd.OutOrStdout(), dir)
		return nil
	}
	m := namedModel(args[0])
	paths := m.In(dir)
	if !paths.Present() {
		return notHere(m)
	}
	fmt.Fprintln(cmd.OutOrStdout(), paths.Folder)
	return nil
}
