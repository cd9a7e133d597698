package main

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ghostdark/ghostdark/internal/testkit"
)

func TestAhead(t *testing.T) {
	for _, n := range []int{0, 1, 2, 7} {
		for _, depth := range []int{0, 1, 2, 9} {
			for stop := range n + 1 { // the loop ends after this many
				t.Run(fmt.Sprintf("%d, %d ahead, %d used", n, depth, stop), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) { checkAhead(t, n, depth, stop) })
				})
			}
		}
	}
}

// checkAhead runs in a bubble, in which time passes only when all goroutines wait, and which
// fails when some are left at the end.
func checkAhead(t *testing.T, n, depth, stop int) {
	var began, ended atomic.Int32
	slow := func(i int) int {
		began.Add(1)
		time.Sleep(time.Duration(1+i*5%3) * time.Second) // they don't finish in order
		ended.Add(1)
		return 10 * i
	}
	var got []int
	used := 0
	if stop > 0 {
		for i, v := range ahead(n, depth, slow) {
			used++
			time.Sleep(10 * time.Second) // all that may be made meanwhile is
			if made := int(ended.Load()); made != min(used+depth, n) || int(began.Load()) != made {
				t.Errorf("while number %d is in use %d are made of %d begun, want %d", i, made, began.Load(), min(used+depth, n))
			}
			got = append(got, i, v)
			if used == stop {
				break
			}
		}
	}
	var want []int
	for i := range stop {
		want = append(want, i, 10*i)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if began.Load() != ended.Load() {
		t.Errorf("%d were begun, but only %d ended", began.Load(), ended.Load())
	}
}

// TestAheadGain holds that making and using overlap.
func TestAheadGain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		work := func(int) struct{} { time.Sleep(4 * time.Second); return struct{}{} }
		for range ahead(5, 2, work) {
			time.Sleep(3 * time.Second)
		}
		// The first is waited for, then two are made at a time while one is in use.
		if took := time.Since(start); took > (4+5*3+2)*time.Second {
			t.Errorf("five pictures took %v", took)
		}
	})
}

// interruption is an output on which the first text interrupts the program.
type interruption struct {
	bytes.Buffer
	stop context.CancelFunc
}

func (i *interruption) Write(p []byte) (int, error) {
	i.stop()
	return i.Buffer.Write(p)
}

// TestInterrupt holds that no picture is looked at after an interruption, read or not.
func TestInterrupt(t *testing.T) {
	smear := filepath.Join(testkit.Root(), "cfgs", "smear.jpg")
	for _, command := range []string{"detect", "classify"} {
		ctx, stop := context.WithCancel(context.Background())
		stdout := &interruption{stop: stop}
		var stderr bytes.Buffer
		code := execute(ctx, []string{command, smear, smear, smear, smear, smear, "--out", "none"}, stdout, &stderr)
		if code != exitFailed || strings.Count(stdout.String(), "Predicted in") != 1 {
			t.Errorf("%s: exit code %d after\n%s", command, code, stdout)
		}
		if told := stderr.String(); !strings.HasSuffix(told, "context canceled\nghostdark: 1 of 5 pictures failed\n") {
			t.Errorf("%s: told:\n%s", command, told)
		}
	}
}
