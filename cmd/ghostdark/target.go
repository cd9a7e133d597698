package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/ghostdark/ghostdark/internal/atomicfile"
	"github.com/ghostdark/ghostdark/picture"
	"github.com/ghostdark/ghostdark/video"
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
		return usagef("--out %s names a file, but there may be several pictures: name a folder", t.out)
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
