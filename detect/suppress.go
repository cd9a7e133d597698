package detect

import "slices"

// NMSKind says by which measure non-maximum suppression compares boxes.
type NMSKind uint8

const (
	DefaultNMS NMSKind = iota // IoU; a head without nms_kind
	GreedyNMS                 // DIoU with the exponent 0.6
	DIoUNMS                   // DIoU with the exponent beta_nms
	CornersNMS                // IoU
)

var nmsNames = [...]string{"default", "greedynms", "diounms", "cornersnms"}

// greedyExponent is the exponent of GreedyNMS.
const greedyExponent = 0.6

// String returns the name that a cfg gives the kind.
func (k NMSKind) String() string {
	if int(k) < len(nmsNames) {
		return nmsNames[k]
	}
	return "unknown"
}

// ParseNMSKind returns the kind that a cfg's nms_kind names, and whether there is one.
func ParseNMSKind(cfg string) (NMSKind, bool) {
	i := slices.Index(nmsNames[:], cfg)
	return NMSKind(max(i, 0)), i >= 0
}

// A matcher says whether two boxes are taken for one object.
type matcher func(a, b Box) bool

// matcher returns the comparison of the kind's measure with the threshold.
func (k NMSKind) matcher(thresh, beta float32) matcher {
	exponent := beta
	switch k {
	case GreedyNMS:
		exponent = greedyExponent
	case DefaultNMS, CornersNMS:
		return func(a, b Box) bool { return IoU(a, b) > thresh }
	}
	// DIoU never exceeds IoU, which is quickly had and sorts out nearly all pairs.
	return func(a, b Box) bool { return IoU(a, b) > thresh && DIoU(a, b, exponent) > thresh }
}

// Suppression says which of several candidates for one object are dropped.
type Suppression struct {
	Kind     NMSKind
	Thresh   float32 // two boxes closer than this are one object; 0 or less keeps everything
	Beta     float32 // exponent of DIoUNMS
	Agnostic bool    // boxes of different classes suppress each other too
}

// Apply returns the candidates with the suppressed probabilities set to 0, in the order in
// which darknet lists them afterwards. None is dropped, and those given stay as they are.
//
// Boxes are suppressed class by class, as darknet does. If Agnostic, each candidate keeps only
// its most probable class, and the candidates are compared in descending order of that
// probability whatever the class.
func (s Suppression) Apply(c []Candidate, classes int) []Candidate {
	switch {
	case !(s.Thresh > 0):
		return copyCandidates(c)
	case s.Agnostic:
		return suppressAgnostic(c, classes, s.Kind.matcher(s.Thresh, s.Beta))
	}
	return suppressByClass(c, classes, s.Kind.matcher(s.Thresh, s.Beta))
}

// SuppressObjectness is darknet's do_nms_obj: a box suppresses those of lower objectness in
// all classes. Suppressed candidates also get objectness 0.
func SuppressObjectness(c []Candidate, classes int, thresh float32) []Candidate {
	out := copyCandidates(c)
	present := out[:partition(out)]
	slices.SortStableFunc(present, func(a, b Candidate) int {
		return descending(a.Objectness, b.Objectness)
	})
	same := DefaultNMS.matcher(thresh, 0)
	var kept []Box
	for i := range present {
		d := &present[i]
		if sameAsAny(d.Box, kept, same) {
			d.Objectness = 0
			clear(d.Prob[:min(classes, len(d.Prob))])
			continue
		}
		kept = append(kept, d.Box)
	}
	return out
}

// suppressByClass suppresses in each class the boxes that are close to a more probable one: with
// DefaultNMS darknet's do_nms_sort, else its diounms_sort. Candidates with objectness 0 take no
// part and stand at the end; the others stand in descending order of their probability for the
// last class, where that is equal for the class before it, and so on.
//
// darknet sorts all candidates once per class, stably and after the suppression in the classes
// before. That is the same as comparing the probabilities given in this class, then in the
// class before it and so on; so each class need only sort the candidates that have it.
func suppressByClass(c []Candidate, classes int, same matcher) []Candidate {
	given := slices.Clone(c)
	present := given[:partition(given)]

	members := make([][]int32, max(classes, 0)) // per class, indices into present
	for i := range present {
		for k := range min(classes, len(present[i].Prob)) {
			if present[i].prob(k) != 0 {
				members[k] = append(members[k], int32(i))
			}
		}
	}

	result := copyCandidates(given)
	var kept []Box
	for k, class := range members {
		slices.SortFunc(class, func(a, b int32) int { return byClassesDown(present, a, b, k) })
		kept = kept[:0]
		for _, i := range class {
			if box := present[i].Box; sameAsAny(box, kept, same) {
				result[i].Prob[k] = 0
			} else {
				kept = append(kept, box)
			}
		}
	}

	order := make([]int32, len(present))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int { return byClassesDown(present, a, b, classes-1) })
	sorted := make([]Candidate, 0, len(result))
	for _, i := range order {
		sorted = append(sorted, result[i])
	}
	return append(sorted, result[len(present):]...)
}

// suppressAgnostic leaves each candidate its most probable class and suppresses the boxes that
// are close to a more probable one.
func suppressAgnostic(c []Candidate, classes int, same matcher) []Candidate {
	out := copyCandidates(c)
	present := out[:partition(out)]

	type ranked struct {
		Candidate
		prob float32
	}
	ranking := make([]ranked, len(present))
	for i, d := range present {
		best, prob := d.best(classes)
		clear(d.Prob)
		if prob > 0 {
			d.Prob[best] = prob
		}
		ranking[i] = ranked{d, prob}
	}
	slices.SortStableFunc(ranking, func(a, b ranked) int { return descending(a.prob, b.prob) })

	var kept []Box
	for i, d := range ranking {
		present[i] = d.Candidate
		if d.prob == 0 {
			continue
		}
		if sameAsAny(d.Box, kept, same) {
			clear(d.Prob)
		} else {
			kept = append(kept, d.Box)
		}
	}
	return out
}

// partition moves the absent candidates to the end and returns the number of the others. As in
// darknet the last one changes places with the first absent one, which turns the order of what
// comes from the end.
func partition(c []Candidate) int {
	n := len(c)
	for i := 0; i < n; {
		if !c[i].absent() {
			i++
			continue
		}
		n--
		c[i], c[n] = c[n], c[i]
	}
	return n
}

// byClassesDown compares two of the candidates for a descending order of their probabilities
// for class k, then for class k-1 and so on, at last of their places.
func byClassesDown(c []Candidate, a, b int32, k int) int {
	for ; k >= 0; k-- {
		if d := descending(c[a].prob(k), c[b].prob(k)); d != 0 {
			return d
		}
	}
	return int(a - b)
}

func descending(a, b float32) int {
	switch {
	case a > b:
		return -1
	case a < b:
		return 1
	}
	return 0
}

// sameAsAny reports whether box is taken for the object of one of the kept boxes.
func sameAsAny(box Box, kept []Box, same matcher) bool {
	for _, k := range kept {
		if same(k, box) {
			return true
		}
	}
	return false
}
