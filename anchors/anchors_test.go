package anchors

import (
	"math"
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

func TestIoU(t *testing.T) {
	for _, tt := range []struct {
		a, b Size
		want float64
	}{
		{Size{2, 3}, Size{2, 3}, 1},
		{Size{2, 2}, Size{4, 4}, .25},
		{Size{4, 1}, Size{1, 4}, 1. / 7},
	} {
		if got := IoU(tt.a, tt.b); math.Abs(got-tt.want) > 1e-12 || got != IoU(tt.b, tt.a) {
			t.Errorf("%v, %v: %v", tt.a, tt.b, got)
		}
	}
}

// TestFind has boxes in three groups, whose means are found whatever the start.
func TestFind(t *testing.T) {
	boxes := []Size{{10, 10}, {100, 20}, {60, 61}, {12, 10}, {104, 20}, {64, 59}, {11, 10}, {96, 23}}
	want := []Size{{11, 10}, {100, 20}, {62, 60}} // 100, 20 is the median of three, and better than their mean
	for seed := range uint64(20) {
		c := Find(boxes, 3, Options{Seed: seed, Runs: 5})
		if !reflect.DeepEqual(c.Anchors, want) || !reflect.DeepEqual(c.Boxes, []int{3, 3, 2}) || !reflect.DeepEqual(c.Of, []int{0, 1, 2, 0, 1, 2, 0, 1}) {
			t.Fatalf("seed %d: %+v", seed, c)
		}
	}
	groups := []Size{{12, 12}, {100, 20}, {60, 60}}
	settle(boxes, groups, mean)
	if !reflect.DeepEqual(groups, []Size{{11, 10}, {100, 21}, {62, 60}}) {
		t.Errorf("means %v", groups)
	}
}

func TestEqualBoxes(t *testing.T) {
	c := Find([]Size{{1, 2}, {1, 2}, {1, 2}}, 2, Options{})
	if !reflect.DeepEqual(c.Anchors, []Size{{1, 2}, {1, 2}}) || c.AverageIoU != 1 || c.IoUs[1] != 0 {
		t.Errorf("%+v", c)
	}
}

// TestProperties: anchors lie among the boxes, more of them are no worse at the same start, and the
// same seed gives the same.
func TestProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		extent := rapid.Float64Range(.01, 1)
		boxes := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Size { return Size{extent.Draw(t, "w"), extent.Draw(t, "h")} }), 1, 40).Draw(t, "boxes")
		n, opt := rapid.IntRange(1, len(boxes)).Draw(t, "n"), Options{Seed: rapid.Uint64().Draw(t, "seed"), Runs: 2}
		c := Find(boxes, n, opt)
		if again := Find(boxes, n, opt); !reflect.DeepEqual(c, again) {
			t.Fatalf("%+v, then %+v", c, again)
		}
		if len(c.Anchors) != n || !(c.AverageIoU > 0 && c.AverageIoU <= 1+1e-12) {
			t.Fatalf("%+v", c)
		}
		sum, total := 0, 0.0
		for k, a := range c.Anchors {
			if !(a.W >= .01-1e-9 && a.W <= 1+1e-9 && a.H >= .01-1e-9 && a.H <= 1+1e-9) {
				t.Fatalf("anchor %v", a)
			}
			if k > 0 && a.W*a.H < c.Anchors[k-1].W*c.Anchors[k-1].H {
				t.Fatalf("out of order: %v", c.Anchors)
			}
			sum += c.Boxes[k]
			total += c.IoUs[k] * float64(c.Boxes[k])
		}
		if sum != len(boxes) || math.Abs(total/float64(sum)-c.AverageIoU) > 1e-9 {
			t.Fatalf("%+v", c)
		}
		if n == len(boxes) && opt.Runs > 0 {
			return
		}
		if fewer := Find(boxes, 1, opt); n > 1 && Find(boxes, n, Options{Seed: 1, Runs: 20}).AverageIoU < fewer.AverageIoU-1e-9 {
			t.Fatalf("%d anchors are worse than one", n)
		}
	})
}
