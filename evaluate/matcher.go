package evaluate

import (
	"github.com/ghostdark/ghostdark/dataset"
	"github.com/ghostdark/ghostdark/detect"
)

// areaRange is a range of areas in pixels, ends included.
type areaRange struct{ least, most float64 }

func (r areaRange) holds(area float64) bool { return area >= r.least && area <= r.most }

// cocoRank is a rank with its place among those of a class in a picture, those left out included.
type cocoRank struct {
	rank
	place int
}

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
}

func newMatcher(p Picture, class int) matcher {
	var m matcher
	w, h := float64(p.W), float64(p.H)
	for _, t := range p.Truths {
		if t.Class != class {
			continue
		}
		area := t.Area
		if area == 0 {
			area = float64(t.Box.W) * w * (float64(t.Box.H) * h)
		}
		m.truths, m.area = append(m.truths, t), append(m.area, area)
	}
	for _, f := range descending(p.Found) {
		if f.Class == class && len(m.found) < cocoMost[most100] {
			m.found, m.foundIn = append(m.found, f), append(m.foundIn, float64(f.Box.W)*w*(float64(f.Box.H)*h))
		}
	}
	m.overlaps = make([][]float64, len(m.found))
	for i, f := range m.found {
		m.overlaps[i] = make([]float64, len(m.truths))
		for j, t := range m.truths {
			m.overlaps[i][j] = cocoOverlap(f.Box, t)
		}
	}
	m.ignored = make([]bool, len(m.truths))
	return m
}

// cocoOverlap is the intersection over the union, for a crowd over the detection's area.
func cocoOverlap(found detect.Box, truth dataset.Object) float64 {
	t := truth.Box
	w, h := common(found.X, found.W, t.X, t.W), common(found.Y, found.H, t.Y, t.H)
	if w <= 0 || h <= 0 {
		return 0
	}
	both, area := float64(w*h), float64(found.W)*float64(found.H)
	if truth.Crowd {
		return both / area
	}
	return both / (area + float64(float64(t.W)*float64(t.H)) - both)
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

// match appends the ranks of the detections that count at an overlap.
func (m *matcher) match(ranks []cocoRank, overlap float64) []cocoRank {
	taken := make([]bool, len(m.truths))
	for place, f := range m.found {
		best := m.best(place, min(overlap, 1-1e-10), taken)
		switch {
		case best < 0 && !m.chosen.holds(m.foundIn[place]):
		case best < 0:
			ranks = append(ranks, cocoRank{rank{score: f.Score}, place})
		default:
			taken[best] = true
			if !m.ignored[best] {
				ranks = append(ranks, cocoRank{rank{score: f.Score, hit: true}, place})
			}
		}
	}
	return ranks
}

// best returns the object that a detection takes, -1 for none. Those that are left out come into
// question only when no other one does. Of equal ones the last is taken.
func (m *matcher) best(found int, least float64, taken []bool) int {
	best := -1
	for _, i := range m.order {
		if taken[i] && !m.truths[i].Crowd {
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
