package picture

import (
	"image"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gomedium"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

var typeface = sync.OnceValue(func() *opentype.Font {
	f, err := opentype.Parse(gomedium.TTF)
	if err != nil {
		panic("BUG: picture: embedded font: " + err.Error())
	}
	return f
})

// pen writes text of one size. It belongs to one goroutine.
type pen struct {
	face            font.Face
	ascent, descent int // pixels above and below the base line that writing takes
}

// newPen returns a pen for letters of size pixels.
func newPen(size float64) *pen {
	face, err := opentype.NewFace(typeface(), &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingFull})
	if err != nil {
		panic("BUG: picture: embedded font: " + err.Error())
	}
	m := face.Metrics()
	return &pen{face: face, ascent: m.Ascent.Ceil(), descent: m.Descent.Ceil()}
}

// height is the height of a line of text.
func (p *pen) height() int { return p.ascent + p.descent }

// width is the width of text in pixels.
func (p *pen) width(text string) int { return font.MeasureString(p.face, text).Ceil() }

// shorten makes text one printable line no wider than limit pixels, with … for what is cut
// off. It is empty if not even one letter fits.
func (p *pen) shorten(text string, limit int) string {
	const longest = 512 // runes; no picture shows more in a line, and measuring must stay cheap
	start := text[:min(len(text), longest*utf8.UTFMax)]
	runes := []rune(strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, start))
	if len(start) == len(text) && len(runes) <= longest && p.width(string(runes)) <= limit {
		return string(runes)
	}
	runes = runes[:min(len(runes), longest)]
	// The longest beginning that fits together with the mark, by bisection.
	low, high := 0, len(runes)
	for low < high {
		mid := (low + high + 1) / 2
		if p.width(string(runes[:mid])+"…") <= limit {
			low = mid
		} else {
			high = mid - 1
		}
	}
	if low == 0 {
		return ""
	}
	return strings.TrimRight(string(runes[:low]), " ") + "…"
}

// write draws text with its base line starting at (x, y); what lies outside m is left out.
func (p *pen) write(m *Image, x, y int, text string, ink rgb) {
	dot := fixed.P(x, y)
	previous := rune(-1)
	for _, r := range text {
		if previous >= 0 {
			dot.X += p.face.Kern(previous, r)
		}
		box, mask, at, advance, ok := p.face.Glyph(dot, r)
		if ok {
			m.stain(box, mask.(*image.Alpha), at, ink)
		}
		dot.X += advance
		previous = r
	}
}

// stain paints ink on box to the extent that mask, whose point at falls on box's upper left
// corner, covers it.
func (m *Image) stain(box image.Rectangle, mask *image.Alpha, at image.Point, ink rgb) {
	seen := box.Intersect(m.bounds())
	for y := seen.Min.Y; y < seen.Max.Y; y++ {
		for x := seen.Min.X; x < seen.Max.X; x++ {
			if a := mask.AlphaAt(at.X+x-box.Min.X, at.Y+y-box.Min.Y).A; a != 0 {
				m.blend(x, y, ink, a)
			}
		}
	}
}

func (m *Image) bounds() image.Rectangle { return image.Rect(0, 0, m.W, m.H) }

// blend mixes a pixel with c: alpha 0 leaves it, 255 replaces it.
func (m *Image) blend(x, y int, c rgb, alpha uint8) {
	p := m.Pix[3*(y*m.W+x):][:3]
	a := int(alpha)
	for k := range p {
		p[k] = uint8((int(p[k])*(255-a) + int(c[k])*a + 127) / 255)
	}
}

// fillRect blends c over a rectangle; what lies outside m is left out.
func (m *Image) fillRect(r image.Rectangle, c rgb, alpha uint8) {
	r = r.Intersect(m.bounds())
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			m.blend(x, y, c, alpha)
		}
	}
}
