package main

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ghostdark/ghostdark/internal/figures"
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

func thousands(n int64) string           { return figures.Thousands(n) }
func metric(n float64) string            { return figures.Metric(n) }
func binaryBytes(n int64) string         { return figures.Bytes(n) }
func counted(n int, thing string) string { return figures.Counted(n, thing) }

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
