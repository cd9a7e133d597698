package layers

import (
	"math"
	"testing"

	"github.com/ghostdark/ghostdark/cfg"
)

func init() {
	files["animals.tree"] = "animal -1\nthing -1\ncat 0\ndog 0\nlion 2\ntabby 2\n"
}

// softmaxOf is the softmax of some values.
func softmaxOf(x ...float64) []float64 {
	sum := 0.
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = math.Exp(v)
		sum += y[i]
	}
	for i := range y {
		y[i] /= sum
	}
	return y
}

func TestSoftmaxTree(t *testing.T) {
	h := build(t, 2, "net inputs=6\n softmax tree=animals.tree temperature=2")
	input := []float32{1, 2, -3, 4, 0, 9, -1, -2, 100, 50, 7, 7}
	var expected []float64
	for i := 0; i < len(input); i += 2 { // all groups of siblings are pairs
		expected = append(expected, softmaxOf(float64(input[i])/2, float64(input[i+1])/2)...)
	}
	want(t, h.run(input), expected...)
	if tree := h.layers[0].Op.(Classifier).Tree(); tree == nil || tree.Len() != 6 {
		t.Errorf("tree %v", tree)
	}
	reports(t, cfg.Error, "6 classes, the input 5", "net inputs=5\n softmax tree=animals.tree")
	reports(t, cfg.Warning, "no effect beside tree", "net inputs=6\n softmax tree=animals.tree groups=2")
	files["broken.tree"] = "animal 7\n"
	reports(t, cfg.Error, "broken.tree:1", "net inputs=1\n softmax tree=broken.tree")
	reports(t, cfg.Error, "temperature=0", "net inputs=1\n softmax temperature=0")

	_, layers, diags, missing := parse(t, "net inputs=6\n softmax tree=absent.tree")
	if diags.HasErrors() || !missing.HasErrors() || layers[0].Op == nil {
		t.Errorf("a missing tree gives %v and %v", diags, missing)
	}
}

func TestRegionTree(t *testing.T) {
	h := build(t, 1, "net width=2 height=1 channels=22\n region classes=6 num=2 coords=4 anchors=1,2,3,4 tree=animals.tree")
	input := wave(44)
	set := func(cell, anchor int, values ...float32) {
		for e, v := range values {
			input[(anchor*11+e)*2+cell] = v
		}
	}
	set(0, 0, 0, 0, 0, 0, 3, 2, 0, 2, 0, 0, 0)  // animal, cat, and below it nothing sure
	set(1, 0, 0, 0, 0, 0, 3, 0, 9, 0, 0, 0, 0)  // thing
	set(0, 1, 0, 0, 0, 0, 3, 9, 0, 9, 0, 0, 9)  // tabby
	set(1, 1, 0, 0, 0, 0, -3, 9, 0, 9, 0, 0, 9) // objectness too low
	out := h.run(input)
	for cell := range 2 {
		for anchor := range 2 {
			got := out[(cell*2+anchor)*11:][:11]
			at := func(e int) float64 { return float64(input[(anchor*11+e)*2+cell]) }
			expected := []float64{at(0), at(1), at(2), at(3), sigma(at(4))}
			for e := 5; e < 11; e += 2 {
				expected = append(expected, softmaxOf(at(e), at(e+1))...)
			}
			want(t, got, expected...)
		}
	}
	found := h.layers[0].Op.(Head).Candidates(out, .3)
	if len(found) != 4 {
		t.Fatalf("%d candidates", len(found))
	}
	animal, cat := softmaxOf(2, 0)[0], softmaxOf(2, 0)[0]
	sure := softmaxOf(9, 0)[0]
	for i, expected := range [][]float64{{0, 0, animal * cat, 0, 0, 0}, {0, 0, 0, 0, 0, sure * sure * sure}, {0, sure, 0, 0, 0, 0}, {0, 0, 0, 0, 0, 0}} {
		want(t, found[i].Prob, expected...)
		if found[i].Objectness != 1 {
			t.Errorf("objectness %v", found[i].Objectness)
		}
	}
	reports(t, cfg.Error, "6 classes, the input 7", "net width=2 height=1 channels=12\n region classes=7 tree=animals.tree")
}

func TestRegionClassFix(t *testing.T) {
	h := build(t, 1, "net width=1 height=1 channels=6\n region classes=1 classfix=-1")
	head := h.layers[0].Op.(Head)
	want(t, head.Candidates(h.run([]float32{0, 0, 0, 0, -.1, .9}), .1)[0].Prob, 0)
	want(t, head.Candidates(h.run([]float32{0, 0, 0, 0, .1, .9}), .1)[0].Prob, .9*sigma(.1))
}

func TestHeadErrors(t *testing.T) {
	for part, text := range map[string]string{
		"needs 18 channels but gets 17": "net width=2 height=2 channels=17\n yolo classes=1 num=3",
		"mask=3 is not one of":          "net width=2 height=2 channels=6\n yolo classes=1 num=3 mask=3",
		"num=1000000 is out of range":   "net width=2 height=2 channels=6\n yolo classes=1 mask=0 num=1000000",
		"needs 20 channels":             "net width=2 height=2 channels=17\n Gaussian_yolo classes=1 num=2",
		"needs 12 channels":             "net width=2 height=2 channels=17\n region classes=1 num=2",
		"coords=5":                      "net width=2 height=2 channels=7\n region classes=1 coords=5",
		"needs 24 inputs":               "net inputs=23\n detection side=2 classes=1 num=1 coords=4",
		"coords=1":                      "net inputs=24\n detection side=2 classes=1 num=1",
	} {
		reports(t, cfg.Error, part, text)
	}
	reports(t, cfg.Warning, "anchors= has 2 numbers", "net width=2 height=2 channels=12\n yolo classes=1 num=2 anchors=1,2")
	reports(t, cfg.Warning, "unknown nms_kind", "net width=2 height=2 channels=6\n yolo classes=1 nms_kind=soft")
	reports(t, cfg.Warning, "unknown yolo_point", "net width=2 height=2 channels=10\n Gaussian_yolo classes=1 yolo_point=top")
}
