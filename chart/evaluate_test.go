package chart

import (
	"bytes"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// someCharts are charts of an evaluation, with few and with many classes.
func someCharts() map[string]Chart {
	curves := &Curves{Title: "precision over recall", XAxis: "recall", YAxis: "precision"}
	for i, name := range []string{"RBC 87.0", "WBC 95.9", "a long name of a class 77", ""} {
		l := Line{Name: name, Colour: Colour(i), Mark: 40 - 10*i, Bold: i == 0}
		for x := range 100 {
			l.X, l.Y = append(l.X, float64(x)/100), append(l.Y, 1-float64(x*x*(i+1))/40000)
		}
		curves.Lines = append(curves.Lines, l)
	}
	matrix := func(n int) *Matrix {
		m := &Matrix{Title: fmt.Sprintf("confusion of %d", n), Rows: "is", Columns: "found as"}
		for i := range n {
			m.Names = append(m.Names, fmt.Sprintf("class %d", i))
			row := make([]int, n)
			for k := range row {
				row[k] = (i * k * 7) % 5
			}
			row[i] = 1000 + i
			m.Counts = append(m.Counts, row)
		}
		return m
	}
	sizes := &Sizes{Title: "boxes and anchors", Width: 416, Height: 256, Unit: "pixels"}
	for i := range 9 {
		g := SizeGroup{Name: fmt.Sprintf("%d×%d, %d boxes", 40*i+20, 25*i+10, 10*i), Width: float64(40*i + 20), Height: float64(25*i + 10)}
		for k := range 50 {
			g.Widths, g.Heights = append(g.Widths, g.Width+float64(k%9-4)), append(g.Heights, g.Height+float64(k%7-3))
		}
		sizes.Groups = append(sizes.Groups, g)
	}
	none := &Curves{Title: "nothing", Lines: []Line{{Name: "none", Mark: -1}}}
	return map[string]Chart{"curves": curves, "matrix4": matrix(4), "matrix81": matrix(81), "matrix1": matrix(1), "sizes": sizes, "none": none}
}

func TestEvaluationCharts(t *testing.T) {
	folder := os.Getenv("GHOSTDARK_CHARTS")
	if folder == "" {
		folder = t.TempDir()
	}
	for name, c := range someCharts() {
		var page bytes.Buffer
		if err := WriteInline(&page, c); err != nil {
			t.Fatal(err)
		}
		if text := page.String(); !strings.HasPrefix(text, "<svg") || !strings.HasSuffix(strings.TrimSpace(text), "</svg>") {
			t.Errorf("%s: %.60s", name, text)
		}
		path := filepath.Join(folder, name+".png")
		if err := Write(path, c); err != nil {
			t.Fatal(err)
		}
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		m, err := png.Decode(file)
		file.Close()
		if err != nil {
			t.Fatal(err)
		}
		width, height := c.size()
		if b := m.Bounds(); b.Dx() < int(2*width)-2 || b.Dx() > int(2*width)+2 || b.Dy() < int(2*height)-2 || b.Dy() > int(2*height)+2 {
			t.Errorf("%s: %v for %v × %v points", name, b, width, height)
		}
	}
}
