package evaluate

import (
	"math"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/ghostdark/ghostdark/dataset"
	"github.com/ghostdark/ghostdark/detect"
)

// side is the extent of the pictures here, in pixels.
const side = 1000

// box makes a box of its left upper corner and size in pixels.
func box(left, top, w, h float64) detect.Box {
	return detect.Box{X: float32((left + w/2) / side), Y: float32((top + h/2) / side), W: float32(w / side), H: float32(h / side)}
}

func truth(class int, b detect.Box) dataset.Object { return dataset.Object{Class: class, Box: b} }

func found(class int, score float32, b detect.Box) detect.Detection {
	return detect.Detection{Class: class, Score: score, Box: b}
}

func picture(truths []dataset.Object, found ...detect.Detection) Picture {
	return Picture{W: side, H: side, Truths: truths, Found: found}
}

// Boxes that don't overlap.
var (
	a = box(0, 0, 100, 100)
	b = box(200, 0, 100, 100)
	c = box(400, 0, 100, 100)
	d = box(600, 0, 100, 100)
	e = box(800, 0, 100, 100)
)

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-6 && !(math.IsNaN(got) && math.IsNaN(want)) {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

// TestDarknet has numbers that were worked out by hand. With four objects and detections that
// are, in the order of their scores, right, wrong, right, again, right, precision is 1, 1/2, 2/3,
// 2/4, 3/5 at recalls of 1/4, 1/4, 2/4, 2/4, 3/4.
func TestDarknet(t *testing.T) {
	pictures := []Picture{
		picture([]dataset.Object{truth(0, a), truth(0, b)}, found(0, .5, b), found(0, .9, a), found(0, .8, e)),
		picture([]dataset.Object{truth(0, a), truth(0, c)}, found(0, .7, c), found(0, .6, c)),
	}
	r := NewDarknet(pictures, 1, .5, .55)
	near(t, "AP", r.Classes[0].AP, .25*1+.25*2/3+.25*3/5)
	near(t, "AP at 11 points", r.Classes[0].AP11, (3*1+3*2./3+2*3./5)/11)
	near(t, "AP at 101 points", r.Classes[0].AP101, (26*1+25*2./3+25*3./5)/101)
	near(t, "mAP", r.MAP(), r.Classes[0].AP)
	if r.Detections != 5 || r.Truths != 4 || r.TP != 2 || r.FP != 2 || r.FN != 2 {
		t.Errorf("%+v", r)
	}
	near(t, "precision", r.Precision(), .5)
	near(t, "recall", r.Recall(), .5)
	near(t, "F1", r.F1(), .5)
	near(t, "average IoU", r.AverageIoU(), .5)
	want := Curve{{.25, 1, .9}, {.25, .5, .8}, {.5, 2. / 3, .7}, {.5, .5, .6}, {.75, .6, .5}}
	if !reflect.DeepEqual(r.Classes[0].Curve, want) {
		t.Errorf("curve %v", r.Classes[0].Curve)
	}
}

func TestDarknetClasses(t *testing.T) {
	pictures := []Picture{picture([]dataset.Object{truth(0, a), truth(1, b), truth(1, c)},
		found(0, .9, a), found(1, .8, a), found(1, .7, b), found(2, .6, c))}
	r := NewDarknet(pictures, 4, .5, .25)
	near(t, "AP of class 0", r.Classes[0].AP, 1)
	near(t, "AP of class 1", r.Classes[1].AP, .5*.5)
	near(t, "AP of a class without objects", r.Classes[2].AP, 0)
	near(t, "AP of a class without anything", r.Classes[3].AP, 0)
	near(t, "mAP", r.MAP(), 1.25/4)
	if r.TP != 2 || r.FP != 2 || r.FN != 1 || r.Classes[1].FP != 1 || r.Classes[2].FP != 1 {
		t.Errorf("%+v", r)
	}
}

// TestDarknetCounts holds the rule for the counts: of detections that find the same object, the
// first one counts, even when it is below the threshold.
func TestDarknetCounts(t *testing.T) {
	truths := []dataset.Object{truth(0, a)}
	for _, tt := range []struct {
		name       string
		found      []detect.Detection
		tp, fp, fn int
		ap         float64
	}{
		{"better first", []detect.Detection{found(0, .9, a), found(0, .1, a)}, 1, 0, 0, 1},
		{"worse first", []detect.Detection{found(0, .1, a), found(0, .9, a)}, 0, 1, 1, 1},
		{"at the threshold", []detect.Detection{found(0, .5, a)}, 0, 0, 1, 1},
		{"none", nil, 0, 0, 1, 0},
	} {
		r := NewDarknet([]Picture{picture(truths, tt.found...)}, 1, .5, .5)
		if r.TP != tt.tp || r.FP != tt.fp || r.FN != tt.fn || r.MAP() != tt.ap {
			t.Errorf("%s: %+v", tt.name, r)
		}
	}
}

func TestDarknetOverlap(t *testing.T) {
	// Half of a 100×100 box beside it: 50·100 in common, of 150·100.
	pictures := []Picture{picture([]dataset.Object{truth(0, a)}, found(0, .9, box(50, 0, 100, 100)))}
	for iou, want := range map[float32]float64{.3: 1, .34: 0} {
		near(t, "AP", NewDarknet(pictures, 1, iou, .25).MAP(), want)
	}
	near(t, "average IoU", NewDarknet(pictures, 1, .3, .25).AverageIoU(), float64(float32(1./3)))
}

func TestDarknetDifficult(t *testing.T) {
	difficult := truth(0, b)
	difficult.Difficult = true
	r := NewDarknet([]Picture{picture([]dataset.Object{truth(0, a), difficult}, found(0, .9, b), found(0, .8, a), found(1, .7, b))}, 2, .5, .25)
	if r.Truths != 1 || r.Detections != 2 || r.TP != 1 || r.FP != 1 || r.Classes[0].AP != 1 {
		t.Errorf("%+v", r)
	}
}

// TestTwoNearObjects holds the two ways to match: with darknet both detections are nearest to the
// same object, with COCO the second one takes the other.
func TestTwoNearObjects(t *testing.T) {
	left, right := box(0, 0, 100, 100), box(40, 0, 100, 100)
	pictures := []Picture{picture([]dataset.Object{truth(0, left), truth(0, right)}, found(0, .9, left), found(0, .8, box(10, 0, 100, 100)))}
	near(t, "darknet's AP", NewDarknet(pictures, 1, .5, .25).MAP(), .5)
	// 70 of 130 columns in common: .538 is enough at an overlap of .5 only.
	near(t, "COCO's AP at .5", NewCOCO(pictures, 1).AP50, 1)
	near(t, "COCO's AP", NewCOCO(pictures, 1).AP, (1+9*51./101)/10)
}

// TestCOCO has numbers that were worked out by hand.
func TestCOCO(t *testing.T) {
	nan := math.NaN()
	crowd := truth(0, box(300, 300, 400, 400))
	crowd.Crowd = true
	// One column in common of ten: a box of 900×100 moved by 80 has 820 of 980 in common, .8367.
	long := box(0, 500, 900, 100)
	outline := truth(0, long)
	outline.Area = 90 * 90
	many := make([]detect.Detection, 101)
	for i := range many {
		many[i] = found(0, 1-float32(i)/1000, e)
	}
	last := func(i int) []detect.Detection {
		all := append([]detect.Detection(nil), many...)
		all[i].Box = a
		return all
	}
	small := box(0, 0, 20, 20)
	for _, tt := range []struct {
		name    string
		truths  []dataset.Object
		found   []detect.Detection
		ap      [6]float64 // all, .50, .75, small, medium, large
		recalls [3]float64 // with 1, 10, 100
	}{
		{"found", []dataset.Object{truth(0, a)}, []detect.Detection{found(0, .9, a)}, [6]float64{1, 1, 1, nan, nan, 1}, [3]float64{1, 1, 1}},
		{"nothing", nil, []detect.Detection{found(0, .9, a)}, [6]float64{nan, nan, nan, nan, nan, nan}, [3]float64{nan, nan, nan}},
		{"missed", []dataset.Object{truth(0, a)}, nil, [6]float64{0, 0, 0, nan, nan, 0}, [3]float64{0, 0, 0}},
		{"moved: overlaps of .50 to .80", []dataset.Object{truth(0, long)}, []detect.Detection{found(0, .9, box(80, 500, 900, 100))},
			[6]float64{.7, 1, 1, nan, nan, .7}, [3]float64{.7, .7, .7}},
		{"area of an outline", []dataset.Object{outline}, []detect.Detection{found(0, .9, long)}, [6]float64{1, 1, 1, nan, 1, nan}, [3]float64{1, 1, 1}},
		{"a wrong one first", []dataset.Object{truth(0, a)}, []detect.Detection{found(0, .8, a), found(0, .9, b)},
			[6]float64{.5, .5, .5, nan, nan, .5}, [3]float64{0, 1, 1}},
		{"a wrong one of another size", []dataset.Object{truth(0, a)}, []detect.Detection{found(0, .8, a), found(0, .9, small)},
			[6]float64{.5, .5, .5, nan, nan, 1}, [3]float64{0, 1, 1}},
		{"three sizes", []dataset.Object{truth(0, small), truth(0, box(100, 100, 50, 50)), truth(0, b)},
			[]detect.Detection{found(0, .9, small), found(0, .8, b)}, [6]float64{67. / 101, 67. / 101, 67. / 101, 1, 0, 1}, [3]float64{1. / 3, 2. / 3, 2. / 3}},
		{"in a crowd", []dataset.Object{truth(0, a), crowd}, []detect.Detection{found(0, .9, box(350, 350, 10, 10)), found(0, .8, box(600, 600, 50, 50)), found(0, .7, a)},
			[6]float64{1, 1, 1, nan, nan, 1}, [3]float64{0, 1, 1}},
		{"half in a crowd", []dataset.Object{truth(0, a), crowd}, []detect.Detection{found(0, .9, box(250, 300, 100, 100)), found(0, .7, a)},
			[6]float64{(1 + 9*.5) / 10, 1, .5, nan, nan, (1 + 9*.5) / 10}, [3]float64{0, 1, 1}},
		{"again", []dataset.Object{truth(0, a), truth(0, b)}, []detect.Detection{found(0, .9, a), found(0, .8, a), found(0, .7, b)},
			[6]float64{(51 + 50*2./3) / 101, (51 + 50*2./3) / 101, (51 + 50*2./3) / 101, nan, nan, (51 + 50*2./3) / 101}, [3]float64{.5, 1, 1}},
		{"the tenth", []dataset.Object{truth(0, a)}, last(9), [6]float64{.1, .1, .1, nan, nan, .1}, [3]float64{0, 1, 1}},
		{"the hundredth", []dataset.Object{truth(0, a)}, last(99), [6]float64{.01, .01, .01, nan, nan, .01}, [3]float64{0, 0, 1}},
		{"one too late", []dataset.Object{truth(0, a)}, last(100), [6]float64{0, 0, 0, nan, nan, 0}, [3]float64{0, 0, 0}},
	} {
		r := NewCOCO([]Picture{picture(tt.truths, tt.found...)}, 1)
		for i, got := range []float64{r.AP, r.AP50, r.AP75, r.APSmall, r.APMedium, r.APLarge} {
			near(t, tt.name+": AP "+[]string{"", "at .5", "at .75", "small", "medium", "large"}[i], got, tt.ap[i])
		}
		for i, got := range []float64{r.AR1, r.AR10, r.AR100} {
			near(t, tt.name+": AR "+[]string{"1", "10", "100"}[i], got, tt.recalls[i])
		}
	}
}

// TestCOCOClasses averages over the classes that there are objects of.
func TestCOCOClasses(t *testing.T) {
	r := NewCOCO([]Picture{picture([]dataset.Object{truth(0, a), truth(2, b)}, found(0, .9, a), found(1, .8, b))}, 3)
	near(t, "AP", r.AP, .5)
	for k, want := range []float64{1, math.NaN(), 0} {
		near(t, "a class's AP", r.Classes[k].AP, want)
	}
}

func TestMatches(t *testing.T) {
	difficult := truth(0, e)
	difficult.Difficult = true
	near := box(240, 0, 100, 100) // 60 of 140 columns of b: .43
	pictures := []Picture{
		picture([]dataset.Object{truth(0, a), truth(0, b), truth(1, c), truth(1, d), difficult},
			found(0, .9, a), found(0, .8, a), found(0, .7, near), found(0, .6, c), found(1, .5, e), found(0, .4, e), found(1, .1, d)),
		picture(nil),
	}
	got := NewMatches(pictures, .5, .25)
	want := []Match{
		{Right, 0, 0, 0, 1},
		{WrongClass, 0, 2, 3, 1},
		{Again, 0, 0, 1, 1},
		{Misplaced, 0, 1, 2, detect.IoU(near, b)},
		{Nothing, 0, -1, 4, 0},
		{Missed, 0, 1, -1, 0},
		{Missed, 0, 3, -1, 0},
	}
	for i := range got {
		if math.Abs(float64(got[i].IoU-want[i].IoU)) < 1e-6 {
			got[i].IoU = want[i].IoU
		}
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
	confusion := NewConfusion(pictures, got, 2)
	if !reflect.DeepEqual(confusion, Confusion{{1, 0, 1}, {1, 0, 1}, {2, 1, 0}}) {
		t.Errorf("%v", confusion)
	}
}

func TestClasses(t *testing.T) {
	c := NewClasses([]Prediction{{Truth: 0, Ranked: []int{0, 1}}, {Truth: 0, Ranked: []int{1, 0}}, {Truth: 1, Ranked: []int{1, 2}}, {Truth: 2, Ranked: []int{1, 0}}}, 3, 2)
	if c.Pictures != 4 || !reflect.DeepEqual(c.Right, []int{2, 3}) || !reflect.DeepEqual(c.Confusion, Confusion{{1, 1, 0}, {0, 1, 0}, {0, 1, 0}}) {
		t.Errorf("%+v", c)
	}
	near(t, "top 2", c.Share(2), .75)
	first, second := &c.PerClass[0], &c.PerClass[1]
	if first.Pictures != 2 || first.TP != 1 || first.FN != 1 || first.FP != 0 || second.FP != 2 || !reflect.DeepEqual(first.Right, []int{1, 2}) {
		t.Errorf("%+v", c.PerClass)
	}
	near(t, "precision", second.Precision(), 1./3)
	near(t, "recall of the class", first.Share(1), .5)
	near(t, "a class without pictures", (&ClassCounts{Right: []int{0}}).Share(1), 0)
}

// drawn is a set of pictures with few places for boxes, so that many coincide and overlap.
var drawn = rapid.Custom(func(t *rapid.T) []Picture {
	place := rapid.Custom(func(t *rapid.T) detect.Box {
		at, extent := rapid.SampledFrom([]float64{0, 10, 20, 30, 100}), rapid.SampledFrom([]float64{20, 30, 60, 100, 120})
		return box(at.Draw(t, "left"), at.Draw(t, "top"), extent.Draw(t, "w"), extent.Draw(t, "h"))
	})
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Picture {
		return Picture{
			W: side, H: side,
			Truths: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) dataset.Object {
				return dataset.Object{Class: rapid.IntRange(0, 1).Draw(t, "class"), Box: place.Draw(t, "box"), Crowd: rapid.IntRange(0, 5).Draw(t, "crowd") == 0}
			}), 0, 5).Draw(t, "truths"),
			Found: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) detect.Detection {
				return found(rapid.IntRange(0, 1).Draw(t, "class"), float32(rapid.IntRange(1, 8).Draw(t, "score"))/8, place.Draw(t, "box"))
			}), 0, 8).Draw(t, "found"),
		}
	}), 1, 4).Draw(t, "pictures")
})

