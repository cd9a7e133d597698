package detect

import (
	"math"
	"slices"
	"sort"
	"testing"

	"pgregory.net/rapid"
)

// mark gives every candidate its index as Uncertainty, by which it is found again.
func mark(c []Candidate) []Candidate {
	for i := range c {
		c[i].Uncertainty = []float32{float32(i)}
	}
	return c
}

// crowd draws candidates on a coarse grid, so that many overlap and many numbers are equal.
func crowd(t *rapid.T, classes int) []Candidate {
	position := rapid.Custom(func(t *rapid.T) float32 { return float32(rapid.IntRange(0, 8).Draw(t, "position")) / 8 })
	extent := rapid.Custom(func(t *rapid.T) float32 { return float32(rapid.IntRange(0, 4).Draw(t, "extent")) / 8 })
	prob := rapid.SampledFrom([]float32{0, 0, 0, 0.25, 0.3, 0.5, 0.9, -0.5})
	return mark(rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Candidate {
		return Candidate{
			Box:        Box{position.Draw(t, "x"), position.Draw(t, "y"), extent.Draw(t, "w"), extent.Draw(t, "h")},
			Objectness: rapid.SampledFrom([]float32{0, 0.2, 0.5, 0.5, 0.8}).Draw(t, "objectness"),
			Prob:       rapid.SliceOfN(prob, classes, classes).Draw(t, "prob"),
		}
	}), 0, 30).Draw(t, "candidates"))
}

func anySuppression(t *rapid.T) Suppression {
	return Suppression{
		Kind:     NMSKind(rapid.IntRange(int(DefaultNMS), int(CornersNMS)).Draw(t, "kind")),
		Thresh:   rapid.Float32Range(0.05, 0.9).Draw(t, "thresh"),
		Beta:     rapid.Float32Range(0.1, 2).Draw(t, "beta"),
		Agnostic: rapid.Bool().Draw(t, "agnostic"),
	}
}

// sortPerClass is suppression written as darknet has it: one stable sort of everything and one
// pass over all pairs per class.
func sortPerClass(c []Candidate, classes int, same matcher) []Candidate {
	out := copyCandidates(c)
	n := len(out)
	for i := 0; i < n; i++ {
		if out[i].Objectness == 0 {
			out[i], out[n-1] = out[n-1], out[i]
			n--
			i--
		}
	}
	present := out[:n]
	for k := range classes {
		sort.SliceStable(present, func(i, j int) bool { return present[i].Prob[k] > present[j].Prob[k] })
		for i := range present {
			if present[i].Prob[k] == 0 {
				continue
			}
			for j := i + 1; j < n; j++ {
				if same(present[i].Box, present[j].Box) {
					present[j].Prob[k] = 0
				}
			}
		}
	}
	return out
}

func TestSuppressionEqualsSortingPerClass(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		classes := rapid.IntRange(0, 4).Draw(t, "classes")
		in := crowd(t, classes)
		s := anySuppression(t)
		s.Agnostic = false
		want := sortPerClass(in, classes, s.Kind.matcher(s.Thresh, s.Beta))
		got := s.Apply(in, classes)
		for i := range want {
			if got[i].Uncertainty[0] != want[i].Uncertainty[0] || !slices.Equal(got[i].Prob, want[i].Prob) {
				t.Fatalf("place %d has %v, want %v", i, got[i], want[i])
			}
		}
	})
}

func TestSuppressionLeavesNothingClose(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		classes := rapid.IntRange(1, 4).Draw(t, "classes")
		in := crowd(t, classes)
		for i := range in {
			if in[i].Objectness == 0 { // these take no part
				clear(in[i].Prob)
			}
		}
		s := anySuppression(t)
		found := Detections(s.Apply(in, classes), Filter{})
		same := s.Kind.matcher(s.Thresh, s.Beta)
		for i, a := range found {
			for _, b := range found[:i] {
				if (a.Class == b.Class || s.Agnostic) && same(a.Box, b.Box) {
					t.Fatalf("%v and %v are both left", a, b)
				}
			}
		}
	})
}

func TestSuppressionTwiceIsOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		classes := rapid.IntRange(1, 4).Draw(t, "classes")
		in := crowd(t, classes)
		s := anySuppression(t)
		suppress := func(c []Candidate) []Candidate { return s.Apply(c, classes) }
		if rapid.Bool().Draw(t, "by objectness") {
			suppress = func(c []Candidate) []Candidate { return SuppressObjectness(c, classes, s.Thresh) }
		}
		// The second time a suppressed probability counts as 0 for the order, so candidates
		// are compared by their marks.
		once := suppress(in)
		twice := make([]Candidate, len(in))
		for _, c := range suppress(once) {
			twice[int(c.Uncertainty[0])] = c
		}
		for _, c := range once {
			again := twice[int(c.Uncertainty[0])]
			if again.Objectness != c.Objectness || !slices.Equal(again.Prob, c.Prob) {
				t.Fatalf("%v became %v", c, again)
			}
		}
	})
}

func TestSuppressionLeavesItsInput(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := crowd(t, 3)
		before := copyCandidates(in)
		anySuppression(t).Apply(in, 3)
		SuppressObjectness(in, 3, 0.1)
		for i := range in {
			if in[i].Uncertainty[0] != before[i].Uncertainty[0] || !slices.Equal(in[i].Prob, before[i].Prob) {
				t.Fatalf("candidate %d changed from %v to %v", i, before[i], in[i])
			}
		}
	})
}

func TestSuppressionBearsAnyNumbers(t *testing.T) {
	special := []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), -1, 0, 0.5, math.MaxFloat32}
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.SampledFrom(special)
		in := mark(rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Candidate {
			return Candidate{
				Box:        Box{number.Draw(t, "x"), number.Draw(t, "y"), number.Draw(t, "w"), number.Draw(t, "h")},
				Objectness: number.Draw(t, "objectness"),
				Prob:       rapid.SliceOfN(number, 0, 3).Draw(t, "prob"),
			}
		}), 0, 12).Draw(t, "candidates"))
		classes := rapid.IntRange(0, 5).Draw(t, "classes")
		s := anySuppression(t)
		s.Thresh = number.Draw(t, "nms")
		for _, out := range [][]Candidate{s.Apply(in, classes), SuppressObjectness(in, classes, s.Thresh)} {
			var marks []int
			for _, c := range out {
				marks = append(marks, int(c.Uncertainty[0]))
			}
			slices.Sort(marks)
			for i := range in {
				if len(marks) != len(in) || marks[i] != i {
					t.Fatalf("%d candidates became those numbered %v", len(in), marks)
				}
			}
			for _, d := range append(Detections(out, Filter{Thresh: 0.1}), BestDetections(out, Filter{Thresh: 0.1})...) {
				if !(d.Score > 0.1) {
					t.Fatalf("reported with score %v", d.Score)
				}
			}
		}
	})
}

func TestSuppressionSwitchedOff(t *testing.T) {
	same := Box{0.5, 0.5, 0.2, 0.2}
	in := []Candidate{
		{Box: same, Objectness: 0, Prob: []float32{0.3}},
		{Box: same, Objectness: 1, Prob: []float32{0.5}},
		{Box: same, Objectness: 1, Prob: []float32{0.9}},
	}
	for _, thresh := range []float32{0, -1, float32(math.NaN())} {
		sameCandidates(t, Suppression{Thresh: thresh, Agnostic: true}.Apply(in, 1), in)
	}
}

func TestAgnosticSuppression(t *testing.T) {
	here, there := Box{0.3, 0.3, 0.2, 0.2}, Box{0.7, 0.7, 0.2, 0.2}
	in := []Candidate{
		{Box: here, Objectness: 1, Prob: []float32{0.4, 0.6}},
		{Box: here, Objectness: 1, Prob: []float32{0.8, 0}},
		{Box: there, Objectness: 1, Prob: []float32{0.3, 0.5}},
	}
	sameCandidates(t, Suppression{Thresh: 0.45, Agnostic: true}.Apply(in, 2), []Candidate{
		{Box: here, Objectness: 1, Prob: []float32{0.8, 0}},
		{Box: here, Objectness: 1, Prob: []float32{0, 0}},
		{Box: there, Objectness: 1, Prob: []float32{0, 0.5}},
	})
}

func TestNMSKindNames(t *testing.T) {
	for _, k := range []NMSKind{DefaultNMS, GreedyNMS, DIoUNMS, CornersNMS} {
		if got, ok := ParseNMSKind(k.String()); !ok || got != k {
			t.Errorf("%v is read as %v, %v", k, got, ok)
		}
	}
	if _, ok := ParseNMSKind("softnms"); ok {
		t.Error("softnms is taken for a kind")
	}
}
