package cfg

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Edit is a changed copy of a File's text. What isn't changed stays as it is written, comments
// and blanks included. The File itself never changes, and places in it keep their meaning.
type Edit struct {
	file    *File
	lines   []string // of the file, changed
	removed []bool   // by line
	behind  []string // by line: what follows it
}

// Edit begins a changed copy of the file's text.
func (f *File) Edit() *Edit {
	return &Edit{
		file: f, lines: slices.Clone(f.lines),
		removed: make([]bool, len(f.lines)), behind: make([]string, len(f.lines)),
	}
}

// Set gives an option another value. One that has none yet is added at the end of the section.
func (e *Edit) Set(s *Section, key, value string) {
	o := s.Option(key)
	if o == nil {
		e.Remove(s, key) // lines without a value, behind which darknet wouldn't look
		e.Append(s, key+"="+value+"\n")
		return
	}
	line := &e.lines[o.Range.Line-1]
	written := e.file.Line(o.Range.Line)
	*line = written[:runeOffset(written, o.Range.Column-1)] + value + written[runeOffset(written, o.Range.End-1):]
}

// runeOffset is where the rune of that number begins.
func runeOffset(s string, rune int) int {
	at := 0
	for ; rune > 0 && at < len(s); rune-- {
		_, size := utf8.DecodeRuneInString(s[at:])
		at += size
	}
	return at
}

// Remove takes all lines of an option out of the section.
func (e *Edit) Remove(s *Section, key string) {
	for _, o := range s.Options {
		if o.Key == key {
			e.removed[o.KeyRange.Line-1] = true
		}
	}
}

// RemoveSection takes a section's header and options out of the text. Comments in it stay.
func (e *Edit) RemoveSection(s *Section) {
	e.removed[s.Range.Line-1] = true
	for _, o := range s.Options {
		e.removed[o.KeyRange.Line-1] = true
	}
}

// Cut ends the text before a section: before the comments right above its header, and the blank
// lines above these.
func (e *Edit) Cut(s *Section) {
	end := s.Range.Line - 1
	above := func(belongs func(line string) bool) {
		for end > 0 && belongs(strings.Trim(e.lines[end-1], blanks)) {
			end--
			e.removed[end] = true
		}
	}
	for i := end; i < len(e.lines); i++ {
		e.removed[i], e.behind[i] = true, ""
	}
	above(func(line string) bool { return strings.HasPrefix(line, "#") || strings.HasPrefix(line, ";") })
	above(func(line string) bool { return line == "" })
}

// Append puts whole lines behind the last option of the section, after what was put there
// before.
func (e *Edit) Append(s *Section, text string) {
	last := s.Range.Line
	for _, o := range s.Options {
		last = max(last, o.KeyRange.Line)
	}
	e.behind[last-1] += text
}

// Bytes returns the changed text. Its lines end with a line feed, and there is no byte order
// mark.
func (e *Edit) Bytes() []byte {
	var text strings.Builder
	for i, line := range e.lines {
		if !e.removed[i] {
			text.WriteString(line + "\n")
		}
		text.WriteString(e.behind[i])
	}
	return []byte(text.String())
}
