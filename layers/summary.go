package layers

import (
	"fmt"
	"strings"

	"github.com/ghostdark/ghostdark/kernels"
)

// Geometry is what a layer table shows of an Op besides its shapes. Fields that don't apply
// are zero.
type Geometry struct {
	Filters          int // output channels with weights of their own
	Size             int // side of the square window
	StrideX, StrideY int
	Groups           int // 1 when the channels are not divided
	Dilation         int
	Depthwise        bool // each input channel is a group of its own
	Enlarges         bool // the stride is a factor of enlargement
}

// String writes a window of 3×3 at stride 2 as `3×3/2`, followed by `dw` for depthwise,
// `g=4` for groups and `d=2` for dilation. Enlargement by 2 is `×2`.
func (g Geometry) String() string {
	var parts []string
	step := fmt.Sprint(g.StrideX)
	if g.StrideX != g.StrideY {
		step = fmt.Sprintf("%d×%d", g.StrideX, g.StrideY)
	}
	window := ""
	if g.Size > 0 {
		window = fmt.Sprintf("%d×%d", g.Size, g.Size)
	}
	switch {
	case g.StrideX == 0 || step == "1":
		parts = append(parts, window)
	case g.Enlarges:
		parts = append(parts, window, "×"+step)
	default:
		parts = append(parts, window+"/"+step)
	}
	switch {
	case g.Depthwise:
		parts = append(parts, "dw")
	case g.Groups > 1:
		parts = append(parts, fmt.Sprintf("g=%d", g.Groups))
	}
	if g.Dilation > 1 {
		parts = append(parts, fmt.Sprintf("d=%d", g.Dilation))
	}
	return strings.TrimSpace(strings.Join(parts, " "))
}

// Geometry describes how the layer's Op gets from its input to its output; it is zero for an
// Op without window, stride and filters.
func (l *Layer) Geometry() Geometry {
	if op, ok := l.Op.(interface{ geometry() Geometry }); ok {
		return op.geometry()
	}
	return Geometry{}
}

func (c *Convolution) geometry() Geometry {
	return Geometry{
		Filters: c.Out.C, Size: c.Size, StrideX: c.StrideX, StrideY: c.StrideY, Dilation: c.Dilation,
		Groups: c.Groups, Depthwise: c.Groups > 1 && c.Groups == c.In.C,
	}
}

func (l *Convolutional) geometry() Geometry { return l.Convolution.geometry().blurred(l.Blur) }

func (l *Deconvolutional) geometry() Geometry {
	return Geometry{Filters: l.Out.C, Size: l.Size, StrideX: l.Stride, StrideY: l.Stride, Enlarges: true}
}

func (l *Local) geometry() Geometry {
	return Geometry{Filters: l.Out.C, Size: l.Size, StrideX: l.Stride, StrideY: l.Stride}
}

func (l *CRNN) geometry() Geometry { return l.Output.geometry() }

func (l *ConvLSTM) geometry() Geometry { return l.Uf.geometry() }

func (p *Pool) geometry() Geometry {
	return Geometry{Size: p.Size, StrideX: p.StrideX, StrideY: p.StrideY}
}

func (l *MaxPool) geometry() Geometry { return l.Pool.geometry().blurred(l.Blur) }

func (l *Upsample) geometry() Geometry {
	return Geometry{StrideX: l.Stride, StrideY: l.Stride, Enlarges: !l.Down}
}

func (l *Reorg) geometry() Geometry {
	return Geometry{StrideX: l.Stride, StrideY: l.Stride, Enlarges: l.Scatter}
}

func (l *Route) geometry() Geometry { return Geometry{Groups: l.Groups} }

// blurred puts the stride back that antialiasing took from the window.
func (g Geometry) blurred(b *kernels.Blur) Geometry {
	if b != nil {
		g.StrideX, g.StrideY = b.StrideX, b.StrideY
	}
	return g
}
