package layers

import "github.com/ghostdark/ghostdark/tensor"

// AvgPool is an [avgpool] section: each channel becomes its mean.
type AvgPool struct{ In tensor.Shape }

var _ = register(Kind{
	Names: []string{"avgpool", "avg"},
	Doc:   "Mean of each channel.",
	Build: func(b *Builder) Op {
		b.Output(tensor.Shape{C: b.In.C, H: 1, W: 1})
		return &AvgPool{b.In}
	},
})

// Forward implements Op.
func (l *AvgPool) Forward(p *Pass) {
	plane := l.In.Plane()
	for c := range p.Out.Data {
		var sum float32
		for _, v := range p.In[0].Data[c*plane : (c+1)*plane] {
			sum += v
		}
		p.Out.Data[c] = sum / float32(plane)
	}
}
