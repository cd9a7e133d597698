package picture

import (
	"image"
	"math"
)

// Label is a box to draw: its centre (X, Y) and size (W, H) in pixels of the picture, the
// class that gives its colour, and the text of its tag, none if empty. A dashed one has white
// dashes on black in place of a line in the class's colour. A box may reach
// beyond the picture; one that misses it, has a negative size, or a NaN or infinite number
// is not drawn.
type Label struct {
	Text       string
	Class      int
	X, Y, W, H float64
	Dashed     bool
}

// colour is that of the label's tag, and of its line.
func (l Label) colour() rgb {
	if l.Dashed {
		return white
	}
	return classColour(l.Class)
}

// sound reports whether the label's box is one.
func (l Label) sound() bool {
	for _, v := range [...]float64{l.X, l.Y, l.W, l.H} {
		if math.IsNaN(v) || math.Abs(v) > most {
			return false
		}
	}
	return l.W >= 0 && l.H >= 0
}

// most is the largest coordinate of a box that is drawn: with any scale it is finite.
const most = 1e300

// Annotate returns a copy of m with boxes and tags drawn on it. Lines and letters grow with
// the picture, and are smaller where many tags would hide it. A picture whose longer side is under 240 pixels has no room for letters and
// is enlarged by a whole factor first, each pixel becoming a square; the labels still count
// in pixels of m. Tags stay inside the picture and evade each other where they can; earlier
// labels get the better places and lie on top.
func Annotate(m *Image, labels []Label) *Image {
	out, factor := legible(m)
	if out.W == 0 || out.H == 0 {
		return out
	}
	size := crowdedSize(out, labels)
	line := max(1, int(math.Round(size/7)))

	boxes := make([]image.Rectangle, len(labels)) // empty: not drawn
	for i, l := range labels {
		boxes[i] = outline(l, float64(factor), line, out.bounds())
	}
	for i := len(labels) - 1; i >= 0; i-- {
		if labels[i].Dashed {
			out.dashedFrame(boxes[i], line)
		} else {
			out.frame(boxes[i], line, labels[i].colour())
		}
	}
	tags := layoutTags(newPen(size), labels, boxes, out.bounds())
	for i := len(tags) - 1; i >= 0; i-- {
		tags[i].draw(out)
	}
	return out
}

// legible copies a picture, enlarged by a whole factor if its longer side is too short to
// write on.
func legible(m *Image) (out *Image, factor int) {
	const enough = 240
	longer := max(m.W, m.H)
	if longer == 0 || longer >= enough {
		return m.Clone(), 1
	}
	factor = (enough + longer - 1) / longer
	out = New(m.W*factor, m.H*factor)
	for y := range out.H {
		from, to := m.row(y/factor), out.row(y)
		for x := range out.W {
			copy(to[3*x:3*x+3], from[3*(x/factor):])
		}
	}
	return out, factor
}

// smallest is the size of the smallest letters that can be read.
const smallest = 12

// letterSize is the size of letters for a picture: 2 % of the side of a square with its
// area, never too small to read.
func letterSize(m *Image) float64 {
	const share = 0.02
	return max(smallest, math.Round(share*math.Sqrt(float64(m.W)*float64(m.H))))
}

// crowdedSize is letterSize, or less where that would let tags cover more than a part of the
// picture. A tag of average length is as large as seven squares of the letters' size.
func crowdedSize(m *Image, labels []Label) float64 {
	const part, squares = 0.15, 7
	tags := 0
	for _, l := range labels {
		if l.Text != "" {
			tags++
		}
	}
	most := math.Round(math.Sqrt(part * float64(m.W) * float64(m.H) / float64(squares*max(tags, 1))))
	return min(letterSize(m), max(smallest, most))
}

// outline returns the outer edge of a label's frame, which is line pixels thick and centred
// on the box's edge. It is clipped to the picture, so that frames reaching beyond run along
// its border. It is empty if the label is not to be drawn.
func outline(l Label, scale float64, line int, picture image.Rectangle) image.Rectangle {
	if !l.sound() {
		return image.Rectangle{}
	}
	x, y, w, h := l.X*scale, l.Y*scale, l.W*scale, l.H*scale
	out := float64(line) / 2
	// Cut off before the conversion: an int does not hold every float64.
	edge := func(v float64, side int) int {
		return int(math.Round(min(max(v, -1e6), float64(side)+1e6)))
	}
	r := image.Rectangle{
		Min: image.Pt(edge(x-w/2-out, picture.Max.X), edge(y-h/2-out, picture.Max.Y)),
		Max: image.Pt(edge(x+w/2+out, picture.Max.X), edge(y+h/2+out, picture.Max.Y)),
	}
	return r.Intersect(picture)
}

// frame draws the edge of r, thick pixels inwards, between hairlines of shade that set it
// off from a background of the same colour.
func (m *Image) frame(r image.Rectangle, thick int, c rgb) {
	if r.Empty() {
		return
	}
	const shade = 110
	hair := max(1, thick/5)
	m.ring(r.Inset(-hair), hair, black, shade)
	m.ring(r, thick, c, 255)
	if inner := r.Inset(thick); !inner.Empty() {
		m.ring(inner, hair, black, shade)
	}
}

// dashedFrame draws the edge of r, thick pixels inwards, in white dashes on black.
func (m *Image) dashedFrame(r image.Rectangle, thick int) {
	if r.Empty() {
		return
	}
	m.ring(r, thick, black, 255)
	dash := 4 * thick
	for x := r.Min.X; x < r.Max.X; x += 2 * dash {
		end := min(x+dash, r.Max.X)
		m.fillRect(image.Rect(x, r.Min.Y, end, min(r.Min.Y+thick, r.Max.Y)), white, 255)
		m.fillRect(image.Rect(x, max(r.Max.Y-thick, r.Min.Y), end, r.Max.Y), white, 255)
	}
	for y := r.Min.Y; y < r.Max.Y; y += 2 * dash {
		end := min(y+dash, r.Max.Y)
		m.fillRect(image.Rect(r.Min.X, y, min(r.Min.X+thick, r.Max.X), end), white, 255)
		m.fillRect(image.Rect(max(r.Max.X-thick, r.Min.X), y, r.Max.X, end), white, 255)
	}
}

// ring blends c over the pixels of r that are less than thick away from its edge.
func (m *Image) ring(r image.Rectangle, thick int, c rgb, alpha uint8) {
	if r.Dx() <= 2*thick || r.Dy() <= 2*thick {
		m.fillRect(r, c, alpha)
		return
	}
	in := r.Inset(thick)
	m.fillRect(image.Rect(r.Min.X, r.Min.Y, r.Max.X, in.Min.Y), c, alpha)
	m.fillRect(image.Rect(r.Min.X, in.Max.Y, r.Max.X, r.Max.Y), c, alpha)
	m.fillRect(image.Rect(r.Min.X, in.Min.Y, in.Min.X, in.Max.Y), c, alpha)
	m.fillRect(image.Rect(in.Max.X, in.Min.Y, r.Max.X, in.Max.Y), c, alpha)
}
