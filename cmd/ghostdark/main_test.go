package main

import (
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

// TestCollectLate waits for the usual pace of collections after the first one.
func TestCollectLate(t *testing.T) {
	t.Setenv("GOGC", "")
	const usual, late = 100, 800
	defer debug.SetGCPercent(debug.SetGCPercent(usual))
	collectLate()
	// The only way to read the percentage is to set it.
	if got := debug.SetGCPercent(late); got != late {
		t.Fatalf("at the start %d %%, want %d %%", got, late)
	}
	for range 200 {
		runtime.GC()
		time.Sleep(time.Millisecond)
		if debug.SetGCPercent(late) == usual {
			return
		}
	}
	t.Errorf("after a collection still %d %%", late)
}
