package chart

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// svgCanvas remembers the widths of texts. An SVG only names its font, so that it stays small; where
// another one takes its place, texts must still be as wide as they were when they were laid out.
type svgCanvas struct {
	*vgsvg.Canvas
	widths []vg.Length
}

// FillString implements vg.Canvas.
func (c *svgCanvas) FillString(f font.Face, at vg.Point, text string) {
	c.widths = append(c.widths, f.Width(text))
	c.Canvas.FillString(f, at, text)
}

func writeSVG(w io.Writer, c Chart) error {
	canvas := &svgCanvas{Canvas: vgsvg.New(c.size())}
	drawOn(canvas, c)
	var drawn bytes.Buffer
	if _, err := canvas.WriteTo(&drawn); err != nil {
		return err
	}
	// The font is named once for all texts. Of these, the first two have the same widths.
	short := strings.NewReplacer(
		"<svg ", `<svg font-family="'`+fontFamily+`',Arial,Helvetica,sans-serif" `,
		"font-family:"+fontFamily+";", "", "font-variant:normal;", "", "font-weight:normal;", "", "font-style:normal;", "")
	parts := strings.Split(short.Replace(drawn.String()), "<text ")
	var text bytes.Buffer
	text.WriteString(parts[0])
	for i, part := range parts[1:] {
		fmt.Fprintf(&text, `<text textLength="%.5g" lengthAdjust="spacingAndGlyphs" `, canvas.widths[i].Points())
		text.WriteString(part)
	}
	_, err := w.Write(text.Bytes())
	return err
}
