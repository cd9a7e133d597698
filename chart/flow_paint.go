package chart

import (
	"slices"

	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

func (f *Flow) draw(c draw.Canvas) {
	c = drawTitle(c, f.Title)
	body := style(textSize)
	body.YAlign = draw.YTop
	c.FillText(body, vg.Point{X: c.Min.X, Y: c.Max.Y}, f.Subtitle)
	c = draw.Crop(c, 0, 0, 0, -legendHeight)
	boxes, lines := f.legends()
	c = drawLegend(c, boxes)
	if len(lines) > 0 {
		c = drawLegend(c, lines)
	}
	p := &flowPainter{f.layout(), c}
	p.headings()
	p.Max.Y -= headingHeight
	p.drawFrames()
	p.drawArrows()
	p.drawLines()
	for i := range p.Rows {
		p.drawRow(i)
	}
}

// flowPainter draws a Flow. Heights count down from the canvas's top.
type flowPainter struct {
	*flowLayout
	draw.Canvas
}

func (p *flowPainter) at(x, y vg.Length) vg.Point {
	return vg.Point{X: p.Min.X + x, Y: p.Max.Y - y}
}

func (p *flowPainter) write(s text.Style, x, y vg.Length, text string) {
	if text != "" {
		p.FillText(s, p.at(x, y), text)
	}
}

// aligned is the style of text around a height, from its left or right end.
func aligned(s text.Style, x text.XAlignment) text.Style {
	s.XAlign, s.YAlign = x, draw.YCenter+.06 // looks more like the middle
	return s
}

func (p *flowPainter) headings() {
	s := bold(style(textSize))
	for i, heading := range p.Columns {
		p.write(aligned(s, p.align(i)), p.cells[i], headingHeight/2, heading)
	}
}

// align is how a column of cells stands: the first to the left, others, which hold numbers, to the
// right.
func (p *flowPainter) align(column int) text.XAlignment {
	if column == 0 {
		return draw.XLeft
	}
	return draw.XRight
}

func (p *flowPainter) drawFrames() {
	for i, f := range p.Frames {
		place := p.frames[i]
		left, right := p.box-vg.Length(p.deepest)*flowPad+place.inset, p.titles+p.titlesWidth+vg.Length(p.deepest)*flowPad-place.inset
		outline := p.rounded(left, place.top, right, place.bottom, 4)
		p.SetColor(frameFill)
		p.Fill(outline)
		p.SetLineStyle(draw.LineStyle{Color: frameLine, Width: .75})
		p.Stroke(outline)
		if place.leaf {
			p.write(aligned(small(), draw.XLeft), p.titles, p.tops[f.First]+flowBox/2, f.Title)
		} else {
			p.write(aligned(bold(small()), draw.XLeft), p.box, place.top+(flowPad+flowHead)/2, f.Title)
		}
	}
}

func (p *flowPainter) drawRow(i int) {
	row := p.Rows[i]
	top, middle, bottom := p.tops[i], p.tops[i]+flowBox/2, p.tops[i]+flowBox
	radius := vg.Length(2)
	if row.Round {
		radius = flowBox / 2
	}
	outline := p.rounded(p.box, top, p.box+p.boxWidth, bottom, radius)
	p.SetColor(row.Colour.tint())
	p.Fill(outline)
	p.SetLineStyle(draw.LineStyle{Color: palette[row.Colour], Width: 1})
	p.Stroke(outline)
	left, right := aligned(style(textSize), draw.XLeft), aligned(style(textSize), draw.XRight)
	x := p.box + 8 + p.number
	p.write(right, x, middle, row.Number)
	p.write(aligned(bold(style(textSize)), draw.XLeft), x+8, middle, row.Text)
	p.write(left, x+8+p.text+10, middle, row.Detail)
	for k, cell := range row.Cells {
		p.write(aligned(style(textSize), p.align(k)), p.cells[k], middle, cell)
	}
	if row.Bar > 0 {
		start := p.cells[p.bars()] - p.barText - 6 - flowBar
		bar := vg.Rectangle{Min: p.at(start, middle+3.5), Max: p.at(start+max(.5, vg.Length(row.Bar)*flowBar), middle-3.5)}
		p.SetColor(palette[row.Colour])
		p.Fill(bar.Path())
	}
}

// drawArrows draws those from a row to the next.
func (p *flowPainter) drawArrows() {
	x := p.box + p.boxWidth/2
	for i, row := range p.Rows {
		if i == 0 || !row.Follows {
			continue
		}
		p.StrokeLine2(draw.LineStyle{Color: ink, Width: 1}, p.at(x, 0).X, p.at(0, p.tops[i-1]+flowBox).Y, p.at(x, 0).X, p.at(0, p.tops[i]-2).Y)
		p.arrowhead(x, p.tops[i], 0, 1)
	}
}

// arrowhead draws one whose tip is at a place; the other numbers are the direction that it points in.
func (p *flowPainter) arrowhead(x, y, dx, dy vg.Length) {
	const length, half = 4, 2.2
	var path vg.Path
	path.Move(p.at(x, y))
	path.Line(p.at(x-length*dx-half*dy, y-length*dy-half*dx))
	path.Line(p.at(x-length*dx+half*dy, y-length*dy+half*dx))
	path.Close()
	p.Fill(path)
}

// drawLines draws the lines on the left. A line leaves a box below its middle and comes in above, so
// that one can end where another begins. Each has a white border where it lies over others, so those
// further from the boxes pass below.
func (p *flowPainter) drawLines() {
	lines := slices.Clone(p.Lines)
	slices.SortStableFunc(lines, func(a, b FlowLine) int { return b.Column - a.Column })
	for _, l := range lines {
		var paths []vg.Path
		for _, to := range l.To {
			paths = append(paths, p.linePath(l, to))
		}
		p.SetLineStyle(draw.LineStyle{Color: background, Width: 3})
		for _, path := range paths {
			p.Stroke(path)
		}
		p.SetLineStyle(l.Stroke.line(l.Colour))
		for i, path := range paths {
			p.Stroke(path)
			p.SetLineDash(nil, 0)
			p.SetColor(palette[l.Colour])
			p.arrowhead(p.box, p.tops[l.To[i]]+flowBox/2-flowPort, 1, 0)
			p.SetLineStyle(l.Stroke.line(l.Colour))
		}
	}
	p.SetLineDash(nil, 0)
}

// flowPort is how far from the middle of a box's height lines begin and end.
const flowPort vg.Length = 3

func (p *flowPainter) linePath(l FlowLine, to int) vg.Path {
	const radius = 4
	x := p.box - vg.Length(p.deepest)*flowPad - 4 - vg.Length(l.Column)*flowColumn
	top, bottom := p.tops[l.From]+flowBox/2+flowPort, p.tops[to]+flowBox/2-flowPort
	var path vg.Path
	path.Move(p.at(p.box, top))
	path.Line(p.at(x+radius, top))
	path.QuadTo(p.at(x, top), p.at(x, top+radius))
	path.Line(p.at(x, bottom-radius))
	path.QuadTo(p.at(x, bottom), p.at(x+radius, bottom))
	path.Line(p.at(p.box-3, bottom))
	return path
}

// rounded is the path of a rectangle with round corners.
func (p *flowPainter) rounded(left, top, right, bottom, radius vg.Length) vg.Path {
	var path vg.Path
	path.Move(p.at(left+radius, top))
	path.Line(p.at(right-radius, top))
	path.QuadTo(p.at(right, top), p.at(right, top+radius))
	path.Line(p.at(right, bottom-radius))
	path.QuadTo(p.at(right, bottom), p.at(right-radius, bottom))
	path.Line(p.at(left+radius, bottom))
	path.QuadTo(p.at(left, bottom), p.at(left, bottom-radius))
	path.Line(p.at(left, top+radius))
	path.QuadTo(p.at(left, top), p.at(left+radius, top))
	path.Close()
	return path
}
