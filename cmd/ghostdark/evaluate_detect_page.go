package main

import (
	"cmp"
	"fmt"
	"image"
	"path/filepath"
	"slices"

	"github.com/ghostdark/ghostdark/chart"
	"github.com/ghostdark/ghostdark/detect"
	"github.com/ghostdark/ghostdark/evaluate"
	"github.com/ghostdark/ghostdark/picture"
)

// page makes the report in HTML, with so many pictures of each kind of mistake.
func (r *detectResult) page(worst int) (*page, error) {
	o, iou := r.options, fmt.Sprintf("%.2g", r.options.iou)
	p := &page{
		Title: filepath.Base(r.model.cfgPath) + " on " + filepath.Base(o.source()),
		About: fmt.Sprintf("%s with %s, input %d×%d, %s; ghostdark %s", counted(len(r.pictures), "picture"), counted(r.at.Truths, "object"),
			r.model.Net.Width, r.model.Net.Height, r.resize, version()),
		Tiles: []pageTile{
			{"mAP@" + iou, shownPercent(r.mAP(r.at)) + " %"}, {"mAP@[.5:.95]", shownPercent(r.coco.AP) + " %"},
			{"precision", fmt.Sprintf("%.2f", r.at.Precision())}, {"recall", fmt.Sprintf("%.2f", r.at.Recall())},
			{"F1", fmt.Sprintf("%.2f", r.at.F1())}, {"average IoU", shownPercent(r.at.AverageIoU()) + " %"},
		},
	}
	method := points(o, "the area under the curve", "the mean at 11 values of recall", "the mean at 101 values of recall")
	p.Tables = append(p.Tables, newPageTable("Classes", fmt.Sprintf("AP@%s is %s, as darknet computes it; AP@[.5:.95] is COCO's. "+
		"Precision to IoU are those of detections with a score above %v. AP and IoU are in points of a hundred.", iou, method, o.thresh), r.table()))
	coco := &table{headings: []string{"COCO", ">all", ">small", ">medium", ">large"}}
	coco.add("AP@[.5:.95]", shownPercent(r.coco.AP), shownPercent(r.coco.APSmall), shownPercent(r.coco.APMedium), shownPercent(r.coco.APLarge))
	coco.add("AP@.5", shownPercent(r.coco.AP50))
	coco.add("AP@.75", shownPercent(r.coco.AP75))
	coco.add("recall with 1 detection", shownPercent(r.coco.AR1))
	coco.add("recall with 10", shownPercent(r.coco.AR10))
	coco.add("recall with 100", shownPercent(r.coco.AR100), shownPercent(r.coco.ARSmall), shownPercent(r.coco.ARMedium), shownPercent(r.coco.ARLarge))
	sizes := newPageTable("By size", "Small objects have up to 32² pixels of the picture, medium ones up to 96².", coco)
	sizes.Rows[len(sizes.Rows)-1].Total = false
	p.Tables = append(p.Tables, sizes)
	for _, c := range []chart.Chart{r.curves(), r.matrix()} {
		if err := p.chart(c); err != nil {
			return nil, err
		}
	}
	return p, r.addGalleries(p, worst)
}

// The verdicts that are shown, and how.
var galleries = []struct {
	verdict     evaluate.Verdict
	title, note string
}{
	{evaluate.WrongClass, "Taken for another class", "Objects (dashed) that were found as another class; the highest scores first."},
	{evaluate.Nothing, "Found where nothing is labelled", "Detections that overlap no labelled object of their class by a tenth; the highest scores first. Some may be objects that nobody has labelled."},
	{evaluate.Misplaced, "Misplaced", "Detections that overlap an object of their class (dashed), but too little; the highest scores first."},
	{evaluate.Again, "Found again", "Detections of an object (dashed) that a better one has found; the highest scores first."},
	{evaluate.Missed, "Missed", "Objects (dashed) that were not found; the largest first."},
}

