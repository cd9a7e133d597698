// Package kernels holds the float loops that layers are made of: plain slices and extents
// in, no layer and no graph. Planes are rows of values, images are planes after planes, as
// darknet lays them out. Nothing here allocates or keeps state, so all of it may be called
// from many goroutines on separate data.
package kernels
