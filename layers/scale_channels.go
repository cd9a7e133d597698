package layers

import (
	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/kernels"
	"github.com/ghostdark/ghostdark/tensor"
)

// ScaleChannels is a [scale_channels] section, the second half of squeeze-and-excite: another
// layer's output times the previous layer's, which has one value for each channel (C×1×1), or
// with scale_wh=1 one for each pixel (1×H×W).
type ScaleChannels struct {
	Out        tensor.Shape
	PerPixel   bool
	Activation kernels.Activation
}

var _ = register(Kind{
	Names: []string{"scale_channels"},
	Doc:   "Multiplies each channel (or each pixel) of another layer by the previous layer's value for it.",
	Schema: cfg.Schema{
		{Name: "from", Type: cfg.Int, Note: "the layer whose output is scaled"},
		{Name: "scale_wh", Type: cfg.Flag, Default: "0", Note: "scale pixels instead of channels"},
		{Name: "activation", Type: cfg.String, Default: "linear", Note: "applied last"},
	},
	Build: func(b *Builder) Op {
		l := &ScaleChannels{PerPixel: b.Flag("scale_wh"), Activation: b.Activation("activation")}
		from, ok := b.Ref("from")
		if !ok {
			return nil
		}
		b.Reads(b.Previous(), from)
		l.Out = b.ShapeOf(from)
		want := tensor.Shape{C: l.Out.C, H: 1, W: 1}
		if l.PerPixel {
			want = tensor.Shape{C: 1, H: l.Out.H, W: l.Out.W}
		}
		if b.In != want {
			b.Mismatchf("from", "Check from=, and the filters= of the convolution before it.",
				"scales %s with %v, so the previous layer must give %v, not %v", b.nameOf(from), l.Out, want, b.In)
			b.relate(b.Layer(from))
		}
		b.Output(l.Out)
		return l
	},
})

// Forward implements Op.
func (l *ScaleChannels) Forward(p *Pass) {
	plane := l.Out.Plane()
	for i := range p.Out.N {
		scale, in, out := p.In[0].Image(i), p.In[1].Image(i), p.Out.Image(i)
		for j, v := range in {
			if l.PerPixel {
				out[j] = v * scale[j%plane]
			} else {
				out[j] = v * scale[j/plane]
			}
		}
		l.Activation.Apply(out, plane)
	}
}
