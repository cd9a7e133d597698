package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ghostdark/ghostdark/weights"
)

// What flags name: files that are read, and files that are written. --labels and other folders aren't among them:
// results may well go where pictures lie.
var (
	inputFlags  = []string{"calibrate", "compare", "config", "data", "images", "input-f32", "names"}
	outputFlags = []string{"coco", "csv", "json", "jsonl", "output", "output-cfg", "plot", "plot-confusion", "plot-pr", "profile", "report"}
)

// apart refuses a command line that would have a file written over that it also names as an input, or two results
// written to one file.
func apart(cmd *cobra.Command, operands []string) error {
	inputs := slices.Clone(operands)
	var outputs []string
	cmd.Flags().Visit(func(f *pflag.Flag) {
		switch {
		case f.Value.Type() == "bool":
		case slices.Contains(inputFlags, f.Name):
			if list, ok := f.Value.(pflag.SliceValue); ok {
				inputs = append(inputs, list.GetSlice()...)
			} else {
				inputs = append(inputs, f.Value.String())
			}
		case slices.Contains(outputFlags, f.Name):
			if name := f.Value.String(); name != string(standardOutput) && name != noPicture && !isFolder(name) {
				outputs = append(outputs, name)
			}
		}
	})
	return separate(outputs, inputs)
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// separate refuses to write a file that is read, or two files under one name. Outputs may be "".
func separate(outputs, inputs []string) error {
	for i, out := range outputs {
		if out == "" {
			continue
		}
		for _, in := range inputs {
			if sameFile(out, in) {
				return fmt.Errorf("%s: is what is read; choose another name to write to", out)
			}
		}
		for _, other := range outputs[:i] {
			if sameFile(out, other) {
				return fmt.Errorf("%s: is to be written twice; choose different names", out)
			}
		}
	}
	return nil
}

// sameFile reports whether two paths name one file, which need not be there.
func sameFile(a, b string) bool {
	if filepath.Clean(a) == filepath.Clean(b) {
		return true
	}
	if filepath.Base(a) == filepath.Base(b) && sameThing(filepath.Dir(a), filepath.Dir(b)) {
		return true
	}
	return sameThing(a, b)
}

// sameThing reports whether two paths lead to one file or folder that is there.
func sameThing(a, b string) bool {
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(infoA, infoB)
}

// whileUnchanged runs what reads arrays, and returns an error if the file that they are views of was
// changed meanwhile.
func whileUnchanged(slots []*weights.Slot, read func() error) error {
	var err error
	if fault := weights.Guard(slots, func() { err = read() }); fault != nil {
		return fault
	}
	if err != nil {
		return err
	}
	return weights.Unchanged(slots)
}
