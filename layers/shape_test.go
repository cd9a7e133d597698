package layers

import (
	"math"
	"slices"
	"testing"

	"github.com/ghostdark/ghostdark/cfg"
)

func TestShortcutSamplesLargerSource(t *testing.T) {
	// 0: 4×4 of 0…15; 1: its pixels 0, 2, 8, 10; 2: the same twice.
	h := build(t, 1, `net width=4 height=4 channels=1
		empty
		maxpool size=1 stride=2
		route layers=-1,-1
		shortcut from=0`)
	want(t, h.run(ramp(0, 16)), 0, 4, 16, 20, 0, 2, 8, 10)
	reports(t, cfg.Warning, "4×4", "net width=4 height=4 channels=1\n empty\n maxpool size=1 stride=2\n shortcut from=0")
}

func TestShortcutSpreadsSmallerSource(t *testing.T) {
	h := build(t, 2, `net width=4 height=4 channels=2
		empty
		maxpool size=1 stride=2
		route layers=0 groups=2 group_id=1
		shortcut from=1 activation=leaky`)
	input := slices.Concat(ramp(0, 16), ramp(-20, 16), ramp(100, 32))
	got := h.run(input)
	var expected []float64
	for i, source := range [][]float32{input[:16], input[32:48]} {
		target := float64s(input[32*i+16 : 32*i+32])
		for _, at := range []int{0, 2, 8, 10} {
			target[at] += float64(source[at])
		}
		expected = append(expected, each(tenth, target)...)
	}
	want(t, got, expected...)
}

func TestShortcutWeightsWithUnlikeSources(t *testing.T) {
	// The third input is smaller by 2 and has one channel less.
	h := build(t, 1, `net width=2 height=2 channels=2
		empty
		maxpool size=1 stride=2
		route layers=1 groups=2
		route layers=0
		shortcut from=0,-2 weights_type=per_channel weights_normalization=relu`)
	copy(h.slot(4, "weights"), []float32{1, 2, 3, -5, 4, 8})
	channel0 := func(a, b, c float64) float64 { return (a*1 + b*3 + c*4) / 8.0001 }
	channel1 := func(a, b, c float64) float64 { return (a*2 + b*0 + c*8) / 10.0001 }
	want(t, h.run(ramp(1, 8)),
		channel0(1, 1, 1), channel0(2, 2, 0), channel0(3, 3, 0), channel0(4, 4, 0),
		channel1(5, 5, 0), channel1(6, 6, 0), channel1(7, 7, 0), channel1(8, 8, 0))
}

func TestShortcutOfUnequalSizes(t *testing.T) {
	for _, sections := range []string{
		"maxpool size=2 stride=2 padding=0", // 5×6 → 2×3: 2½ times and twice
		"maxpool size=1 stride_x=5 stride_y=2",
		"maxpool size=1 stride_x=1 stride_y=2",
		"upsample\n crop crop_height=9 crop_width=10 noadjust=1",
	} {
		reports(t, cfg.Error, "width and height differ", "net width=5 height=6 channels=1\n empty\n "+sections+"\n shortcut from=0")
	}
	reports(t, cfg.Error, "weights_normalization", "net width=5 height=6 channels=1\n empty\n empty\n shortcut from=0 weights_type=per_feature")
	reports(t, cfg.Error, "unknown weights_type", "net width=5 height=6 channels=1\n empty\n empty\n shortcut from=0 weights_type=all")
}

func TestMaxPoolWindowsOutside(t *testing.T) {
	// Windows begin at -3, -1, 1, 3: the first and the last hold no cell.
	h := build(t, 1, "net width=3 height=3 channels=1\n maxpool size=2 stride=2 padding=6")
	none := -math.MaxFloat32
	want(t, h.run(ramp(1, 9)),
		none, none, none, none,
		none, 1, 3, none,
		none, 7, 9, none,
		none, none, none, none)
	reports(t, cfg.Error, "without any cell", "net width=3 height=3 channels=1\n local_avgpool size=2 stride=2 padding=6")
}

