package picture

import (
	"fmt"
	"image"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// wild are labels that no picture should stumble over.
var wild = []Label{
	{Text: "nan", X: math.NaN(), Y: 1, W: 1, H: 1},
	{Text: "inf", X: 1, Y: 1, W: math.Inf(1), H: 1},
	{Text: "negative", X: 1, Y: 1, W: -5, H: 1},
	{Text: "far", X: -1e300, Y: 1e300, W: 1, H: 1},
	{Text: "vast", X: 0, Y: 0, W: 1e308, H: 1e308},
	{Text: "point", X: 3, Y: 3},
	{Text: "line\nbreak\x00 \xff 猫 " + strings.Repeat("long ", 5000), X: 5, Y: 5, W: 4, H: 4, Class: -7},
	{X: 8, Y: 8, W: 10, H: 10, Class: math.MaxInt},
	{Text: "", X: 8, Y: 8, W: 10, H: 10, Class: math.MinInt},
}

func TestAnnotateAnySize(t *testing.T) {
	for _, size := range [][2]int{{0, 0}, {1, 1}, {20, 20}, {1, 3000}, {3000, 1}, {60, 240}, {239, 100}, {240, 100}, {2000, 1500}} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			m := noise(size[0], size[1])
			before := m.Clone()
			out := Annotate(m, wild)
			captioned := Caption(m, []string{"one", wild[6].Text, "", "four", "five"})
			if !slices.Equal(m.Pix, before.Pix) {
				t.Error("the source was changed")
			}
			for _, o := range []*Image{out, captioned} {
				if len(o.Pix) != 3*o.W*o.H || m.W > 0 && (o.W%m.W != 0 || o.W/m.W*m.H != o.H) {
					t.Errorf("%d×%d became %d×%d", m.W, m.H, o.W, o.H)
				}
				if max(m.W, m.H) >= 240 && o.W != m.W || max(m.W, m.H) > 0 && max(o.W, o.H) < 240 {
					t.Errorf("%d×%d was enlarged to %d×%d", m.W, m.H, o.W, o.H)
				}
			}
		})
	}
}

func TestAnnotateNothing(t *testing.T) {
	m := noise(300, 200)
	checkSame(t, Annotate(m, nil), m, 0)
	checkSame(t, Annotate(m, wild[:4]), m, 0)
	checkSame(t, Caption(m, nil), m, 0)
}

// TestAnnotateFrame holds the frame to the box's edge, centred on it.
func TestAnnotateFrame(t *testing.T) {
	out := Annotate(New(400, 300), []Label{{X: 200, Y: 150, W: 100, H: 60, Class: 3}})
	c := classColour(3)
	at := func(x, y int) rgb { return rgb(out.row(y)[3*x : 3*x+3]) }
	for _, p := range []image.Point{{150, 150}, {249, 150}, {200, 120}, {200, 179}, {150, 120}, {249, 179}} {
		if at(p.X, p.Y) != c {
			t.Errorf("pixel %v on the edge is %v, want %v", p, at(p.X, p.Y), c)
		}
	}
	for _, p := range []image.Point{{200, 150}, {145, 150}, {255, 150}, {200, 115}, {200, 185}} {
		if at(p.X, p.Y) != black {
			t.Errorf("pixel %v off the edge is %v", p, at(p.X, p.Y))
		}
	}
	// A box beyond the picture shows its frame along the border.
	out = Annotate(New(400, 300), []Label{{X: 200, Y: 150, W: 1000, H: 1000, Class: 3}})
	for _, p := range []image.Point{{0, 150}, {399, 150}, {200, 0}, {200, 299}} {
		if at(p.X, p.Y) != c {
			t.Errorf("border pixel %v is %v, want %v", p, at(p.X, p.Y), c)
		}
	}
	// Labels count in pixels of the small picture, also when it is enlarged.
	out = Annotate(New(20, 20), []Label{{X: 10, Y: 10, W: 10, H: 10, Class: 3}})
	if at(60, 120) != c || at(179, 120) != c {
		t.Error("the frame does not grow with the picture")
	}
}