// TestSums holds what must add up, whatever is found.
func TestSums(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pictures := drawn.Draw(t, "pictures")
		const thresh = .3
		r, matches := NewDarknet(pictures, 2, .5, thresh), NewMatches(pictures, .5, thresh)
		truths, above := 0, 0
		for _, p := range pictures {
			for _, o := range p.Truths {
				if !o.Crowd {
					truths++
				}
			}
			for _, f := range p.Found {
				if f.Score > thresh {
					above++
				}
			}
		}
		if r.Truths != truths || r.TP+r.FN != truths || r.TP+r.FP > above {
			t.Fatalf("%+v for %d objects and %d detections", r, truths, above)
		}
		rows, seen := 0, map[[3]int]bool{}
		for _, line := range NewConfusion(pictures, matches, 2)[:2] {
			rows += line[0] + line[1] + line[2]
		}
		if rows != truths {
			t.Fatalf("the matrix has %d of %d objects", rows, truths)
		}
		for _, m := range matches {
			for _, key := range [][3]int{{m.Picture, 0, m.Found}, {m.Picture, 1, m.Truth}} {
				if key[2] < 0 || key[1] == 1 && (m.Verdict == Again || m.Verdict == Misplaced) {
					continue
				}
				if seen[key] {
					t.Fatalf("%v is used twice in %v", key, matches)
				}
				seen[key] = true
			}
		}
		for k, c := range r.Classes {
			for _, ap := range []float64{c.AP, c.AP11, c.AP101} {
				if !(ap >= 0 && ap <= 1) {
					t.Fatalf("class %d has an AP of %v", k, ap)
				}
			}
		}
	})
}

