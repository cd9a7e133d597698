package onnx

import (
	"math"

	"github.com/ghostdark/ghostdark/layers"
	"github.com/ghostdark/ghostdark/tensor"
)

func (e *exporter) maxPool(op *layers.MaxPool) value {
	x, pool := e.input(0), op.Pool
	if begin, end := pool.Padding/2, pool.Padding-pool.Padding/2; max(begin, end) >= pool.Size {
		// MaxPool refuses a padding in which a window could get lost.
		padded := tensor.Shape{C: pool.In.C, H: pool.In.H + pool.Padding, W: pool.In.W + pool.Padding}
		x = e.node("Pad", e.dims(padded), nil, x.name, e.ints(0, 0, begin, begin, 0, 0, end, end), e.scalar(-math.MaxFloat32))
		pool.Padding = 0
	}
	y := e.window("MaxPool", x, pool)
	if op.Blur != nil {
		y = e.blur(op.Blur, y)
	}
	return y
}

// maxPoolDepth is the maximum of blocks of channels; the last block may be short.
func (e *exporter) maxPoolDepth(op *layers.MaxPoolDepth) value {
	x := e.input(0)
	var blocks []string
	for start := 0; start < op.In.C; start += op.Out.C {
		end := min(start+op.Out.C, op.In.C)
		block := e.slice(x, 1, start, end)
		if missing := start + op.Out.C - end; missing > 0 {
			block = e.node("Pad", e.dims(op.Out), nil, block.name, e.ints(0, 0, 0, 0, 0, missing, 0, 0), e.scalar(-math.MaxFloat32))
		}
		blocks = append(blocks, block.name)
	}
	return e.node("Max", e.dims(op.Out), nil, blocks...)
}

// window adds a pooling operator.
func (e *exporter) window(operator string, x value, p layers.Pool) value {
	begin, end := p.Padding/2, p.Padding-p.Padding/2
	return e.node(operator, e.dims(p.Out), attrs{
		{"kernel_shape", []int{p.Size, p.Size}}, {"strides", []int{p.StrideY, p.StrideX}}, {"pads", []int{begin, begin, end, end}},
	}, x.name)
}

func (e *exporter) route(op *layers.Route) value {
	var parts []value
	for k := range e.layer.Inputs {
		x := e.input(k)
		size := x.dims[1] / op.Groups
		parts = append(parts, e.slice(x, 1, op.GroupID*size, (op.GroupID+1)*size))
	}
	return e.concat(1, parts...)
}

func (e *exporter) crop(op *layers.Crop) value {
	dy, dx := (op.In.H-op.Out.H)/2, (op.In.W-op.Out.W)/2
	x := e.slice(e.slice(e.input(0), 2, dy, dy+op.Out.H), 3, dx, dx+op.Out.W)
	if op.NoAdjust {
		return x
	}
	return e.plus(e.times(x, 2), -1)
}

func (e *exporter) upsample(op *layers.Upsample) value {
	x, s, scale := e.input(0), op.Stride, op.Scale
	if op.Down { // a block's sum is its mean times its size
		scale *= float32(s) * float32(s)
		x = e.node("AveragePool", e.dims(op.Out), attrs{{"kernel_shape", []int{s, s}}, {"strides", []int{s, s}}}, x.name)
	} else {
		factors := e.weights(prefix(e.layer)+".factors", []float32{1, 1, float32(s), float32(s)}, 4)
		x = e.node("Resize", e.dims(op.Out), attrs{
			{"mode", "nearest"}, {"nearest_mode", "floor"}, {"coordinate_transformation_mode", "asymmetric"},
		}, x.name, "", factors)
	}
	if scale == 1 {
		return x
	}
	return e.times(x, scale)
}

// reorg takes blocks of pixels apart, or puts them together, in views of the input and output
// that have the extents of darknet's loop.
func (e *exporter) reorg(op *layers.Reorg) value {
	s, deep, flat := op.Stride, op.Loop, op.Loop
	flat.C, flat.H, flat.W = deep.C/(s*s), deep.H*s, deep.W*s
	var y value
	if op.Scatter {
		x := e.rescale(e.input(0), deep.C, s, 1)
		y = e.node("DepthToSpace", e.dims(flat), attrs{{"blocksize", s}, {"mode", "DCR"}}, x.name)
	} else {
		x := e.rescale(e.input(0), flat.C, s, 1)
		y = e.node("SpaceToDepth", e.dims(deep), attrs{{"blocksize", s}}, x.name)
	}
	return e.rescale(y, e.layer.Output.C, 1, s)
}
