package chart

import (
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
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
