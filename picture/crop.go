package picture

import (
	"image"
	"math"
)

// Rect returns the pixels that a label's box covers at least in part. It is empty if the box misses the picture, or
// isn't to be drawn.
func (m *Image) Rect(l Label) image.Rectangle {
	if !l.sound() {
		return image.Rectangle{}
	}
	inside := func(v float64, side int) int { return int(min(max(v, 0), float64(side))) }
	return image.Rect(
		inside(math.Floor(l.X-l.W/2), m.W), inside(math.Floor(l.Y-l.H/2), m.H),
		inside(math.Ceil(l.X+l.W/2), m.W), inside(math.Ceil(l.Y+l.H/2), m.H),
	)
}

// Crop returns a copy of the part of m inside of r.
func (m *Image) Crop(r image.Rectangle) *Image {
	r = r.Intersect(m.bounds())
	out := New(r.Dx(), r.Dy())
	for y := range out.H {
		copy(out.row(y), m.row(r.Min.Y + y)[3*r.Min.X:])
	}
	return out
}

// pixelations is how many squares at most remain of the longer side of what is pixelated.
const pixelations = 8

// Pixelate makes what is inside of r unrecognizable, in place: it is divided into at most eight squares along its
// longer side, each of which becomes one colour, the mean of what was there.
func (m *Image) Pixelate(r image.Rectangle) {
	r = r.Intersect(m.bounds())
	side := max(1, (max(r.Dx(), r.Dy())+pixelations-1)/pixelations)
	for y := r.Min.Y; y < r.Max.Y; y += side {
		for x := r.Min.X; x < r.Max.X; x += side {
			square := image.Rect(x, y, x+side, y+side).Intersect(r)
			m.fillRect(square, m.mean(square), 255)
		}
	}
}

// mean is the mean colour of a rectangle inside of m that isn't empty.
func (m *Image) mean(r image.Rectangle) rgb {
	var sum [3]int
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := m.row(y)[3*r.Min.X : 3*r.Max.X]
		for i, v := range row {
			sum[i%3] += int(v)
		}
	}
	n := r.Dx() * r.Dy()
	return rgb{uint8((sum[0] + n/2) / n), uint8((sum[1] + n/2) / n), uint8((sum[2] + n/2) / n)}
}
