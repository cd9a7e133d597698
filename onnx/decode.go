package onnx

import (
	"fmt"

	"github.com/ghostdark/ghostdark/layers"
	"github.com/ghostdark/ghostdark/tensor"
)

// The outputs of a model that decodes: [batch, candidates, 4] and [batch, candidates, classes].
const (
	// BoxesName is the output of boxes: x and y of the centre, width and height, as parts of the
	// network's input.
	BoxesName = "boxes"
	// ScoresName is the output of scores, objectness times the probability of the class; 0 for
	// classes that a head doesn't have.
	ScoresName = "scores"
)

// decode makes boxes and scores of what all heads give, head after head, by the formulas of
// their Candidates: cells row by row, in each cell all anchors.
func (e *exporter) decode() {
	classes := e.net.Classes()
	var boxes, scores []value
	for _, l := range e.net.Heads() {
		e.layer = l
		b, s := e.candidates(e.values[l.Index])
		boxes = append(boxes, e.list(b))
		scores = append(scores, e.padded(e.list(s), classes))
	}
	const candidates = "candidates"
	e.result(e.concat(1, boxes...), BoxesName, candidates)
	e.result(e.concat(1, scores...), ScoresName, candidates)
}

// list joins the cells and anchors of [batch, cells, anchors, values].
func (e *exporter) list(x value) value {
	return e.reshape(x, e.batch, product(x.dims[1], x.dims[2]), x.dims[3])
}

// padded adds classes with score 0.
func (e *exporter) padded(scores value, classes int) value {
	missing := classes - scores.dims[2]
	if missing == 0 {
		return scores
	}
	return e.node("Pad", with(scores.dims, 2, classes), nil, scores.name, e.ints(0, 0, 0, 0, 0, missing), e.scalar(0))
}

// candidates decodes the output of the current layer, a head, to [batch, cells, anchors, 4] and
// [batch, cells, anchors, classes].
func (e *exporter) candidates(out value) (boxes, scores value) {
	switch op := e.layer.Op.(type) {
	case *layers.Yolo:
		parts := e.split(e.entries(out, len(op.Mask)), 3, 2, 2, 1, op.NumClasses) // x and y, w and h, objectness, classes
		size := e.apply("Exp", parts[1])
		if op.NewCoords {
			size = e.times(e.apply("Mul", parts[1], parts[1].name), 4)
		}
		size = e.anchored(size, op.Anchors, op.Mask, e.inputSize())
		return e.concat(3, e.placed(parts[0], out, op.Out), size), e.apply("Mul", parts[3], parts[2].name)
	case *layers.GaussianYolo:
		return e.gaussianCandidates(op, out)
	case *layers.Region:
		return e.regionCandidates(op, out)
	case *layers.Detection:
		return e.detectionCandidates(op, out)
	}
	panic(fmt.Sprintf("BUG: onnx: %s is no head", prefix(e.layer)))
}

func (e *exporter) gaussianCandidates(op *layers.GaussianYolo, out value) (boxes, scores value) {
	// x, σx, y, σy, w, σw, h, σh, objectness, classes
	parts := e.split(e.entries(out, len(op.Mask)), 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, op.NumClasses)
	size := e.anchored(e.apply("Exp", e.concat(3, parts[4], parts[6])), op.Anchors, op.Mask, e.inputSize())
	centre := e.placed(e.concat(3, parts[0], parts[2]), out, op.Out)
	switch half := e.times(size, .5); op.Point {
	case "left_top":
		centre = e.apply("Add", centre, half.name)
	case "right_bottom":
		centre = e.apply("Sub", centre, half.name)
	}
	sum := parts[1]
	for _, i := range []int{3, 5, 7} {
		sum = e.apply("Add", sum, parts[i].name)
	}
	certainty := e.plus(e.times(sum, -.25), 1)
	scores = e.apply("Mul", e.apply("Mul", parts[9], parts[8].name), certainty.name)
	return e.concat(3, centre, size), scores
}

func (e *exporter) regionCandidates(op *layers.Region, out value) (boxes, scores value) {
	image := e.input(0)
	entries := out.dims[2]
	x := e.reshape(out, e.batch, e.cells(), op.Num, entries)
	parts := e.split(x, 3, 2, 2, 1, op.NumClasses)
	objectness := parts[2]
	if op.ClassFix == -1 {
		low := e.apply("Less", objectness, e.scalar(.5))
		objectness = e.node("Where", objectness.dims, nil, low.name, e.scalar(0), objectness.name)
	}
	mask := make([]int, op.Num)
	for i := range mask {
		mask[i] = i
	}
	size := e.anchored(e.apply("Exp", parts[1]), op.Anchors, mask, e.grid(image, op.Out).size)
	return e.concat(3, e.placed(e.apply("Sigmoid", parts[0]), image, op.Out), size), e.apply("Mul", parts[3], objectness.name)
}

