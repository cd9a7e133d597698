package layers

import (
	"slices"
	"testing"

	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/tensor"
)

func TestNetSection(t *testing.T) {
	net, _, diags, _ := parse(t, "net width=4 height=6 channels=2 mean=.5,.25 std=.1,.2 time_steps=3 letter_box=1 batch=64")
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	if net.Input() != (tensor.Shape{C: 2, H: 6, W: 4}) || net.Inputs != 48 || net.TimeSteps != 3 || !net.LetterBox ||
		!slices.Equal(net.Mean, []float32{.5, .25}) || !slices.Equal(net.Std, []float32{.1, .2}) {
		t.Errorf("%+v", net)
	}
	net, _, _, _ = parse(t, "net inputs=7 time_steps=-2")
	if net.Input() != (tensor.Shape{C: 7, H: 1, W: 1}) || net.TimeSteps != 1 || len(net.Mean) > 0 {
		t.Errorf("%+v", net)
	}
	for part, text := range map[string]string{
		"no input size":            "net",
		"too large":                "net width=1000000 height=1000000 channels=3",
		"width=-4 is out of range": "net width=-4 height=4 channels=3",
		"mean= has 2 values for 3": "net width=4 height=4 channels=3 mean=1,2",
		"std= has 1 values for 3":  "net width=4 height=4 channels=3 std=1",
		"std= holds a zero":        "net width=4 height=4 channels=1 std=0",
		"crop_pct=1.5 is out":      "net width=4 height=4 channels=1 crop_pct=1.5",
		"crop_pct=-1 is out":       "net width=4 height=4 channels=1 crop_pct=-1",
		"mean":                     "net width=4 height=4 channels=1 mean=nan",
	} {
		reports(t, cfg.Error, part, text)
	}
	reports(t, cfg.Warning, "inputs=5 is not", "net width=4 height=4 channels=1 inputs=5")
	reports(t, cfg.Note, "batch=64", "net width=4 height=4 channels=1 batch=64")
}

func TestOverriddenSize(t *testing.T) {
	file, _ := cfg.Parse("test.cfg", []byte("[net]\nwidth=4\nheight=4\nchannels=1"))
	var diags cfg.Diagnostics
	if in := ReadNet(file.Sections[0], 8, 2, &diags).Input(); in != (tensor.Shape{C: 1, H: 2, W: 8}) || len(diags) > 0 {
		t.Errorf("input %v, %v", in, diags)
	}
	if ReadNet(file.Sections[0], MaxExtent+1, 0, &diags); !diags.HasErrors() {
		t.Error("a giant width is accepted")
	}
	vector, _ := cfg.Parse("test.cfg", []byte("[net]\ninputs=4"))
	diags = nil
	if in := ReadNet(vector.Sections[0], 8, 8, &diags).Input(); in.Len() != 4 || diags.Count(cfg.Warning) != 1 {
		t.Errorf("input %v, %v", in, diags)
	}
}

func TestUnstoredWeights(t *testing.T) {
	const text = "net width=3 height=3 channels=2\n convolutional filters=2 batch_normalize=1 dontload=1\n convolutional filters=2 batch_normalize=1 dontloadscales=1\n connected batch_normalize=1 dontloadscales=1"
	_, layers, diags, _ := parse(t, text)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	for i, expected := range []struct{ stored, unstored []string }{
		{nil, []string{"biases", "scales", "rolling_mean", "rolling_variance", "weights"}},
		{[]string{"biases", "weights"}, []string{"scales", "rolling_mean", "rolling_variance"}},
		{[]string{"biases", "weights"}, []string{"scales", "rolling_mean", "rolling_variance"}},
	} {
		var stored, unstored []string
		for _, s := range layers[i].Slots {
			stored = append(stored, s.Name)
		}
		for _, s := range layers[i].Unstored {
			unstored = append(unstored, s.Name)
			if i > 0 && s.Fill != map[string]float32{"scales": 1}[s.Name] {
				t.Errorf("layer %d: %s are filled with %v", i, s.Name, s.Fill)
			}
		}
		if !slices.Equal(stored, expected.stored) || !slices.Equal(unstored, expected.unstored) {
			t.Errorf("layer %d: stored %v, not stored %v", i, stored, unstored)
		}
	}
	reports(t, cfg.Warning, "random weights", text)
}

