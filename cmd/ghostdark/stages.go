package main

import (
	"iter"
	"sync"
)

// stage makes something of each item of a sequence, on goroutines of its own from when it is begun, and hands
// the results out in the order of the items. Stages that read each other's results overlap.
type stage[R any] struct {
	results chan chan R
	quit    chan struct{}
	once    sync.Once
}

// parallel begins a stage that has up to depth items in work or waiting while one is in use, each on a goroutine
// of its own.
func parallel[T, R any](items iter.Seq[T], depth int, work func(T) R) *stage[R] {
	s := &stage[R]{results: make(chan chan R, depth-1), quit: make(chan struct{})}
	go func() {
		var working sync.WaitGroup
		for item := range items {
			result := make(chan R, 1)
			working.Go(func() { result <- work(item) })
			if !s.hand(result) {
				break
			}
		}
		working.Wait()
		close(s.results)
	}()
	return s
}

// serial begins a stage that works on one item after another, while the result before is in use.
func serial[T, R any](items iter.Seq[T], work func(T) R) *stage[R] {
	s := &stage[R]{results: make(chan chan R), quit: make(chan struct{})}
	go func() {
		for item := range items {
			result := make(chan R, 1)
			result <- work(item)
			if !s.hand(result) {
				break
			}
		}
		close(s.results)
	}()
	return s
}

// hand offers a result, and reports whether more are wanted.
func (s *stage[R]) hand(result chan R) bool {
	select {
	case <-s.quit: // also when end is receiving
		return false
	default:
	}
	select {
	case <-s.quit:
		return false
	case s.results <- result:
		return true
	}
}

// all yields the results. When it ends, early or not, all that was begun is finished.
func (s *stage[R]) all() iter.Seq[R] {
	return func(yield func(R) bool) {
		defer s.end()
		for result := range s.results {
			if !yield(<-result) {
				return
			}
		}
	}
}

// end begins no more, and waits until what was begun is finished.
func (s *stage[R]) end() {
	s.once.Do(func() { close(s.quit) })
	for range s.results { // which the stage closes last
	}
}
