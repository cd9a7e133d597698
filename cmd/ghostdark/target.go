package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/ghostdark/ghostdark/internal/atomicfile"
)

// checkTarget refuses a file that can't be written, and without force one that is there already.
func checkTarget(path string, force bool) error {
	if err := atomicfile.Check(path); err != nil {
		return err
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) && !force {
		return fmt.Errorf("%s: is there already; give --force to replace it, or another name", path)
	}
	return nil
}
