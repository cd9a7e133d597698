package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

// TestNames gives class names in each of the ways there are; of several, the first counts.
func TestNames(t *testing.T) {
	enterFolder(t)
	if err := os.Mkdir("elsewhere", 0o777); err != nil {
		t.Fatal(err)
	}
	letters := []byte("u\nv\nw\nx\ny\nz\n")
	write(t, "letters.names", letters)
	write(t, "elsewhere/beside.names", letters)
	write(t, "elsewhere/beside.data", []byte("classes = 6\nnames = beside.names\n"))
	write(t, "here.data", []byte("names=letters.names"))
	write(t, "six.tree", []byte("k\nl\nm\nn -1\no -1\np -1\n"))
	write(t, "tree.cfg", bytes.ReplaceAll(good["classifier.cfg"], []byte("[softmax]"), []byte("[softmax]\ntree=six.tree")))
	write(t, "bare.cfg", good["classifier.cfg"])
	for _, tt := range []struct{ name, line, first string }{
		{"beside the cfg", "classifier.cfg", "a"},
		{"of a file", "classifier.cfg --names letters.names", "u"},
		{"of a data file", "classifier.cfg --data here.data", "u"},
		{"beside a data file elsewhere", "classifier.cfg --data elsewhere/beside.data", "u"},
		{"of the class tree", "tree.cfg", "k"},
		{"of a file in place of the tree's", "tree.cfg --names letters.names", "u"},
		{"none", "bare.cfg", "class 0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg, flags, _ := strings.Cut(tt.line, " ")
			args := append([]string{"classify", cfg, "classifier.weights", "picture.png", "--top", "6"}, strings.Fields(flags)...)
			if out := string(invoke(t, args...)); !strings.HasPrefix(out, tt.first+": ") && !strings.Contains(out, "\n"+tt.first+": ") {
				t.Errorf("no class %s among\n%s", tt.first, out)
			}
		})
	}
}