// TestPointsByDefinition compares with the definition: at each recall, the largest precision of all
// points with that recall or more.
func TestPointsByDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		hits := rapid.SliceOfN(rapid.Bool(), 0, 30).Draw(t, "hits")
		ranks, truths := make([]rank, len(hits)), rapid.IntRange(1, 30).Draw(t, "missed")
		for i, hit := range hits {
			ranks[i] = rank{float32(-i), hit}
			if hit {
				truths++
			}
		}
		curve := newCurve(ranks, truths)
		for _, n := range []int{11, 101} {
			want := 0.0
			for i := range n {
				best := 0.0
				for _, p := range curve {
					if p.Recall >= float64(i)/float64(n-1) {
						best = max(best, p.Precision)
					}
				}
				want += best
			}
			if got := curve.Points(n); math.Abs(got-want/float64(n)) > 1e-12 {
				t.Fatalf("%d points give %v, want %v", n, got, want/float64(n))
			}
		}
		area, last := 0.0, 0.0
		for i, p := range curve {
			best := 0.0
			for _, q := range curve[i:] {
				best = max(best, q.Precision)
			}
			area += (p.Recall - last) * best
			last = p.Recall
		}
		if got := curve.Area(); math.Abs(got-area) > 1e-12 {
			t.Fatalf("the area is %v, want %v", got, area)
		}
	})
}
