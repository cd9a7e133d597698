package evaluate

import (
	"slices"

	"github.com/ghostdark/ghostdark/dataset"
	"github.com/ghostdark/ghostdark/detect"
)

// Verdict says what a detection or an object turned out to be.
type Verdict int

const (
	// Right is an object that is found, and its detection.
	Right Verdict = iota
	// WrongClass is an object that is taken for one of another class.
	WrongClass
	// Again is a detection of an object that a better one has found.
	Again
	// Misplaced is a detection that overlaps an object of its class too little.
	Misplaced
	// Nothing is a detection where there is no object of its class.
	Nothing
	// Missed is an object that isn't found.
	Missed
)

func (v Verdict) String() string {
	return [...]string{"right", "wrong class", "found again", "misplaced", "nothing there", "missed"}[v]
}

// Match is a detection, an object, or both where they belong together.
type Match struct {
	Verdict
	Picture int
	Truth   int // of the picture's objects; -1 for none
	Found   int // of the picture's detections; -1 for none
	IoU     float32
}

// misplaced is the least overlap of a detection that is misplaced rather than of nothing.
const misplaced = .1

// NewMatches pairs the objects of each picture with the detections whose scores are above thresh,
// one to one. In the order of scores each detection takes the object of its class that it overlaps
// most, by more than iou, among those that are left; then those that took none take the objects of
// other classes that are left. Difficult objects and crowds are never missed, and what overlaps
// one of its class is left out.
func NewMatches(pictures []Picture, iou, thresh float32) []Match {
	var all []Match
	for i := range pictures {
		m := pairs{Picture: &pictures[i], index: i, iou: iou}
		all = append(all, m.match(thresh)...)
	}
	return all
}

// pairs matches one picture.
type pairs struct {
	*Picture
	index   int
	iou     float32
	taken   []bool // truths
	matches []Match
}

func (p *pairs) match(thresh float32) []Match {
	p.taken = make([]bool, len(p.Truths))
	var order []int // detections
	for i, f := range p.Found {
		if f.Score > thresh {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return compareDescending(p.Found[a].Score, p.Found[b].Score) })
	order = p.take(order, Right, func(f detect.Detection, t dataset.Object) bool { return f.Class == t.Class })
	order = slices.DeleteFunc(order, func(i int) bool {
		t, overlap := p.nearest(i, func(_ int, t dataset.Object) bool { return needless(t) && t.Class == p.Found[i].Class })
		return t >= 0 && overlap > p.iou
	})
	order = p.take(order, WrongClass, func(f detect.Detection, t dataset.Object) bool { return f.Class != t.Class })
	for _, i := range order {
		t, overlap := p.nearest(i, func(_ int, t dataset.Object) bool { return t.Class == p.Found[i].Class })
		switch {
		case overlap > p.iou:
			p.add(Again, t, i, overlap)
		case overlap > misplaced:
			p.add(Misplaced, t, i, overlap)
		default:
			p.add(Nothing, -1, i, 0)
		}
	}
	for t, o := range p.Truths {
		if !p.taken[t] && !needless(o) {
			p.add(Missed, t, -1, 0)
		}
	}
	return p.matches
}

// needless reports whether an object needn't be found.
func needless(t dataset.Object) bool { return t.Difficult || t.Crowd }

func (p *pairs) add(v Verdict, truth, found int, overlap float32) {
	p.matches = append(p.matches, Match{v, p.index, truth, found, overlap})
}

// take gives detections the objects that are good for them, and returns those that get none.
func (p *pairs) take(order []int, v Verdict, good func(detect.Detection, dataset.Object) bool) (left []int) {
	for _, i := range order {
		t, overlap := p.nearest(i, func(t int, o dataset.Object) bool {
			return !p.taken[t] && !needless(o) && good(p.Found[i], o)
		})
		if overlap > p.iou {
			p.taken[t] = true
			p.add(v, t, i, overlap)
		} else {
			left = append(left, i)
		}
	}
	return left
}

// nearest returns the object that a detection overlaps most among the admitted ones, -1 when it
// overlaps none.
func (p *pairs) nearest(found int, admitted func(int, dataset.Object) bool) (truth int, overlap float32) {
	truth = -1
	for t, o := range p.Truths {
		if iou := detect.IoU(p.Found[found].Box, o.Box); iou > overlap && admitted(t, o) {
			truth, overlap = t, iou
		}
	}
	return truth, overlap
}

// Confusion counts which classes are taken for which: Confusion[t][f] objects of class t were
// found as class f. The last row counts detections of no object, the last column missed objects.
type Confusion [][]int

func newConfusion(classes int) Confusion {
	c := make(Confusion, classes)
	for i := range c {
		c[i] = make([]int, classes)
	}
	return c
}

// NewConfusion counts matches.
func NewConfusion(pictures []Picture, matches []Match, classes int) Confusion {
	c := newConfusion(classes + 1)
	for _, m := range matches {
		p, row, column := pictures[m.Picture], classes, classes
		// What is found again or misplaced is beside an object that is counted elsewhere.
		if m.Verdict == Right || m.Verdict == WrongClass || m.Verdict == Missed {
			row = p.Truths[m.Truth].Class
		}
		if m.Found >= 0 {
			column = p.Found[m.Found].Class
		}
		c[row][column]++
	}
	return c
}
