package layers

import (
	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/tensor"
)

// Pool is the window that [maxpool] and [local_avgpool] share. Padding is the total of both
// sides: the window of output i begins at i·stride - padding/2.
type Pool struct {
	In, Out                         tensor.Shape
	Size, StrideX, StrideY, Padding int
}

// poolOptions are the options that describe a Pool.
var poolOptions = cfg.Schema{
	{Name: "stride", Type: cfg.Int, Default: "1", Note: "step of the window"},
	{Name: "stride_x", Type: cfg.Int, Default: "-1", Note: "horizontal step, if not stride"},
	{Name: "stride_y", Type: cfg.Int, Default: "-1", Note: "vertical step, if not stride"},
	{Name: "size", Type: cfg.Int, Default: "-1", Note: "side of the window; stride when absent"},
	{Name: "padding", Type: cfg.Int, Default: "-1", Note: "cells added to each axis in total; size-1 when absent"},
}

// readPool reads the window: out = (in + padding - size)/stride + 1.
func readPool(b *Builder) Pool {
	p := Pool{In: b.In}
	p.StrideX, p.StrideY = b.readStrides()
	if b.Has("size") {
		p.Size = b.Within("size", 1, maxWindow)
	} else {
		p.Size = max(b.Int("stride"), 1)
	}
	p.Padding = p.Size - 1
	if b.Has("padding") {
		p.Padding = b.Within("padding", 0, maxWindow)
	}
	extent := func(in, stride int) int {
		if in+p.Padding < p.Size {
			return 0
		}
		return (in+p.Padding-p.Size)/stride + 1
	}
	p.Out = tensor.Shape{C: b.In.C, H: extent(b.In.H, p.StrideY), W: extent(b.In.W, p.StrideX)}
	return p
}

// cost counts one operation for each cell of each window, as darknet does.
func (p *Pool) cost() Cost {
	return Cost{BFLOPs: float64(p.Size) * float64(p.Size) * float64(p.Out.C) * float64(p.Out.H) * float64(p.Out.W) / 1e9}
}

// forward calls reduce for every window of one image with the cells that lie inside the
// plane: rows y0 ≤ y < y1 and columns x0 ≤ x < x1, possibly none.
func (p *Pool) forward(in, out []float32, reduce func(plane []float32, y0, y1, x0, x1 int) float32) {
	at := 0
	for c := range p.Out.C {
		plane := in[c*p.In.Plane() : (c+1)*p.In.Plane()]
		for oy := range p.Out.H {
			y := oy*p.StrideY - p.Padding/2
			for ox := range p.Out.W {
				x := ox*p.StrideX - p.Padding/2
				out[at] = reduce(plane, max(y, 0), min(y+p.Size, p.In.H), max(x, 0), min(x+p.Size, p.In.W))
				at++
			}
		}
	}
}
