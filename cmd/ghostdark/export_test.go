package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/ghostdark/ghostdark/internal/testkit"
)

// TestExportONNX checks that random weights are the same ones each time, and that the file is
// replaced as a whole or not at all.
func TestExportONNX(t *testing.T) {
	golden := filepath.Join(testkit.Root(), "testdata", "golden")
	file := filepath.Join(t.TempDir(), "net.onnx")
	export := func(name string) (content []byte, code int) {
		var stdout, stderr bytes.Buffer
		code = execute(context.Background(), []string{"export", "onnx", filepath.Join(golden, name, "net.cfg"), "--random-weights", "--force", "-o", file}, &stdout, &stderr)
		if stdout.Len() > 0 {
			t.Errorf("printed %q", &stdout)
		}
		return testkit.Bytes(t, file), code
	}
	first, code := export("ghost-module")
	if code != exitDone || len(first) == 0 || first[0] != 1<<3 { // begins with field 1, the version
		t.Fatalf("exit code %d, %d bytes", code, len(first))
	}
	if again, code := export("ghost-module"); code != exitDone || !bytes.Equal(again, first) {
		t.Errorf("exit code %d, %d other bytes", code, len(again))
	}
	if after, code := export("lstm"); code != exitFailed || !bytes.Equal(after, first) {
		t.Errorf("exit code %d, %d other bytes", code, len(after))
	}
	if other, code := export("csp-block"); code != exitDone || bytes.Equal(other, first) {
		t.Errorf("exit code %d, the same bytes", code)
	}
	if entries, err := os.ReadDir(filepath.Dir(file)); err != nil || len(entries) != 1 {
		t.Errorf("left over: %v, %v", entries, err)
	}
}
