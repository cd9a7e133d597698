package main

import "time"

// roofline is what a machine can do at most, 0 where that is not known.
type roofline struct {
	gflops    float64 // 10⁹ operations in a second
	bandwidth float64 // 10⁹ bytes in a second
}

// What bounds the time of a layer.
const (
	byCompute = "compute"
	byMemory  = "memory"
)

// bound is the least time in which so many operations can be done and bytes be moved, and
// which of the two takes it; 0 and "" for no work or an unknown machine.
func (r roofline) bound(operations, bytes int64) (least time.Duration, by string) {
	if r.gflops <= 0 || r.bandwidth <= 0 || operations <= 0 && bytes <= 0 {
		return 0, ""
	}
	compute, memory := float64(operations)/r.gflops, float64(bytes)/r.bandwidth // in nanoseconds
	if compute >= memory {
		return time.Duration(compute), byCompute
	}
	return time.Duration(memory), byMemory
}
