package evaluate

import (
	"github.com/ghostdark/ghostdark/dataset"
	"github.com/ghostdark/ghostdark/detect"
)

// areaRange is a range of areas in pixels, ends included.
type areaRange struct{ least, most float64 }

func (r areaRange) holds(area float64) bool { return area >= r.least && area <= r.most }

// outcome is what becomes of a detection.
type outcome uint8

const (
	leftOut outcome = iota
	miss
	hit
)

// matcher matches the detections of a class in a picture with its objects as COCOeval does.
type matcher struct {
	truths   []dataset.Object
	found    []detect.Detection // in the order of their scores
	area     []float64          // of the truths
	foundIn  []float64          // the areas of found
	overlaps [][]float64        // of each of found with each of truths

	chosen  areaRange
	order   []int  // truths in the order in which they are tried, those left out last
	ignored []bool // the truths that are left out
	wanted  int    // how many are not
	taken   []bool // the truths that a detection has taken
}

// newMatchers makes the matchers of each class, for the pictures that have something of it.
func newMatchers(pictures []Picture, classes int) [][]matcher {
	all := make([][]matcher, classes)
	for _, p := range pictures {
		here := map[int]*matcher{}
		of := func(class int) *matcher {
			if here[class] == nil {
				here[class] = &matcher{}
			}
			return here[class]
		}
		pixels := float64(p.W) * float64(p.H)
		for _, t := range p.Truths {
			m, area := of(t.Class), t.Area
			if area == 0 {
				area = boxArea(t.Box) * pixels
			}
			m.truths, m.area = append(m.truths, t), append(m.area, area)
		}
		for _, f := range descending(p.Found) {
			if m := of(f.Class); len(m.found) < cocoMost[most100] {
				m.found, m.foundIn = append(m.found, f), append(m.foundIn, boxArea(f.Box)*pixels)
			}
		}
		for class, m := range here {
			m.measure()
			all[class] = append(all[class], *m)
		}
	}
	return all
}

func boxArea(b detect.Box) float64 { return float64(float64(b.W) * float64(b.H)) }

// measure computes the overlaps of what was found with what there is.
func (m *matcher) measure() {
	m.overlaps = make([][]float64, len(m.found))
	for i, f := range m.found {
		m.overlaps[i] = make([]float64, len(m.truths))
		for j, t := range m.truths {
			m.overlaps[i][j] = cocoOverlap(f.Box, t)
		}
	}
	m.ignored, m.taken = make([]bool, len(m.truths)), make([]bool, len(m.truths))
}

// cocoOverlap is the intersection over the union, for a crowd over the detection's area.
func cocoOverlap(found detect.Box, truth dataset.Object) float64 {
	t := truth.Box
	w, h := common(found.X, found.W, t.X, t.W), common(found.Y, found.H, t.Y, t.H)
	if w <= 0 || h <= 0 {
		return 0
	}
	both, area := float64(w*h), boxArea(found)
	if truth.Crowd {
		return both / area
	}
	return both / (area + boxArea(t) - both)
}

// common is the length that two segments, given by their centres and lengths, have in common.
func common(x1, w1, x2, w2 float32) float64 {
	a, b := float64(x1), float64(x2)
	u, v := float64(w1)/2, float64(w2)/2
	return min(a+u, b+v) - max(a-u, b-v)
}

// choose leaves out the objects outside a range of areas.
func (m *matcher) choose(area areaRange) {
	m.chosen, m.order, m.wanted = area, m.order[:0], 0
	for i, t := range m.truths {
		if m.ignored[i] = t.Crowd || t.Difficult || !area.holds(m.area[i]); !m.ignored[i] {
			m.order = append(m.order, i)
		}
	}
	m.wanted = len(m.order)
	for i := range m.truths {
		if m.ignored[i] {
			m.order = append(m.order, i)
		}
	}
}

// match finds the outcomes of the detections at an overlap.
func (m *matcher) match(outcomes []outcome, overlap float64) {
	clear(m.taken)
	for i := range m.found {
		switch best := m.best(i, min(overlap, 1-1e-10)); {
		case best >= 0:
			m.taken[best] = true
			outcomes[i] = hit
			if m.ignored[best] {
				outcomes[i] = leftOut
			}
		case m.chosen.holds(m.foundIn[i]):
			outcomes[i] = miss
		default:
			outcomes[i] = leftOut
		}
	}
}

// best returns the object that a detection takes, -1 for none. Those that are left out come into
// question only when no other one does. Of equal ones the last is taken.
func (m *matcher) best(found int, least float64) int {
	best := -1
	for _, i := range m.order {
		if m.taken[i] && !m.truths[i].Crowd {
			continue
		}
		if best >= 0 && !m.ignored[best] && m.ignored[i] {
			break
		}
		if o := m.overlaps[found][i]; o >= least {
			best, least = i, o
		}
	}
	return best
}
