package chart

import (
	"fmt"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Curves is a chart of lines in the square from 0 to 1.
type Curves struct {
	Title        string
	XAxis, YAxis string
	Lines        []Line
}

// Line is a line through points.
type Line struct {
	Name   string // in the legend; "" for a line that isn't explained
	Colour Colour
	X, Y   []float64
	Bold   bool
	Mark   int // index of a point that is marked; -1 for none
}

const (
	squareSide  vg.Length = 330
	legendWidth vg.Length = 150
)

func (c *Curves) size() (width, height vg.Length) {
	return 2*margin + squareSide + axisHeight + legendWidth, 2*margin + titleHeight + squareSide + axisHeight
}

func (c *Curves) draw(canvas draw.Canvas) {
	canvas = drawTitle(canvas, c.Title)
	p := newPlot()
	p.Add(newGrid(true), newGrid(false))
	p.X.Label.Text, p.Y.Label.Text = c.XAxis, c.YAxis
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.Min, a.Max = 0, 1
		a.Tick.Marker = tenths{}
	}
	for _, l := range c.Lines {
		l.add(p)
	}
	square := canvas
	square.Max.X -= legendWidth
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = -.01, 1.01, -.01, 1.01
	p.Draw(square)
	var entries []Entry
	for _, l := range c.Lines {
		if l.Name != "" {
			entries = append(entries, Entry{Name: l.Name, Colour: l.Colour})
		}
	}
	beside := canvas
	beside.Min.X = canvas.Max.X - legendWidth + 10
	drawList(beside, entries)
}

// add adds the line and its mark to a plot.
func (l *Line) add(p *plot.Plot) {
	points := make(plotter.XYs, len(l.X))
	for i := range points {
		points[i] = plotter.XY{X: l.X[i], Y: l.Y[i]}
	}
	if len(points) > 0 {
		line, err := plotter.NewLine(points)
		if err != nil {
			panic("BUG: chart: " + err.Error())
		}
		line.Color, line.Width = palette[l.Colour], .9
		if l.Bold {
			line.Width = 1.8
		}
		p.Add(line)
	}
	if l.Mark >= 0 {
		p.Add(newDots(points[l.Mark:l.Mark+1], l.Colour, 3))
	}
}

// newDots draws points as filled circles.
func newDots(points plotter.XYs, colour Colour, radius vg.Length) *plotter.Scatter {
	dots, err := plotter.NewScatter(points)
	if err != nil {
		panic("BUG: chart: " + err.Error())
	}
	dots.GlyphStyle = draw.GlyphStyle{Color: palette[colour], Radius: radius, Shape: draw.CircleGlyph{}}
	return dots
}

// tenths are ticks at 0, 0.2 and so on to 1.
type tenths struct{}

func (tenths) Ticks(_, _ float64) []plot.Tick {
	var ticks []plot.Tick
	for i := 0; i <= 10; i++ {
		t := plot.Tick{Value: float64(i) / 10}
		if i%2 == 0 {
			t.Label = fmt.Sprintf("%.1f", t.Value)
		}
		ticks = append(ticks, t)
	}
	return ticks
}

// drawList writes a legend below the top of a canvas, one entry to a line.
func drawList(c draw.Canvas, entries []Entry) {
	s := style(textSize)
	s.YAlign = draw.YTop
	top := c.Max.Y
	for _, e := range entries {
		e.drawSample(c, c.Min.X, top)
		c.FillText(s, vg.Point{X: c.Min.X + textSize + 4, Y: top}, e.Name)
		top -= textSize + 6
	}
}
