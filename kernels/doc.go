// Package kernels holds the float loops that layers are made of: plain slices and extents
// in, no layer and no graph. Planes are rows of values, images are planes after planes, as
// darknet lays them out.
//
// Plain loops in Go run everywhere. Beside them are fast kernels in assembly: a Set for each
// instruction set, and Conv, Depthwise, Dense and Winograd, which prepare a convolution for a
// Set once and then compute it in independent tasks. docs/kernels.md describes them. Computing
// allocates nothing and keeps nothing but what is in the Worker that it is given, so all of it
// may be done on many goroutines at once, each with data and a Worker of its own.
package kernels
