// Package design writes the cfg files of ghost networks: GhostNet, GhostNetV2, detectors on
// GhostNet, and the ResNets and VGG whose convolutions the GhostNet paper replaced. It deals in
// text only; reading a cfg and counting what its network costs are the matter of other packages.
//
// The paper is Han et al., "GhostNet: More Features from Cheap Operations", arXiv 1911.11907.
package design

import (
	"slices"
	"strings"
)

// Kind is a kind of network that can be written.
type Kind struct {
	Name string // as the command new takes it
	Doc  string // what it is, in a line
	// Takes are the names of the options that the kind has, among those in Options.
	Takes []string
	// Stride divides the extents of the network's input.
	Stride int

	defaults Options
	training training
	write    func(*draft)
}

var (
	common = []string{"width-mult", "ratio", "dw", "dense", "size", "classes"}
	ghosts = []string{"layout", "width-mult", "ratio", "dw", "dense", "size", "classes", "no-se", "gate"}
)

var kinds = []*Kind{
	{
		Name: "ghostnet", Doc: "the classifier of the paper's table 1", Takes: ghosts, Stride: 32,
		defaults: Options{Size: Size{224, 224}, Classes: imageNet},
		training: training{batch: "256 and 4", rate: "0.1", decay: "0.0001", burnIn: 1000, last: 600000, steps: []int{150000, 300000, 450000}},
		write:    writeGhostNet,
	},
	{
		Name: "ghostnet-v2", Doc: "GhostNet with attention over long distances, nearly as published", Takes: ghosts[1:], Stride: 32,
		defaults: Options{Size: Size{224, 224}, Classes: imageNet},
		training: training{batch: "256 and 4", rate: "0.1", decay: "0.0001", burnIn: 1000, last: 600000, steps: []int{150000, 300000, 450000}},
		write:    writeGhostNetV2,
	},
	{
		Name: "ghost-yolo", Doc: "a detector: YOLO heads on GhostNet", Takes: append(slices.Clone(ghosts), "heads", "anchors"), Stride: 32,
		defaults: Options{Size: Size{416, 416}, Classes: coco, Heads: 2},
		training: training{batch: "64 and 8", rate: "0.001", decay: "0.0005", burnIn: 1000, last: 500200, steps: []int{400000, 450000}},
		write:    writeGhostYOLO,
	},
	{
		Name: "ghost-resnet50", Doc: "ResNet-50 of ghost modules", Takes: common, Stride: 32,
		defaults: Options{Size: Size{224, 224}, Classes: imageNet},
		training: training{batch: "256 and 16", rate: "0.1", decay: "0.0001", burnIn: 1000, last: 450000, steps: []int{150000, 300000}},
		write:    writeGhostResNet50,
	},
	{
		Name: "ghost-resnet56", Doc: "ResNet-56 for CIFAR-10 of ghost modules", Takes: common, Stride: 4,
		defaults: Options{Size: Size{32, 32}, Classes: cifar},
		training: training{batch: "128 and 1", rate: "0.1", decay: "0.0001", last: 64000, steps: []int{32000, 48000}},
		write:    writeGhostResNet56,
	},
	{
		Name: "ghost-vgg16", Doc: "VGG-16 for CIFAR-10 of ghost modules", Takes: common, Stride: 32,
		defaults: Options{Size: Size{32, 32}, Classes: cifar},
		training: training{batch: "128 and 1", rate: "0.1", decay: "0.0005", last: 64000, steps: []int{32000, 48000}},
		write:    writeGhostVGG16,
	},
}

// The classes of the data sets that the kinds are for unless told otherwise.
const (
	imageNet = 1000
	coco     = 80
	cifar    = 10
)

// Kinds lists all kinds.
func Kinds() []*Kind { return slices.Clone(kinds) }

// Lookup returns the kind of that name, or nil.
func Lookup(name string) *Kind {
	for _, k := range kinds {
		if k.Name == name {
			return k
		}
	}
	return nil
}

// Cfg returns the text of a cfg. A value that isn't possible gives an *OptionError.
func (k *Kind) Cfg(opt Options) ([]byte, error) {
	whole, err := k.complete(opt)
	if err != nil {
		return nil, err
	}
	d := &draft{Options: whole, kind: k, given: opt.given()}
	d.at = maps{layer: -1, channels: 3, height: whole.Size.H, width: whole.Size.W}
	k.write(d)
	var text strings.Builder
	for i, paragraph := range d.head {
		if i > 0 {
			text.WriteString("#\n")
		}
		text.WriteString(paragraph)
	}
	text.WriteString(k.training.net(whole.Size))
	text.WriteString(d.body.String())
	return []byte(text.String()), nil
}