func (r *detectResult) addGalleries(p *page, worst int) error {
	for _, g := range galleries {
		var matches []evaluate.Match
		for _, m := range r.matches {
			if m.Verdict == g.verdict {
				matches = append(matches, m)
			}
		}
		if len(matches) == 0 {
			continue
		}
		slices.SortStableFunc(matches, func(a, b evaluate.Match) int { return cmp.Compare(r.badness(b), r.badness(a)) })
		shown := gallery{Title: fmt.Sprintf("%s: %s", g.title, thousands(int64(len(matches)))), Note: g.note}
		for _, m := range matches[:min(worst, len(matches))] {
			f, err := r.figure(m)
			if err != nil {
				return err
			}
			shown.Figures = append(shown.Figures, f)
		}
		if len(shown.Figures) > 0 {
			p.Galleries = append(p.Galleries, shown)
		}
	}
	return nil
}

// badness orders mistakes of one kind: by score, or what has none by the area in pixels.
func (r *detectResult) badness(m evaluate.Match) float64 {
	p := r.pictures[m.Picture]
	if m.Found >= 0 {
		return float64(p.Found[m.Found].Score)
	}
	b := p.Truths[m.Truth].Box
	return float64(b.W) * float64(p.W) * float64(b.H) * float64(p.H)
}

// figure shows a mistake and what is around it.
func (r *detectResult) figure(m evaluate.Match) (figure, error) {
	path, p := r.set.Pictures[m.Picture].Path, r.pictures[m.Picture]
	img, err := picture.Open(path, picture.Limits{})
	if err != nil {
		return figure{}, err
	}
	var labels []picture.Label
	title := ""
	if m.Found >= 0 {
		f := p.Found[m.Found]
		title = fmt.Sprintf("%s %.0f %%", r.names.of(f.Class), 100*f.Score)
		labels = append(labels, placedLabel(f.Box, f.Class, img))
	}
	if m.Truth >= 0 {
		t := p.Truths[m.Truth]
		l := placedLabel(t.Box, t.Class, img)
		l.Dashed = true
		labels = append(labels, l)
		switch m.Verdict {
		case evaluate.WrongClass:
			title = fmt.Sprintf("%s found as %s", r.names.of(t.Class), title)
		case evaluate.Missed:
			title = r.names.of(t.Class)
		}
	}
	about := filepath.Base(path)
	if m.Truth >= 0 && m.Found >= 0 {
		about += fmt.Sprintf(", IoU %.2f", m.IoU)
	}
	uri, err := dataURI(excerpt(img, labels))
	return figure{uri, title, about}, err
}

// placedLabel is a box in a picture, without text, since that stands below.
func placedLabel(b detect.Box, class int, img *picture.Image) picture.Label {
	w, h := float64(img.W), float64(img.H)
	return picture.Label{Class: class, X: float64(b.X) * w, Y: float64(b.Y) * h, W: float64(b.W) * w, H: float64(b.H) * h}
}

// excerpt cuts out of a picture what is around labels, and draws them.
func excerpt(img *picture.Image, labels []picture.Label) *picture.Image {
	const least, longest = 120, 480 // pixels of a side
	var around image.Rectangle
	for _, l := range labels {
		around = around.Union(img.Rect(l))
	}
	if around.Empty() { // labels beyond the picture
		around = image.Rect(0, 0, img.W, img.H)
	}
	grow := func(from, to int) int { return max((to-from)/2, (least-(to-from)+1)/2) }
	x, y := grow(around.Min.X, around.Max.X), grow(around.Min.Y, around.Max.Y)
	around = image.Rect(around.Min.X-x, around.Min.Y-y, around.Max.X+x, around.Max.Y+y).Intersect(image.Rect(0, 0, img.W, img.H))
	part := img.Crop(around)
	small := part.Shrink(longest)
	scale := float64(small.W) / float64(part.W)
	moved := slices.Clone(labels)
	for i := range moved {
		l := &moved[i]
		l.X, l.Y = (l.X-float64(around.Min.X))*scale, (l.Y-float64(around.Min.Y))*scale
		l.W, l.H = l.W*scale, l.H*scale
	}
	return picture.Annotate(small, moved)
}
