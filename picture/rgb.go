package picture

import (
	"image"
	"image/color"

	"github.com/ghostdark/ghostdark/kernels"
)

// toRGB converts a decoded picture to plain RGB. Alpha is dropped, not blended: colours that
// are stored premultiplied are divided by it first. coding tells how YCbCr planes are meant.
func toRGB(img image.Image, coding *kernels.Coding) *Image {
	b := img.Bounds()
	if b.Empty() {
		return New(0, 0)
	}
	m := New(b.Dx(), b.Dy())
	switch src := img.(type) {
	case *image.YCbCr:
		ycbcrToRGB(m, src, coding)
	case *image.NYCbCrA:
		ycbcrToRGB(m, &src.YCbCr, coding)
	case *image.Gray:
		m.gather(src.Pix, src.Stride, layout{0, 0, 0, 1})
	case *image.Gray16:
		m.gather(src.Pix, src.Stride, layout{0, 0, 0, 2})
	case *image.NRGBA:
		m.gather(src.Pix, src.Stride, layout{0, 1, 2, 4})
	case *image.NRGBA64:
		m.gather(src.Pix, src.Stride, layout{0, 2, 4, 8})
	case *image.RGBA:
		if src.Opaque() {
			m.gather(src.Pix, src.Stride, layout{0, 1, 2, 4})
		} else {
			m.collect(src)
		}
	case *image.RGBA64:
		if src.Opaque() {
			m.gather(src.Pix, src.Stride, layout{0, 2, 4, 8})
		} else {
			m.collect(src)
		}
	case *image.Paletted:
		m.lookUp(src)
	case *image.CMYK:
		m.mixInks(src)
	default:
		m.collect(src)
	}
	return m
}

// layout says where in an interleaved pixel the bytes for R, G and B lie, of wider samples
// the high one, and how many bytes a pixel has.
type layout struct{ r, g, b, size int }

// gather copies interleaved pixels, rows stride bytes apart.
func (m *Image) gather(pix []uint8, stride int, l layout) {
	for y := range m.H {
		from, to := pix[y*stride:], m.row(y)
		for len(to) >= 3 {
			p := from[:l.size]
			to[0], to[1], to[2] = p[l.r], p[l.g], p[l.b]
			from, to = from[l.size:], to[3:]
		}
	}
}

// lookUp replaces palette indices by their colours; an index beyond the palette is black.
func (m *Image) lookUp(src *image.Paletted) {
	var colours [256]rgb
	for i, c := range src.Palette[:min(len(src.Palette), len(colours))] {
		colours[i] = flat(c)
	}
	for y := range m.H {
		to := m.row(y)
		for x, i := range src.Pix[y*src.Stride:][:m.W] {
			c := &colours[i]
			to[3*x], to[3*x+1], to[3*x+2] = c[0], c[1], c[2]
		}
	}
}

// mixInks converts four printing inks.
func (m *Image) mixInks(src *image.CMYK) {
	for y := range m.H {
		from, to := src.Pix[y*src.Stride:], m.row(y)
		for x := range m.W {
			c := from[4*x : 4*x+4 : 4*x+4]
			to[3*x], to[3*x+1], to[3*x+2] = color.CMYKToRGB(c[0], c[1], c[2], c[3])
		}
	}
}

// collect converts any picture, slowly.
func (m *Image) collect(src image.Image) {
	b := src.Bounds()
	for y := range m.H {
		to := m.row(y)
		for x := range m.W {
			c := flat(src.At(b.Min.X+x, b.Min.Y+y))
			copy(to[3*x:], c[:])
		}
	}
}

// row returns the bytes of row y.
func (m *Image) row(y int) []uint8 { return m.Pix[3*y*m.W : 3*(y+1)*m.W] }

// flat returns a colour without its alpha, not premultiplied.
func flat(c color.Color) rgb {
	if n, ok := c.(color.NRGBA); ok { // converting would lose the colour of alpha 0
		return rgb{n.R, n.G, n.B}
	}
	n := color.NRGBA64Model.Convert(c).(color.NRGBA64)
	return rgb{uint8(n.R >> 8), uint8(n.G >> 8), uint8(n.B >> 8)}
}
