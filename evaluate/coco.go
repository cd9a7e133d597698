package evaluate

import (
	"math"
	"slices"
)

// COCO is the summary that pycocotools' COCOeval gives for boxes: average precision and average
// recall, from 0 to 1. What can't be told is NaN: where the set has no object of such a size.
type COCO struct {
	AP, AP50, AP75             float64 // mean over overlaps of .50 to .95; at .50; at .75
	APSmall, APMedium, APLarge float64 // of objects of up to 32², up to 96², and more pixels
	AR1, AR10, AR100           float64 // with at most so many detections of a class in a picture
	ARSmall, ARMedium, ARLarge float64 // with at most 100
	Classes                    []COCOClass
}

// COCOClass is a class's part in it. All are NaN when there is no object of the class.
type COCOClass struct{ AP, AP50, AP75, AR100 float64 }

// The ranges of areas in pixels.
const (
	allAreas = iota
	smallAreas
	mediumAreas
	largeAreas
)

var cocoAreas = [...]areaRange{{0, 1e10}, {0, 32 * 32}, {32 * 32, 96 * 96}, {96 * 96, 1e10}}

// cocoMost are the largest numbers of detections of a class in a picture that count.
var cocoMost = [...]int{1, 10, 100}

const most100 = 2 // the index of the last one

// Overlaps and values of recall are computed as NumPy's linspace does, since overlaps and recalls
// that are equal to one of them are not rare. Those of .50 and .75 are overlaps 0 and 5.
var (
	cocoOverlaps = linspace(.5, .95, 10)
	cocoRecalls  = linspace(0, 1, 101)
)

const overlap50, overlap75 = 0, 5

func linspace(start, stop float64, n int) []float64 {
	values := make([]float64, n)
	step := (stop - start) / float64(n-1)
	for i := range values {
		values[i] = float64(float64(i)*step) + start
	}
	values[n-1] = stop
	return values
}

// NewCOCO evaluates as pycocotools' COCOeval with its defaults. Of each class the 100 detections
// with the highest scores in a picture count. In the order of their scores each takes the object
// that it overlaps most, by no less than the threshold, among those that are left. Crowds are never
// used up, and overlap with them is the part of the detection that lies inside. What takes a
// crowd, a difficult object, or one outside the range of areas, is left out; so is what takes
// nothing and is outside that range itself.
func NewCOCO(pictures []Picture, classes int) *COCO {
	matchers := newMatchers(pictures, classes)
	scores := make([]cocoScores, classes)
	c := &COCO{Classes: make([]COCOClass, classes)}
	for k := range scores {
		s := newCOCOScores(matchers[k])
		scores[k] = s
		c.Classes[k] = COCOClass{
			AP: s.precision(allAreas), AP50: s.precisionAt(overlap50), AP75: s.precisionAt(overlap75),
			AR100: s.recall(allAreas, most100),
		}
	}
	over := func(of func(s *cocoScores) float64) float64 {
		var m mean
		for k := range scores {
			m.add(of(&scores[k]))
		}
		return m.value()
	}
	precision := func(area int) float64 { return over(func(s *cocoScores) float64 { return s.precision(area) }) }
	recall := func(area, most int) float64 {
		return over(func(s *cocoScores) float64 { return s.recall(area, most) })
	}
	c.AP = precision(allAreas)
	c.AP50 = over(func(s *cocoScores) float64 { return s.precisionAt(overlap50) })
	c.AP75 = over(func(s *cocoScores) float64 { return s.precisionAt(overlap75) })
	c.APSmall, c.APMedium, c.APLarge = precision(smallAreas), precision(mediumAreas), precision(largeAreas)
	c.AR1, c.AR10, c.AR100 = recall(allAreas, 0), recall(allAreas, 1), recall(allAreas, most100)
	c.ARSmall, c.ARMedium, c.ARLarge = recall(smallAreas, most100), recall(mediumAreas, most100), recall(largeAreas, most100)
	return c
}

// mean is that of the numbers that were added, but for NaNs.
type mean struct {
	sum float64
	n   int
}

func (m *mean) add(v float64) {
	if !math.IsNaN(v) {
		m.sum += v
		m.n++
	}
}

// value is NaN when nothing was added.
func (m *mean) value() float64 {
	if m.n == 0 {
		return math.NaN()
	}
	return m.sum / float64(m.n)
}

// cocoScores are a class's average precision and largest recall.
type cocoScores struct {
	// precisions are for areas and overlaps, with 100 detections; recalls also for fewer. NaN when
	// there are no objects of such an area.
	precisions [len(cocoAreas)][10]float64
	recalls    [len(cocoAreas)][len(cocoMost)][10]float64
}

// newCOCOScores evaluates a class, whose objects and detections the matchers of the pictures hold.
func newCOCOScores(matchers []matcher) cocoScores {
	var scores []float32
	for _, m := range matchers {
		for _, f := range m.found {
			scores = append(scores, f.Score)
		}
	}
	order := make([]int, len(scores))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return compareDescending(scores[a], scores[b]) })
	outcomes := make([]outcome, len(scores))
	var s cocoScores
	for a, area := range cocoAreas {
		truths := 0
		for i := range matchers {
			matchers[i].choose(area)
			truths += matchers[i].wanted
		}
		for t, overlap := range cocoOverlaps {
			left := outcomes
			var hits [len(cocoMost)]int
			for i := range matchers {
				m := &matchers[i]
				m.match(left[:len(m.found)], overlap)
				for k, most := range cocoMost {
					hits[k] += countHits(left[:min(most, len(m.found))])
				}
				left = left[len(m.found):]
			}
			s.precisions[a][t] = cocoPrecision(outcomes, order, truths)
			for k := range cocoMost {
				s.recalls[a][k][t] = orNaN(float64(hits[k]), truths)
			}
		}
	}
	return s
}

func countHits(outcomes []outcome) int {
	n := 0
	for _, o := range outcomes {
		if o == hit {
			n++
		}
	}
	return n
}

// orNaN is the part v of so many objects, NaN of none.
func orNaN(v float64, truths int) float64 {
	if truths == 0 {
		return math.NaN()
	}
	return v / float64(truths)
}

func (s *cocoScores) precision(area int) float64    { return meanOf(s.precisions[area][:]) }
func (s *cocoScores) precisionAt(t int) float64     { return s.precisions[allAreas][t] }
func (s *cocoScores) recall(area, most int) float64 { return meanOf(s.recalls[area][most][:]) }

func meanOf(values []float64) float64 {
	var m mean
	for _, v := range values {
		m.add(v)
	}
	return m.value()
}

// cocoPrecision is the mean of the curve's envelope at the 101 values of recall. Only the points
// where an object is found make a difference to it.
func cocoPrecision(outcomes []outcome, order []int, truths int) float64 {
	if truths == 0 {
		return math.NaN()
	}
	var curve Curve
	rank := 0
	for _, i := range order {
		if outcomes[i] != leftOut {
			rank++
		}
		if outcomes[i] == hit {
			hits := float64(len(curve) + 1)
			curve = append(curve, Point{Recall: hits / float64(truths), Precision: hits / float64(rank)})
		}
	}
	raised, sum := curve.Envelope(), 0.0
	for _, recall := range cocoRecalls {
		sum += raised.at(recall)
	}
	return sum / float64(len(cocoRecalls))
}
