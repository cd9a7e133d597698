package layers

import (
	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/detect"
	"github.com/ghostdark/ghostdark/kernels"
	"github.com/ghostdark/ghostdark/tensor"
)

// Softmax is a [softmax] section over the flattened input.
type Softmax struct {
	Groups      int
	Temperature float32
	tree        *detect.Tree // each group of siblings has a softmax of its own
}

var _ = register(Kind{
	Names: []string{"softmax", "soft"},
	Doc:   "Softmax over equal groups of the flattened input, or over the siblings of a class tree.",
	Schema: cfg.Schema{
		{Name: "groups", Type: cfg.Int, Default: "1", Note: "number of equal parts, each with a softmax of its own"},
		{Name: "temperature", Type: cfg.Float, Default: "1", Note: "divides the input"},
		{Name: "tree", Type: cfg.String, Note: "file with the class hierarchy"},
		{Name: "spatial", Type: cfg.Flag, Default: "0", Effect: cfg.Ignored, Note: "softmax over channels at each pixel; darknet's CPU code ignores it"},
		{Name: "noloss", Type: cfg.Flag, Default: "0", Effect: cfg.Training},
	},
	Build: func(b *Builder) Op {
		l := &Softmax{Groups: b.Within("groups", 1, MaxExtent), Temperature: float32(b.Float("temperature"))}
		inputs := b.In.Len()
		if inputs%l.Groups != 0 {
			b.Mismatchf("groups", "Use a number that divides the input.", "groups=%d does not divide the %d inputs", l.Groups, inputs)
		}
		if l.Temperature <= 0 {
			b.Errorf("temperature", "Give a positive number.", "temperature=%g is out of range", l.Temperature)
		}
		if b.Flag("spatial") {
			b.Warnf("spatial", "Use normalize_channels_softmax as the activation of the convolution before it to normalize each pixel.",
				"spatial=1 is ignored, as in darknet's CPU code")
		}
		if l.tree = b.readTree(inputs); l.tree != nil && l.Groups != 1 {
			b.Warnf("groups", "Remove groups=.", "groups= has no effect beside tree=")
		}
		b.Output(tensor.Shape{C: inputs, H: 1, W: 1})
		return l
	},
})

// readTree reads the file that tree= names; it must hold the given number of classes.
func (b *Builder) readTree(classes int) *detect.Tree {
	if !b.Has("tree") {
		return nil
	}
	name := b.String("tree")
	text, err := b.openFile(name)
	if err != nil {
		b.Missingf("tree", "Put the file there, or beside the cfg, to run the network.", "can't read the class tree: %v", err)
		return nil
	}
	tree, err := detect.ParseTree(name, text)
	switch {
	case err != nil:
		b.Errorf("tree", "Each line is a name and the number of its parent, -1 for none.", "%v", err)
		return nil
	case tree.Len() != classes:
		b.Mismatchf("tree", "The tree and the layer before must have the same number of classes.", "the class tree %s has %d classes, the input %d", name, tree.Len(), classes)
		return nil
	}
	return tree
}

// Tree implements Classifier.
func (l *Softmax) Tree() *detect.Tree { return l.tree }

// Hierarchical reports whether the classes form a tree.
func (l *Softmax) Hierarchical() bool { return l.tree != nil }

// Forward implements Op.
func (l *Softmax) Forward(p *Pass) {
	for i := range p.Out.N {
		softmaxParts(p.In[0].Image(i), p.Out.Image(i), l.Groups, l.Temperature, l.tree)
	}
}

// softmaxParts applies softmax to each group of the tree's siblings, or without a tree to each
// of the equal groups.
func softmaxParts(in, out []float32, groups int, temperature float32, tree *detect.Tree) {
	if tree != nil {
		for _, g := range tree.Groups() {
			kernels.Softmax(in[g.Start:g.End], out[g.Start:g.End], temperature)
		}
		return
	}
	n := len(in) / groups
	for g := range groups {
		kernels.Softmax(in[g*n:(g+1)*n], out[g*n:(g+1)*n], temperature)
	}
}
