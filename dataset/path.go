package dataset

import (
	"path/filepath"
	"strings"
)

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
