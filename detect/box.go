// Package detect holds the geometry that follows a detection head: boxes and their overlap,
// suppression of duplicates, the way from the network's input back to the picture, and the
// lists of detections that are finally reported. Everything follows darknet's arithmetic in
// float32, so that the same candidates give the same lists.
package detect

import "math"

// Box is a rectangle by its centre and size, in any one unit: relative to the network's input,
// relative to the picture, or in pixels.
type Box struct{ X, Y, W, H float32 }

// IoU returns the area of the intersection of a and b over the area of their union. It is 0
// when either is empty or when any number involved is NaN.
func IoU(a, b Box) float32 {
	w := overlap(a.X, a.W, b.X, b.W)
	h := overlap(a.Y, a.H, b.Y, b.H)
	if !(w > 0 && h > 0) {
		return 0
	}
	intersection := float32(w * h)
	union := float32(a.W*a.H) + float32(b.W*b.H) - intersection
	iou := intersection / union
	if union == 0 || iou != iou {
		return 0
	}
	return iou
}

// DIoU returns IoU less a penalty for distance: (d²/c²)^exponent, d being the distance of the
// centres and c the diagonal of the smallest rectangle around both. It never exceeds
// IoU, is at least -1 for positive exponents, and 0 when any number involved is NaN.
func DIoU(a, b Box, exponent float32) float32 {
	iou := IoU(a, b)
	w := around(a.X, a.W, b.X, b.W)
	h := around(a.Y, a.H, b.Y, b.H)
	diagonal := float32(w*w) + float32(h*h)
	if diagonal == 0 {
		return iou
	}
	dx, dy := a.X-b.X, a.Y-b.Y
	distance := float32(dx*dx) + float32(dy*dy)
	diou := iou - float32(math.Pow(float64(distance/diagonal), float64(exponent)))
	if diou != diou {
		return 0
	}
	return diou
}

// overlap returns the length that two segments, given by centre and length, have in common,
// negative when they are apart.
func overlap(x1, w1, x2, w2 float32) float32 {
	return min(x1+w1/2, x2+w2/2) - max(x1-w1/2, x2-w2/2)
}

// around returns the length of the shortest segment that covers both.
func around(x1, w1, x2, w2 float32) float32 {
	return max(x1+w1/2, x2+w2/2) - min(x1-w1/2, x2-w2/2)
}
