package layers

import (
	"slices"
	"testing"

	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/kernels"
)

// TestActivationsEverywhere holds all layers to apply all activations, also those for which
// darknet's CPU code gives zeros: the result is that of the linear layer, activated.
func TestActivationsEverywhere(t *testing.T) {
	input := []float32{-4, -2.5, -1, -.3, .2, 1.5, 3, 7}
	for _, tc := range []struct {
		sections string
		plane    int
	}{
		{"activation", 2},
		{"connected output=8", 1},
		{"local filters=4", 2},
		{"deconvolutional filters=4", 2},
		{"convolutional filters=4", 2},
		{"convolutional filters=4 groups=4 batch_normalize=1", 2},
		{"shortcut from=0", 2},
		{"shortcut from=0 weights_type=per_feature weights_normalization=softmax", 2},
		{"sam from=0", 2},
		{"avgpool\n scale_channels from=0", 2},
	} {
		run := func(activation string) []float32 {
			return build(t, 1, "net width=2 height=1 channels=4\n empty\n"+tc.sections+" activation="+activation).run(input)
		}
		for _, name := range kernels.ActivationNames() {
			expected := run("linear")
			a, _ := kernels.ParseActivation(name)
			a.Apply(expected, tc.plane)
			got := run(name)
			want(t, got, float64s(expected)...)
			if !slices.ContainsFunc(got, func(v float32) bool { return v != 0 }) {
				t.Errorf("%s: only zeros with %s", tc.sections, name)
			}
		}
	}
	reports(t, cfg.Warning, "unknown activation `silu`", "net width=2 height=1 channels=4\n activation activation=silu")
}

func TestLogistic(t *testing.T) {
	h := build(t, 2, "net width=2 height=1 channels=1\n logistic")
	want(t, h.run([]float32{0, -1000, 1000, 1.0986123}), .5, 0, 1, .75)
}

func TestL2Norm(t *testing.T) {
	h := build(t, 2, "net width=2 height=1 channels=2\n l2norm")
	want(t, h.run([]float32{
		3, 0, 4, 0,
		-5, 1, 12, 1,
	}), .6, 0, .8, 0,
		-5/13., .70710678, 12/13., .70710678)
}
