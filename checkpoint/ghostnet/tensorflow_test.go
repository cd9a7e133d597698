package ghostnet

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ghostdark/ghostdark/internal/testkit"
)

// renamed gives a layout the names of TensorFlow's blocks.
func renamed(l *Layout) *Layout {
	for i := range l.Blocks {
		l.Blocks[i].Name = fmt.Sprintf("Conv2d_%d", i+1)
	}
	l.HeadName = fmt.Sprintf("Conv2d_%d", len(l.Blocks)+1)
	return l
}

// variablesOf lists a network's variables as the official TensorFlow code makes them, under their scope.
func variablesOf(l *Layout) map[string][]int {
	all := map[string][]int{"global_step": {}, "learning_rate": {}, "EMA/cost": {}, "EMA/cost/biased": {}}
	add := func(name string, dims ...int) {
		all["MobileNetV2/"+name] = dims
		all["MobileNetV2/"+name+"/Momentum"] = dims
	}
	norm := func(scope string, n int) {
		for _, name := range []string{"gamma", "beta", "mean/EMA", "variance/EMA"} {
			add(scope+"/"+name, n)
		}
	}
	conv := func(scope, bn string, f Filters, in int) {
		add(scope+"/W", f.Size, f.Size, in, f.N)
		if bn == "" {
			add(scope+"/b", f.N)
		} else {
			norm(scope+"/"+bn, f.N)
		}
	}
	depthwise := func(scope, name, bn string, f Filters, in int) {
		add(scope+"/"+name, f.Size, f.Size, in, f.N/in)
		norm(scope+"/"+bn, f.N)
	}
	ghost := func(scope, cheapNorm string, g Ghost, in int) {
		conv(scope+"/conv1", "bn", g.Primary, in)
		depthwise(scope+"/dw1", "DW", cheapNorm, g.Cheap, g.Primary.N)
	}
	conv("Conv2d_0", "bn", l.Stem, l.Channels)
	last := l.Stem.N
	for _, b := range l.Blocks {
		if b.Conv.N > 0 {
			conv(b.Name, "bn", b.Conv, b.In)
		} else {
			expanded := b.First.Out()
			ghost(b.Name+"_up_pointwise", "bn", b.First, b.In)
			if b.Depthwise > 0 {
				depthwise(b.Name+"_depthwise", "W", "output", Filters{expanded, b.Depthwise}, expanded)
			}
			if b.Squeeze > 0 {
				conv(b.Name+"_se/fc1", "", Filters{b.Squeeze, 1}, expanded)
				conv(b.Name+"_se/fc2", "", Filters{expanded, 1}, b.Squeeze)
			}
			ghost(b.Name+"_down_pointwise", "output", b.Last, expanded)
			if b.Shortcut > 0 {
				depthwise(b.Name+"_shortcut_dw", "W", "output", Filters{b.In, b.Shortcut}, b.In)
				conv(b.Name+"_shortcut_1x1", "bn", Filters{b.Out(), 1}, b.In)
			}
		}
		last = b.Out()
	}
	conv(l.HeadName, "bn", Filters{l.Head, 1}, last)
	conv("Logits/Conv2d_1c_1x1", "", Filters{l.Classes, 1}, l.Head)
	return all
}

