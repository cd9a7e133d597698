package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/ghostdark/ghostdark/weights"
)

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
