package layers

import (
	"math"
	"slices"

	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/kernels"
	"github.com/ghostdark/ghostdark/tensor"
)

// MaxPool is a [maxpool] section over windows.
type MaxPool struct {
	Pool
	// Blur takes over the stride when antialiasing is set; the Pool then runs at stride 1.
	Blur *kernels.Blur
}

// MaxPoolDepth is a [maxpool] section with maxpool_depth=1: output channel g is the maximum
// over the input channels g, g + C, g + 2·C, … where C is the number of output channels.
type MaxPoolDepth struct{ In, Out tensor.Shape }

var _ = register(Kind{
	Names: []string{"maxpool", "max"},
	Doc:   "Maximum over a window; cells outside the image are ignored.",
	Schema: slices.Concat(poolOptions, cfg.Schema{
		{Name: "maxpool_depth", Type: cfg.Flag, Default: "0", Note: "take the maximum over channels instead of a window"},
		{Name: "out_channels", Type: cfg.Int, Default: "1", Note: "output channels of maxpool_depth"},
		{Name: "antialiasing", Type: cfg.Int, Default: "0", Note: "run at stride 1, then blur with the stride: 1 by a 3×3, 2 by a 2×2 filter"},
		{Name: "maxpool_zero_nonmax", Type: cfg.Flag, Default: "0", Effect: cfg.Ignored, Note: "no effect on the CPU"},
	}),
	Build: func(b *Builder) Op {
		if b.Flag("maxpool_depth") {
			l := &MaxPoolDepth{In: b.In, Out: tensor.Shape{C: b.Within("out_channels", 1, MaxExtent), H: b.In.H, W: b.In.W}}
			if l.Out.C > b.In.C {
				b.Mismatchf("out_channels", "Give at most the number of input channels.", "out_channels=%d of only %d input channels", l.Out.C, b.In.C)
			}
			b.Cost(Cost{BFLOPs: depthCost(b, l.Out)})
			b.Output(l.Out)
			return l
		}
		l := &MaxPool{Pool: readPool(b)}
		output := l.Out
		if mode := b.Int("antialiasing"); mode != 0 {
			l.Blur = kernels.NewBlur(mode, l.StrideX, l.StrideY)
			l.Out.H, l.Out.W = max(l.In.H+l.Padding-l.Size+1, 0), max(l.In.W+l.Padding-l.Size+1, 0)
			l.StrideX, l.StrideY = 1, 1
			output = blurredShape(l.Blur, l.Out)
			b.Scratch(l.Out.Len())
		}
		b.Cost(l.cost())
		b.Output(output)
		return l
	},
})

// depthCost is darknet's price of maxpool_depth, which counts the unused window.
func depthCost(b *Builder, out tensor.Shape) float64 {
	size := b.Int("size")
	if !b.Has("size") {
		size = b.Int("stride")
	}
	return float64(size) * float64(size) * float64(out.Len()) / 1e9
}

// Forward implements Op.
func (l *MaxPool) Forward(p *Pass) {
	for i := range p.Out.N {
		if l.Blur == nil {
			l.forward(p.In[0].Image(i), p.Out.Image(i), windowMax(l.In.W))
			continue
		}
		sharp := p.Scratch[:l.Out.Len()]
		l.forward(p.In[0].Image(i), sharp, windowMax(l.In.W))
		l.Blur.Apply(sharp, l.Out.C, l.Out.H, l.Out.W, p.Out.Image(i))
	}
}

// windowMax returns the reduction for planes of the given width. A window without any cell
// gives the most negative number, as in darknet.
func windowMax(width int) func([]float32, int, int, int, int) float32 {
	return func(plane []float32, y0, y1, x0, x1 int) float32 {
		largest := float32(-math.MaxFloat32)
		for y := y0; y < y1; y++ {
			for x := x0; x < x1; x++ {
				if v := plane[y*width+x]; v > largest {
					largest = v
				}
			}
		}
		return largest
	}
}

// Forward implements Op.
func (l *MaxPoolDepth) Forward(p *Pass) {
	plane := l.In.Plane()
	for i := range p.Out.N {
		in, out := p.In[0].Image(i), p.Out.Image(i)
		copy(out, in)
		for c := l.Out.C; c < l.In.C; c++ {
			dst := out[c%l.Out.C*plane:]
			for j, v := range in[c*plane : (c+1)*plane] {
				dst[j] = max(dst[j], v)
			}
		}
	}
}
