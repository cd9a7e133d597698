// Package kernels holds the float loops that layers are made of: plain slices and extents
// in, no layer and no graph.
//
// Plain loops in Go run everywhere. Images are planes after planes there, as darknet lays them
// out: all values of a channel, then all of the next.
//
// Beside them are fast kernels in assembly: a Set for each instruction set, and Conv, Depthwise,
// Combine and Winograd, which prepare a convolution for a Set once and then compute it in
// independent tasks. Images are pixels after pixels there: all channels of a pixel, then all of
// the next. docs/kernels.md describes them. Computing allocates nothing and keeps nothing but
// what is in the Worker that it is given, so all of it may be done on many goroutines at once,
// each with data and a Worker of its own.
package kernels
