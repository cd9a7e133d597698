package evaluate

import "slices"

// Point is a place on the curve of precision over recall: what they are when all detections of a
// class with at least this score count.
type Point struct {
	Recall, Precision float64
	Score             float32
}

// Curve has a point for each detection of a class, in the order of falling scores, so recall never
// falls.
type Curve []Point

// newCurve counts ranks, which are sorted, against so many objects. Without any, recall is 0.
func newCurve(ranks []rank, truths int) Curve {
	curve := make(Curve, len(ranks))
	hits := 0
	for i, r := range ranks {
		if r.hit {
			hits++
		}
		curve[i] = Point{
			Recall: quotient(float64(hits), float64(truths)), Precision: float64(hits) / float64(i+1), Score: r.score,
		}
	}
	return curve
}

// Envelope returns the curve with each precision raised to the largest one at its recall or a
// larger one.
func (c Curve) Envelope() Curve {
	raised := slices.Clone(c)
	for i := len(raised) - 2; i >= 0; i-- {
		raised[i].Precision = max(raised[i].Precision, raised[i+1].Precision)
	}
	return raised
}

// at returns the precision of an envelope at a recall, 0 where that is not reached.
func (c Curve) at(recall float64) float64 {
	i, _ := slices.BinarySearchFunc(c, recall, func(p Point, r float64) int {
		if p.Recall < r {
			return -1
		}
		return 1
	})
	if i == len(c) {
		return 0
	}
	return c[i].Precision
}

// Area is the average precision as the area under the curve's envelope, as Pascal VOC has it
// since 2010, ImageNet, and darknet with -points 0.
func (c Curve) Area() float64 {
	area, last := 0.0, 0.0
	for _, p := range c.Envelope() {
		area += float64((p.Recall - last) * p.Precision)
		last = p.Recall
	}
	return area
}

// Points is the average precision as the mean of the envelope at so many equally spaced values of
// recall from 0 to 1: 11 with Pascal VOC until 2007, 101 with COCO, as darknet computes it.
func (c Curve) Points(n int) float64 {
	raised, sum := c.Envelope(), 0.0
	for i := range n {
		sum += raised.at(float64(i) / float64(n-1))
	}
	return sum / float64(n)
}
