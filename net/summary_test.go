package net

import (
	"testing"

	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/kernels"
)

// planOf is the plan of a cfg's text.
func planOf(t *testing.T, text string, opt SessionOptions) *PlanSummary {
	t.Helper()
	file, diags := cfg.Parse("net.cfg", []byte(text))
	plan, err := Build(file, diags, Options{}).Plan(opt)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// TestPlanBytes counts what the steps of a small network move.
func TestPlanBytes(t *testing.T) {
	const text = `[net]
width=6
height=4
channels=3
[convolutional]
filters=8
size=1
activation=relu
batch_normalize=1
[dropout]
[route]
layers=-1
groups=2
group_id=1
[maxpool]
size=2
stride=2
[upsample]
[convolutional]
filters=8
size=3
pad=1
activation=linear
[shortcut]
from=0
activation=linear
[route]
layers=-1,4
[route]
layers=-1,0,0
`
	// By layer: values read, values written, values of weights.
	plane := 6 * 4
	values := map[int]int{
		0: 3*plane + 8*plane + 8*3 + 4*8, // with four values of batch norm for each filter
		3: 4*plane + 4*plane/4,
		4: 4*plane/4 + 4*plane,
		5: 4*plane + 8*plane + 8*4*9 + 8,
		6: 3 * 8 * plane,
		7: 0,             // both inputs lie in layer 8
		8: 2 * 8 * plane, // one of the three inputs is copied
	}
	plan := planOf(t, text, SessionOptions{CPU: kernels.Generic})
	for _, s := range plan.Steps {
		if want, ok := values[s.Layer]; !ok || s.Bytes != 4*int64(want) {
			t.Errorf("layer %d moves %d bytes, want %d", s.Layer, s.Bytes, 4*want)
		}
	}
	if plan.PackedBytes != 0 {
		t.Errorf("%d bytes of packed weights without kernels", plan.PackedBytes)
	}
}

// TestPlanBytesFused wants a fused shortcut's other input counted with the convolution, and the
// weights as they are packed.
func TestPlanBytesFused(t *testing.T) {
	const text = `[net]
width=6
height=4
channels=8
[maxpool]
size=1
stride=1
[convolutional]
filters=8
size=3
pad=1
activation=relu
[shortcut]
from=0
activation=linear
`
	for _, cpu := range cpuNames() {
		plan := planOf(t, text, SessionOptions{CPU: cpu})
		last := plan.Steps[len(plan.Steps)-1]
		if len(last.Fused) == 0 {
			continue
		}
		if want := 4*3*8*6*4 + plan.PackedBytes; plan.PackedBytes < 4*8*8*9 || last.Bytes != want {
			t.Errorf("%s: %d bytes, want %d, of them %d of weights", cpu, last.Bytes, want, plan.PackedBytes)
		}
	}
}
