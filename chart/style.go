package chart

import (
	"fmt"
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

// tint is a colour pale enough for black text on it.
func (c Colour) tint() color.RGBA {
	pale := func(v uint8) uint8 { return uint8((int(v) + 3*255) / 4) }
	full := palette[c]
	return color.RGBA{pale(full.R), pale(full.G), pale(full.B), 255}
}

// Hex is the colour, and a pale one for black text on it, as in HTML: `#0072b2`.
func (c Colour) Hex() (full, pale string) {
	hex := func(c color.RGBA) string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }
	return hex(palette[c]), hex(c.tint())
}

var (
	background = color.White
	ink        = palette[Black]
	faint      = color.RGBA{225, 225, 225, 255}
	frameFill  = color.RGBA{0, 0, 0, 10}
	frameLine  = color.RGBA{150, 150, 150, 255}
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

// Entry is a colour and what it stands for.
type Entry struct {
	Name   string
	Colour Colour
	Line   Stroke // of a line; NoLine where the colour fills areas
}

// drawSample draws a square of the colour, or a line, as large as a letter.
func (e Entry) drawSample(c draw.Canvas, x, top vg.Length) {
	if y := top - textSize/2 - 1; e.Line != NoLine {
		c.StrokeLine2(e.Line.line(e.Colour), x, y, x+textSize, y)
		return
	}
	patch := vg.Rectangle{Min: vg.Point{X: x, Y: top - textSize - 1}, Max: vg.Point{X: x + textSize, Y: top - 1}}
	c.SetColor(palette[e.Colour])
	c.Fill(patch.Path())
}

// Stroke is how a line looks.
type Stroke int

// The strokes.
const (
	NoLine Stroke = iota
	Thin
	Thick
	Dashed
)

// line is the style of lines with a stroke.
func (s Stroke) line(c Colour) draw.LineStyle {
	l := draw.LineStyle{Color: palette[c], Width: 1}
	switch s {
	case Thick:
		l.Width = 1.6
	case Dashed:
		l.Dashes = []vg.Length{3, 2}
	}
	return l
}

// lengthOf is the room for a legend in a line.
func lengthOf(entries []Entry) (width vg.Length) {
	for _, e := range entries {
		width += textSize + 4 + style(textSize).Width(e.Name) + 12
	}
	return width
}

// legendHeight is the room for a legend.
const legendHeight = textSize + 9

// drawLegend writes a legend in a line at the top and returns the canvas below it.
func drawLegend(c draw.Canvas, entries []Entry) draw.Canvas {
	s := style(textSize)
	s.YAlign = draw.YTop
	x, top := c.Min.X, c.Max.Y
	for _, e := range entries {
		e.drawSample(c, x, top)
		x += textSize + 4
		c.FillText(s, vg.Point{X: x, Y: top}, e.Name)
		x += s.Width(e.Name) + 12
	}
	return draw.Crop(c, 0, 0, 0, -legendHeight)
}
