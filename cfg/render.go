package cfg

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode"
)

// maxQuoted is the number of runes shown of a source line.
const maxQuoted = 100

// Render writes the findings for people, like a compiler: the place and the
// message, the source line with the span marked, the hint, and related places
// likewise. Findings about other files are written without a source line. The
// text holds no control characters but line feeds. The error is w's.
func (f *File) Render(w io.Writer, ds ...Diagnostic) error {
	return f.render(w, monochrome, ds)
}

// RenderInColour writes what Render does, with the severities and marks in the
// colours of a terminal (the sequences SGR of ECMA-48).
func (f *File) RenderInColour(w io.Writer, ds ...Diagnostic) error {
	return f.render(w, coloured, ds)
}

// paint gives text the colour of a severity.
type paint func(s Severity, text string) string

func monochrome(_ Severity, text string) string { return text }

func coloured(s Severity, text string) string {
	colour := map[Severity]string{Error: "31", Warning: "33", Note: "36"}[s]
	return "\x1b[1;" + colour + "m" + text + "\x1b[0m"
}

func (f *File) render(w io.Writer, colour paint, ds []Diagnostic) error {
	out := bufio.NewWriter(w)
	for _, d := range ds {
		f.quote(out, colour, d.Severity, d.Range, d.Message)
		if d.Hint != "" {
			fmt.Fprintf(out, "%s = %s %s\n", gutter(0), colour(Note, "hint:"), printable(d.Hint))
		}
		for _, r := range d.Related {
			f.quote(out, colour, Note, r.Range, r.Message)
		}
	}
	return out.Flush()
}

// quote writes "file:line:column: severity: message" and the source line below it.
func (f *File) quote(w io.Writer, colour paint, s Severity, at Range, message string) {
	if place := printable(at.String()); place != "" {
		fmt.Fprintf(w, "%s: ", place)
	}
	fmt.Fprintf(w, "%s %s\n", colour(s, s.String()+":"), printable(message))
	if f == nil || at.File != f.Name || at.Line < 1 || at.Line > len(f.lines) {
		return
	}
	text, carets := excerpt(f.Line(at.Line), at.Column-1, at.End-1)
	marks := strings.TrimLeft(carets, " ")
	fmt.Fprintf(w, "%s | %s\n", gutter(at.Line), text)
	fmt.Fprintf(w, "%s | %s%s\n", gutter(0), carets[:len(carets)-len(marks)], colour(s, marks))
}

// gutter returns a line number right-aligned, or only blanks for 0.
func gutter(line int) string {
	if line == 0 {
		return "     "
	}
	return fmt.Sprintf("%5d", line)
}

// excerpt returns a line with every rune made visible and the carets that mark
// runes from to to-1 of it. Long lines are clipped around the span.
func excerpt(line string, from, to int) (text, carets string) {
	runes := []rune(line)
	from = max(0, min(from, len(runes)))
	to = max(from, min(to, len(runes)))
	start, end := 0, len(runes)
	if end > maxQuoted {
		const before = 30 // runes shown before a span far to the right
		start = max(0, min(from-before, end-maxQuoted))
		end = start + maxQuoted
		to = min(to, end)
	}
	var t, c strings.Builder
	if start > 0 {
		t.WriteString("…")
		c.WriteString(" ")
	}
	for i, r := range runes[start:end] {
		r = visible(r)
		t.WriteRune(r)
		mark := " "
		if start+i >= from && start+i < to {
			mark = "^"
		}
		if start+i < to {
			c.WriteString(strings.Repeat(mark, cells(r)))
		}
	}
	if from == to { // an empty span is marked by the place where it would begin
		c.WriteByte('^')
	}
	if end < len(runes) {
		t.WriteString("…")
	}
	return strings.TrimRight(t.String(), " "), c.String()
}

// cells returns how many columns of a terminal r takes.
func cells(r rune) int {
	switch {
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	case unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana),
		0x3000 <= r && r <= 0x303F,   // ideographic punctuation
		0xFF01 <= r && r <= 0xFF60,   // full-width forms
		0x1F300 <= r && r <= 0x1FAFF: // pictographs
		return 2
	}
	return 1
}
