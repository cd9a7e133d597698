package onnx

import (
	"errors"
	"fmt"
	"slices"

	"github.com/ghostdark/ghostdark/layers"
	"github.com/ghostdark/ghostdark/tensor"
)

// open is an extent that is only known when the model runs.
const open = -1

// errSize refuses layers for Options.DynamicSize.
var errSize = errors.New("fits one size of the input only, so that width and height can't be left open")

// follow finds out which layers' width and height depend on the input's.
func (e *exporter) follow() {
	for i, l := range e.net.Layers {
		switch l.Op.(type) {
		case *layers.AvgPool, *layers.Implicit:
		default:
			e.sized[i] = slices.ContainsFunc(l.Inputs, e.isSized)
		}
	}
}

// isSized reports whether a layer's width and height are open.
func (e *exporter) isSized(layer int) bool {
	if layer == layers.NetworkInput {
		return e.sizedInput
	}
	return e.sized[layer]
}

// checkSize refuses a layer that is the same only for inputs of one size.
func (e *exporter) checkSize(l *layers.Layer) error {
	open := 0
	for _, from := range l.Inputs {
		if e.isSized(from) {
			open++
		}
	}
	fixed := false
	switch l.Op.(type) {
	case *layers.Connected, *layers.Local, *layers.Softmax, *layers.Detection, *layers.Crop:
		fixed = open > 0
	case *layers.Route, *layers.Shortcut, *layers.SAM: // all images or none
		fixed = open > 0 && open < len(l.Inputs)
	case *layers.Region: // not an image that others could read
		fixed = open > 0 && len(e.net.Readers()[l.Index]) > 0
	}
	if fixed {
		return errSize
	}
	return nil
}

// dims are the extents of a batch of images that the current layer makes.
func (e *exporter) dims(s tensor.Shape) []int { return e.imageDims(s, e.sized[e.layer.Index]) }

// extents are those of a layer's output, as a batch of images.
func (e *exporter) extents(layer int) []int {
	return e.imageDims(e.net.Shape(layer), e.isSized(layer))
}

func (e *exporter) imageDims(s tensor.Shape, sized bool) []int {
	if sized {
		return []int{e.batch, s.C, open, open}
	}
	return []int{e.batch, s.C, s.H, s.W}
}

// product multiplies extents; it is open if one of them is.
func product(a, b int) int {
	if a == open || b == open {
		return open
	}
	return a * b
}

// named are the extents of an input or output. Beside that of the batch, which comes first, open
// ones get the given names.
func named(dims []int, names ...string) []Dim {
	var list []Dim
	for i, d := range dims {
		switch {
		case d != open:
			list = append(list, Dim{Size: d})
		case i == 0:
			list = append(list, Dim{Name: "batch"})
		default:
			list = append(list, Dim{Name: names[0]})
			names = names[1:]
		}
	}
	return list
}

// reshape gives the same values other extents, of which beside the batch's one may be open.
func (e *exporter) reshape(x value, dims ...int) value {
	if slices.Equal(x.dims, dims) {
		return x
	}
	return e.node("Reshape", dims, nil, x.name, e.ints(e.targets(dims)...))
}

// targets are extents as Reshape takes them: 0 copies the batch, -1 is computed.
func (e *exporter) targets(dims []int) []int {
	dims = slices.Clone(dims)
	if dims[0] == open {
		dims[0] = 0
	}
	if i := slices.Index(dims, open); i >= 0 && slices.Contains(dims[i+1:], open) {
		panic(fmt.Sprintf("BUG: onnx: %s has several open extents: %v", prefix(e.layer), dims))
	}
	return dims
}

// reshapeLike gives values the extents of another one.
func (e *exporter) reshapeLike(x, like value) value {
	if i := slices.Index(like.dims[1:], open); i < 0 {
		return e.reshape(x, like.dims...)
	}
	return e.node("Reshape", like.dims, nil, x.name, e.shape(like).name)
}

// rescale views an image as one with other channels, whose sides are up/down times as long.
func (e *exporter) rescale(x value, channels, up, down int) value {
	if x.dims[1] == channels {
		return x
	}
	if height := x.dims[2]; height != open {
		return e.reshape(x, e.batch, channels, height*up/down, x.dims[3]*up/down)
	}
	height := e.node("Shape", []int{1}, attrs{{"start", 2}, {"end", 3}}, x.name)
	if up > 1 {
		height = e.apply("Mul", height, e.ints(up))
	}
	if down > 1 {
		height = e.apply("Div", height, e.ints(down))
	}
	target := e.node("Concat", []int{4}, attrs{{"axis", 0}}, e.ints(max(e.batch, 0), channels), height.name, e.ints(-1))
	return e.node("Reshape", []int{e.batch, channels, open, open}, nil, x.name, target.name)
}

// shape is the list of a value's extents.
func (e *exporter) shape(x value) value { return e.node("Shape", []int{len(x.dims)}, nil, x.name) }

// expand repeats one image's values for each image of the batch.
func (e *exporter) expand(x value) value {
	dims := append([]int{e.batch}, x.dims[1:]...)
	switch e.batch {
	case 1:
		return x
	case open:
		batch := e.node("Shape", []int{1}, attrs{{"start", 0}, {"end", 1}}, InputName)
		target := e.node("Concat", []int{len(dims)}, attrs{{"axis", 0}}, batch.name, e.ints(dims[1:]...))
		return e.node("Expand", dims, nil, x.name, target.name)
	}
	return e.node("Expand", dims, nil, x.name, e.ints(dims...))
}
