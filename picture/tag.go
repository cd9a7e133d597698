package picture

import (
	"image"
	"math"
)

// tag is the small sign with a label's text.
type tag struct {
	pen  *pen
	text string
	at   image.Rectangle
	fill rgb
}

// margins of the text inside a tag or caption.
func (p *pen) margins() (x, y int) { return max(2, p.height()/4), max(1, p.height()/12) }

func (t tag) draw(m *Image) {
	x, y := t.pen.margins()
	m.fillRect(t.at, t.fill, 255)
	t.pen.write(m, t.at.Min.X+x, t.at.Min.Y+y+t.pen.ascent, t.text, t.fill.ink())
}

// layoutTags places a tag for every label that has a box and a text. One that finds no room
// in the picture at all is left out.
func layoutTags(p *pen, labels []Label, boxes []image.Rectangle, picture image.Rectangle) []tag {
	marginX, marginY := p.margins()
	var tags []tag
	for i, l := range labels {
		if boxes[i].Empty() || l.Text == "" {
			continue
		}
		text := p.shorten(l.Text, picture.Dx()-2*marginX)
		size := image.Pt(p.width(text)+2*marginX, p.height()+2*marginY)
		if text == "" || size.Y > picture.Dy() {
			continue
		}
		tags = append(tags, tag{p, text, place(size, boxes[i], tags, picture), l.colour()})
	}
	return tags
}

// place finds a spot for a tag at its box: of its candidates the first with the least harm.
func place(size image.Point, box image.Rectangle, others []tag, picture image.Rectangle) image.Rectangle {
	left, right := box.Min.X, box.Max.X-size.X
	above, below := box.Min.Y-size.Y, box.Max.Y
	top, bottom := box.Min.Y, box.Max.Y-size.Y
	const beside = 0.5 // harm of looking like a neighbour's tag
	candidates := [...]struct {
		x, y int
		harm float64
	}{
		{left, above, 0}, {left, top, 0}, {right, above, 0}, {right, top, 0},
		{left, below, 0}, {right, below, 0}, {left, bottom, 0}, {right, bottom, 0},
		{box.Max.X, top, beside}, {box.Min.X - size.X, top, beside},
	}
	// Where there are more tags, hardly a free spot is left, and the search would become slow.
	const crowd = 400
	others = others[:min(len(others), crowd)]

	var best image.Rectangle
	least := math.Inf(1)
	for _, c := range candidates {
		at := image.Pt(
			min(max(c.x, picture.Min.X), picture.Max.X-size.X),
			min(max(c.y, picture.Min.Y), picture.Max.Y-size.Y),
		)
		r := image.Rectangle{at, at.Add(size)}
		harm := c.harm + 3*share(r, box)
		for _, o := range others {
			harm += 8 * share(r, o.at)
		}
		if harm < least {
			best, least = r, harm
		}
	}
	return best
}

// share is the part of r that cover hides, 0 to 1.
func share(cover, r image.Rectangle) float64 {
	hidden := cover.Intersect(r)
	return float64(hidden.Dx()*hidden.Dy()) / float64(r.Dx()*r.Dy())
}
