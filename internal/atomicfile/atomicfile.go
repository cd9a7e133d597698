// Package atomicfile writes files that appear under their names, or replace older ones, only
// when they are complete.
package atomicfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Check returns the error that Write would give for a path whatever is written: a folder that
// doesn't exist, or a name that is taken by other than a regular file.
func Check(path string) error {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%s: exists and is not a regular file; choose another name", path)
	}
	folder := filepath.Dir(path)
	switch info, err := os.Stat(folder); {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s: the folder %s does not exist; create it first", path, folder)
	case err != nil:
		return fmt.Errorf("%s: %w", path, err)
	case !info.IsDir():
		return fmt.Errorf("%s: %s is a file, not a folder; choose another name", path, folder)
	}
	return nil
}

// Write makes the file at path of what write gives to its writer. After an error nothing is
// left behind, and a file that was there before is as it was.
func Write(path string, write func(w io.Writer) error) error {
	return WriteAll(File{path, write})
}

// File is a file to write: its path, and what gives its content.
type File struct {
	Path  string
	Write func(w io.Writer) error
}

// Bytes is a file with this content.
func Bytes(path string, content []byte) File {
	return File{path, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	}}
}

// WriteAll writes several files that belong together, as Write does with one: none of them appears before all
// are complete.
func WriteAll(files ...File) error {
	complete := make([]*Pending, 0, len(files))
	defer func() {
		for _, p := range complete {
			p.Discard()
		}
	}()
	for _, f := range files {
		w, err := Create(f.Path)
		if err != nil {
			return err
		}
		complete = append(complete, w.Pending)
		if err := w.fill(f.Write); err != nil {
			return err
		}
	}
	for _, p := range complete {
		if err := p.Commit(); err != nil {
			return err
		}
	}
	return nil
}
