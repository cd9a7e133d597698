package main

import "iter"

// lookAhead is how many pictures are read while an earlier one is in work.
const lookAhead = 2

// ahead yields the results of work(0) … work(n-1) in this order. While one is used, the next
// few, as many as depth says, are being made, each on a goroutine of its own. When it ends,
// early or not, all that was begun is finished.
func ahead[T any](n, depth int, work func(i int) T) iter.Seq2[int, T] {
	return func(yield func(int, T) bool) {
		var begun []chan T
		first := 0 // the one that begun[0] makes
		begin := func(until int) {
			for i := first + len(begun); i < min(until, n); i++ {
				result := make(chan T, 1)
				begun = append(begun, result)
				go func() { result <- work(i) }()
			}
		}
		for ; first < n; first++ {
			begin(first + 1)
			result := <-begun[0]
			begin(first + 1 + depth)
			begun = begun[1:]
			if !yield(first, result) {
				break
			}
		}
		for _, result := range begun {
			<-result
		}
	}
}