func TestMaxPoolAntialiasing(t *testing.T) {
	for options, mode := range map[string]int{"size=2 padding=1 antialiasing=1 stride=2": 1, "size=3 antialiasing=2 stride_x=2": 2} {
		h := build(t, 1, "net width=5 height=6 channels=2\n maxpool "+options)
		input := wave(60)
		got := h.run(input)
		in, sharp := newImage(2, 6, 5, input), image{2, 6, 5, nil}
		size, first := 2, 0
		if mode == 2 {
			size, first = 3, -1
		}
		for i := range 60 {
			largest := math.Inf(-1)
			for k := range size * size {
				if y, x := i/5%6+first+k/size, i%5+first+k%size; y >= 0 && y < 6 && x >= 0 && x < 5 {
					largest = max(largest, in.at(i/30, y, x))
				}
			}
			sharp.v = append(sharp.v, largest)
		}
		strideY := 2
		if mode == 2 {
			strideY = 1
		}
		out := blur(sharp, mode, 2, strideY)
		h.shape(out.c, out.h, out.w)
		want(t, got, out.v...)
	}
}

func TestPoolDefaults(t *testing.T) {
	for options, shape := range map[string][2]int{
		"":                      {5, 7}, // size 1, stride 1
		"stride=2":              {3, 4}, // size 2, padding 1
		"stride=3 padding=0":    {1, 2},
		"size=3 stride_y=2":     {3, 7},
		"stride_x=2 stride_y=3": {2, 4}, // size 1
		"size=4 padding=0":      {2, 4},
	} {
		for _, section := range []string{"maxpool", "local_avgpool"} {
			h := build(t, 1, "net width=7 height=5 channels=3\n "+section+" "+options)
			h.shape(3, shape[0], shape[1])
		}
	}
}

func TestUpsample(t *testing.T) {
	h := build(t, 2, "net width=2 height=1 channels=1\n upsample stride=2 scale=.5")
	want(t, h.run([]float32{2, 4, 6, 8}), 1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4)

	const surplus = "net width=5 height=3 channels=1\n upsample stride=-2 scale=2"
	h = build(t, 1, surplus)
	h.shape(1, 1, 2)
	want(t, h.run(ramp(0, 15)), 2*(0+1+5+6), 2*(2+3+7+8))
	reports(t, cfg.Warning, "left out", surplus)
	reports(t, cfg.Error, "stride=0", "net width=5 height=3 channels=1\n upsample stride=0")
	reports(t, cfg.Error, "output would be empty", "net width=5 height=3 channels=1\n upsample stride=-4")
}

func TestCrop(t *testing.T) {
	h := build(t, 2, "net width=4 height=3 channels=1\n crop crop_width=2 crop_height=2 noadjust=1")
	want(t, h.run(ramp(0, 24)), 1, 2, 5, 6, 13, 14, 17, 18)
	h = build(t, 1, "net width=4 height=3 channels=1\n crop crop_width=1 crop_height=1")
	want(t, h.run(ramp(0, 12)), 2*5-1)
	reports(t, cfg.Error, "larger than the input", "net width=4 height=3 channels=1\n crop crop_width=5 crop_height=2")
	reports(t, cfg.Error, "crop_height=0 is out of range", "net width=4 height=3 channels=1\n crop crop_width=2 crop_height=0")
}

func TestReorgErrors(t *testing.T) {
	reports(t, cfg.Error, "does not fit", "net width=5 height=4 channels=4\n reorg stride=2")
	reports(t, cfg.Error, "not a multiple", "net width=4 height=4 channels=3\n reorg stride=2")
	reports(t, cfg.Error, "does not fit", "net width=4 height=4 channels=6\n reorg3d stride=2 reverse=1")
}

func TestRoute(t *testing.T) {
	h := build(t, 2, `net width=1 height=1 channels=4
		empty
		activation activation=relu
		route layers=1,-2,0 groups=2 group_id=1`)
	h.shape(6, 1, 1)
	want(t, h.run([]float32{1, 2, -3, 4, 5, 6, 7, -8}), 0, 4, -3, 4, -3, 4, 7, 0, 7, -8, 7, -8)
	if first, count := h.layers[2].Op.(*Route).Part(4); first != 2 || count != 2 {
		t.Errorf("the route takes %d channels from %d on, not the last two", count, first)
	}
	reports(t, cfg.Error, "group_id=2", "net width=1 height=1 channels=4\n empty\n route layers=0 groups=2 group_id=2")
	reports(t, cfg.Error, "does not divide", "net width=1 height=1 channels=4\n empty\n route layers=0 groups=3")
	reports(t, cfg.Error, "points at no earlier layer", "net width=1 height=1 channels=4\n empty\n route layers=1")
	reports(t, cfg.Error, "has no layers=", "net width=1 height=1 channels=4\n empty\n route")
}