// TestTensorFlowFaults checks that tensors are named as TensorFlow has them, with its order of extents.
func TestTensorFlowFaults(t *testing.T) {
	for name, c := range map[string]struct {
		change func(tensors map[string][]int)
		want   string
	}{
		"sound":   {func(map[string][]int) {}, ""},
		"missing": {func(m map[string][]int) { delete(m, "MobileNetV2/Conv2d_2_up_pointwise/dw1/bn/mean/EMA") }, "1 missing: MobileNetV2/Conv2d_2_up_pointwise/dw1/bn/mean/EMA"},
		"missing convolution": {func(m map[string][]int) { delete(m, "MobileNetV2/Conv2d_2_down_pointwise/dw1/DW") },
			"1 missing: MobileNetV2/Conv2d_2_down_pointwise/dw1/DW"},
		"misshapen": {func(m map[string][]int) { m["MobileNetV2/Conv2d_2_depthwise/W"] = []int{5, 3, 8, 1} },
			"1 of other extents: MobileNetV2/Conv2d_2_depthwise/W (5×3×8×1 instead of 5×5×8×1)"},
		"in PyTorch's order": {func(m map[string][]int) { m["MobileNetV2/Conv2d_2_se/fc1/W"] = []int{3, 8, 1, 1} },
			"MobileNetV2/Conv2d_2_se/fc1/W (3×8×1×1 instead of 1×1×8×1)"},
		"flat":    {func(m map[string][]int) { m["MobileNetV2/Conv2d_0/W"] = []int{108} }, "MobileNetV2/Conv2d_0/W (108 instead of 108×108×?×?)"},
		"unknown": {func(m map[string][]int) { m["MobileNetV2/Conv2d_1_extra/W"] = []int{1}; m["teacher"] = []int{1} }, "2 unknown: MobileNetV2/Conv2d_1_extra/W, teacher"},
		"shortcut": {func(m map[string][]int) {
			for name := range maps.Clone(m) {
				if strings.Contains(name, "Conv2d_2_shortcut_") {
					delete(m, name)
				}
			}
		}, "missing: MobileNetV2/Conv2d_2_shortcut_1x1/W (which would lead from 4 to 6 channels)"},
		"no blocks": {func(m map[string][]int) {
			for name := range maps.Clone(m) {
				if strings.HasPrefix(name, "MobileNetV2/Conv2d_") && !strings.HasPrefix(name, "MobileNetV2/Conv2d_0/") {
					delete(m, name)
				}
			}
		}, "missing: MobileNetV2/Conv2d_1/W"},
		"both frameworks": {func(m map[string][]int) { m["conv_stem.weight"] = []int{4, 3, 3, 3} }, "holds two networks"},
		"no GhostNet":     {func(m map[string][]int) { delete(m, "MobileNetV2/Conv2d_0/W") }, "or Conv2d_0/W, as TensorFlow's"},
	} {
		tensors := variablesOf(renamed(small()))
		c.change(tensors)
		_, err := Convert(file(t, tensors), "net.cfg", Options{Mean: Mean, Std: Std})
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v\nwant %q", name, err, c.want)
		}
	}
}

// TestSameKernel compares widened kernels with a convolution by the definition of TensorFlow's padding: as many pixels around the image as
// it takes to have a window for each stride, the odd one of them behind it.
func TestSameKernel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size, stride := rapid.IntRange(1, 8).Draw(t, "size"), rapid.IntRange(1, 2).Draw(t, "stride")
		length := rapid.IntRange(1, 12).Draw(t, "length") * stride
		side, zeros := sameKernel(size, stride)
		kernel := make([]float32, 2*size*size)
		for i := range kernel {
			kernel[i] = float32(i + 1)
		}
		wide := widen(size, side, zeros)(kernel)
		if side%2 == 0 || len(wide) != 2*side*side {
			t.Fatalf("a kernel of %d for one of %d, %d values", side, size, len(wide))
		}
		out := (length + stride - 1) / stride
		before := max((out-1)*stride+size-length, 0) / 2
		if have := (length+side/2*2-side)/stride + 1; have != out {
			t.Fatalf("%d pixels become %d instead of %d", length, have, out)
		}
		for k := range 2 {
			for i := range out {
				seen := map[[2]int]float32{} // by line and column of the image
				for y := range size {
					for x := range size {
						seen[[2]int{i*stride - before + y, x}] = kernel[(k*size+y)*size+x]
					}
				}
				for y := range side {
					for x := range side {
						got := wide[(k*side+y)*side+x]
						if want := seen[[2]int{i*stride - side/2 + y, x - zeros}]; got != want {
							t.Fatalf("kernel %d at (%d, %d) is %g, want %g", k, y, x, got, want)
						}
					}
				}
			}
		}
	})
}

func TestReverseChannels(t *testing.T) {
	got := reverseChannels(3, 2)([]float32{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
	if i, beyond := testkit.Worst(got, []float32{5, 6, 3, 4, 1, 2, 11, 12, 9, 10, 7, 8}, 0); beyond {
		t.Errorf("%v differs at %d", got, i)
	}
}

// TestQuarters checks the channels of TensorFlow's networks, of which those in the middle of two multiples of 4 go to that of 8.
func TestQuarters(t *testing.T) {
	for v, want := range map[float64]int{1.6: 8, 8: 8, 9.9: 8, 10: 8, 11.2: 12, 14: 16, 18.4: 16, 22: 24, 67.2: 68, 960: 960} {
		if got := quarters(v); got != want {
			t.Errorf("%g channels are rounded to %d, want %d", v, got, want)
		}
	}
}
