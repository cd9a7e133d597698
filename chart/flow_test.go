package chart

import (
	"bytes"
	"image/png"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"
)

// someFlow has frames in frames, and lines of all strokes.
func someFlow() *Flow {
	f := &Flow{
		Title: "a<b>&c.cfg", Subtitle: "four of a kind", Columns: []string{"output", "work", "size"},
		Legend: []Entry{{Name: "boxes", Colour: Blue}, {Name: "thin", Colour: Green, Line: Thin}, {Name: "dashed", Colour: Purple, Line: Dashed}},
		Frames: []FlowFrame{{"outer", 1, 6}, {"first", 1, 3}, {"second", 4, 5}, {"last", 8, 8}},
		Lines: []FlowLine{
			{From: 0, To: []int{6, 9}, Column: 2, Colour: Green, Stroke: Thin},
			{From: 1, To: []int{3}, Column: 1, Colour: Vermilion, Stroke: Thick},
			{From: 4, To: []int{6}, Column: 1, Colour: Purple, Stroke: Dashed},
		},
	}
	for i := range 10 {
		f.Rows = append(f.Rows, FlowRow{
			Number: strings.Repeat("1", 1+i%3), Text: "row", Detail: "3×3", Colour: Blue, Round: i == 6, Follows: i != 4,
			Cells: []string{"7×7×7", "1.00 M", "100"}, Bar: float64(i) / 9,
		})
	}
	return f
}

// TestFlowLayout holds that boxes and frames are below, beside or inside each other.
func TestFlowLayout(t *testing.T) {
	l := someFlow().layout()
	bottom := vg.Length(-1)
	for i, top := range l.tops {
		if top <= bottom {
			t.Errorf("row %d begins at %v, above the end of the one before it, %v", i, top, bottom)
		}
		bottom = top + flowBox
	}
	if l.height < bottom {
		t.Errorf("the height is %v, the last row ends at %v", l.height, bottom)
	}
	for i, f := range l.Frames {
		a := l.frames[i]
		if a.top >= l.tops[f.First] || a.bottom <= l.tops[f.Last]+flowBox || f.First > 0 && a.top <= l.tops[f.First-1]+flowBox {
			t.Errorf("frame %q from %v to %v doesn't hold its rows", f.Title, a.top, a.bottom)
		}
		if f.Last+1 < len(l.tops) && a.bottom >= l.tops[f.Last+1] {
			t.Errorf("frame %q holds the row after it", f.Title)
		}
		for k, g := range l.Frames[:i] {
			b := l.frames[k]
			if inside := g.First <= f.First && f.Last <= g.Last; inside && (a.top <= b.top || a.bottom >= b.bottom || a.inset <= b.inset) || !inside && a.top <= b.bottom {
				t.Errorf("frame %q lies across %q", f.Title, g.Title)
			}
		}
	}
	for i, want := range []bool{false, true, true, true} {
		if l.frames[i].leaf != want {
			t.Errorf("frame %q has frames inside: %v", l.Frames[i].Title, !l.frames[i].leaf)
		}
	}
	if width, height := someFlow().size(); width < l.right || height < l.height || l.cells[0] < l.titles+l.titlesWidth {
		t.Errorf("the size is %v by %v for %v by %v", width, height, l.right, l.height)
	}
}

func TestFlow(t *testing.T) {
	var svg, picture bytes.Buffer
	if err := Encode(&svg, ".svg", someFlow()); err != nil {
		t.Fatal(err)
	}
	all := shownIn(t, svg.Bytes())
	for _, want := range []string{"a<b>&c.cfg", "four of a kind", "boxes", "dashed", "outer", "second", "work", "7×7×7"} {
		if !strings.Contains(all, want) {
			t.Errorf("the SVG has no %q", want)
		}
	}
	if err := Encode(&picture, ".png", someFlow()); err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(&picture)
	if err != nil {
		t.Fatal(err)
	}
	seen := coloursIn(img)
	for _, c := range []Colour{Blue, Green, Vermilion, Purple} {
		if !seen[palette[c]] {
			t.Errorf("nothing has colour %d", c)
		}
	}
	if !seen[Blue.tint()] {
		t.Errorf("no box has a pale colour")
	}
}

// TestVastPNG holds that memory isn't taken for a picture without end.
func TestVastPNG(t *testing.T) {
	f := &Flow{Columns: []string{"", "", ""}, Rows: make([]FlowRow, 20_000)}
	for i := range f.Rows {
		f.Rows[i].Cells = []string{"", "", ""}
	}
	var b bytes.Buffer
	if err := Encode(&b, ".png", f); err == nil || !strings.Contains(err.Error(), "million pixels, more than 100 million; write an SVG") || b.Len() > 0 {
		t.Errorf("%v, %d bytes", err, b.Len())
	}
	if full, pale := Blue.Hex(); full != "#0072b2" || pale != "#bfdbeb" {
		t.Errorf("blue is %s, pale %s", full, pale)
	}
}
