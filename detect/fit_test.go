package detect

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestFitSize(t *testing.T) {
	tests := []struct {
		fit        Fit
		w, h, x, y int
	}{
		{Fit{416, 416, 768, 576, false}, 416, 416, 0, 0},
		{Fit{416, 416, 768, 576, true}, 416, 312, 0, 52},
		{Fit{416, 416, 576, 768, true}, 312, 416, 52, 0},
		{Fit{320, 256, 101, 77, true}, 320, 243, 0, 6},
		{Fit{320, 256, 640, 512, true}, 320, 256, 0, 0},
		{Fit{32, 32, 1000, 1, true}, 32, 1, 0, 15},
		{Fit{32, 32, 1, 1000, true}, 1, 32, 15, 0},
	}
	for _, tt := range tests {
		w, h := tt.fit.Size()
		x, y := tt.fit.Offset()
		if w != tt.w || h != tt.h || x != tt.x || y != tt.y {
			t.Errorf("%+v: %d×%d at %d,%d, want %d×%d at %d,%d", tt.fit, w, h, x, y, tt.w, tt.h, tt.x, tt.y)
		}
	}
}

func TestCorrectInvertsPlacing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		fit := Fit{
			NetW:      32 * rapid.IntRange(1, 20).Draw(t, "net w"),
			NetH:      32 * rapid.IntRange(1, 20).Draw(t, "net h"),
			ImageW:    rapid.IntRange(1, 4000).Draw(t, "image w"),
			ImageH:    rapid.IntRange(1, 4000).Draw(t, "image h"),
			Letterbox: rapid.Bool().Draw(t, "letterbox"),
		}
		number := rapid.Float32Range(0, 1)
		want := Box{number.Draw(t, "x"), number.Draw(t, "y"), number.Draw(t, "w"), number.Draw(t, "h")}

		w, h := fit.Size()
		x, y := fit.Offset()
		got := fit.Correct(Box{
			X: (want.X*float32(w) + float32(x)) / float32(fit.NetW),
			Y: (want.Y*float32(h) + float32(y)) / float32(fit.NetH),
			W: want.W * float32(w) / float32(fit.NetW),
			H: want.H * float32(h) / float32(fit.NetH),
		})
		// In pixels of the network's input: half of one for the centre, none for the size.
		near := func(a, b float32, pixels int, tolerance float64) bool {
			return math.Abs(float64(a-b))*float64(pixels) <= tolerance
		}
		if !near(got.X, want.X, w, 0.51) || !near(got.Y, want.Y, h, 0.51) ||
			!near(got.W, want.W, w, 0.01) || !near(got.H, want.H, h, 0.01) {
			t.Fatalf("%v came back as %v", want, got)
		}
	})
}
