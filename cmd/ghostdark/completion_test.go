package main

import (
	"regexp"
	"slices"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// TestFileFlags holds that shells are told what kind of file or folder a flag names.
func TestFileFlags(t *testing.T) {
	names := regexp.MustCompile(`(?i)\b(file|folder|svg)\b`)
	// Files of any name, or files as well as folders.
	any := []string{"profile", "images", "calibrate", "labels of evaluate detect", "labels of labels check", "labels of anchors", "labels of ghostify",
		"output of detect", "output of classify", "output of features", "json", "jsonl", "csv", "coco"}
	for c := range commands(newRoot()) {
		c.LocalFlags().VisitAll(func(f *pflag.Flag) {
			path := c.CommandPath()[len(c.Root().Name()):]
			if f.Value.Type() != "string" || !names.MatchString(f.Usage) || slices.Contains(any, f.Name) || slices.Contains(any, f.Name+" of"+path) {
				return
			}
			_, files := f.Annotations[cobra.BashCompFilenameExt]
			_, folders := f.Annotations[cobra.BashCompSubdirsInDir]
			if _, offers := c.GetFlagCompletionFunc(f.Name); !files && !folders && !offers {
				t.Errorf("--%s of%s: nothing says what to complete: %s", f.Name, path, f.Usage)
			}
		})
	}
}
