package picture

import "image"

// Caption returns a copy of m with lines of text on a dark translucent strip along its lower
// edge. Letters are as large as Annotate's, and small pictures are enlarged in the same way.
// Lines too long are shortened with …; lines that find no room are left out, the last first.
func Caption(m *Image, lines []string) *Image {
	out, _ := legible(m)
	if out.W == 0 || out.H == 0 || len(lines) == 0 {
		return out
	}
	const shade = 165
	p := newPen(letterSize(out))
	marginX, marginY := p.margins()
	marginY *= 2
	lines = lines[:min(len(lines), max(0, out.H-2*marginY)/p.height())]
	if len(lines) == 0 {
		return out
	}
	top := out.H - 2*marginY - len(lines)*p.height()
	out.fillRect(image.Rect(0, top, out.W, out.H), black, shade)
	for i, text := range lines {
		p.write(out, marginX, top+marginY+i*p.height()+p.ascent, p.shorten(text, out.W-2*marginX), white)
	}
	return out
}
