package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ghostdark/ghostdark/internal/atomicfile"
	"github.com/ghostdark/ghostdark/picture"
	"github.com/ghostdark/ghostdark/video"
)

// forceOption is the flag of commands that write networks, which nobody wants to lose. Pictures, drawings and reports
// are replaced.
type forceOption struct{ force bool }

func (o *forceOption) add(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&o.force, "force", false, "replace files that are there already")
}

// check refuses files that are read, that can't be written, and without --force those that are there already. Outputs may be "".
func (o *forceOption) check(outputs, inputs []string) error {
	if err := separate(outputs, inputs); err != nil {
		return err
	}
	for _, path := range outputs {
		if path == "" {
			continue
		}
		if err := atomicfile.Check(path); err != nil {
			return err
		}
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) && !o.force {
			return fmt.Errorf("%s: is there already; give --force to replace it, or another name", path)
		}
	}
	return nil
}

// pictureTarget says where pictures go that a command draws.
type pictureTarget struct {
	out    string // as given: a file, a folder, "none", or "" for the default
	folder bool   // it is a folder, for several
}

const noPicture = "none"

// wanted reports whether anything is to be written.
func (t *pictureTarget) wanted() bool { return t.out != noPicture }

// choose settles where the pictures go. For several it is a folder, which need not exist.
func (t *pictureTarget) choose(byDefault string, several bool) error {
	if t.out == "" {
		t.out = byDefault
	}
	if !t.wanted() {
		return nil
	}
	info, err := os.Stat(t.out)
	isFolder := err == nil && info.IsDir() || strings.HasSuffix(t.out, "/") || strings.HasSuffix(t.out, string(filepath.Separator))
	t.folder = several || isFolder
	if t.folder && (err == nil && !info.IsDir() || err != nil && (picture.HasFormat(t.out) || video.HasFormat(t.out))) {
		return usagef("--output %s names a file, but there may be several pictures: name a folder", t.out)
	}
	return nil
}

// prepare makes the folder, or checks that the file can be written, so that nobody waits for a picture that gets lost.
func (t *pictureTarget) prepare() error {
	switch {
	case !t.wanted():
		return nil
	case t.folder:
		return os.MkdirAll(t.out, 0o777)
	}
	return picture.CheckSave(t.out)
}
