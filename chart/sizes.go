package chart

import (
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Sizes is a chart of boxes by their width and height, in groups, each with the box that stands for
// it.
type Sizes struct {
	Title         string
	Width, Height float64 // the extent of the axes
	Unit          string
	Groups        []SizeGroup
}

// SizeGroup has boxes, and the one that stands for them.
type SizeGroup struct {
	Name          string
	Width, Height float64
	Widths        []float64
	Heights       []float64
}

// scale is how long a unit is, so that both axes have the same.
func (s *Sizes) scale() vg.Length { return squareSide * 1.2 / vg.Length(max(s.Width, s.Height)) }

func (s *Sizes) size() (width, height vg.Length) {
	return 2*margin + vg.Length(s.Width)*s.scale() + axisHeight + legendWidth,
		2*margin + titleHeight + max(vg.Length(s.Height)*s.scale()+axisHeight, vg.Length(len(s.Groups))*(textSize+6))
}

// groupColours are those of the palette that stand out from the background.
var groupColours = []Colour{Blue, Orange, Green, Vermilion, Sky, Purple, Grey}

func (s *Sizes) draw(canvas draw.Canvas) {
	canvas = drawTitle(canvas, s.Title)
	p := newPlot()
	p.Add(newGrid(true), newGrid(false))
	p.X.Label.Text, p.Y.Label.Text = "width in "+s.Unit, "height in "+s.Unit
	var entries []Entry
	for i, g := range s.Groups {
		colour := groupColours[i%len(groupColours)]
		points := make(plotter.XYs, len(g.Widths))
		for k := range points {
			points[k] = plotter.XY{X: g.Widths[k], Y: g.Heights[k]}
		}
		p.Add(newDots(points, colour, .9))
		entries = append(entries, Entry{Name: g.Name, Colour: colour})
	}
	for i, g := range s.Groups {
		colour := groupColours[i%len(groupColours)]
		outline, err := plotter.NewPolygon(plotter.XYs{{X: 0, Y: 0}, {X: g.Width, Y: 0}, {X: g.Width, Y: g.Height}, {X: 0, Y: g.Height}})
		if err != nil {
			panic("BUG: chart: " + err.Error())
		}
		outline.LineStyle = draw.LineStyle{Color: palette[colour], Width: .6}
		corner := newDots(plotter.XYs{{X: g.Width, Y: g.Height}}, Black, 3.4)
		inner := newDots(plotter.XYs{{X: g.Width, Y: g.Height}}, colour, 2.4)
		p.Add(outline, corner, inner)
	}
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, s.Width, 0, s.Height
	square := canvas
	square.Max.X -= legendWidth
	p.Draw(square)
	beside := canvas
	beside.Min.X = canvas.Max.X - legendWidth + 10
	drawList(beside, entries)
}
