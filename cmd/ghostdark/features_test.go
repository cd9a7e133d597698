package main

import (
	"bytes"
	"encoding/json"
	"image"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/ghostdark/ghostdark/picture"
)

// ghostNet is a cfg with a ghost module whose ghosts, maps 0 to 3 of layer 2, are linear
// operations on maps 4 to 7, and its weights: biases and weights of 4 filters of 3×3×3, then
// biases and weights of 4 filters of 3×3.
func ghostNet(r *rand.Rand) (cfg, file []byte, cheap []float32) {
	cfg = words("[net] width=40 height=30 channels=3 [convolutional] filters=4 size=3 pad=1 activation=relu",
		"[convolutional] filters=4 groups=4 size=3 pad=1 activation=linear [route] layers=-1,-2 [maxpool] size=2 stride=2")
	values := make([]float32, 4+4*27+4+4*9)
	for i := range values {
		values[i] = float32(r.NormFloat64())
	}
	for i := range 4 {
		values[i] = 4 // so that no map is zero everywhere
	}
	return cfg, weightsOf(values), values[4+4*27:]
}

// noisePNG is a picture of random pixels.
func noisePNG(r *rand.Rand, w, h int) []byte {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range m.Pix {
		m.Pix[i] = uint8(r.Uint32()) | uint8(i%4/3*255) // opaque
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// features runs the command with --json.
func features(t *testing.T, args ...string) (r featuresJSON) {
	t.Helper()
	if err := json.Unmarshal(invoke(t, append(append([]string{"features"}, args...), "--json")...), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// TestFeaturesGhosts finds the ghosts of a ghost module, with the operations that make them.
func TestFeaturesGhosts(t *testing.T) {
	t.Chdir(t.TempDir())
	r := rand.New(rand.NewPCG(1, 2))
	cfg, file, cheap := ghostNet(r)
	write(t, "ghost.cfg", cfg)
	write(t, "ghost.weights", file)
	write(t, "a.png", noisePNG(r, 40, 30))
	write(t, "b.png", noisePNG(r, 40, 30))
	got := features(t, "ghost.cfg", "ghost.weights", "a.png", "b.png", "--layer", "2", "--layer", "-4", "-o", "sheets")
	if len(got.Layers) != 2 || got.Layers[0].Index != 2 || got.Layers[1].Index != 0 || got.Ratio != 2 || got.DW != 3 || got.Suggest != nil {
		t.Fatalf("%+v", got)
	}
	l := got.Layers[0]
	if l.Type != "route" || l.Shape != [3]int{8, 30, 40} || l.Pixels != 2*40*30 || l.Redundancy < 1-1e-6 || l.Lost > 1e-6 || len(l.Ghosts) != 4 || len(l.Best) < 3 {
		t.Errorf("%+v", l)
	}
	for _, p := range l.Ghosts {
		if p.To > 3 || p.From != p.To+4 || p.R2 < 1-1e-6 {
			t.Errorf("map %d comes from %d, R² %v", p.To, p.From, p.R2)
			continue
		}
		for k, v := range append(slices.Clone(p.Kernel), p.Bias) {
			want := append(slices.Clone(cheap[4+9*p.To:4+9*p.To+9]), cheap[p.To])[k]
			if math.Abs(float64(v-want)) > 1e-3 {
				t.Errorf("map %d: unknown %d is %v, not %v", p.To, k, v, want)
			}
		}
	}
	for i, s := range l.Sizes {
		if known := s.Explained > 1-1e-6; s.Size != 2*i+1 || known != (s.Size >= 3) {
			t.Errorf("operations of %d×%[1]d explain %v", s.Size, s.Explained)
		}
	}
	if other := got.Layers[1]; other.Redundancy > .9 || other.Type != "convolutional" {
		t.Errorf("the convolution: %+v", other)
	}
	for _, sheet := range []string{l.Sheet, got.Layers[1].Sheet} {
		if m, err := picture.Open(sheet, picture.Limits{}); err != nil || m.W != 960 {
			t.Errorf("contact sheet %q: %v", sheet, err)
		}
	}
	if one := features(t, "ghost.cfg", "ghost.weights", "a.png", "--layer", "2", "--dw", "1").Layers[0]; one.Redundancy > .9 || one.Sheet != "" {
		t.Errorf("by 1×1 operations: %+v", one)
	}
	if files, err := os.ReadDir("sheets"); err != nil || len(files) != 2 {
		t.Errorf("sheets: %v, %v", files, err)
	}
}

// TestFeaturesTable suggests what ghostify would rewrite, and nothing on too few pixels.
func TestFeaturesTable(t *testing.T) {
	t.Chdir(t.TempDir())
	r := rand.New(rand.NewPCG(1, 2))
	// 16 maps, each of which is there twice, but for a factor.
	write(t, "twice.cfg", words("[net] width=40 height=30 channels=3 [convolutional] filters=16 size=3 pad=1 activation=relu",
		"[convolutional] filters=16 size=3 pad=1 stride=4 activation=relu [avgpool] [connected] output=2 activation=linear"))
	values := make([]float32, 16+16*27+16+16*144+2+2*16)
	for i := range values {
		values[i] = float32(r.NormFloat64())
	}
	for i := range 8 {
		values[8+i] = 2 * values[i]
		for k := range 27 {
			values[16+27*(8+i)+k] = 2 * values[16+27*i+k]
		}
	}
	write(t, "twice.weights", weightsOf(values))
	write(t, "a.png", noisePNG(r, 40, 30))
	got := features(t, "twice.cfg", "twice.weights", "a.png", "--threshold", "0.99")
	if len(got.Layers) != 2 || got.Suggest == nil || !slices.Equal(got.Suggest.Layers, []int{0}) || got.Suggest.Threshold != .99 {
		t.Fatalf("%+v", got)
	}
	first, second := got.Layers[0], got.Layers[1]
	// 8 filters of 27 weights and 8 of 9.
	if !first.Suggested || first.MACs != 16*27*1200 || first.GhostMACs != 8*(27+9)*1200 || first.Redundancy < 1-1e-6 {
		t.Errorf("%+v", first)
	}
	if second.Suggested || second.Pictures != 3 || second.Pixels != 80 {
		t.Errorf("%+v", second)
	}
	if none := features(t, "twice.cfg", "twice.weights", "a.png", "--dw", "11"); len(none.Suggest.Layers) != 0 || none.Layers[0].Remark != "would not get cheaper" {
		t.Errorf("with operations that cost more than they save: %v", none.Suggest.Layers)
	}
}
