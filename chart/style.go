package chart

import (
	"image/color"
	"strconv"

	"golang.org/x/image/font"
	"gonum.org/v1/plot"
	plotfont "gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Colour is one of the palette's, which people tell apart whatever colours they see: those of Okabe
// and Ito, jfly.uni-koeln.de/color.
type Colour int

// The palette.
const (
	Blue Colour = iota
	Orange
	Green
	Vermilion
	Sky
	Purple
	Yellow
	Grey
	Black
)

var palette = [...]color.RGBA{
	Blue:      {0, 114, 178, 255},
	Orange:    {230, 159, 0, 255},
	Green:     {0, 158, 115, 255},
	Vermilion: {213, 94, 0, 255},
	Sky:       {86, 180, 233, 255},
	Purple:    {204, 121, 167, 255},
	Yellow:    {240, 228, 66, 255},
	Grey:      {165, 165, 165, 255},
	Black:     {40, 40, 40, 255},
}

var (
	background = color.White
	ink        = palette[Black]
	faint      = color.RGBA{225, 225, 225, 255}
)

// Lengths in points, 1/72 of an inch.
const (
	margin    vg.Length = 10
	titleSize vg.Length = 12
	textSize  vg.Length = 9
)

// fontFamily is the name of the font in SVG files.
const fontFamily = "Liberation Sans"

// style is that of text of a size.
func style(size vg.Length) text.Style {
	return text.Style{
		Color: ink, Handler: plot.DefaultTextHandler,
		Font: plotfont.Font{Typeface: "Liberation", Variant: "Sans", Size: size},
	}
}

// bold makes text stand out.
func bold(s text.Style) text.Style {
	s.Font.Weight = font.WeightBold
	return s
}

// newPlot returns an empty plot in the common style.
func newPlot() *plot.Plot {
	p := plot.New()
	p.BackgroundColor = nil // that of the canvas
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.Color, a.Tick.Color = ink, ink
		a.LineStyle.Width, a.Tick.LineStyle.Width = .5, .5
		a.Tick.Length = 3
		a.Tick.Label.Font, a.Tick.Label.Color = style(textSize).Font, ink
		a.Label.TextStyle.Font, a.Label.TextStyle.Color = style(textSize).Font, ink
		a.Label.Padding, a.Padding = 3, 0
		a.Tick.Marker = shortTicks{}
	}
	return p
}

// shortTicks are gonum's ticks with numbers as short as they can be written.
type shortTicks struct{ plot.DefaultTicks }

// Ticks implements plot.Ticker.
func (t shortTicks) Ticks(low, high float64) []plot.Tick {
	ticks := t.DefaultTicks.Ticks(low, high)
	for i, tick := range ticks {
		if tick.Label != "" {
			ticks[i].Label = strconv.FormatFloat(tick.Value, 'g', 4, 64)
		}
	}
	return ticks
}

// newGrid returns lines at the ticks of the axis that values are on, which lie behind the data.
func newGrid(vertical bool) *plotter.Grid {
	line := draw.LineStyle{Color: faint, Width: .5}
	if vertical {
		return &plotter.Grid{Vertical: line}
	}
	return &plotter.Grid{Horizontal: line}
}

// drawTitle writes a title at the top and returns the canvas below it.
func drawTitle(c draw.Canvas, title string) draw.Canvas {
	s := bold(style(titleSize))
	s.YAlign = draw.YTop
	c.FillText(s, vg.Point{X: c.Min.X, Y: c.Max.Y}, title)
	return draw.Crop(c, 0, 0, 0, -titleHeight)
}

// titleHeight is the room for a title.
const titleHeight = titleSize + 10

// entry is a colour and what it stands for.
type entry struct {
	name   string
	colour Colour
}

// legendHeight is the room for a legend.
const legendHeight = textSize + 9

// drawLegend writes a legend in a line at the top and returns the canvas below it.
func drawLegend(c draw.Canvas, entries []entry) draw.Canvas {
	s := style(textSize)
	s.YAlign = draw.YTop
	x, top := c.Min.X, c.Max.Y
	for _, e := range entries {
		patch := vg.Rectangle{Min: vg.Point{X: x, Y: top - textSize - 1}, Max: vg.Point{X: x + textSize, Y: top - 1}}
		c.SetColor(palette[e.colour])
		c.Fill(patch.Path())
		x += textSize + 4
		c.FillText(s, vg.Point{X: x, Y: top}, e.name)
		x += s.Width(e.name) + 12
	}
	return draw.Crop(c, 0, 0, 0, -legendHeight)
}
