package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ghostdark/ghostdark/models"
)

// withModel makes run take the name of a model in place of CFG and WEIGHTS.
func withModel(run func(*cobra.Command, []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			paths, ok, err := modelFiles(cmd, args[0])
			if err != nil {
				return failure{err}
			}
			if ok {
				args = append([]string{paths.Cfg, paths.Weights}, args[1:]...)
			}
		}
		if err := apart(cmd, args); err != nil {
			return failure{err}
		}
		return run(cmd, args)
	}
}

// withCfgs makes run take names of models in place of any CFG.
func withCfgs(run func(*cobra.Command, []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		cfgPaths := slices.Clone(args)
		for i, operand := range args {
			paths, ok, err := modelFiles(cmd, operand)
			if err != nil {
				return failure{err}
			}
			if ok {
				cfgPaths[i] = paths.Cfg
			}
		}
		if err := apart(cmd, cfgPaths); err != nil {
			return failure{err}
		}
		return run(cmd, cfgPaths)
	}
}

// modelFiles gives the files of the model that an operand names, if it does: a file of that
// name comes first. The error says that they aren't here, or that a name is misspelt.
func modelFiles(cmd *cobra.Command, operand string) (paths models.Paths, ok bool, err error) {
	if _, err := os.Stat(operand); err == nil {
		return paths, false, nil
	}
	m, ok := models.Find(catalogue(), operand)
	if !ok {
		if near := nearestModel(operand); near != "" && filepath.Ext(operand) == "" {
			return paths, false, fmt.Errorf("%s: there is no such file, and no model of this name; did you mean %s?", operand, near)
		}
		return paths, false, nil
	}
	dir, err := modelsDir(cmd)
	if err != nil {
		return paths, false, err
	}
	if paths = m.In(dir); !paths.Present() {
		return paths, false, notHere(m)
	}
	return paths, true, nil
}

// pullable adds to the error about a missing file of a well-known model how to get it.
func pullable(path string, err error) error {
	m, ok := models.Find(catalogue(), strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)))
	if !ok || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return hinted{plain(err), fmt.Sprintf("With ghostdark models pull %s it is fetched; then %s stands for CFG WEIGHTS.", m.Name, m.Name)}
}

// notHere is the error about a model that has to be fetched first.
func notHere(m models.Model) error {
	return hinted{fmt.Errorf("%s: this model isn't here yet", m.Name),
		fmt.Sprintf("Fetch its %s with: ghostdark models pull %s", binaryBytes(m.Weights.Bytes), m.Name)}
}
