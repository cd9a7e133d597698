package chart

import (
	"slices"

	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Flow is a drawing of what follows one after another, from the top down: a box for each row, arrows
// from box to box, lines on the left that lead past others, frames around what belongs together, and
// columns of text on the right.
type Flow struct {
	Title, Subtitle string
	Legend          []Entry
	Columns         []string // headings; the last column of cells but one has the bars
	Rows            []FlowRow
	Frames          []FlowFrame // outer ones before inner ones
	Lines           []FlowLine
}

// FlowRow is a box and what stands beside it.
type FlowRow struct {
	Number, Text, Detail string
	Colour               Colour
	Round                bool // round ends
	Follows              bool // an arrow comes from the row above
	Cells                []string
	Bar                  float64 // length of the bar in its column, 0 to 1
}

// FlowFrame is a frame around rows. Two frames are apart or one is inside the other.
type FlowFrame struct {
	Title       string
	First, Last int
}

// FlowLine leads from a row past others to those that follow.
type FlowLine struct {
	From   int
	To     []int // in order
	Column int   // from 1, next to the boxes
	Colour Colour
	Stroke Stroke
}

// Lengths of a Flow.
const (
	flowBox     vg.Length = 15
	flowGap     vg.Length = 7  // between boxes
	flowBreak   vg.Length = 5  // more of it where none follows from the other
	flowPad     vg.Length = 4  // between a frame and what is inside
	flowHead    vg.Length = 11 // for the title of a frame that has frames inside
	flowColumn  vg.Length = 7  // between lines
	flowBar     vg.Length = 56 // the longest bar
	flowBetween vg.Length = 12 // between columns of text
	flowSmall   vg.Length = 8  // of titles of frames
)

// flowLayout is where everything of a Flow goes. Heights count down from the top.
type flowLayout struct {
	*Flow
	tops   []vg.Length // of the boxes
	frames []flowPlace
	height vg.Length // of all rows

	number, text, detail vg.Length   // the widest of each
	deepest              int         // most frames around a row
	box, boxWidth        vg.Length   // left end of the boxes
	titles, titlesWidth  vg.Length   // left end of the titles of innermost frames
	cells                []vg.Length // right ends of the columns, for the first one the left end
	barText              vg.Length   // the widest text beside bars
	right                vg.Length
}

// flowPlace is where a frame goes.
type flowPlace struct {
	top, bottom vg.Length
	inset       vg.Length // of the left and right ends
	leaf        bool      // no frame is inside
}

func small() text.Style { return style(flowSmall) }

func (f *Flow) layout() *flowLayout {
	l := &flowLayout{Flow: f, tops: make([]vg.Length, len(f.Rows)), frames: make([]flowPlace, len(f.Frames))}
	parent, inside := make([]int, len(f.Frames)), make([]int, len(f.Frames)) // inside: how many frames deep
	for i := range f.Frames {
		l.frames[i].leaf = true
		p := i - 1
		for p >= 0 && f.Frames[p].Last < f.Frames[i].First {
			p = parent[p]
		}
		if parent[i] = p; p >= 0 {
			l.frames[p].leaf = false
		}
	}
	for i := len(f.Frames) - 1; i >= 0; i-- {
		if p := parent[i]; p >= 0 {
			inside[p] = max(inside[p], inside[i]+1)
		}
		l.deepest = max(l.deepest, inside[i]+1)
	}
	for i := range l.frames {
		l.frames[i].inset = vg.Length(l.deepest-1-inside[i]) * flowPad
	}
	l.rowsFrom(parent)
	l.columns()
	return l
}

// rowsFrom places rows and frames, from the top down.
func (l *flowLayout) rowsFrom(parent []int) {
	y := vg.Length(0)
	next, open := 0, -1
	for i, row := range l.Rows {
		if i > 0 {
			y += flowGap
			if !row.Follows {
				y += flowBreak
			}
		}
		for ; next < len(l.Frames) && l.Frames[next].First == i; next++ {
			l.frames[next].top = y
			if y += flowPad; !l.frames[next].leaf {
				y += flowHead
			}
			open = next
		}
		l.tops[i] = y
		y += flowBox
		for ; open >= 0 && l.Frames[open].Last == i; open = parent[open] {
			y += flowPad
			l.frames[open].bottom = y
		}
	}
	l.height = y
}

// columns places what stands side by side.
func (l *flowLayout) columns() {
	body, head := style(textSize), bold(style(textSize))
	lines := 0
	for _, line := range l.Lines {
		lines = max(lines, line.Column)
	}
	for _, row := range l.Rows {
		l.number = max(l.number, body.Width(row.Number))
		l.text = max(l.text, body.Width(row.Text))
		l.detail = max(l.detail, body.Width(row.Detail))
	}
	heads := vg.Length(0) // the widest title above rows
	for i, f := range l.Frames {
		if l.frames[i].leaf {
			l.titlesWidth = max(l.titlesWidth, small().Width(f.Title)+6)
		} else {
			heads = max(heads, bold(small()).Width(f.Title))
		}
	}
	l.box = vg.Length(lines)*flowColumn + vg.Length(l.deepest)*flowPad + 10
	l.boxWidth = max(8+l.number+8+l.text+10+l.detail+8, 2*(8+heads)) // arrows pass titles
	l.titles = l.box + l.boxWidth + 6
	x := l.titles + l.titlesWidth + vg.Length(l.deepest)*flowPad
	for i, heading := range l.Columns {
		width := head.Width(heading)
		for _, row := range l.Rows {
			text := body.Width(row.Cells[i])
			if i == l.bars() {
				l.barText = max(l.barText, text)
				text += 6 + flowBar
			}
			width = max(width, text)
		}
		if x += flowBetween; i == 0 {
			l.cells = append(l.cells, x)
			x += width
			continue
		}
		x += width
		l.cells = append(l.cells, x)
	}
	l.right = x
}

// bars is the column that has the bars, to the left of its text.
func (f *Flow) bars() int { return len(f.Columns) - 2 }

func (f *Flow) size() (width, height vg.Length) {
	l := f.layout()
	return 2*margin + max(l.right, f.headWidth()), 2*margin + f.headHeight() + l.height + 4
}

// legends divides the legend: a line for colours of boxes, one for lines.
func (f *Flow) legends() (boxes, lines []Entry) {
	for _, e := range f.Legend {
		if e.Line == NoLine {
			boxes = append(boxes, e)
		} else {
			lines = append(lines, e)
		}
	}
	return boxes, lines
}

func (f *Flow) headHeight() vg.Length {
	height := titleHeight + 2*legendHeight + headingHeight
	if len(f.Lines) > 0 {
		height += legendHeight
	}
	return height
}

// headingHeight is the room for the headings of columns.
const headingHeight vg.Length = textSize + 9

func (f *Flow) headWidth() vg.Length {
	boxes, lines := f.legends()
	return max(bold(style(titleSize)).Width(f.Title), style(textSize).Width(f.Subtitle), lengthOf(boxes), lengthOf(lines))
}

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
