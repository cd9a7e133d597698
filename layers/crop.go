package layers

import (
	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/tensor"
)

// Crop is a [crop] section: the centre of the image, mapped from 0 … 1 to -1 … 1.
type Crop struct {
	In, Out  tensor.Shape
	NoAdjust bool // keep the values
}

var _ = register(Kind{
	Names: []string{"crop"},
	Doc:   "Centre crop; values become 2x-1 unless noadjust is set.",
	Schema: append(cfg.Schema{
		{Name: "crop_height", Type: cfg.Int, Default: "1", Note: "height of the output, at most the input's"},
		{Name: "crop_width", Type: cfg.Int, Default: "1", Note: "width of the output, at most the input's"},
		{Name: "noadjust", Type: cfg.Flag, Default: "0", Note: "keep values as they are"},
	}, training("flip", "angle", "saturation", "exposure", "shift")...),
	Build: func(b *Builder) Op {
		l := &Crop{In: b.In, NoAdjust: b.Flag("noadjust")}
		l.Out = tensor.Shape{C: b.In.C, H: b.Within("crop_height", 1, MaxExtent), W: b.Within("crop_width", 1, MaxExtent)}
		if l.Out.H > b.In.H || l.Out.W > b.In.W {
			b.Mismatchf("crop_width", "Use a larger network input or a smaller crop.", "the crop of %d×%d is larger than the input of %d×%d", l.Out.W, l.Out.H, b.In.W, b.In.H)
		}
		b.Output(l.Out)
		return l
	},
})

// Forward implements Op.
func (l *Crop) Forward(p *Pass) {
	dy, dx := (l.In.H-l.Out.H)/2, (l.In.W-l.Out.W)/2
	at := 0
	for plane := range p.Out.N * l.In.C {
		for y := range l.Out.H {
			row := p.In[0].Data[(plane*l.In.H+y+dy)*l.In.W+dx:]
			for _, v := range row[:l.Out.W] {
				if !l.NoAdjust {
					v = float32(2*v) - 1
				}
				p.Out.Data[at] = v
				at++
			}
		}
	}
}
