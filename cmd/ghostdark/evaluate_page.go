package main

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"html/template"
	"io"
	"strings"

	"github.com/ghostdark/ghostdark/chart"
	"github.com/ghostdark/ghostdark/internal/atomicfile"
	"github.com/ghostdark/ghostdark/picture"
)

// page is a report as one file of HTML, which refers to no other.
type page struct {
	Title     string
	About     string
	Tiles     []pageTile
	Tables    []pageTable
	Charts    []template.HTML
	Galleries []gallery
}

// pageTile is a figure to be seen at first sight.
type pageTile struct{ Name, Value string }

type pageTable struct {
	Title    string
	Note     string
	Headings []pageCell
	Rows     []pageRow
}

type pageRow struct {
	Cells []pageCell
	Total bool
}

// pageCell is text, aligned to the left, or else a number.
type pageCell struct {
	Name string
	Text bool
}

// gallery shows pictures of one kind of mistake.
type gallery struct {
	Title   string
	Note    string
	Figures []figure
}

type figure struct {
	Picture template.URL
	Title   string
	About   string
}

//go:embed evaluate.html
var pageText string

// save writes the page.
func (p *page) save(path string) error {
	page := template.Must(template.New("report").Parse(pageText))
	return atomicfile.Write(path, func(w io.Writer) error { return page.Execute(w, p) })
}

// chart adds a chart.
func (p *page) chart(c chart.Chart) error {
	var svg strings.Builder
	if err := chart.WriteInline(&svg, c); err != nil {
		return err
	}
	p.Charts = append(p.Charts, template.HTML(svg.String()))
	return nil
}

// newPageTable makes a table of the one that is printed. Its last row is the total.
func newPageTable(title, note string, t *table) pageTable {
	out := pageTable{Title: title, Note: note}
	number := make([]bool, len(t.headings))
	for i, h := range t.headings {
		h, number[i] = strings.CutPrefix(h, ">")
		out.Headings = append(out.Headings, pageCell{h, !number[i]})
	}
	for i, row := range t.rows {
		cells := make([]pageCell, len(t.headings))
		for k := range cells {
			cells[k].Text = !number[k]
			if k < len(row) {
				cells[k].Name = row[k]
			}
		}
		out.Rows = append(out.Rows, pageRow{cells, i == len(t.rows)-1})
	}
	return out
}

// dataURI puts a picture into an address.
func dataURI(m *picture.Image) (template.URL, error) {
	var file bytes.Buffer
	if err := picture.Encode(&file, m, ".jpg"); err != nil {
		return "", err
	}
	return template.URL("data:image/jpeg;base64," + base64.StdEncoding.EncodeToString(file.Bytes())), nil
}
