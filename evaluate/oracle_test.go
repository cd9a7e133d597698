package evaluate

import (
	"math"
	"sort"
	"testing"

	"pgregory.net/rapid"

	"github.com/ghostdark/ghostdark/dataset"
	"github.com/ghostdark/ghostdark/detect"
)

// oracle evaluates step by step as COCOeval's evaluateImg and accumulate do, with all of their
// tables: precision by overlap, recall, class and area with 100 detections, and recall by overlap,
// class, area and number of detections. What can't be told is -1.
type oracle struct {
	pictures []Picture
	classes  int
}

type oracleImage struct {
	scores    []float32
	matched   [][]bool // by overlap
	ignored   [][]bool
	gtIgnored []bool
}

// image is evaluateImg.
func (o oracle) image(p Picture, class int, area [2]float64) *oracleImage {
	var gt []dataset.Object
	var gtIgnored []bool
	pixels := func(b detect.Box) float64 { return boxArea(b) * float64(p.W) * float64(p.H) }
	for _, wantIgnored := range []bool{false, true} { // ignored ones last
		for _, t := range p.Truths {
			if t.Class != class {
				continue
			}
			a := pixels(t.Box)
			if ignored := t.Crowd || a < area[0] || a > area[1]; ignored == wantIgnored {
				gt, gtIgnored = append(gt, t), append(gtIgnored, ignored)
			}
		}
	}
	var dt []detect.Detection
	for _, f := range p.Found {
		if f.Class == class {
			dt = append(dt, f)
		}
	}
	if len(gt) == 0 && len(dt) == 0 {
		return nil
	}
	sort.SliceStable(dt, func(i, j int) bool { return dt[i].Score > dt[j].Score })
	dt = dt[:min(100, len(dt))]
	e := &oracleImage{gtIgnored: gtIgnored}
	for _, d := range dt {
		e.scores = append(e.scores, d.Score)
	}
	for _, t := range cocoOverlaps {
		used, matched, ignored := make([]bool, len(gt)), make([]bool, len(dt)), make([]bool, len(dt))
		for i, d := range dt {
			iou, m := math.Min(t, 1-1e-10), -1
			for k, g := range gt {
				if used[k] && !g.Crowd {
					continue
				}
				if m > -1 && !gtIgnored[m] && gtIgnored[k] {
					break
				}
				if v := cocoOverlap(d.Box, g); v >= iou {
					iou, m = v, k
				}
			}
			if m >= 0 {
				matched[i], ignored[i], used[m] = true, gtIgnored[m], true
			} else if a := pixels(d.Box); a < area[0] || a > area[1] {
				ignored[i] = true
			}
		}
		e.matched, e.ignored = append(e.matched, matched), append(e.ignored, ignored)
	}
	return e
}

// accumulate gives the precision at each recall, and the recall, for an overlap and at most so
// many detections of each picture.
func (o oracle) accumulate(images []*oracleImage, t, most int) (precision []float64, recall float64) {
	type entry struct {
		score            float32
		matched, ignored bool
	}
	var all []entry
	truths := 0
	for _, e := range images {
		if e == nil {
			continue
		}
		for _, ignored := range e.gtIgnored {
			if !ignored {
				truths++
			}
		}
		for i := range min(most, len(e.scores)) {
			all = append(all, entry{e.scores[i], e.matched[t][i], e.ignored[t][i]})
		}
	}
	if truths == 0 {
		return nil, -1
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].score > all[j].score })
	var rc, pr []float64
	tp, fp := 0., 0.
	for _, e := range all {
		switch {
		case e.ignored:
		case e.matched:
			tp++
		default:
			fp++
		}
		rc, pr = append(rc, tp/float64(truths)), append(pr, tp/(tp+fp+2.220446049250313e-16))
	}
	for i := len(pr) - 1; i > 0; i-- {
		if pr[i] > pr[i-1] {
			pr[i-1] = pr[i]
		}
	}
	for _, r := range cocoRecalls {
		q := 0.
		if i := sort.SearchFloat64s(rc, r); i < len(pr) {
			q = pr[i]
		}
		precision = append(precision, q)
	}
	if len(rc) > 0 {
		recall = rc[len(rc)-1]
	}
	return precision, recall
}

// summary is a mean as summarize computes it, over overlaps from first on, up to last.
func (o oracle) summary(precision bool, first, last int, area [2]float64, most int) float64 {
	sum, n := 0., 0
	for class := range o.classes {
		var images []*oracleImage
		for _, p := range o.pictures {
			images = append(images, o.image(p, class, area))
		}
		for t := first; t <= last; t++ {
			curve, recall := o.accumulate(images, t, most)
			values := []float64{recall}
			if precision {
				values = curve
			}
			for _, v := range values {
				if v > -1 {
					sum, n = sum+v, n+1
				}
			}
		}
	}
	if n == 0 {
		return math.NaN()
	}
	return sum / float64(n)
}

// TestCOCOByOracle compares all twelve numbers for drawn pictures, with scores, boxes and overlaps
// of which many are equal.
func TestCOCOByOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := oracle{drawn.Draw(t, "pictures"), 2}
		r := NewCOCO(o.pictures, o.classes)
		all, small, medium, large := [2]float64{0, 1e10}, [2]float64{0, 1024}, [2]float64{1024, 9216}, [2]float64{9216, 1e10}
		for _, tt := range []struct {
			name      string
			got, want float64
		}{
			{"AP", r.AP, o.summary(true, 0, 9, all, 100)},
			{"AP50", r.AP50, o.summary(true, 0, 0, all, 100)},
			{"AP75", r.AP75, o.summary(true, 5, 5, all, 100)},
			{"APSmall", r.APSmall, o.summary(true, 0, 9, small, 100)},
			{"APMedium", r.APMedium, o.summary(true, 0, 9, medium, 100)},
			{"APLarge", r.APLarge, o.summary(true, 0, 9, large, 100)},
			{"AR1", r.AR1, o.summary(false, 0, 9, all, 1)},
			{"AR10", r.AR10, o.summary(false, 0, 9, all, 10)},
			{"AR100", r.AR100, o.summary(false, 0, 9, all, 100)},
			{"ARSmall", r.ARSmall, o.summary(false, 0, 9, small, 100)},
			{"ARMedium", r.ARMedium, o.summary(false, 0, 9, medium, 100)},
			{"ARLarge", r.ARLarge, o.summary(false, 0, 9, large, 100)},
		} {
			if math.Abs(tt.got-tt.want) > 1e-9 || math.IsNaN(tt.got) != math.IsNaN(tt.want) {
				t.Fatalf("%s is %v, by the oracle %v", tt.name, tt.got, tt.want)
			}
		}
	})
}
