package main

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/ghostdark/ghostdark/chart"
	"github.com/ghostdark/ghostdark/picture"
	"github.com/ghostdark/ghostdark/report"
)

// page makes the report in HTML, with so many pictures that were mistaken.
func (r *classifyResult) page(worst int) (*page, error) {
	c := r.counts
	p := &page{
		Title: filepath.Base(r.model.cfgPath) + " on " + filepath.Base(r.options.source()),
		About: fmt.Sprintf("%s, input %d×%d, %s; ghostdark %s", counted(c.Pictures, "picture"), r.model.Net.Width, r.model.Net.Height, r.resize, version()),
		Tiles: []pageTile{
			{"top 1", shownPercent(c.Share(1)) + " %"}, {fmt.Sprintf("top %d", r.top), shownPercent(c.Share(r.top)) + " %"},
			{"right", thousands(int64(c.Right[0]))}, {"wrong", thousands(int64(c.Pictures - c.Right[0]))},
		},
	}
	p.Tables = append(p.Tables, newPageTable("Classes", "Top 1 is the part of a class's pictures that are taken for it, in points of a hundred; "+
		"precision the part of those taken for it that are.", r.table()))
	if err := p.chart(r.matrix()); err != nil {
		return nil, err
	}
	var wrong []int
	for i, prediction := range r.predictions {
		if prediction.Ranked[0] != prediction.Truth {
			wrong = append(wrong, i)
		}
	}
	slices.SortStableFunc(wrong, func(a, b int) int { return cmp.Compare(r.predictions[b].Score, r.predictions[a].Score) })
	g := gallery{Title: "Taken for another class: " + thousands(int64(len(wrong))), Note: "The surest mistakes first."}
	for _, i := range wrong[:min(worst, len(wrong))] {
		f, err := r.figure(i)
		if err != nil {
			return nil, err
		}
		g.Figures = append(g.Figures, f)
	}
	if len(g.Figures) > 0 {
		p.Galleries = append(p.Galleries, g)
	}
	return p, nil
}

// figure shows a picture and what it was taken for.
func (r *classifyResult) figure(i int) (figure, error) {
	path, prediction := r.pictures[i].Path, r.predictions[i]
	img, err := picture.Open(path, picture.Limits{})
	if err != nil {
		return figure{}, err
	}
	const longest = 480
	uri, err := dataURI(picture.Annotate(img.Shrink(longest), nil))
	title := fmt.Sprintf("%s taken for %s", r.names.of(prediction.Truth), r.classifier.line(report.Class{Name: r.names.of(prediction.Ranked[0]), Probability: float64(prediction.Score)}))
	return figure{uri, title, filepath.Base(path)}, err
}

func (r *classifyResult) matrix() chart.Chart {
	return matrixChart(r.names.all(r.model.Classes()), r.counts.Confusion, "taken for")
}
