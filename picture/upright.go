package picture

// upright returns the picture turned as its EXIF orientation asks. The number names the
// edges of the shown picture at which the stored first row and first column lie:
//
//	1 top left      2 top right      3 bottom right   4 bottom left
//	5 left top      6 right top      7 right bottom   8 left bottom
//
// m itself is returned for 1.
func (m *Image) upright(orientation int) *Image {
	w, h := m.W, m.H
	// Where the shown picture's first pixel is stored, and the stored distance to its
	// right and lower neighbours, counted in pixels.
	var first, right, down int
	switch orientation {
	case 2:
		first, right, down = w-1, -1, w
	case 3:
		first, right, down = w*h-1, -1, -w
	case 4:
		first, right, down = w*(h-1), 1, -w
	case 5:
		first, right, down = 0, w, 1
	case 6:
		first, right, down = w*(h-1), -w, 1
	case 7:
		first, right, down = w*h-1, -w, -1
	case 8:
		first, right, down = w-1, w, -1
	default:
		return m
	}
	if orientation >= 5 {
		w, h = h, w
	}
	out := New(w, h)
	to := out.Pix
	for y := range h {
		from := 3 * (first + y*down)
		for range w {
			to[0], to[1], to[2] = m.Pix[from], m.Pix[from+1], m.Pix[from+2]
			to = to[3:]
			from += 3 * right
		}
	}
	return out
}
