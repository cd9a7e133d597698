package detect

import (
	"cmp"
	"slices"
)

// Detection is an object found in a picture.
type Detection struct {
	Class int
	Score float32
	Box   Box // relative to the picture
}

// Rect returns the detection's box in pixels of a picture of the given size. It may reach
// beyond the picture.
func (d Detection) Rect(imageW, imageH int) (left, top, width, height float64) {
	w, h := float64(imageW), float64(imageH)
	left = (float64(d.Box.X) - float64(d.Box.W)/2) * w
	top = (float64(d.Box.Y) - float64(d.Box.H)/2) * h
	return left, top, float64(d.Box.W) * w, float64(d.Box.H) * h
}

// Filter says which detections are reported.
type Filter struct {
	Thresh  float32 // only scores above it
	Top     int     // at most so many, the best ones; 0 for all
	Classes []int   // only these; nil for all
}

// admits reports whether a probability for a class is to be reported.
func (f Filter) admits(class int, prob float32) bool {
	return prob > f.Thresh && (f.Classes == nil || slices.Contains(f.Classes, class))
}

// Detections lists every candidate once for each of its classes with a probability above the
// threshold, as darknet's JSON output does. The list is in descending order of the score;
// equal ones are ordered by class, then as the candidates are.
func Detections(c []Candidate, f Filter) []Detection {
	found := f.collect(c)
	slices.SortStableFunc(found, func(a, b entry) int { return a.better(b) })
	return detections(f.top(found))
}

// InOrder lists the same detections, but all of them, in the order of the candidates and then of
// the classes, which is that of darknet's evaluation.
func InOrder(c []Candidate, f Filter) []Detection { return detections(f.collect(c)) }

// BestDetections lists the detections as darknet's text output does: candidate after candidate
// by its left edge, and for each its most probable class first, then the others above the
// threshold in their order. Top keeps the best scores of the list.
func BestDetections(c []Candidate, f Filter) []Detection {
	found := f.collect(c)
	if f.Top > 0 && len(found) > f.Top {
		slices.SortStableFunc(found, func(a, b entry) int { return a.better(b) })
		found = f.top(found)
	}
	slices.SortFunc(found, func(a, b entry) int {
		return cmp.Or(
			cmp.Compare(a.left(), b.left()),
			a.candidate-b.candidate,
			a.rank-b.rank,
			a.Class-b.Class,
		)
	})
	return detections(found)
}

// An entry is a detection with what orders it.
type entry struct {
	Detection
	candidate int // where it stands in the list of candidates
	rank      int // 0 for the candidate's best class, 1 for the others
}

// collect returns the detections that f admits, in the order of the candidates and classes.
func (f Filter) collect(c []Candidate) []entry {
	var found []entry
	for i := range c {
		best := -1 // the candidate's best class is found[best]
		for k, p := range c[i].Prob {
			if !f.admits(k, p) {
				continue
			}
			found = append(found, entry{Detection{Class: k, Score: p, Box: c[i].Box}, i, 1})
			if n := len(found) - 1; best < 0 || p > found[best].Score {
				best = n
			}
		}
		if best >= 0 {
			found[best].rank = 0
		}
	}
	return found
}

// top returns the first entries of a sorted list, as many as f reports.
func (f Filter) top(sorted []entry) []entry {
	if f.Top > 0 && len(sorted) > f.Top {
		return sorted[:f.Top]
	}
	return sorted
}

// better compares by score, best first, then by class, and leaves equal ones in the order of
// the candidates.
func (e entry) better(o entry) int {
	return cmp.Or(descending(e.Score, o.Score), e.Class-o.Class)
}

func (e entry) left() float32 { return e.Box.X - e.Box.W/2 }

func detections(found []entry) []Detection {
	d := make([]Detection, len(found))
	for i, e := range found {
		d[i] = e.Detection
	}
	return d
}