func TestLossesAreZero(t *testing.T) {
	for _, section := range []string{"cost", "contrastive", "contrastive yolo_layer=0"} {
		h := build(t, 2, "net width=2 height=1 channels=6\n yolo classes=1\n "+section)
		h.shape(12, 1, 1)
		want(t, h.run(wave(24)), make([]float64, 24)...)
	}
	reports(t, cfg.Error, "is layer 0 [empty]", "net width=2 height=1 channels=6\n empty\n contrastive yolo_layer=0")
	reports(t, cfg.Error, "points at no earlier layer", "net width=2 height=1 channels=6\n contrastive yolo_layer=4")
}

func TestIsegIsRefused(t *testing.T) {
	reports(t, cfg.Error, "not supported", "net width=2 height=1 channels=6\n iseg classes=2")
}

func TestErrors(t *testing.T) {
	const net = "net width=4 height=3 channels=4\n "
	for part, sections := range map[string]string{
		"output would be empty":              "convolutional size=5",
		"groups=3 does not divide the 4":     "convolutional groups=3 filters=3",
		"groups=4 does not divide filters":   "convolutional groups=4 filters=6",
		"size=0 is out of range":             "convolutional size=0",
		"stride=0 is out of range":           "convolutional stride=0",
		"stride_x=5000 is out of range":      "convolutional stride_x=5000",
		"stride_y=5000 is out of range":      "maxpool stride_y=5000",
		"filters=-1 is out of range":         "convolutional filters=-1",
		"can't share the weights":            "convolutional filters=4\n convolutional filters=3 share_index=0",
		"only one of the two has batch":      "convolutional filters=4\n convolutional filters=4 share_index=0 batch_normalize=1",
		"is layer 0 [empty]":                 "empty\n convolutional share_index=0",
		"too many":                           "upsample stride=1000\n connected output=1000000",
		"too large":                          "upsample stride=1000\n upsample stride=1000",
		"groups=5 does not divide":           "softmax groups=5",
		"reaches beyond the 4 channels":      "normalization size=10",
		"out_channels=5 of only 4":           "maxpool maxpool_depth=1 out_channels=5",
		"must give 1×1×4":                    "empty\n scale_channels from=0",
		"must give 4×3×1":                    "empty\n avgpool\n scale_channels from=0 scale_wh=1",
		"has no from=":                       "sam",
		"by the previous layer's":            "empty\n avgpool\n sam from=0",
		"from=-1 points at no earlier layer": "shortcut from=-1",
		"joins layer 0":                      "empty\n avgpool\n route layers=0,1",
	} {
		reports(t, cfg.Error, part, net+sections)
	}
	reports(t, cfg.Warning, "groups=0 is taken as 1", net+"convolutional groups=0")
}

// TestDoubtfulLayers wants one error for one fault, not one for each layer below it.
func TestDoubtfulLayers(t *testing.T) {
	_, layers, diags, _ := parse(t, `net width=4 height=4 channels=3
		convolutional size=9
		convolutional groups=7
		shortcut from=0
		convolutional filters=4 share_index=1
		yolo classes=9`)
	if diags.Count(cfg.Error) != 1 {
		t.Errorf("%d errors: %v", diags.Count(cfg.Error), diags)
	}
	for _, l := range layers {
		if l.Op != nil {
			t.Errorf("%s rests on a guess but can be run", l.Label())
		}
	}
}

// TestTotalStrideStaysFinite alternates layers whose strides are rounded to more than they
// undo.
func TestTotalStrideStaysFinite(t *testing.T) {
	text := "net width=9 height=9 channels=6"
	for range 1100 {
		text += "\n convolutional size=5 filters=1\n convolutional size=3 padding=2 filters=1\n convolutional filters=6 size=3 padding=2"
	}
	net, layers, diags, _ := parse(t, text)
	if step := TotalStride(net, layers); step < 1 || step > MaxExtent || diags.HasErrors() {
		t.Errorf("total stride %d, %v", step, diags.Err())
	}
}
