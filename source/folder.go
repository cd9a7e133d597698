package source

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// folder yields the pictures and videos in a folder and below.
func (w *walk) folder(root string) bool {
	found := false
	if !w.below(root, "", &found) {
		return false
	}
	if !found {
		return w.broken(root, fmt.Errorf("%s: no pictures in this folder (%s)", root, strings.Join(PictureExtensions, " ")))
	}
	return true
}

// below yields what is in the folder inside of root, by name. Only the names in one folder, and those in
// the folders around it, are in memory. Names that begin with a dot are left out, and so are links to
// folders, which may lead round in circles.
func (w *walk) below(root, inside string, found *bool) bool {
	folder := filepath.Join(root, inside)
	names, err := sortedNames(folder)
	if err != nil {
		*found = true
		return w.broken(folder, err)
	}
	for _, name := range names {
		if w.ctx.Err() != nil {
			return false
		}
		within := path.Join(filepath.ToSlash(inside), name)
		if sub, isFolder := strings.CutSuffix(name, "/"); isFolder {
			if !w.skips(filepath.Join(folder, sub)) && !w.below(root, filepath.Join(inside, sub), found) {
				return false
			}
			continue
		}
		*found = true
		if !w.file(filepath.Join(folder, name), path.Join(path.Dir(within), safeStem(name))) {
			return false
		}
	}
	return true
}

// skips reports whether a folder is to be left out.
func (w *walk) skips(folder string) bool {
	info, err := os.Stat(folder)
	return err == nil && slices.ContainsFunc(w.options.Skip, func(skip string) bool {
		other, err := os.Stat(skip)
		return err == nil && os.SameFile(info, other)
	})
}

// sortedNames lists the pictures and videos of a folder, and the folders in it with a slash at the end.
func sortedNames(folder string) ([]string, error) {
	f, err := os.Open(folder)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var names []string
	for {
		const atOnce = 1024 // entries take more memory than names
		entries, err := f.ReadDir(atOnce)
		for _, e := range entries {
			name := e.Name()
			switch {
			case strings.HasPrefix(name, "."):
			case e.IsDir():
				names = append(names, name+"/")
			case HasPicture(name) || isVideo(name):
				names = append(names, name)
			}
		}
		if err != nil || len(entries) == 0 {
			slices.Sort(names)
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return names, err
		}
	}
}

// meta are the characters that make a pattern.
const meta = "*?[{"

// pattern yields the pictures and videos that match.
func (w *walk) pattern(operand string) bool {
	base, rest := doublestar.SplitPattern(filepath.ToSlash(operand))
	found := false
	err := doublestar.GlobWalk(os.DirFS(base), rest, func(within string, entry fs.DirEntry) error {
		if w.ctx.Err() != nil {
			return errStopped
		}
		if entry.IsDir() || !HasPicture(within) && !isVideo(within) {
			return nil
		}
		found = true
		if !w.file(filepath.Join(base, filepath.FromSlash(within)), path.Join(path.Dir(within), safeStem(path.Base(within)))) {
			return errStopped
		}
		return nil
	}, doublestar.WithNoHidden())
	switch {
	case errors.Is(err, errStopped):
		return false
	case err != nil:
		return w.broken(operand, fmt.Errorf("%s: %w", operand, err))
	case !found:
		return w.broken(operand, fmt.Errorf("%s: there is no such file, and as a pattern it matches no picture", operand))
	}
	return true
}
