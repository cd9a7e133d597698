package cfg

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// blanks are the characters that darknet removes everywhere in a line.
const blanks = " \t\r"

var squeezer = strings.NewReplacer(" ", "", "\t", "", "\r", "")

// indexer walks the source line by line and notes where everything stands.
type indexer struct {
	file    *File
	section *Section
	orphans []Range            // lines before the first header
	first   map[string]*Option // the option of each name that counts in the section
	bare    map[string]*Option // options without "=" of the section
	full    bool               // the section has reached maxOptions
	diags   Diagnostics
}

func (x *indexer) add(sev Severity, at Range, section int, message, hint string, related ...Related) {
	x.diags = append(x.diags, Diagnostic{sev, at, section, message, hint, related})
}

// index fills the file's lines and sections from src.
func (x *indexer) index(src []byte) {
	text, marked := strings.CutPrefix(string(src), "\uFEFF")
	text = strings.TrimSuffix(text, "\n")
	x.file.lines = strings.Split(text, "\n")
	if marked {
		x.add(Note, Range{x.file.Name, 1, 1, 1}, -1, "the file begins with a byte order mark",
			"It is skipped here, but darknet itself trips over it. Save the file as UTF-8 without a BOM.")
	}
	for i, raw := range x.file.lines {
		x.file.lines[i] = strings.TrimRight(raw, "\r")
		x.line(i+1, x.file.lines[i])
	}
	x.checkStart()
}

// span returns the text of raw[from:to] without blanks, and its place.
func (x *indexer) span(number int, raw string, from, to int) (string, Range) {
	part := strings.TrimLeft(raw[from:to], blanks)
	from = to - len(part)
	part = strings.TrimRight(part, blanks)
	column := 1 + utf8.RuneCountInString(raw[:from])
	return squeezer.Replace(part), Range{x.file.Name, number, column, column + utf8.RuneCountInString(part)}
}

func (x *indexer) line(number int, raw string) {
	text, at := x.span(number, raw, 0, len(raw))
	switch {
	case text == "" || text[0] == '#' || text[0] == ';':
	case text[0] == '[':
		x.header(text, at)
	case x.section == nil:
		x.orphans = append(x.orphans, at)
	default:
		x.option(number, raw, text, at)
	}
}

func (x *indexer) header(text string, at Range) {
	name, closed := strings.CutSuffix(text[1:], "]")
	x.section = &Section{Name: name, Index: len(x.file.Sections), Range: at}
	x.file.Sections = append(x.file.Sections, x.section)
	x.first, x.bare, x.full = map[string]*Option{}, map[string]*Option{}, false
	switch {
	case !closed && !strings.Contains(name, "]"):
		x.add(Error, at, x.section.Index, "the section header lacks its closing bracket",
			fmt.Sprintf("Write %s.", quote(text+"]")))
	case name == "":
		x.add(Error, at, x.section.Index, "the section header has no name",
			"Put the layer type between the brackets, as in [convolutional].")
	}
}

func (x *indexer) option(number int, raw, text string, at Range) {
	if len(x.section.Options) >= maxOptions {
		if !x.full {
			x.full = true
			x.add(Error, at, x.section.Index, fmt.Sprintf("more than %d options in one section", maxOptions),
				"No layer has that many. The rest of the section is not read.")
		}
		return
	}
	equals := strings.IndexByte(raw, '=')
	keyEnd := equals
	if equals < 0 {
		keyEnd = len(raw)
	}
	opt := &Option{}
	opt.Key, opt.KeyRange = x.span(number, raw, 0, keyEnd)
	opt.Range = opt.KeyRange
	if opt.Key == "" {
		x.add(Warning, at, x.section.Index, fmt.Sprintf("%s has no option name and is ignored", quote(text)),
			"Write the name before the equals sign, or remove the line.")
		return
	}
	x.section.Options = append(x.section.Options, opt)
	if equals < 0 {
		x.bare[opt.Key] = opt
		x.add(Warning, at, x.section.Index, fmt.Sprintf("%s has no equals sign and counts as not given", quote(strings.Trim(raw, blanks))),
			"Write it as name=value, or begin the line with # if it is a comment.")
		return
	}
	value, valueRange := x.span(number, raw, equals+1, len(raw))
	if value == "" {
		x.add(Warning, at, x.section.Index, fmt.Sprintf("%s has no value and is ignored", quote(text)),
			"Write a value behind the equals sign, or remove the line.")
		return
	}
	opt.Value, opt.HasValue, opt.Range = value, true, valueRange
	opt.written = strings.Trim(raw[equals+1:], blanks)
	x.checkRepeated(opt)
}

// checkRepeated warns when opt is not the option of its name that counts.
func (x *indexer) checkRepeated(opt *Option) {
	if first := x.first[opt.Key]; first != nil {
		x.add(Warning, opt.KeyRange, x.section.Index,
			fmt.Sprintf("%s is given again and ignored: line %d has it first", quote(opt.Key), first.KeyRange.Line),
			fmt.Sprintf("The first one counts, which is %s. Remove one of the two.", quote(first.Key+"="+first.Value)),
			Related{first.KeyRange, "this one counts"})
		return
	}
	x.first[opt.Key] = opt
	if bare := x.bare[opt.Key]; bare != nil {
		x.add(Warning, opt.KeyRange, x.section.Index,
			fmt.Sprintf("darknet itself does not see this %s", quote(opt.Key)),
			fmt.Sprintf("It stops searching at line %d, which has no value. Remove that line.", bare.KeyRange.Line),
			Related{bare.KeyRange, "found first, without a value"})
	}
}

// checkStart demands that the file begins with [net].
func (x *indexer) checkStart() {
	if len(x.file.Sections) == 0 {
		at := Range{File: x.file.Name}
		if len(x.orphans) > 0 {
			at = x.orphans[0]
		}
		x.add(Error, at, -1, "the file has no sections",
			"A cfg consists of section headers like [net] and [convolutional] with options below them.")
		return
	}
	first := x.file.Sections[0]
	isNet := first.Name == "net" || first.Name == "network"
	switch {
	case len(x.orphans) > 0:
		hint := "A section header like [net] must come first."
		if n := len(x.orphans); n > 1 {
			hint = fmt.Sprintf("%d lines stand before the first header. %s", n, hint)
		}
		if isNet {
			hint += fmt.Sprintf(" Move them below line %d.", first.Range.Line)
		}
		x.add(Error, x.orphans[0], -1, "option before the first section", hint)
	case !isNet:
		hint := "[net] holds the size of the input and must come first."
		if base, _, junk := strings.Cut(first.Name, "]"); junk && (base == "net" || base == "network") {
			hint = "Nothing may follow the closing bracket: comments need a line of their own."
		} else if strings.EqualFold(first.Name, "net") || strings.EqualFold(first.Name, "network") {
			hint = "Section names are written in lower case."
		}
		x.add(Error, first.Range, 0, fmt.Sprintf("the first section must be [net], not %s", quote(strings.Trim(x.file.Line(first.Range.Line), blanks))), hint)
	}
}
