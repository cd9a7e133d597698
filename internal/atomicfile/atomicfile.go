// Package atomicfile writes files that appear under their names, or replace older ones, only
// when they are complete.
package atomicfile

import (
	"bufio"
	"crypto/rand"
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

// WriteAll writes several files that belong together, as Write does with one: none of them appears before all
// are complete.
func WriteAll(files ...File) error {
	complete := make([]string, 0, len(files)) // temporary files
	defer func() {
		for _, name := range complete {
			os.Remove(name)
		}
	}()
	for _, f := range files {
		name, err := f.writeTemporary()
		if err != nil {
			return err
		}
		complete = append(complete, name)
	}
	for i, f := range files {
		if err := os.Rename(complete[i], f.Path); err != nil {
			return fmt.Errorf("%s: not written: %w", f.Path, err)
		}
	}
	complete = nil
	return nil
}

// writeTemporary writes the file under another name in the same folder.
func (file File) writeTemporary() (name string, err error) {
	if err := Check(file.Path); err != nil {
		return "", err
	}
	// os.CreateTemp would make the file private to its owner, whatever the umask says.
	f, err := os.OpenFile(filepath.Join(filepath.Dir(file.Path), ".ghostdark-"+rand.Text()+".tmp"), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return "", fmt.Errorf("%s: not written: %w", file.Path, err)
	}
	w := bufio.NewWriterSize(f, 1<<16)
	err = file.Write(w)
	if err == nil {
		err = w.Flush()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		os.Remove(f.Name())
		return "", fmt.Errorf("%s: not written: %w", file.Path, err)
	}
	return f.Name(), nil
}