func (e *exporter) detectionCandidates(op *layers.Detection, out value) (boxes, scores value) {
	cells := op.Side * op.Side
	parts := e.split(out, 1, cells*op.NumClasses, cells*op.Num, cells*op.Num*4)
	classes := e.reshape(parts[0], e.batch, cells, 1, op.NumClasses)
	confidence := e.reshape(parts[1], e.batch, cells, op.Num, 1)
	box := e.split(e.reshape(parts[2], e.batch, cells, op.Num, 4), 3, 2, 2)
	if op.Sqrt {
		box[1] = e.apply("Mul", box[1], box[1].name)
	}
	grid := tensor.Shape{C: 1, H: op.Side, W: op.Side}
	boxes = e.concat(3, e.placed(box[0], value{}, grid), box[1])
	return boxes, e.node("Mul", []int{e.batch, cells, op.Num, op.NumClasses}, nil, confidence.name, classes.name)
}

// entries turns the output of a [yolo] round to [batch, cells, anchors, entries].
func (e *exporter) entries(out value, anchors int) value {
	entries, cells := e.layer.Output.C/anchors, e.cells()
	x := e.reshape(out, e.batch, anchors, entries, cells)
	return e.node("Transpose", []int{e.batch, cells, anchors, entries}, attrs{{"perm", []int{0, 3, 1, 2}}}, x.name)
}

// cells is the number of the current layer's cells.
func (e *exporter) cells() int {
	if e.sized[e.layer.Index] {
		return open
	}
	return e.layer.Output.Plane()
}

// placed turns offsets in a cell into places in the image.
func (e *exporter) placed(offsets, image value, s tensor.Shape) value {
	grid := e.grid(image, s)
	return e.apply("Div", e.apply("Add", offsets, grid.places), grid.size)
}

// anchored multiplies width and height by those of the anchors, and divides by the size in the
// anchors' unit.
func (e *exporter) anchored(factors value, anchors []float32, mask []int, size string) value {
	var used []float32
	for _, m := range mask {
		used = append(used, anchors[2*m], anchors[2*m+1])
	}
	name := e.weights(prefix(e.layer)+".anchors", used, 1, 1, len(mask), 2)
	return e.apply("Div", e.apply("Mul", factors, name), size)
}

// inputSize is width and height of the network's input.
func (e *exporter) inputSize() string {
	if e.sizedInput {
		return e.sizeOf(value{InputName, e.extents(layers.NetworkInput)})
	}
	return e.size(e.net.Net.Width, e.net.Net.Height)
}

func (e *exporter) size(width, height int) string {
	return e.weights(fmt.Sprintf("size %dx%d", width, height), []float32{float32(width), float32(height)}, 2)
}

// sizeOf is an image's width and height when the model runs.
func (e *exporter) sizeOf(image value) string {
	return e.float(e.node("Gather", []int{2}, nil, e.shape(image).name, e.ints(3, 2))).name
}

func (e *exporter) float(x value) value {
	return e.node("Cast", x.dims, attrs{{"to", typeFloat}}, x.name)
}

// grid is made of cells: column and row of each, [1, cells, 1, 2], and how many columns and rows
// there are.
type grid struct{ places, size string }

// grid divides an image of the given shape, which only counts if its size isn't open.
func (e *exporter) grid(image value, s tensor.Shape) grid {
	if e.sized[e.layer.Index] {
		return grid{e.places(image), e.sizeOf(image)}
	}
	var places []float32
	for row := range s.H {
		for column := range s.W {
			places = append(places, float32(column), float32(row))
		}
	}
	return grid{e.weights(fmt.Sprintf("cells %dx%d", s.W, s.H), places, 1, s.Plane(), 1, 2), e.size(s.W, s.H)}
}

// places computes column and row of each pixel of an image when the model runs.
func (e *exporter) places(image value) string {
	shape := e.shape(image)
	extent := func(axis int) value { return e.node("Gather", nil, nil, shape.name, e.index(axis)) }
	height, width := extent(2), extent(3)
	pixels := e.apply("Mul", height, width.name)
	all := e.node("Range", []int{open}, nil, e.index(0), pixels.name, e.index(1))
	column := func(operator string) value {
		x := e.apply(operator, all, width.name)
		return e.node("Unsqueeze", []int{open, 1}, nil, x.name, e.ints(1))
	}
	places := e.float(e.concat(1, column("Mod"), column("Div")))
	return e.node("Reshape", []int{1, open, 1, 2}, nil, places.name, e.ints(1, -1, 1, 2)).name
}

// index is a constant whole number that is no list.
func (e *exporter) index(i int) string {
	name := fmt.Sprint("index ", i)
	if !e.names[name] {
		e.names[name] = true
		e.model.Initializers = append(e.model.Initializers, Tensor{Name: name, Ints: []int64{int64(i)}})
	}
	return name
}
