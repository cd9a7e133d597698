// Package anchors finds the sizes of boxes that a detector's anchors should have: those that
// come nearest to the boxes of its training pictures.
package anchors

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// Size is a box's width and height in any one unit.
type Size struct{ W, H float64 }

// IoU is the area that two boxes with the same centre have in common over that of their union.
func IoU(a, b Size) float64 {
	both := float64(min(a.W, b.W) * min(a.H, b.H))
	return both / (float64(a.W*a.H) + float64(b.W*b.H) - both)
}

// Clusters are anchors and the boxes that are nearest to each.
type Clusters struct {
	Anchors []Size // by their area, the smallest first
	Of      []int  // for each box the anchor that it overlaps most
	Boxes   []int  // for each anchor how many boxes these are
	IoUs    []float64
	// AverageIoU is the mean over the boxes of the overlap with their anchor; IoUs are
	// the means over the boxes of each anchor, 0 for none.
	AverageIoU float64
}

// Options of Find.
type Options struct {
	Seed uint64 // the same seed gives the same anchors
	Runs int    // how often to start from other boxes; 0 means 1
}

// iterations bounds those of a run.
const iterations = 1000

// Find divides boxes, whose sizes are positive, into n clusters by k-means with the distance
// 1 - IoU, as darknet's calc_anchors: the start is k-means++, and an anchor is the mean of its
// boxes, or their median where that gives a larger average IoU. Of several runs it gives the one with the largest average IoU. There must be at least n
// boxes, and n must be positive.
func Find(boxes []Size, n int, opt Options) *Clusters {
	if n < 1 || len(boxes) < n {
		panic("BUG: anchors: fewer boxes than clusters")
	}
	random := rand.New(rand.NewPCG(opt.Seed, 0))
	var best *Clusters
	for range max(opt.Runs, 1) {
		if c := run(boxes, n, random); best == nil || c.AverageIoU > best.AverageIoU {
			best = c
		}
	}
	return best
}

// Assign gives the boxes to anchors that are there already.
func Assign(boxes, anchors []Size) *Clusters {
	sorted := slices.Clone(anchors)
	slices.SortStableFunc(sorted, func(a, b Size) int {
		return cmp.Or(cmp.Compare(a.W*a.H, b.W*b.H), cmp.Compare(a.W, b.W))
	})
	c := &Clusters{Anchors: sorted, Of: make([]int, len(boxes)), Boxes: make([]int, len(sorted)), IoUs: make([]float64, len(sorted))}
	for i, b := range boxes {
		k, iou := nearest(b, sorted)
		c.Of[i] = k
		c.Boxes[k]++
		c.IoUs[k] += iou
		c.AverageIoU += iou
	}
	for k, n := range c.Boxes {
		c.IoUs[k] /= float64(max(n, 1))
	}
	c.AverageIoU /= float64(max(len(boxes), 1))
	return c
}

// nearest returns the anchor that a box overlaps most, the first of equal ones.
func nearest(b Size, anchors []Size) (anchor int, iou float64) {
	iou = math.Inf(-1)
	for k, a := range anchors {
		if o := IoU(b, a); o > iou {
			anchor, iou = k, o
		}
	}
	return anchor, iou
}

// run is one start. After the means of darknet it goes on with medians, which are nearer to most boxes
// of a cluster, and keeps the better of both.
func run(boxes []Size, n int, random *rand.Rand) *Clusters {
	anchors := start(boxes, n, random)
	settle(boxes, anchors, mean)
	means := Assign(boxes, anchors)
	settle(boxes, anchors, median)
	if medians := Assign(boxes, anchors); medians.AverageIoU > means.AverageIoU {
		return medians
	}
	return means
}

// settle moves anchors to the middle of the boxes that are nearest to them, until these stay the
// same.
func settle(boxes, anchors []Size, middle func([]float64) float64) {
	of := make([]int, len(boxes))
	for range iterations {
		moved := false
		widths, heights := make([][]float64, len(anchors)), make([][]float64, len(anchors))
		for i, b := range boxes {
			k, _ := nearest(b, anchors)
			moved = moved || k != of[i]
			of[i] = k
			widths[k], heights[k] = append(widths[k], b.W), append(heights[k], b.H)
		}
		for k := range anchors {
			if len(widths[k]) > 0 {
				anchors[k] = Size{middle(widths[k]), middle(heights[k])}
			}
		}
		if !moved {
			return
		}
	}
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// median sorts the values.
func median(values []float64) float64 {
	slices.Sort(values)
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}

// start picks boxes to begin with as k-means++ does: the first at random, the others with a
// chance that grows with the square of the distance to the nearest one picked before. When all
// boxes have been met, any is as good.
func start(boxes []Size, n int, random *rand.Rand) []Size {
	picked := []Size{boxes[random.IntN(len(boxes))]}
	distance := make([]float64, len(boxes))
	for i := range distance {
		distance[i] = math.Inf(1)
	}
	for len(picked) < n {
		sum, last := 0.0, picked[len(picked)-1]
		for i, b := range boxes {
			distance[i] = min(distance[i], 1-IoU(b, last))
			sum += float64(distance[i] * distance[i])
		}
		left, next := float64(random.Float64()*sum), random.IntN(len(boxes))
		for i, d := range distance {
			if left -= float64(d * d); left < 0 {
				next = i
				break
			}
		}
		picked = append(picked, boxes[next])
	}
	return picked
}
