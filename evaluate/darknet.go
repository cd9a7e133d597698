package evaluate

import (
	"slices"

	"github.com/ghostdark/ghostdark/dataset"
	"github.com/ghostdark/ghostdark/detect"
)

// Darknet is what `darknet detector map` reports. Precision, recall and all averages are from 0
// to 1.
type Darknet struct {
	IoU        float32 // a detection must overlap an object by more
	Thresh     float32 // the score above which Counts counts
	Detections int     // with any score
	Truths     int
	Counts
	Classes []DarknetClass
}

// DarknetClass is a class's part in it.
type DarknetClass struct {
	Truths     int
	Detections int
	Counts
	// AP is the area under the curve, AP11 and AP101 are means at so many values of recall.
	AP, AP11, AP101 float64
	Curve           Curve
}

// Counts are those of detections above a threshold.
type Counts struct {
	TP, FP, FN int
	iou        float64
}

// Precision is TP / (TP + FP).
func (c Counts) Precision() float64 { return quotient(float64(c.TP), float64(c.TP+c.FP)) }

// Recall is TP / (TP + FN).
func (c Counts) Recall() float64 { return quotient(float64(c.TP), float64(c.TP+c.FN)) }

// F1 is the harmonic mean of both.
func (c Counts) F1() float64 { return f1(c.Precision(), c.Recall()) }

// AverageIoU is the mean over TP and FP of the overlap with the object that was found, which is 0
// for FP.
func (c Counts) AverageIoU() float64 { return quotient(c.iou, float64(c.TP+c.FP)) }

// MAP, MAP11 and MAP101 are means over the classes, also over those without objects, whose average
// precision is 0.
func (d *Darknet) MAP() float64   { return d.mean(func(c *DarknetClass) float64 { return c.AP }) }
func (d *Darknet) MAP11() float64 { return d.mean(func(c *DarknetClass) float64 { return c.AP11 }) }
func (d *Darknet) MAP101() float64 {
	return d.mean(func(c *DarknetClass) float64 { return c.AP101 })
}

func (d *Darknet) mean(of func(*DarknetClass) float64) float64 {
	sum := 0.0
	for i := range d.Classes {
		sum += of(&d.Classes[i])
	}
	return quotient(sum, float64(len(d.Classes)))
}

// placed is a detection with the object that it overlaps most.
type placed struct {
	rank
	class int
	truth int // of all pictures' objects; -1 for none
}

// NewDarknet evaluates as darknet's validate_detector_map. A detection finds the object of its
// class that it overlaps most, by more than iou. Of several that find the same object the one with
// the highest score is right, the others are wrong. Those that overlap only a difficult or
// crowded object are left out.
//
// The counts at thresh follow another rule, as they do there: of detections that find the same
// object, the first one in the order of the candidates counts, whatever its score, so
// if that one is not above thresh, the others are wrong all the same.
func NewDarknet(pictures []Picture, classes int, iou, thresh float32) *Darknet {
	d := &Darknet{IoU: iou, Thresh: thresh, Classes: make([]DarknetClass, classes)}
	var all []placed
	for _, p := range pictures {
		all = append(all, d.picture(p)...)
	}
	for k := range d.Classes {
		c := &d.Classes[k]
		c.FN = c.Truths - c.TP
		d.TP, d.FP, d.FN, d.iou = d.TP+c.TP, d.FP+c.FP, d.FN+c.FN, d.iou+c.iou
	}
	slices.SortStableFunc(all, func(a, b placed) int { return compareDescending(a.score, b.score) })
	ranks := make([][]rank, classes)
	taken := make([]bool, d.Truths)
	for _, p := range all {
		if p.truth >= 0 && !taken[p.truth] {
			taken[p.truth], p.hit = true, true
		}
		ranks[p.class] = append(ranks[p.class], p.rank)
	}
	d.Detections = len(all)
	for k := range d.Classes {
		c := &d.Classes[k]
		c.Detections, c.Curve = len(ranks[k]), newCurve(ranks[k], c.Truths)
		c.AP, c.AP11, c.AP101 = c.Curve.Area(), c.Curve.Points(11), c.Curve.Points(101)
	}
	return d
}

// picture places the detections of a picture and counts those above the threshold.
func (d *Darknet) picture(p Picture) []placed {
	before := d.Truths
	var truths []dataset.Object
	for _, t := range p.Truths {
		if !needless(t) {
			truths = append(truths, t)
			d.Classes[t.Class].Truths++
		}
	}
	d.Truths += len(truths)
	all := make([]placed, 0, len(p.Found))
	for _, f := range p.Found {
		best, overlap := -1, float32(0)
		for i, t := range truths {
			if t.Class != f.Class {
				continue
			}
			if o := detect.IoU(f.Box, t.Box); o > d.IoU && o > overlap {
				best, overlap = before+i, o
			}
		}
		if best < 0 && d.spared(p.Truths, f) {
			continue
		}
		if f.Score > d.Thresh {
			c := &d.Classes[f.Class]
			if best >= 0 && !slices.ContainsFunc(all, func(o placed) bool { return o.truth == best }) {
				c.TP++
				c.iou += float64(overlap)
			} else {
				c.FP++
			}
		}
		all = append(all, placed{rank{score: f.Score}, f.Class, best})
	}
	return all
}

// spared reports whether a detection overlaps an object that needn't be found.
func (d *Darknet) spared(truths []dataset.Object, f detect.Detection) bool {
	return slices.ContainsFunc(truths, func(t dataset.Object) bool {
		return t.Class == f.Class && needless(t) && detect.IoU(f.Box, t.Box) > d.IoU
	})
}
