package cfg

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// refuse returns the error for a source that can't be a cfg text, or nil.
func refuse(name string, src []byte) *Diagnostic {
	refusal := func(message, hint string) *Diagnostic {
		return &Diagnostic{Severity: Error, Range: Range{File: name}, Section: -1, Message: message, Hint: hint}
	}
	const lookElsewhere = "Give the text file that describes the network, usually named *.cfg."
	switch {
	case len(src) > MaxFileSize:
		return refusal(fmt.Sprintf("%d bytes are too many for a cfg", len(src)), lookElsewhere)
	case bytes.HasPrefix(src, []byte{0xff, 0xfe}), bytes.HasPrefix(src, []byte{0xfe, 0xff}):
		return refusal("the file is UTF-16 text or binary", "If it is a cfg, save it as UTF-8.")
	case bytes.IndexByte(src, 0) >= 0, mostlyBinary(src):
		return refusal("the file is binary and doesn't look like a cfg", "Is it a weights file or a picture? "+lookElsewhere)
	case bytes.IndexByte(src, '\n') < 0 && bytes.Count(src, []byte{'\r'}) > 1:
		return refusal("the lines end in carriage returns only", "Darknet takes that for a single line. Save the file with line feeds.")
	case bytes.Count(src, []byte{'\n'}) > maxLines:
		return refusal(fmt.Sprintf("more than %d lines are too many for a cfg", maxLines), lookElsewhere)
	}
	rest := src
	for line := 1; len(rest) > maxLine; line++ {
		n := bytes.IndexByte(rest, '\n')
		if n > maxLine || n < 0 {
			return refusal(fmt.Sprintf("line %d is longer than %d bytes", line, maxLine), lookElsewhere)
		}
		rest = rest[n+1:]
	}
	return nil
}

// mostlyBinary reports whether src has too many characters that no text has.
// Comments may be in any 8-bit encoding.
func mostlyBinary(src []byte) bool {
	bad := 0
	for line := range bytes.SplitSeq(src, []byte{'\n'}) {
		text := bytes.TrimLeft(line, blanks)
		comment := len(text) > 0 && (text[0] == '#' || text[0] == ';')
		for len(line) > 0 {
			r, size := utf8.DecodeRune(line)
			if r == utf8.RuneError && size == 1 && !comment || unicode.IsControl(r) && !unicode.IsSpace(r) {
				bad++
			}
			line = line[size:]
		}
	}
	return bad*4 > len(src)
}

// quote sets text of the source in backquotes, made printable and not too long.
func quote(s string) string {
	const longest = 60
	n := 0
	for i := range s {
		if n == longest {
			s = s[:i] + "…"
			break
		}
		n++
	}
	return "`" + printable(s) + "`"
}

// printable replaces what a terminal might obey instead of showing it.
func printable(s string) string {
	return strings.Map(visible, s)
}

// visible returns r, a blank for a tab or line end, or a dot when it can't be seen.
func visible(r rune) rune {
	switch {
	case r == '\t' || r == '\n' || r == '\r':
		return ' '
	case !unicode.IsPrint(r):
		return '·'
	}
	return r
}
