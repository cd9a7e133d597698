// The _gen command writes docs/cfg.md, the reference of the cfg dialect, from the tables by
// which the program itself reads cfg files.
//
//	go run ./docs/_gen docs/cfg.md
package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"os"
	"strings"
	"text/template"

	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/kernels"
	"github.com/ghostdark/ghostdark/layers"
)

//go:embed cfg.md.tmpl
var page string

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "docs/_gen:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("give the file to write")
	}
	activations, err := describeActivations()
	if err != nil {
		return err
	}
	kinds := []*layers.Kind{}
	for _, k := range layers.Kinds() {
		if k != layers.NetKind {
			kinds = append(kinds, k)
		}
	}
	tmpl, err := template.New("cfg.md").Funcs(template.FuncMap{
		"options": options, "training": training, "aliases": aliases, "origin": origin,
		"anchor": strings.ToLower, "code": code, "cell": cell,
	}).Parse(page)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	err = tmpl.Execute(&out, map[string]any{
		"Net": layers.NetKind, "Common": layers.CommonOptions, "Kinds": kinds, "Activations": activations,
	})
	if err != nil {
		return err
	}
	return os.WriteFile(args[0], out.Bytes(), 0o644)
}

// options are the rows of a schema that act when a network runs, or that darknet reads but its
// CPU code ignores.
func options(s cfg.Schema) []cfg.Field {
	var rows []cfg.Field
	for _, f := range s {
		if f.Effect != cfg.Training {
			rows = append(rows, f)
		}
	}
	return rows
}

// training lists the names of the options that act in training only.
func training(s cfg.Schema) string {
	var names []string
	for _, f := range s {
		if f.Effect == cfg.Training {
			names = append(names, code(f.Name))
		}
	}
	return strings.Join(names, ", ")
}

// aliases lists the other names of a section type.
func aliases(k *layers.Kind) string {
	var names []string
	for _, name := range k.Names[1:] {
		names = append(names, code("["+name+"]"))
	}
	return strings.Join(names, ", ")
}

// origin says who knows an option or section type, when it isn't AlexeyAB's darknet.
func origin(o cfg.Origin) string {
	switch o {
	case cfg.Pjreddie:
		return "pjreddie's darknet"
	case cfg.Ghostdark:
		return "ghostdark"
	}
	return "darknet"
}

// code sets text as code, an empty one as nothing.
func code(s string) string {
	if s == "" {
		return ""
	}
	return "`" + s + "`"
}

// cell keeps text from ending a cell of a table.
func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }

type activation struct{ Name, Formula string }

// describeActivations joins the names that the program knows with their formulas.
func describeActivations() ([]activation, error) {
	var rows []activation
	for _, name := range kernels.ActivationNames() {
		if formulas[name] == "" {
			return nil, fmt.Errorf("no formula for the activation %s: add it to formulas.go", name)
		}
		rows = append(rows, activation{name, formulas[name]})
	}
	return rows, nil
}
