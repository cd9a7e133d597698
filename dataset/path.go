package dataset

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
)

// extensions of files that are taken for pictures when a folder is searched.
var extensions = []string{".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp", ".tif", ".tiff"}

// Pictures lists the pictures in a folder and the folders in it, told by their extension, in the
// order of their paths. Hidden files and folders are passed over.
func Pictures(folder string) ([]string, error) {
	var paths []string
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case path != folder && strings.HasPrefix(entry.Name(), "."):
			if entry.IsDir() {
				return filepath.SkipDir
			}
		case !entry.IsDir() && slices.Contains(extensions, strings.ToLower(filepath.Ext(path))):
			paths = append(paths, path)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("%s: holds no pictures (%s)", folder, strings.Join(extensions, " "))
	}
	return paths, nil
}

// LabelPaths gives the files that the labels of a picture may stand in, in the order in which
// they are looked for: the file beside it with the extension .txt, as darknet has it, then the
// one in a folder labels that lies where the picture's folder images (or Pascal VOC's
// JPEGImages) does, as darknet has it for COCO and Pascal VOC.
func LabelPaths(picture string) []string {
	beside := withExtension(picture, ".txt")
	paths := []string{beside}
	parts := strings.Split(filepath.ToSlash(beside), "/")
	for i := len(parts) - 2; i >= 0; i-- {
		if parts[i] == "images" || parts[i] == "JPEGImages" {
			parts[i] = "labels"
			return append(paths, filepath.FromSlash(strings.Join(parts, "/")))
		}
	}
	return paths
}

func withExtension(path, ext string) string {
	return strings.TrimSuffix(path, filepath.Ext(path)) + ext
}
