package detect

import (
	"image"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestTiles holds that tiles cover the picture, have one size, and overlap as asked.
func TestTiles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := image.Pt(rapid.IntRange(1, 200).Draw(t, "w"), rapid.IntRange(1, 200).Draw(t, "h"))
		side, part := rapid.IntRange(1, 100).Draw(t, "side"), rapid.Float64Range(0, .9).Draw(t, "overlap")
		tiles := slices.Collect(Tiles(size, side, part))
		covered := make([]bool, size.X*size.Y)
		for i, at := range tiles {
			if at.Dx() != min(side, size.X) || at.Dy() != min(side, size.Y) || !at.In(image.Rectangle{Max: size}) {
				t.Fatalf("tile %v of %v", at, size)
			}
			for y := at.Min.Y; y < at.Max.Y; y++ {
				for x := at.Min.X; x < at.Max.X; x++ {
					covered[y*size.X+x] = true
				}
			}
			if i == 0 || tiles[i-1].Min.Y != at.Min.Y {
				continue
			}
			// A tile can't be moved by less than a pixel.
			if common := tiles[i-1].Max.X - at.Min.X; float64(common) < part*float64(side)-1e-9 && at.Min.X-tiles[i-1].Min.X > 1 {
				t.Errorf("%v and %v have %d in common", tiles[i-1], at, common)
			}
		}
		if slices.Contains(covered, false) {
			t.Errorf("%v do not cover %v", tiles, size)
		}
	})
	for range Tiles(image.Pt(100, 100), 10, 0) {
		break
	}
	if n := len(slices.Collect(Tiles(image.Pt(100, 50), 25, 0))); n != 8 {
		t.Errorf("%d tiles of 25 pixels in 100×50", n)
	}
}

// at is a candidate of one class by its edges in pixels of a tile of 100×100.
func at(prob float32, left, top, right, bottom float32) Candidate {
	return Candidate{
		Box:        Box{X: (left + right) / 200, Y: (top + bottom) / 200, W: (right - left) / 100, H: (bottom - top) / 100},
		Objectness: 1, Prob: []float32{prob},
	}
}

func TestJoin(t *testing.T) {
	left, right, whole := image.Rect(0, 0, 100, 100), image.Rect(80, 0, 180, 100), image.Rect(0, 0, 180, 100)
	for _, tt := range []struct {
		name  string
		found []Found
		want  []Box // by edges in pixels: left, top, width, height
	}{
		{"one box of two tiles", []Found{{left, []Candidate{at(.9, 82, 10, 98, 40)}}, {right, []Candidate{at(.8, 2, 10, 18, 40)}}}, []Box{{82, 10, 16, 30}}},
		{"a box and its cut part, which is more probable",
			[]Found{{left, []Candidate{at(.9, 85, 10, 100, 60)}}, {right, []Candidate{at(.5, 5, 10, 55, 60)}}}, []Box{{85, 10, 50, 50}}},
		{"a small box inside of a large one, not cut",
			[]Found{{left, []Candidate{at(.9, 85, 20, 95, 40)}}, {right, []Candidate{at(.5, 5, 10, 55, 60)}}}, []Box{{85, 20, 10, 20}, {85, 10, 50, 50}}},
		{"cut at the picture's border", []Found{{left, []Candidate{at(.9, 0, 10, 20, 60), at(.8, 0, 10, 60, 60)}}}, []Box{{0, 10, 20, 50}, {0, 10, 60, 50}}},
		{"two parts side by side", []Found{{left, []Candidate{at(.9, 50, 10, 100, 60)}}, {right, []Candidate{at(.8, 0, 10, 60, 60)}}}, []Box{{50, 10, 50, 50}, {80, 10, 60, 50}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := Detections(Suppression{Thresh: .45}.Join(tt.found, whole.Max, 1), Filter{Thresh: .25})
			if len(got) != len(tt.want) {
				t.Fatalf("%d boxes: %+v", len(got), got)
			}
			for i, d := range got {
				x, y, w, h := d.Rect(180, 100)
				for k, v := range []float64{x - float64(tt.want[i].X), y - float64(tt.want[i].Y), w - float64(tt.want[i].W), h - float64(tt.want[i].H)} {
					if math.Abs(v) > 1e-3 {
						t.Errorf("box %d: %v, %v, %v×%v, want %v (%d)", i, x, y, w, h, tt.want[i], k)
					}
				}
			}
		})
	}
	if n := len(Suppression{}.Join([]Found{{left, []Candidate{at(.9, 85, 10, 100, 60)}}, {right, []Candidate{at(.5, 5, 10, 55, 60)}}}, whole.Max, 1)); n != 2 {
		t.Errorf("without suppression %d boxes", n)
	}
}
