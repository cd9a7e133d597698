package layers

import (
	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/detect"
	"github.com/ghostdark/ghostdark/kernels"
	"github.com/ghostdark/ghostdark/tensor"
)

// Region is a [region] section, the head of YOLOv2. Its output is turned round to
// [cell][anchor][x, y, w, h, objectness, classes], though the shape is that of its input.
type Region struct {
	Out        tensor.Shape
	NumClasses int
	Num        int
	Anchors    []float32 // width and height in cells, pair after pair
	Softmax    bool
	ClassFix   int
	tree       *detect.Tree
}

const regionEntries = 5

var _ = register(Kind{
	Names: []string{"region"},
	Doc:   "Detection head of YOLOv2: anchors in cells, softmax over classes or a class tree.",
	Schema: append(cfg.Schema{
		{Name: "classes", Type: cfg.Int, Default: "20", Note: "number of classes"},
		{Name: "num", Type: cfg.Int, Default: "1", Note: "anchors of each cell"},
		{Name: "coords", Type: cfg.Int, Default: "4", Note: "must be 4"},
		{Name: "anchors", Type: cfg.Floats, Note: "width and height of each anchor in cells; .5 when absent"},
		{Name: "softmax", Type: cfg.Flag, Default: "0", Note: "softmax over the classes"},
		{Name: "tree", Type: cfg.String, Note: "file with the class hierarchy"},
		{Name: "classfix", Type: cfg.Int, Default: "0", Note: "-1: an objectness below .5 counts as 0"},
		{Name: "map", Type: cfg.String, Effect: cfg.Ignored, Note: "class numbers for darknet's evaluation"},
		{Name: "background", Type: cfg.Flag, Default: "0", Effect: cfg.Training},
	}, training("bias_match", "jitter", "resize", "rescore", "object_scale", "noobject_scale", "class_scale", "coord_scale", "mask_scale",
		"absolute", "thresh", "random", "max", "focal_loss", "log")...),
	Build: func(b *Builder) Op {
		l := &Region{
			Out: b.In, NumClasses: b.Within("classes", 1, MaxExtent), Num: b.Within("num", 1, maxBoxes),
			Softmax: b.Flag("softmax"), ClassFix: b.Int("classfix"),
		}
		if coords := b.Int("coords"); coords != 4 {
			b.Errorf("coords", "Write coords=4.", "coords=%d, but a box has 4 numbers", coords)
		}
		l.Anchors = b.readAnchors(l.Num)
		b.wantChannels(l.Num, l.NumClasses, regionEntries, "num")
		if b.Has("tree") {
			l.tree = b.readTree(l.NumClasses)
		}
		b.Output(b.In)
		return l
	},
})

// Classes implements Head.
func (l *Region) Classes() int { return l.NumClasses }

// Suppression implements Head.
func (l *Region) Suppression() (detect.NMSKind, float32) { return detect.DefaultNMS, .6 }

// Stretched implements Head.
func (*Region) Stretched() bool { return false }

// Tree implements Classifier.
func (l *Region) Tree() *detect.Tree { return l.tree }

// Forward implements Op.
func (l *Region) Forward(p *Pass) {
	plane, entries := l.Out.Plane(), l.NumClasses+regionEntries
	for i := range p.Out.N {
		in, out := p.In[0].Image(i), p.Out.Image(i)
		for channel := range l.Num * entries {
			for cell, v := range in[channel*plane : (channel+1)*plane] {
				out[cell*l.Num*entries+channel] = v
			}
		}
		for at := 0; at < len(out); at += entries {
			kernels.Logistic.Apply(out[at+4:at+5], 1)
			if classes := out[at+regionEntries : at+entries]; l.Softmax || l.tree != nil {
				softmaxParts(classes, classes, 1, 1, l.tree)
			}
		}
	}
}

// treeThresh is how probable a class of a tree must be to be preferred to its parent.
const treeThresh = .5

// Candidates implements Head: every anchor of every cell, with objectness 1. With a tree, the
// deepest class that is probable enough is the only one.
func (l *Region) Candidates(out []float32, thresh float32) []detect.Candidate {
	entries := l.NumClasses + regionEntries
	found := make([]detect.Candidate, 0, l.Out.Plane()*l.Num)
	probs := make([]float32, l.Out.Plane()*l.Num*l.NumClasses)
	for i := range cap(found) {
		values := out[i*entries : (i+1)*entries]
		cell, n := i/l.Num, i%l.Num
		c := detect.Candidate{
			Box: detect.Box{
				X: (float32(cell%l.Out.W) + logistic(values[0])) / float32(l.Out.W),
				Y: (float32(cell/l.Out.W) + logistic(values[1])) / float32(l.Out.H),
				W: exp(values[2]) * l.Anchors[2*n] / float32(l.Out.W),
				H: exp(values[3]) * l.Anchors[2*n+1] / float32(l.Out.H),
			},
			Objectness: 1,
			Prob:       probs[i*l.NumClasses : (i+1)*l.NumClasses : (i+1)*l.NumClasses],
		}
		objectness := values[4]
		if l.ClassFix == -1 && objectness < .5 {
			objectness = 0
		}
		l.score(c.Prob, values[regionEntries:], objectness, thresh)
		found = append(found, c)
	}
	return found
}

// score fills prob from one anchor's class values.
func (l *Region) score(prob, classes []float32, objectness, thresh float32) {
	if l.tree == nil {
		for k, v := range classes {
			if p := objectness * v; p > thresh {
				prob[k] = p
			}
		}
		return
	}
	if !(objectness > thresh) {
		return
	}
	absolute := append([]float32(nil), classes...)
	l.tree.Absolute(absolute)
	for k := len(absolute) - 1; k >= 0; k-- {
		if absolute[k] > treeThresh {
			prob[k] = absolute[k]
			return
		}
	}
}

func logistic(v float32) float32 { return 1 / (1 + exp(-v)) }
