package layers

import (
	"math"

	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/tensor"
)

// L2Norm is an [l2norm] section: each pixel's channels divided by their Euclidean length.
type L2Norm struct{ In tensor.Shape }

var _ = register(Kind{
	Names:  []string{"l2norm"},
	Origin: cfg.Pjreddie,
	Doc:    "Divides each pixel's channels by their Euclidean length.",
	Build:  func(b *Builder) Op { return &L2Norm{b.In} },
})

// Forward implements Op. A pixel of zeros stays zero, where darknet would give NaN.
func (l *L2Norm) Forward(p *Pass) {
	plane := l.In.Plane()
	for i := range p.Out.N {
		in, out := p.In[0].Image(i), p.Out.Image(i)
		for pixel := range plane {
			var sum float32
			for j := pixel; j < len(in); j += plane {
				sum += float32(in[j] * in[j])
			}
			length := float32(math.Sqrt(float64(sum)))
			if length == 0 {
				length = 1
			}
			for j := pixel; j < len(in); j += plane {
				out[j] = in[j] / length
			}
		}
	}
}
