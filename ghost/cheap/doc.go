// Package cheap asks how well the maps of a layer can be made from one another by cheap operations. A cheap
// operation is what a ghost module (arXiv 1911.11907, section 3) makes ghost maps with: a d×d filter on one map,
// its source, and a bias:
//
//	ghost(y, x) = bias + Σ kernel(ky, kx) · source(y + ky − d/2, x + kx − d/2)
//
// where the source is zero outside its borders, as for a depthwise [convolutional] of darknet with size=d, stride=1,
// pad=1. Kernels lie row by row, as in a weights file.
//
//   - Stats collects, image by image, what least squares needs to know of all pairs of maps.
//   - Predict gives the best operation for one pair, Gains what the best operations explain for all pairs.
//   - Select chooses which maps to keep and from which of them to make each other one.
//   - Refit improves an operation that is followed by an activation.
package cheap
