package picture

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// ramp is a tile of w×h whose values grow from left to right.
func ramp(w, h int) Tile {
	t := Tile{W: w, H: h, Values: make([]float32, w*h)}
	for i := range t.Values {
		t.Values[i] = float32(i%w)*5 - 100
	}
	return t
}

// TestSheetAnySize draws tiles of odd extents and numbers, with texts too long.
func TestSheetAnySize(t *testing.T) {
	long := strings.Repeat("long ", 500)
	for _, size := range [][2]int{{1, 1}, {2, 1}, {7, 5}, {40, 40}, {500, 300}, {1, 3000}, {3000, 1}} {
		for _, tiles := range []int{0, 1, 7, 25, 300, 700} {
			if tiles > 25 && size[0]*size[1] > 100 {
				continue // takes long, and is nothing new
			}
			t.Run(fmt.Sprint(size, tiles), func(t *testing.T) {
				s := Sheet{Heading: []string{long, "two"}, Footing: []string{long}}
				for i := range tiles {
					tile := ramp(size[0], size[1])
					tile.Caption, tile.Mark = long, i%9
					s.Tiles = append(s.Tiles, tile)
				}
				for i := range min(tiles, 7) {
					s.Cards = append(s.Cards, Card{Heading: long, Mark: i + 1, Tiles: s.Tiles[:min(tiles, 3)]})
				}
				m := s.Draw()
				if m.W != 960 && m.W != 1600 || m.H < 80 || m.H > 20000 || len(m.Pix) != 3*m.W*m.H {
					t.Errorf("%d×%d pixels", m.W, m.H)
				}
			})
		}
	}
}

// TestSheetTiles looks at the pixels of tiles.
func TestSheetTiles(t *testing.T) {
	flat := Tile{W: 2, H: 1, Values: []float32{3, 3}}
	s := Sheet{Tiles: []Tile{
		{W: 2, H: 1, Values: []float32{-1, 5}, Mark: 2},
		{W: 2, H: 1, Values: []float32{1e30, -3e38}},
		flat,
		{W: 2, H: 1, Values: []float32{0, 9}, Scale: []float32{-10, 10}},
	}}
	m := s.Draw()
	shown := fitTile(2, 1, (&sheetDrawing{width: 960}).tileSide(4))
	if shown.X != 2*shown.Y || shown.X < 200 || 4*(shown.X+sheetGap) > 960 {
		t.Fatalf("tiles of %v", shown)
	}
	y := sheetMargin + 2*sheetGap + shown.Y/2
	for i, want := range [][2]uint8{{0, 255}, {255, 0}, {128, 128}, {128, 242}} {
		for half := range 2 {
			x := sheetMargin + i*(shown.X+sheetGap) + (2*half+1)*shown.X/4
			got := m.row(y)[3*x : 3*x+3]
			if got[0] != got[1] || got[1] != got[2] || math.Abs(float64(got[0])-float64(want[half])) > 1 {
				t.Errorf("tile %d: half %d is %v, not %d", i, half, got, want[half])
			}
		}
	}
	if frame := rgb(m.row(y)[3*(sheetMargin-1):][:3]); frame != classColour(1) {
		t.Errorf("the frame is %v", frame)
	}
	if gap := rgb(m.row(y)[3*(sheetMargin+shown.X+sheetGap-1):][:3]); gap != paper {
		t.Errorf("beside a tile without a frame there is %v", gap)
	}
}

// TestSheetReduced holds that large tiles are drawn smaller and small ones with whole pixels.
func TestSheetReduced(t *testing.T) {
	for _, c := range []struct{ w, h, side, wantW, wantH int }{
		{7, 7, 60, 56, 56}, {7, 5, 112, 112, 80}, {60, 30, 60, 60, 30}, {40, 40, 60, 60, 60}, {640, 480, 80, 80, 60}, {1, 1000, 50, 1, 50}, {20, 10, 60, 60, 30},
	} {
		if got := fitTile(c.w, c.h, c.side); got.X != c.wantW || got.Y != c.wantH {
			t.Errorf("%d×%d at %d: %v", c.w, c.h, c.side, got)
		}
	}
}
