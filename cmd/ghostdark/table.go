package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// table is text in columns that are as wide as their widest cell.
type table struct {
	// headings of the columns; one that begins with > is for a column of numbers, which is
	// aligned to the right.
	headings []string
	rows     [][]string
}

// add appends a row; cells that are left out at its end are empty.
func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// write prints the table with two blanks between columns.
func (t *table) write(w io.Writer) error {
	right := make([]bool, len(t.headings))
	first := make([]string, len(t.headings))
	for i, h := range t.headings {
		first[i], right[i] = strings.CutPrefix(h, ">")
	}
	rows := append([][]string{first}, t.rows...)
	width := make([]int, len(t.headings))
	for _, row := range rows {
		for i, cell := range row {
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	out := bufio.NewWriter(w)
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			blanks := strings.Repeat(" ", width[i]-utf8.RuneCountInString(cell))
			if right[i] {
				line.WriteString(blanks + cell + "  ")
			} else {
				line.WriteString(cell + blanks + "  ")
			}
		}
		fmt.Fprintln(out, strings.TrimRight(line.String(), " "))
	}
	return out.Flush()
}

// markdownEscapes keep text from being taken for Markdown within a line.
var markdownEscapes = strings.NewReplacer(`\`, `\\`, "|", `\|`, "*", `\*`, "`", "\\`", "<", "&lt;", "&", "&amp;", "\n", " ")

// writeMarkdown prints the table as GitHub's Markdown has it.
func (t *table) writeMarkdown(w io.Writer) error {
	out := bufio.NewWriter(w)
	line := func(cells []string) {
		for i := range t.headings {
			cell := ""
			if i < len(cells) {
				cell = markdownEscapes.Replace(cells[i])
			}
			fmt.Fprintf(out, "| %s ", cell)
		}
		fmt.Fprintln(out, "|")
	}
	first, rule := make([]string, len(t.headings)), make([]string, len(t.headings))
	for i, h := range t.headings {
		rule[i] = "---"
		if number, right := strings.CutPrefix(h, ">"); right {
			h, rule[i] = number, "---:"
		}
		first[i] = h
	}
	line(first)
	line(rule)
	for _, row := range t.rows {
		line(row)
	}
	return out.Flush()
}

// writeJSONLine writes a JSON value on a line of its own.
func writeJSONLine(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// thousands writes 1234567 as 1,234,567.
func thousands(n int64) string {
	digits := fmt.Sprint(n)
	start := 0
	if n < 0 {
		start = 1
	}
	for i := len(digits) - 3; i > start; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// metric writes a count with three digits and a decimal unit: 1234567 as `1.23 M`.
func metric(n float64) string { return scaled(n, 1000, "", "K", "M", "G", "T") }

// binaryBytes writes a size with three digits and a binary unit: 1234567 as `1.18 MiB`.
func binaryBytes(n int64) string { return scaled(float64(n), 1024, "B", "KiB", "MiB", "GiB", "TiB") }

func scaled(v, step float64, units ...string) string {
	unit := 0
	for v >= .9995*step && unit < len(units)-1 {
		v /= step
		unit++
	}
	decimals := 2
	switch {
	case unit == 0 || v >= 99.95:
		decimals = 0
	case v >= 9.995:
		decimals = 1
	}
	return strings.TrimSpace(fmt.Sprintf("%.*f %s", decimals, v, units[unit]))
}

// counted writes `1 layer`, `2 layers`.
func counted(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return thousands(int64(n)) + " " + thing
}

// shown makes text from a file fit for a terminal: without control characters, and clipped.
func shown(s string) string {
	const most = 24
	runes := []rune(s)
	if len(runes) > most {
		runes = append(runes[:most-1], '…')
	}
	for i, r := range runes {
		if !unicode.IsPrint(r) {
			runes[i] = unicode.ReplacementChar
		}
	}
	return string(runes)
}
