package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"
)

// TestMemoryOfLists looks at 10,000 pictures in all forms of output, and holds that the memory in use is that of a few.
func TestMemoryOfLists(t *testing.T) {
	enterFolder(t)
	const many, folders = 10_000, 10
	for i := range many {
		folder := filepath.Join("in", fmt.Sprint(i%folders))
		if i < folders {
			if err := os.MkdirAll(folder, 0o777); err != nil {
				t.Fatal(err)
			}
		}
		write(t, filepath.Join(folder, fmt.Sprintf("%d.png", i)), good["picture.png"])
	}
	if err := os.Mkdir("out", 0o777); err != nil {
		t.Fatal(err)
	}
	watch := &memoryWatch{at: []int{many / folders, many - 10}} // when all stages are still full
	var stderr bytes.Buffer
	code := execute(context.Background(), []string{
		"detect", "detector.cfg", "detector.weights", "in", "--thresh", ".1", "--quiet", "--timing",
		"--jsonl", "--json=out/found.json", "--csv=out/found.csv", "--coco=out/coco.json", "--labels", "out/labels",
	}, watch, &stderr)
	if code != exitDone || watch.lines != many {
		t.Fatalf("exit code %d, %d lines\n%.1000s", code, watch.lines, &stderr)
	}
	t.Logf("after %d pictures %d bytes are in use", watch.at, watch.inUse)
	// Hashes of stems: less than 100 bytes for each picture, where the smallest picture takes more than a thousand.
	few, all := watch.inUse[0], watch.inUse[1]
	if grown := all - few; grown > 100*many {
		t.Errorf("%d bytes more in use after %d pictures than after %d", grown, watch.at[1], watch.at[0])
	}
	labels, err := filepath.Glob("out/labels/*/*.txt")
	if err != nil || len(labels) != many {
		t.Errorf("%d labels, %v", len(labels), err)
	}
}

// memoryWatch is an output that holds a run up at certain lines, to see what memory is in use.
type memoryWatch struct {
	lines int
	at    []int
	inUse []int
}

func (w *memoryWatch) Write(p []byte) (int, error) {
	for range bytes.Count(p, []byte("\n")) {
		w.lines++
		if !slices.Contains(w.at, w.lines) {
			continue
		}
		time.Sleep(100 * time.Millisecond) // until all stages wait
		var m runtime.MemStats
		for range 2 { // the first one sets free what has finalizers and what pools hold
			runtime.GC()
		}
		runtime.ReadMemStats(&m)
		w.inUse = append(w.inUse, int(m.HeapAlloc))
	}
	return len(p), nil
}
