package picture

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/ghostdark/ghostdark/kernels"
	"github.com/ghostdark/ghostdark/tensor"
	"pgregory.net/rapid"
)

const goldenFolder = "../testdata/image"

// golden reads the reference's float32 values, which must be as many as the shape has.
func golden(t *testing.T, file string, s tensor.Shape) tensor.Tensor {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(goldenFolder, file))
	if err != nil {
		t.Fatal(err)
	}
	if len(data) != 4*s.Len() {
		t.Fatalf("%s: %d bytes, want %d", file, len(data), 4*s.Len())
	}
	out := tensor.New(1, s)
	for i := range out.Data {
		out.Data[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
	}
	return out
}

// darkRow is the target row that the reference makes nearly black when it stretches a side
// of n rows to m, or -1.
func darkRow(n, m int) int {
	scale := float32(n-1) / float32(m-1)
	if n != m && float32(m-1)*scale < float32(n-1) {
		return m - 1
	}
	return -1
}

func TestGolden(t *testing.T) {
	var expect struct {
		Images []struct {
			PNG, Source string
			W, H        int
			Targets     []struct {
				W, H              int
				Resize, Letterbox string
				MinCrop           string `json:"resize_min_crop"`
			}
		}
	}
	data, err := os.ReadFile(filepath.Join(goldenFolder, "expect.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &expect); err != nil {
		t.Fatal(err)
	}
	dark := 0
	for _, c := range expect.Images {
		m, err := Open(filepath.Join(goldenFolder, c.PNG), Limits{})
		if err != nil {
			t.Fatal(err)
		}
		src := m.Tensor()
		if want := golden(t, c.Source, tensor.Shape{C: 3, H: c.H, W: c.W}); !slices.Equal(src.Data, want.Data) {
			t.Errorf("%s: decoded values differ", c.PNG)
		}
		for _, target := range c.Targets {
			w, h := target.W, target.H
			_, boxH := letterboxSize(c.W, c.H, w, h)
			_, minH := minSize(c.W, c.H, w)
			for _, kind := range []struct {
				file    string
				got     tensor.Tensor
				resized int // height of the resized picture
				first   int // row of the target at which its row 0 lies
			}{
				{target.Resize, Stretch(src, w, h), h, 0},
				{target.Letterbox, Letterbox(src, w, h), boxH, (h - boxH) / 2},
				{target.MinCrop, MinCrop(src, w, h), minH, -((minH - h) / 2)},
			} {
				skip := -1
				if r := darkRow(c.H, kind.resized); r >= 0 && kind.first+r < h {
					skip = kind.first + r
					dark++
				}
				want := golden(t, kind.file, tensor.Shape{C: 3, H: h, W: w})
				worst := 0.0
				for i, g := range kind.got.Data {
					if i/w%h != skip {
						worst = max(worst, math.Abs(float64(g-want.Data[i])))
					}
				}
				if worst > 1e-6 {
					t.Errorf("%s: off by %g", kind.file, worst)
				}
				if skip >= 0 {
					checkInterpolated(t, kind.file, kind.got, want, skip)
				}
			}
		}
	}
	if dark != 2 {
		t.Errorf("%d black rows in the golden data, expected those of a stretched and a letterboxed picture", dark)
	}
}

// checkInterpolated holds that a row which is black in the reference continues the one above.
func checkInterpolated(t *testing.T, name string, got, dark tensor.Tensor, row int) {
	t.Helper()
	w := got.Shape.W
	brightest := func(x tensor.Tensor, row int) (v float32) {
		for c := range x.Shape.C {
			start := c*x.Shape.Plane() + row*w
			for _, p := range x.Data[start : start+w] {
				if p != 0.5 { // letterbox bars
					v = max(v, p)
				}
			}
		}
		return v
	}
	if v := brightest(dark, row); v > 1e-3 {
		t.Errorf("%s: row %d of the reference is not black (%g)", name, row, v)
	}
	if here, above := brightest(got, row), brightest(got, row-1); math.Abs(float64(here-above)) > 0.3 {
		t.Errorf("%s: row %d reaches %g, the one above %g", name, row, here, above)
	}
}

// drawTensor makes a small batch of random values from 0 to 1.
func drawTensor(t *rapid.T, maxSide int) tensor.Tensor {
	s := tensor.Shape{
		C: rapid.IntRange(1, 3).Draw(t, "c"),
		H: rapid.IntRange(1, maxSide).Draw(t, "h"),
		W: rapid.IntRange(1, maxSide).Draw(t, "w"),
	}
	x := tensor.New(rapid.IntRange(1, 2).Draw(t, "n"), s)
	seed := rapid.Uint32().Draw(t, "seed")
	for i := range x.Data {
		seed = seed*1664525 + 1013904223
		x.Data[i] = float32(seed>>8) / (1 << 24)
	}
	return x
}

// stretched is Stretch as a formula: the value at real-valued source coordinates.
func stretched(x tensor.Tensor, n, c, h, w, row, column int) float64 {
	s := x.Shape
	coordinate := func(i, targets, sources int) float64 {
		if i == targets-1 {
			return float64(sources - 1)
		}
		return float64(i) * float64(sources-1) / float64(targets-1)
	}
	v, u := coordinate(row, h, s.H), coordinate(column, w, s.W)
	sum := 0.0
	for y := range s.H {
		for x2 := range s.W {
			weight := max(0, 1-math.Abs(v-float64(y))) * max(0, 1-math.Abs(u-float64(x2)))
			sum += weight * float64(x.Image(n)[c*s.Plane()+y*s.W+x2])
		}
	}
	return sum
}

func TestStretchFormula(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		src := drawTensor(t, 9)
		w, h := rapid.IntRange(1, 12).Draw(t, "target w"), rapid.IntRange(1, 12).Draw(t, "target h")
		got := Stretch(src, w, h)
		if got.N != src.N || got.Shape != (tensor.Shape{C: src.Shape.C, H: h, W: w}) {
			t.Fatalf("shape %v × %d", got.Shape, got.N)
		}
		for i, g := range got.Data {
			want := stretched(src, i/got.Shape.Len(), i/(w*h)%got.Shape.C, h, w, i/w%h, i%w)
			if math.Abs(float64(g)-want) > 1e-5 {
				t.Fatalf("value %d is %g, want %g", i, g, want)
			}
		}
	})
}