// TestDashedFrame holds that black and white take turns along the edge, and nothing else changes.
func TestDashedFrame(t *testing.T) {
	grey := New(400, 300)
	for i := range grey.Pix {
		grey.Pix[i] = 100
	}
	for _, l := range []Label{{X: 200, Y: 150, W: 100, H: 60}, {X: 200, Y: 150, W: 1000, H: 1000}, {X: 5, Y: 5, W: 3, H: 200}, {X: 300, Y: 5, W: 0, H: 0}} {
		l.Dashed = true
		out := Annotate(grey, []Label{l})
		counts := map[rgb]int{}
		for i := 0; i < len(out.Pix); i += 3 {
			counts[rgb(out.Pix[i:i+3])]++
		}
		if len(counts) > 3 || counts[white] == 0 || counts[rgb{100, 100, 100}] < 300*390-4000 {
			t.Errorf("%+v: %v", l, counts)
		}
	}
	out := Annotate(grey, []Label{{X: 200, Y: 150, W: 100, H: 60, Dashed: true}})
	turns, last := 0, rgb{}
	for x := 150; x < 250; x++ {
		if c := rgb(out.row(120)[3*x : 3*x+3]); c != last {
			turns, last = turns+1, c
		}
	}
	if turns < 10 {
		t.Errorf("%d dashes along the upper edge", turns)
	}
}

func TestAnnotateText(t *testing.T) {
	for _, side := range []int{20, 240, 1000, 3000} {
		s := float64(side)
		out := Annotate(New(side, side), []Label{{Text: "WBC 98%", Class: 1, X: s / 2, Y: s / 2, W: s / 3, H: s / 3}})
		fill := classColour(1)
		filled, inked, shades := 0, 0, 0
		for i := 0; i < len(out.Pix); i += 3 {
			switch p := rgb(out.Pix[i : i+3]); {
			case p == fill:
				filled++
			case p == fill.ink():
				inked++
			case p != black:
				shades++
			}
		}
		if filled == 0 || shades == 0 || fill.ink() != black || inked == 0 {
			t.Errorf("side %d: tag of %d pixels, %d of ink, %d between", side, filled, inked, shades)
		}
	}
}

func TestTagsStayInsideAndApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		picture := image.Rect(0, 0, rapid.IntRange(240, 900).Draw(t, "w"), rapid.IntRange(60, 900).Draw(t, "h"))
		side := rapid.Float64Range(-100, 1000)
		label := rapid.Custom(func(t *rapid.T) Label {
			return Label{
				Text: rapid.StringN(1, 30, -1).Draw(t, "text"),
				X:    side.Draw(t, "x"), Y: side.Draw(t, "y"),
				W: rapid.Float64Range(0, 900).Draw(t, "w"), H: rapid.Float64Range(0, 900).Draw(t, "h"),
			}
		})
		labels := rapid.SliceOfN(label, 1, 12).Draw(t, "labels")
		boxes := make([]image.Rectangle, len(labels))
		for i, l := range labels {
			boxes[i] = outline(l, 1, 2, picture)
		}
		p := newPen(12)
		for _, tag := range layoutTags(p, labels, boxes, picture) {
			if !tag.at.In(picture) {
				t.Fatalf("tag %v %q leaves the picture %v", tag.at, tag.text, picture)
			}
			if marginX, _ := p.margins(); p.width(tag.text) > tag.at.Dx()-2*marginX {
				t.Fatalf("text %q is wider than its tag", tag.text)
			}
		}
	})

	// Two boxes in one place still show both texts.
	boxes := []image.Rectangle{image.Rect(100, 100, 200, 200), image.Rect(100, 100, 200, 200), image.Rect(102, 101, 199, 203)}
	tags := layoutTags(newPen(12), []Label{{Text: "dog"}, {Text: "wolf"}, {Text: "fox"}}, boxes, image.Rect(0, 0, 300, 300))
	for i := range tags {
		for j := range i {
			if tags[i].at.Overlaps(tags[j].at) {
				t.Errorf("tags %v and %v overlap", tags[i].at, tags[j].at)
			}
		}
	}
}

