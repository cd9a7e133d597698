package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

// TestNewAgain holds that a cfg says how it was written.
func TestNewAgain(t *testing.T) {
	for _, line := range []string{
		"ghostnet",
		"ghostnet --layout darknet --gate hardtan",
		"ghostnet-v2 --no-se --width-mult 0.35",
		"ghost-yolo --classes 2 --heads 3 --size 608x352 --anchors 5,6,12.5,9,30,40",
		"ghost-resnet50 --ratio 3 --dw 5",
		"ghost-resnet56 --dense",
		"ghost-vgg16 --size 64 --width-mult 1.333",
	} {
		first := newCfg(t, line)
		_, rest, said := strings.Cut(first, "\n# Written by: ghostdark new ")
		again, _, _ := strings.Cut(rest, "\n")
		if !said {
			t.Errorf("new %s: doesn't say how it was written", line)
		} else if newCfg(t, again) != first {
			t.Errorf("new %s and new %s differ", line, again)
		}
	}
}

// newCfg runs new with standard output as the file.
func newCfg(t *testing.T, line string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	args := append([]string{"new", "--output", "-"}, strings.Fields(line)...)
	if code := execute(context.Background(), args, &stdout, &stderr); code != exitDone {
		t.Fatalf("new %s: exit code %d\n%s", line, code, &stderr)
	}
	return stdout.String()
}
