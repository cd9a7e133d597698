package onnx

import "github.com/ghostdark/ghostdark/layers"

// softmax works on the flattened input, in equal groups.
func (e *exporter) softmax(op *layers.Softmax) value {
	n := e.layer.Output.Len()
	x := e.reshape(e.given(0), e.batch, n)
	if op.Temperature != 1 {
		x = e.apply("Div", x, e.scalar(op.Temperature))
	}
	if op.Groups > 1 {
		x = e.reshape(x, e.batch, op.Groups, n/op.Groups)
	}
	return e.normalizeLast(x)
}

// normalizeLast is softmax over the last axis.
func (e *exporter) normalizeLast(x value) value {
	return e.node("Softmax", x.dims, attrs{{"axis", -1}}, x.name)
}

// run is a number of neighbouring entries of an anchor that are treated alike.
type run struct {
	entries  int
	logistic bool
	centred  bool // stretched around the middle of the cell by scale_x_y
}

func (e *exporter) yolo(op *layers.Yolo) value {
	logistic := !op.NewCoords
	return e.anchors(len(op.Mask), op.ScaleXY, []run{
		{entries: 2, logistic: logistic, centred: true}, // x, y
		{entries: 2}, // w, h
		{entries: 1 + op.NumClasses, logistic: logistic},
	})
}

func (e *exporter) gaussianYolo(op *layers.GaussianYolo) value {
	return e.anchors(len(op.Mask), op.ScaleXY, []run{
		{entries: 1, logistic: true, centred: true},  // x
		{entries: 1, logistic: true},                 // σx
		{entries: 1, logistic: true, centred: true},  // y
		{entries: 1, logistic: true},                 // σy
		{entries: 1},                                 // w
		{entries: 1, logistic: true},                 // σw
		{entries: 1},                                 // h
		{entries: 2 + op.NumClasses, logistic: true}, // σh, objectness, classes
	})
}

// anchors applies to each anchor's entries, which are planes after planes, what the runs say.
func (e *exporter) anchors(count int, scale float32, runs []run) value {
	entries := 0
	var sizes []int
	for _, r := range runs {
		entries += r.entries
		sizes = append(sizes, r.entries)
	}
	image := e.input(0)
	x := e.reshape(image, e.batch, count, entries, e.cells())
	parts := e.split(x, 2, sizes...)
	for i, r := range runs {
		if r.logistic {
			parts[i] = e.apply("Sigmoid", parts[i])
		}
		if r.centred && scale != 1 {
			parts[i] = e.plus(e.times(parts[i], scale), -.5*(scale-1))
		}
	}
	return e.reshapeLike(e.concat(2, parts...), image)
}

// region turns the input round to cells and their anchors: logistic for objectness, softmax
// over the classes.
func (e *exporter) region(op *layers.Region) value {
	const box, objectness = 4, 1
	cells, entries := e.cells(), box+objectness+op.NumClasses
	x := e.reshape(e.input(0), e.batch, op.Num*entries, cells)
	x = e.node("Transpose", []int{e.batch, cells, op.Num * entries}, attrs{{"perm", []int{0, 2, 1}}}, x.name)
	x = e.reshape(x, e.batch, product(cells, op.Num), entries)
	parts := e.split(x, 2, box, objectness, op.NumClasses)
	parts[1] = e.apply("Sigmoid", parts[1])
	if op.Softmax {
		parts[2] = e.normalizeLast(parts[2])
	}
	return e.concat(2, parts...)
}

// detection has its classes first, cell after cell.
func (e *exporter) detection(op *layers.Detection) value {
	n := e.layer.Output.Len()
	x := e.reshape(e.given(0), e.batch, n)
	if !op.Softmax {
		return x
	}
	cells := op.Side * op.Side
	parts := e.split(x, 1, cells*op.NumClasses, n-cells*op.NumClasses)
	classes := e.normalizeLast(e.reshape(parts[0], e.batch, cells, op.NumClasses))
	return e.concat(1, e.reshape(classes, e.batch, cells*op.NumClasses), parts[1])
}
