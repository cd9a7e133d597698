package chart

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// someBars is a chart with two panels.
func someBars(rows int) *Bars {
	b := &Bars{Title: "test.cfg <&> by block"}
	cost := BarPanel{Axis: "multiply-adds in millions", Stacked: true}
	for i, name := range []string{"primary", "cheap", "SE", "depthwise", "head", "convolution", "other"} {
		cost.Series = append(cost.Series, Series{Name: name, Colour: Colour(i)})
	}
	shares := BarPanel{Axis: "share in %", Series: []Series{{Name: "time", Colour: Black}, {Name: "multiply-adds", Colour: Grey}}}
	for i := range rows {
		b.Rows = append(b.Rows, fmt.Sprintf("bottleneck %d", i+1))
		for k := range cost.Series {
			cost.Series[k].Values = append(cost.Series[k].Values, float64((i*k)%5))
		}
		for k := range shares.Series {
			shares.Series[k].Values = append(shares.Series[k].Values, float64((i+3*k)%9))
		}
	}
	b.Panels = []BarPanel{cost, shares}
	return b
}

func TestWrite(t *testing.T) {
	folder := os.Getenv("GHOSTDARK_CHARTS")
	if folder == "" {
		folder = t.TempDir()
	}
	b := someBars(19)
	width, height := b.size()
	svg := filepath.Join(folder, "bars.svg")
	if err := Write(svg, b); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(svg)
	if err != nil {
		t.Fatal(err)
	}
	shownIn(t, text)
	for _, want := range []string{"bottleneck 1<", "bottleneck 19<", "depthwise", "share in %", "&lt;&amp;&gt; by block", "sans-serif", `textLength="95.032"`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the SVG has no %q", want)
		}
	}
	if strings.Contains(string(text), "font-family:"+fontFamily) {
		t.Errorf("a font is named without others to take its place")
	}

	picture := filepath.Join(folder, "bars.PNG")
	if err := Write(picture, b); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(picture)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	img, err := png.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	if got := img.Bounds().Size(); got.X != int(width*2+.5) || got.Y != int(height*2+.5) {
		t.Errorf("the PNG has %v pixels for %v by %v points", got, width, height)
	}
	seen := coloursIn(img)
	for _, s := range append(b.Panels[0].Series[1:], b.Panels[1].Series...) {
		if !seen[palette[s.Colour]] {
			t.Errorf("nothing has the colour of %s", s.Name)
		}
	}
}

// shownIn gives the texts of an SVG.
func shownIn(t *testing.T, svg []byte) string {
	t.Helper()
	var shown strings.Builder
	for decoder := xml.NewDecoder(bytes.NewReader(svg)); ; {
		token, err := decoder.Token()
		if err == io.EOF {
			return shown.String()
		}
		if err != nil {
			t.Fatalf("not XML: %v", err)
		}
		if text, ok := token.(xml.CharData); ok {
			shown.Write(append(text, '\n'))
		}
	}
}

func coloursIn(img image.Image) map[color.RGBA]bool {
	seen := map[color.RGBA]bool{}
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			seen[color.RGBAModel.Convert(img.At(x, y)).(color.RGBA)] = true
		}
	}
	return seen
}

func TestRefusedNames(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"a.pdf", "a", "svg", ".png.gz"} {
		path := filepath.Join(folder, name)
		for _, err := range []error{Check(path), Write(path, someBars(1))} {
			if err == nil || !strings.HasPrefix(err.Error(), path+": ") || !strings.Contains(err.Error(), ".svg or .png") {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if err := Check(filepath.Join(folder, "none", "a.svg")); err == nil || !strings.Contains(err.Error(), "does not exist") {
		t.Errorf("a folder that isn't there: %v", err)
	}
	if left, _ := os.ReadDir(folder); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
