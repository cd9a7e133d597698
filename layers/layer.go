// Package layers knows darknet's section types, one in each file: the options of the section,
// its output shape, its parameters in the order of the weights file, its cost, and its forward
// pass as darknet defines it. Speed is not a concern here; these passes are what faster code
// is checked against.
//
// A section type is a Kind. Building a section of a network gives a Layer, whose Op computes
// the output from the inputs. Layers and Ops don't change once their weights are loaded, so any
// number of sessions may share them; whatever changes from call to call is in the Pass.
package layers

import (
	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/detect"
	"github.com/ghostdark/ghostdark/tensor"
	"github.com/ghostdark/ghostdark/weights"
)

// NetworkInput is the layer index that stands for the network's own input.
const NetworkInput = -1

// Layer is one section of a network with everything that is known before it runs.
type Layer struct {
	Index   int // position in the network; [net] is not counted
	Kind    *Kind
	Section *cfg.Section

	// Inputs are the layers whose outputs the Op reads, in the order of Pass.In: absolute
	// indexes, or NetworkInput.
	Inputs []int
	Output tensor.Shape // of one image
	Op     Op

	// Refs are the options that name other layers, whether the Op reads these or not.
	Refs []Ref

	// Slots are the layer's arrays in the order of the weights file. Unstored arrays have a
	// slot too, but no place in the file (dontload, dontloadscales).
	Slots    []*weights.Slot
	Unstored []*weights.Slot

	Cost    Cost
	Scratch int // float32 values that Forward needs for its own use
	State   int // float32 values for each image that are kept from call to call
}

// Ref is an option that names other layers.
type Ref struct {
	Option string
	Given  []int // as written: negative numbers count back from the layer
	Layers []int // the same as indexes
}

// Label names the layer in messages: `layer 12 [convolutional] (line 88)`.
func (l *Layer) Label() string { return label(l.Index, l.Section) }

// Op computes one layer's output.
type Op interface {
	// Forward computes all images of p. It must not write to the inputs.
	Forward(p *Pass)
}

// Pass is what an Op sees of a running session.
type Pass struct {
	In      []tensor.Tensor // outputs of Layer.Inputs, all of the same batch
	Out     tensor.Tensor   // values are left over from earlier use: write all of them
	Scratch []float32       // Layer.Scratch values, contents undefined
	State   []float32       // Layer.State values for each image; zero at the first call and after a reset
}

// StateOf returns the part of p.State that belongs to image i.
func (p *Pass) StateOf(i int) []float32 {
	n := len(p.State) / p.Out.N
	return p.State[i*n : (i+1)*n]
}

// Head is an Op whose output holds detections.
type Head interface {
	Op
	// Classes is the number of classes that each candidate is scored for.
	Classes() int
	// Candidates decodes one image's output, in darknet's order. Boxes are relative to the
	// network's input.
	Candidates(out []float32, thresh float32) []detect.Candidate
	// Suppression is what the section asks for: its nms_kind and beta_nms.
	Suppression() (detect.NMSKind, float32)
	// Stretched reports that the boxes are relative to the whole picture even where it was
	// letterboxed: [detection] knows no letterbox.
	Stretched() bool
}

// Classifier is an Op whose output holds class probabilities.
type Classifier interface {
	Op
	// Tree is the hierarchy of the classes, nil when they are independent.
	Tree() *detect.Tree
}

// Cost counts the work of one image.
type Cost struct {
	// MACs are multiply-adds as papers count them: convolutions and connected layers only.
	MACs int64
	// BFLOPs are 10⁹ operations by darknet's own rules: 2 for each multiply-add of a
	// convolution, window cells of poolings, additions of shortcuts, nothing for connected layers.
	BFLOPs float64
}

// add accumulates c into the total.
func (c *Cost) add(d Cost) { c.MACs += d.MACs; c.BFLOPs += d.BFLOPs }
