package layers

import (
	"math"

	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/tensor"
)

// Normalization is a [normalization] section, local response normalization over channels:
// x·norm^-beta with norm = kappa + alpha·Σx² over Size neighbouring channels, alpha not being
// divided by Size, and the window of the first channel ending one short, as in darknet.
type Normalization struct {
	In                 tensor.Shape
	Size               int
	Alpha, Beta, Kappa float32
}

var _ = register(Kind{
	Names: []string{"normalization", "lrn"},
	Doc:   "Local response normalization over neighbouring channels: x·(kappa + alpha·Σx²)^-beta.",
	Schema: cfg.Schema{
		{Name: "alpha", Type: cfg.Float, Default: ".0001", Note: "factor of the sum of squares; not divided by size"},
		{Name: "beta", Type: cfg.Float, Default: ".75", Note: "exponent"},
		{Name: "kappa", Type: cfg.Float, Default: "1", Note: "added to the sum"},
		{Name: "size", Type: cfg.Int, Default: "5", Note: "channels in the window"},
	},
	Build: func(b *Builder) Op {
		l := &Normalization{
			In: b.In, Size: b.Within("size", 1, MaxExtent),
			Alpha: float32(b.Float("alpha")), Beta: float32(b.Float("beta")), Kappa: float32(b.Float("kappa")),
		}
		if l.Size/2 > l.In.C {
			b.Mismatchf("size", "Use a smaller size.", "size=%d reaches beyond the %d channels", l.Size, l.In.C)
		}
		b.Scratch(l.In.Plane())
		return l
	},
})

// Forward implements Op.
func (l *Normalization) Forward(p *Pass) {
	plane := l.In.Plane()
	norm := p.Scratch[:plane]
	for i := range p.Out.N {
		in, out := p.In[0].Image(i), p.Out.Image(i)
		accumulate := func(channel int, factor float32) {
			if channel < 0 || channel >= l.In.C {
				return
			}
			for j, v := range in[channel*plane : (channel+1)*plane] {
				norm[j] += float32(factor * float32(v*v))
			}
		}
		for j := range norm {
			norm[j] = l.Kappa
		}
		for c := range l.Size / 2 {
			accumulate(c, l.Alpha)
		}
		for c := range l.In.C {
			if c > 0 {
				accumulate(c-(l.Size-1)/2-1, -l.Alpha)
				accumulate(c+l.Size/2, l.Alpha)
			}
			for j, v := range norm {
				out[c*plane+j] = in[c*plane+j] * float32(math.Pow(float64(v), float64(-l.Beta)))
			}
		}
	}
}
