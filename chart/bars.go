package chart

import (
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Bars is a chart of horizontal bars in rows, at least one. Panels stand side by side and share the
// rows.
type Bars struct {
	Title  string
	Rows   []string // names of the rows, from the top
	Panels []BarPanel
}

// BarPanel has the bars of one quantity.
type BarPanel struct {
	Axis    string // what is measured, with its unit
	Series  []Series
	Stacked bool // the series of a row in one bar, not below each other
}

// Series is a value for each row, finite and not negative.
type Series struct {
	Name   string
	Colour Colour
	Values []float64
}

const (
	rowHeight  vg.Length = 15
	panelWidth vg.Length = 330
	axisHeight vg.Length = 34
	panelGap   vg.Length = 14
)

func (b *Bars) size() (width, height vg.Length) {
	panels, rows := vg.Length(len(b.Panels)), vg.Length(len(b.Rows))
	var names vg.Length
	for _, row := range b.Rows {
		names = max(names, style(textSize).Width(row))
	}
	return 2*margin + names + panels*panelWidth + (panels-1)*panelGap, 2*margin + titleHeight + legendHeight + rows*rowHeight + axisHeight
}

func (b *Bars) draw(c draw.Canvas) {
	c = drawTitle(c, b.Title)
	plots := make([]*plot.Plot, len(b.Panels))
	for i, p := range b.Panels {
		plots[i] = b.plot(p, i == 0)
	}
	tiles := draw.Tiles{Rows: 1, Cols: len(plots), PadX: panelGap, PadTop: legendHeight}
	for i, canvas := range plot.Align([][]*plot.Plot{plots}, tiles, c)[0] {
		plots[i].Draw(canvas)
		var entries []Entry
		for _, s := range b.Panels[i].Series {
			entries = append(entries, Entry{Name: s.Name, Colour: s.Colour})
		}
		legend := canvas
		legend.Min.X, legend.Max.Y = plots[i].DataCanvas(canvas).Min.X, c.Max.Y
		drawLegend(legend, entries)
	}
}

// plot makes the plot of a panel. The first row is the highest, so positions count from below.
func (b *Bars) plot(panel BarPanel, names bool) *plot.Plot {
	p := newPlot()
	p.Add(newGrid(true))
	thickness := rowHeight * .72
	if !panel.Stacked {
		thickness /= vg.Length(len(panel.Series))
	}
	var below *plotter.BarChart
	for i, s := range panel.Series {
		values := plotter.Values(slices.Clone(s.Values))
		slices.Reverse(values)
		bars, err := plotter.NewBarChart(values, thickness)
		if err != nil {
			panic("BUG: chart: " + err.Error())
		}
		bars.Horizontal, bars.Color, bars.LineStyle.Width = true, palette[s.Colour], 0
		if panel.Stacked && below != nil {
			bars.StackOn(below)
		}
		if !panel.Stacked {
			bars.Offset = thickness * (vg.Length(len(panel.Series)-1)/2 - vg.Length(i))
		}
		p.Add(bars)
		below = bars
	}
	ticks := make([]plot.Tick, len(b.Rows))
	for i, row := range b.Rows {
		ticks[i].Value = float64(len(b.Rows) - 1 - i)
		if names {
			ticks[i].Label = row
		}
	}
	p.Y.Tick.Marker, p.Y.Tick.Length = plot.ConstantTicks(ticks), 0
	p.Y.Min, p.Y.Max = -.5, float64(len(b.Rows))-.5
	p.X.Min, p.X.Max = 0, 1.03*p.X.Max
	if !(p.X.Max > 0) {
		p.X.Max = 1
	}
	p.X.Label.Text = panel.Axis
	return p
}