func TestShorten(t *testing.T) {
	p := newPen(14)
	for _, c := range []struct {
		text  string
		limit int
		want  string
	}{
		{"dog 98%", 500, "dog 98%"},
		{"two\nlines\tand\x00more", 500, "two lines and more"},
		{"nothing fits", 3, ""},
		{"", 100, ""},
	} {
		if got := p.shorten(c.text, c.limit); got != c.want {
			t.Errorf("%q within %d: %q, want %q", c.text, c.limit, got, c.want)
		}
	}
	long := strings.Repeat("platelets ", 3000)
	for limit := 40; limit < 600; limit += 35 {
		got := p.shorten(long, limit)
		head, cut := strings.CutSuffix(got, "…")
		if !cut || !strings.HasPrefix(long, head) || p.width(got) > limit || p.width(got) < limit-30 {
			t.Errorf("within %d: %q, %d wide", limit, got, p.width(got))
		}
	}
}

func TestClassColours(t *testing.T) {
	distance := func(a, b rgb) (d float64) {
		for k := range a {
			d += math.Pow(float64(a[k])-float64(b[k]), 2)
		}
		return math.Sqrt(d)
	}
	for a := range 20 {
		for b := range a {
			if d := distance(classColour(a), classColour(b)); d < 35 {
				t.Errorf("classes %d and %d differ by %.0f only", a, b, d)
			}
		}
	}
	for class := -10; class < 3600; class++ {
		c := classColour(class)
		a, b := c.luminance()+0.05, c.ink().luminance()+0.05
		if contrast := max(a, b) / min(a, b); contrast < 4.5 {
			t.Errorf("text on the colour %v of class %d has a contrast of %.1f", c, class, contrast)
		}
	}
	if c := classColour(0); c != (rgb{251, 89, 77}) {
		t.Errorf("class 0 is %v now; its colour must stay", c)
	}
}

func TestCaption(t *testing.T) {
	m := New(400, 300)
	for i := range m.Pix {
		m.Pix[i] = 200
	}
	out := Caption(m, []string{"Ankle boot 98 %", "Sneaker 1 %"})
	strip, brightest := 0, uint8(0)
	for y := range out.H {
		if row := out.row(y); row[3*399] < 200 {
			strip++
			brightest = max(brightest, slices.Max(row))
		} else if slices.Min(row) != 200 {
			t.Fatalf("row %d above the strip was touched", y)
		}
	}
	if strip < 30 || strip > 60 || brightest != 255 {
		t.Errorf("a strip of %d rows with letters of brightness %d", strip, brightest)
	}
	// A strip never covers more lines than the picture has room for.
	if out := Caption(m, make([]string, 10_000)); out.W != 400 || out.H != 300 {
		t.Error("the picture changed its size")
	}
}

// TestLettersOfCrowds holds that letters get smaller with many tags, but stay readable, and that few tags have
// letters as large as the picture's size asks for.
func TestLettersOfCrowds(t *testing.T) {
	tagged := func(n int) []Label {
		labels := make([]Label, n+10) // some without a text
		for i := range n {
			labels[i].Text = "tag"
		}
		return labels
	}
	for _, tt := range []struct {
		w, h, tags int
		want       float64
	}{{4000, 3000, 0, 69}, {4000, 3000, 20, 69}, {4000, 3000, 200, 36}, {4000, 3000, 20_000, 12}, {640, 480, 21, 12}, {64, 48, 5, 12}, {2560, 1920, 341, 18}} {
		if got := crowdedSize(&Image{W: tt.w, H: tt.h}, tagged(tt.tags)); got != tt.want {
			t.Errorf("%d tags on %d×%d have letters of %v pixels, want %v", tt.tags, tt.w, tt.h, got, tt.want)
		}
	}
}
