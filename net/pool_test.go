package net

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"
)

// TestPoolEqualsSession computes many images on pools of several sizes, from more goroutines
// than there are sessions.
func TestPoolEqualsSession(t *testing.T) {
	n := shippedNetwork(t, "ghostnet-fashion.cfg")
	const images = 24
	var inputs, want [images][]float32
	for i := range inputs {
		inputs[i] = slices.Clone(inputFor(n))
		inputs[i][i] += 1
		want[i] = slices.Clone(output(t, run(t, n, SessionOptions{Threads: 1}, inputs[i]), n.Result()))
	}
	for _, size := range []struct{ sessions, threads, each int }{{1, 3, 3}, {2, 1, 1}, {2, 5, 2}, {3, 3, 1}} {
		pool, err := n.NewPool(size.sessions, SessionOptions{Threads: size.threads})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range pool.sessions {
			if got := len(s.exec.(*planned).crew.workers); got != size.each {
				t.Errorf("%d sessions of %d threads: one has %d, want %d", size.sessions, size.threads, got, size.each)
			}
		}
		var got [images][]float32
		var group sync.WaitGroup
		for i := range images {
			group.Go(func() {
				err := pool.Do(context.Background(), func(s *Session) error {
					if err := s.Run(context.Background(), inputs[i]); err != nil {
						return err
					}
					out, err := s.Result()
					got[i] = slices.Clone(out.Data)
					return err
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		pool.Close()
		for i := range got {
			if !slices.Equal(got[i], want[i]) {
				t.Fatalf("%d sessions of %d threads: image %d differs", size.sessions, size.threads, i)
			}
		}
	}
}

func TestPoolErrors(t *testing.T) {
	n := networkOf(t, small)
	for _, sessions := range []int{-1, 0, MaxThreads + 1} {
		_, err := n.NewPool(sessions, SessionOptions{})
		wantError(t, err, "sessions are out of range: give 1 to 1024")
	}
	_, err := n.NewPool(2, SessionOptions{Batch: -1})
	wantError(t, err, "batch", "out of range")

	forgetful := networkOf(t, recurrent)
	_, err = forgetful.NewPool(2, SessionOptions{})
	wantError(t, err, "layer 0 [history] (line 6) remembers earlier images", "use one")
	pool, err := forgetful.NewPool(1, SessionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	pool.Close()

	large, err := graphOf(t, "[net]\nwidth=64\nheight=64\nchannels=3\n[convolutional]\nfilters=32\nsize=3\npad=1\n", Options{MaxMemory: 2 << 20}).Random(1)
	if err != nil {
		t.Fatal(err)
	}
	_, err = large.NewPool(100, SessionOptions{Threads: 1})
	wantError(t, err, "test.cfg: 100 sessions need", "limit of 2.0 MiB", "use fewer")
}

// TestPoolStops cancels callers that compute and callers that wait.
func TestPoolStops(t *testing.T) {
	n := networkOf(t, "[net]\ninputs=3\n[empty]\n[empty]\n[connected]\n[softmax]\n")
	before := runtime.NumGoroutine()
	input := []float32{1, 2, 3}
	ctx, cancel := context.WithCancel(context.Background())
	n.Layers[1].Op = stopper{cancel}
	pool, err := n.NewPool(2, SessionOptions{Threads: 4, KeepAll: true})
	if err != nil {
		t.Fatal(err)
	}
	wantError(t, pool.Do(ctx, func(s *Session) error { return s.Run(ctx, input) }), "layer 2 [connected] (line 5)")
	if err := pool.Do(ctx, func(*Session) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("with a cancelled context: %v", err)
	}

	busy, release := make(chan bool), make(chan bool)
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() {
			_ = pool.Do(context.Background(), func(*Session) error { busy <- true; <-release; return nil })
		})
		<-busy
	}
	waiting, stop := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer stop()
	if err := pool.Do(waiting, func(*Session) error { return nil }); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("while all are busy: %v", err)
	}
	close(release)
	group.Wait()
	pool.Close()
	wantGoroutines(t, before)
}
