package picture

import (
	"fmt"
	"image"
	"testing"

	"pgregory.net/rapid"
)

func TestRect(t *testing.T) {
	m := New(100, 50)
	for _, tt := range []struct {
		l    Label
		want image.Rectangle
	}{
		{Label{X: 50, Y: 25, W: 20, H: 10}, image.Rect(40, 20, 60, 30)},
		{Label{X: 50.5, Y: 25, W: 20, H: 10.5}, image.Rect(40, 19, 61, 31)},
		{Label{X: 0, Y: 50, W: 20, H: 10}, image.Rect(0, 45, 10, 50)},
		{Label{X: 50, Y: 25, W: 1e300, H: 1e200}, image.Rect(0, 0, 100, 50)},
		{Label{X: -50, Y: 25, W: 20, H: 10}, image.Rectangle{}},
	} {
		if got := m.Rect(tt.l); got != tt.want && !(got.Empty() && tt.want.Empty()) {
			t.Errorf("%+v: %v, want %v", tt.l, got, tt.want)
		}
	}
	for _, l := range wild {
		if r := m.Rect(l); !r.Empty() && !r.In(m.bounds()) {
			t.Errorf("%s: %v", l.Text, r)
		}
	}
}

// TestCrop holds that a part has the pixels that were there.
func TestCrop(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := noise(rapid.IntRange(1, 20).Draw(t, "w"), rapid.IntRange(1, 20).Draw(t, "h"))
		side := rapid.IntRange(-5, 25)
		r := image.Rect(side.Draw(t, "x0"), side.Draw(t, "y0"), side.Draw(t, "x1"), side.Draw(t, "y1"))
		out, inside := m.Crop(r), r.Intersect(m.bounds())
		if out.W != inside.Dx() || out.H != inside.Dy() || len(out.Pix) != 3*out.W*out.H {
			t.Fatalf("%v of %d×%d is %d×%d", r, m.W, m.H, out.W, out.H)
		}
		for y := range out.H {
			for x := range 3 * out.W {
				if out.row(y)[x] != m.row(inside.Min.Y + y)[3*inside.Min.X+x] {
					t.Fatalf("%v of %d×%d differs in row %d", r, m.W, m.H, y)
				}
			}
		}
	})
}

// TestPixelate holds that few colours remain inside, with the same mean, and nothing changes outside.
func TestPixelate(t *testing.T) {
	for _, r := range []image.Rectangle{image.Rect(10, 20, 90, 60), image.Rect(0, 0, 7, 3), image.Rect(50, 50, 51, 51), image.Rect(-50, 30, 500, 300), image.Rect(200, 0, 300, 5), {}} {
		t.Run(fmt.Sprint(r), func(t *testing.T) {
			before := slope(120, 100)
			m := before.Clone()
			m.Pixelate(r)
			colours, sums := map[rgb]bool{}, [2]int{}
			for y := range m.H {
				for x := range m.W {
					now, then := rgb(m.row(y)[3*x:3*x+3]), rgb(before.row(y)[3*x:3*x+3])
					if !image.Pt(x, y).In(r) {
						if now != then {
							t.Fatalf("pixel %d, %d outside was changed", x, y)
						}
						continue
					}
					colours[now] = true
					sums[0], sums[1] = sums[0]+int(now[0]), sums[1]+int(then[0])
				}
			}
			inside := r.Intersect(m.bounds())
			if n := inside.Dx() * inside.Dy(); len(colours) > pixelations*pixelations || sums[0]-sums[1] > n/2 || sums[1]-sums[0] > n/2 {
				t.Errorf("%d colours, brightness %d instead of %d", len(colours), sums[0], sums[1])
			}
		})
	}
}
