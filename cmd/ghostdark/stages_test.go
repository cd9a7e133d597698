package main

import (
	"fmt"
	"iter"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// countTo yields 0 … n-1 and counts how many were asked for.
func countTo(n int, asked *atomic.Int32) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := range n {
			asked.Add(1)
			if !yield(i) {
				return
			}
		}
	}
}

func TestParallel(t *testing.T) {
	for _, n := range []int{0, 1, 2, 7} {
		for _, depth := range []int{1, 2, 9} {
			for stop := range n + 1 { // the loop ends after this many
				t.Run(fmt.Sprintf("%d, depth %d, %d used", n, depth, stop), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) { checkParallel(t, n, depth, stop) })
				})
			}
		}
	}
}

// checkParallel runs in a bubble, in which time passes only when all goroutines wait, and which
// fails when some are left at the end.
func checkParallel(t *testing.T, n, depth, stop int) {
	var asked, began, ended atomic.Int32
	slow := func(i int) int {
		began.Add(1)
		time.Sleep(time.Duration(1+i*5%3) * time.Second) // they don't finish in order
		ended.Add(1)
		return 10 * i
	}
	s := parallel(countTo(n, &asked), depth, slow)
	synctest.Wait()
	var got []int
	if stop > 0 {
		for v := range s.all() {
			got = append(got, v)
			time.Sleep(10 * time.Second) // all that may be made meanwhile is
			if made := int(ended.Load()); made != min(len(got)+depth, n) || int(began.Load()) != made {
				t.Errorf("while number %d is in use %d are made of %d begun, want %d", len(got)-1, made, began.Load(), min(len(got)+depth, n))
			}
			if len(got) == stop {
				break
			}
		}
	} else {
		s.end()
	}
	var want []int
	for i := range stop {
		want = append(want, 10*i)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if began.Load() != ended.Load() || asked.Load() > ended.Load() {
		t.Errorf("%d were asked for, %d begun, but only %d ended", asked.Load(), began.Load(), ended.Load())
	}
}

// TestStagesOverlap holds that a chain of stages takes as long as its slowest one, and keeps few results.
func TestStagesOverlap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var asked, inside atomic.Int32
		most := int32(0)
		takes := func(seconds int) func(int) int {
			return func(i int) int { time.Sleep(time.Duration(seconds) * time.Second); return i }
		}
		read := parallel(countTo(100, &asked), 2, func(i int) int { inside.Add(1); return takes(3)(i) })
		run := serial(read.all(), takes(4))
		written := parallel(run.all(), 2, takes(6))
		count := 0
		for i := range written.all() {
			if i != count {
				t.Fatalf("number %d came as number %d", i, count)
			}
			count++
			most = max(most, inside.Load())
			inside.Add(-1)
		}
		if took := time.Since(start); count != 100 || took > (100*4+3+6)*time.Second {
			t.Errorf("%d took %v", count, took)
		}
		if most > 8 {
			t.Errorf("%d were in work at the same time", most)
		}
	})
}

// TestStagesEnd ends a chain from its far end: nothing is left running, and nothing more is begun.
func TestStagesEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int32
		same := func(i int) int { time.Sleep(time.Second); return i }
		chain := parallel(serial(parallel(countTo(1000, &asked), 3, same).all(), same).all(), 2, same)
		for i := range chain.all() {
			if i == 4 {
				break
			}
		}
		if n := asked.Load(); n > 15 {
			t.Errorf("%d were asked for", n)
		}
	})
}