// TestFitsFormula checks Letterbox and MinCrop against the steps that define them.
func TestFitsFormula(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		src := drawTensor(t, 20)
		w, h := rapid.IntRange(1, 16).Draw(t, "target w"), rapid.IntRange(1, 16).Draw(t, "target h")
		at := func(x tensor.Tensor, n, c, row, column int) float32 {
			return x.Image(n)[c*x.Shape.Plane()+row*x.Shape.W+column]
		}
		check := func(name string, got tensor.Tensor, want func(n, c, row, column int) float32) {
			for i, g := range got.Data {
				if v := want(i/got.Shape.Len(), i/(w*h)%got.Shape.C, i/w%h, i%w); g != v {
					t.Fatalf("%s: value %d is %g, want %g", name, i, g, v)
				}
			}
		}
		nw, nh := letterboxSize(src.Shape.W, src.Shape.H, w, h)
		inner := Stretch(src, nw, nh)
		check("letterbox", Letterbox(src, w, h), func(n, c, row, column int) float32 {
			row, column = row-(h-nh)/2, column-(w-nw)/2
			if row < 0 || row >= nh || column < 0 || column >= nw {
				return 0.5
			}
			return at(inner, n, c, row, column)
		})
		nw, nh = minSize(src.Shape.W, src.Shape.H, w)
		whole := Stretch(src, nw, nh)
		check("mincrop", MinCrop(src, w, h), func(n, c, row, column int) float32 {
			row, column = row+(nh-h)/2, column+(nw-w)/2
			return at(whole, n, c, min(max(row, 0), nh-1), min(max(column, 0), nw-1))
		})
	})
}

