package chart

import (
	"image/color"
	"strconv"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Matrix is a chart of counts in rows and columns, as many rows as columns and names. A cell is the
// darker the larger its part of its row.
type Matrix struct {
	Title         string
	Rows, Columns string // what they stand for
	Names         []string
	Counts        [][]int
}

// cell is the side of a cell: smaller the more there are.
func (m *Matrix) cell() vg.Length {
	const most, least, whole = 42, 11, 460
	return max(least, min(most, whole/vg.Length(max(len(m.Names), 1))))
}

// letters is the size of the text for rows and columns.
func (m *Matrix) letters() vg.Length { return min(textSize, m.cell()*.75) }

// namesRoom is the room that the names take.
func (m *Matrix) namesRoom() vg.Length {
	s, widest := style(m.letters()), vg.Length(0)
	for _, name := range m.Names {
		widest = max(widest, s.Width(name))
	}
	return widest + 6
}

// nameRoom is the height of what stands for the rows and columns.
const nameRoom = textSize + 6

func (m *Matrix) size() (width, height vg.Length) {
	side := m.cell()*vg.Length(len(m.Names)) + m.namesRoom() + nameRoom
	return 2*margin + max(side, style(titleSize).Width(m.Title)*1.1), 2*margin + titleHeight + side
}

func (m *Matrix) draw(c draw.Canvas) {
	c = drawTitle(c, m.Title)
	cell, names := m.cell(), m.namesRoom()
	n := vg.Length(len(m.Names))
	left, top := c.Min.X+nameRoom+names, c.Max.Y-nameRoom-names
	axis := bold(style(textSize))
	axis.XAlign, axis.YAlign = draw.XCenter, draw.YTop
	c.FillText(axis, vg.Point{X: left + n*cell/2, Y: c.Max.Y}, m.Columns)
	axis.Rotation = quarterTurn
	c.FillText(axis, vg.Point{X: c.Min.X, Y: top - n*cell/2}, m.Rows)

	across, down := style(m.letters()), style(m.letters())
	across.XAlign, across.YAlign = draw.XRight, draw.YCenter
	down.Rotation, down.XAlign, down.YAlign = quarterTurn, draw.XLeft, draw.YCenter
	for i, name := range m.Names {
		middle := (vg.Length(i) + .5) * cell
		c.FillText(across, vg.Point{X: left - 4, Y: top - middle}, name)
		c.FillText(down, vg.Point{X: left + middle, Y: top + 4}, name)
	}
	for i, row := range m.Counts {
		total := 0
		for _, count := range row {
			total += count
		}
		for k, count := range row {
			m.drawCell(c, vg.Point{X: left + vg.Length(k)*cell, Y: top - vg.Length(i+1)*cell}, count, total)
		}
	}
}

const quarterTurn = 1.5707963267948966

// drawCell draws the cell whose lower left corner is at a point.
func (m *Matrix) drawCell(c draw.Canvas, at vg.Point, count, total int) {
	side := m.cell()
	share := float64(count) / float64(max(total, 1))
	c.SetColor(shade(share))
	const gap = .5
	c.Fill(vg.Rectangle{Min: vg.Point{X: at.X + gap, Y: at.Y + gap}, Max: vg.Point{X: at.X + side - gap, Y: at.Y + side - gap}}.Path())
	if count == 0 {
		return
	}
	text := strconv.Itoa(count)
	s := style(textSize)
	if w := s.Width(text); w > side-4 {
		s = style(textSize * (side - 4) / w)
	}
	if s.Font.Size < 5 {
		return // too small to read
	}
	s.XAlign, s.YAlign = draw.XCenter, draw.YCenter
	if share > .55 {
		s.Color = background
	}
	c.FillText(s, vg.Point{X: at.X + side/2, Y: at.Y + side/2}, text)
}

// shade goes from a faint grey to the palette's blue.
func shade(share float64) color.Color {
	from, to := color.RGBA{244, 246, 248, 255}, palette[Blue]
	mix := func(a, b uint8) uint8 { return uint8(float64(a) + share*(float64(b)-float64(a))) }
	return color.RGBA{mix(from.R, to.R), mix(from.G, to.G), mix(from.B, to.B), 255}
}
