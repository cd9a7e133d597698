package picture

import "image"

// Shrink returns a picture whose longer side has at most so many pixels: each square of as many
// pixels as it takes becomes one of their mean colour. One that is small enough comes as it is.
func (m *Image) Shrink(longest int) *Image {
	factor := (max(m.W, m.H) + longest - 1) / longest
	if factor <= 1 {
		return m
	}
	out := New((m.W+factor-1)/factor, (m.H+factor-1)/factor)
	for y := range out.H {
		row := out.row(y)
		for x := range out.W {
			colour := m.mean(image.Rect(factor*x, factor*y, factor*(x+1), factor*(y+1)).Intersect(m.bounds()))
			copy(row[3*x:], colour[:])
		}
	}
	return out
}