func TestStretchEdges(t *testing.T) {
	src := noise(7, 5).Tensor()
	if same := Stretch(src, 7, 5); !slices.Equal(same.Data, src.Data) || &same.Data[0] == &src.Data[0] {
		t.Error("the same size must give an equal copy")
	}
	for _, size := range [][2]int{{1, 1}, {1, 9}, {9, 1}, {300, 200}} {
		out := Stretch(src, size[0], size[1])
		for c := range 3 {
			last := out.Data[(c+1)*out.Shape.Plane()-1]
			if want := src.Data[(c+1)*src.Shape.Plane()-1]; last != want {
				t.Errorf("%v: last value %g, want the source's %g", size, last, want)
			}
		}
	}
	// A sliver far longer than wide: nothing of the huge intermediate picture may be made.
	if out := MinCrop(tensor.New(1, tensor.Shape{C: 1, H: 1, W: 2_000_000}), 224, 224); out.Shape.W != 224 {
		t.Error("sliver cut to the wrong size")
	}
	if out := Letterbox(tensor.New(1, tensor.Shape{C: 1, H: 1, W: 5000}), 64, 64); out.Data[32*64] == 0.5 && out.Data[31*64] == 0.5 {
		t.Error("a letterboxed sliver vanishes")
	}
}

func TestInputIsTensorThenResize(t *testing.T) {
	m := noise(31, 23)
	for _, c := range []int{1, 3} {
		full, err := m.TensorChannels(c)
		if err != nil {
			t.Fatal(err)
		}
		for r, resize := range map[Resize]func(tensor.Tensor, int, int) tensor.Tensor{
			ResizeStretch: Stretch, ResizeLetterbox: Letterbox, ResizeMinCrop: MinCrop,
		} {
			for _, size := range [][2]int{{14, 20}, {16, 8}, {37, 41}, {67, 130}} {
				w, h := size[0], size[1]
				got, err := m.Input(r, tensor.Shape{C: c, H: h, W: w})
				if err != nil {
					t.Fatal(err)
				}
				if want := resize(full, w, h); got.Shape != want.Shape || !slices.Equal(got.Data, want.Data) {
					t.Errorf("%v of %d channels to %d×%d differs from resizing the tensor", r, c, w, h)
				}
			}
		}
	}
	if _, err := m.Input(ResizeStretch, tensor.Shape{C: 4, H: 2, W: 2}); err == nil {
		t.Error("a picture was given to a network with 4 channels")
	}
}

// TestSameWithAnyKernels holds that the kernels that a processor has make no difference.
func TestSameWithAnyKernels(t *testing.T) {
	type result struct {
		pixels []uint8
		inputs [][]float32
	}
	compute := func(planes image.Image) (r result) {
		m := toRGB(planes, &videoRange)
		r.pixels = m.Pix
		for how := ResizeStretch; how <= ResizeMinCrop; how++ {
			for _, shape := range []tensor.Shape{{C: 3, H: 20, W: 14}, {C: 3, H: 45, W: 77}, {C: 1, H: 33, W: 130}} {
				input, err := m.Input(how, shape)
				if err != nil {
					t.Fatal(err)
				}
				r.inputs = append(r.inputs, input.Data, Stretch(input, 50, 19).Data)
			}
		}
		return r
	}
	random := rand.New(rand.NewPCG(8, 8))
	for _, size := range []image.Point{{1, 1}, {7, 5}, {16, 16}, {33, 9}, {65, 31}, {130, 70}} {
		for ratio := image.YCbCrSubsampleRatio444; ratio <= image.YCbCrSubsampleRatio410; ratio++ {
			planes := image.NewYCbCr(image.Rectangle{Max: size}, ratio)
			for _, plane := range [][]uint8{planes.Y, planes.Cb, planes.Cr} {
				for i := range plane {
					plane[i] = uint8(random.Uint32())
				}
			}
			t.Setenv("GHOSTDARK_CPU", kernels.Generic)
			want := compute(planes)
			for _, set := range kernels.Sets() {
				t.Setenv("GHOSTDARK_CPU", set.Name)
				if got := compute(planes); !reflect.DeepEqual(got, want) {
					t.Errorf("%v, %v: %s computes otherwise than plain loops", size, ratio, set.Name)
				}
			}
		}
	}
}

func TestParseResize(t *testing.T) {
	for r := ResizeStretch; r <= ResizeCenterCrop; r++ {
		if got, err := ParseResize(r.String()); err != nil || got != r {
			t.Errorf("%v: read back as %v, %v", r, got, err)
		}
	}
	if _, err := ParseResize("zoom"); err == nil || err.Error() != `unknown way to resize "zoom"; choose one of stretch, letterbox, mincrop, centercrop` {
		t.Error(err)
	}
	if s := fmt.Sprint(Resize(9)); s != "Resize(9)" {
		t.Error(s)
	}
}
