package detect

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestIoU(t *testing.T) {
	nan := float32(math.NaN())
	unit := Box{0.5, 0.5, 1, 1}
	tests := []struct {
		name string
		a, b Box
		want float32
	}{
		{"same", unit, unit, 1},
		{"half", unit, Box{0.5, 0.25, 1, 0.5}, 0.5},
		{"shifted", unit, Box{1, 0.5, 1, 1}, 1. / 3},
		{"apart", unit, Box{3, 3, 1, 1}, 0},
		{"touching", unit, Box{1.5, 0.5, 1, 1}, 0},
		{"empty", unit, Box{0.5, 0.5, 0, 0}, 0},
		{"both empty", Box{}, Box{}, 0},
		{"nan", unit, Box{nan, 0.5, 1, 1}, 0},
		{"infinite", unit, Box{0.5, 0.5, float32(math.Inf(1)), 1}, 0},
	}
	for _, tt := range tests {
		if got := IoU(tt.a, tt.b); math.Abs(float64(got-tt.want)) > 1e-7 {
			t.Errorf("%s: IoU is %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestDIoU(t *testing.T) {
	unit := Box{0.5, 0.5, 1, 1}
	tests := []struct {
		name     string
		a, b     Box
		exponent float32
		want     float64
	}{
		{"same", unit, unit, 0.6, 1},
		{"same centre", unit, Box{0.5, 0.5, 1, 0.5}, 0.6, 0.5},
		{"shifted", unit, Box{1, 0.5, 1, 1}, 1, 1./3 - 0.25/(1.5*1.5+1)},
		{"apart", unit, Box{3.5, 4.5, 1, 1}, 0.6, -math.Pow(25./41, 0.6)},
		{"points", Box{X: 1, Y: 1}, Box{X: 1, Y: 1}, 0.6, 0},
		{"nan", unit, Box{0.5, 0.5, float32(math.NaN()), 1}, 0.6, 0},
	}
	for _, tt := range tests {
		if got := DIoU(tt.a, tt.b, tt.exponent); math.Abs(float64(got)-tt.want) > 1e-6 {
			t.Errorf("%s: DIoU is %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestOverlapIsSymmetric(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.Float32Range(0, 2)
		box := rapid.Custom(func(t *rapid.T) Box {
			return Box{number.Draw(t, "x"), number.Draw(t, "y"), number.Draw(t, "w"), number.Draw(t, "h")}
		})
		a, b := box.Draw(t, "a"), box.Draw(t, "b")
		iou, diou := IoU(a, b), DIoU(a, b, 0.6)
		if iou != IoU(b, a) || diou != DIoU(b, a, 0.6) {
			t.Fatal("the order of the boxes matters")
		}
		if iou < 0 || iou > 1.0001 || diou > iou || diou < -1.0001 {
			t.Fatalf("IoU %v, DIoU %v", iou, diou)
		}
	})
}
