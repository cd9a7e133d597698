package layers

import "slices"

// LocalAvgPool is a [local_avgpool] section.
type LocalAvgPool struct{ Pool }

var _ = register(Kind{
	Names:  []string{"local_avgpool", "local_avg"},
	Doc:    "Mean over a window; cells outside the image are neither added nor counted.",
	Schema: slices.Clone(poolOptions),
	Build: func(b *Builder) Op {
		l := &LocalAvgPool{readPool(b)}
		if l.hasEmptyWindow() {
			b.Mismatchf("padding", "Use padding= below size.", "padding=%d leaves windows of size %d without any cell of the image", l.Padding, l.Size)
		}
		b.Cost(l.cost())
		b.Output(l.Out)
		return l
	},
})

// hasEmptyWindow reports whether a corner window holds no cell at all, where the mean is 0/0.
func (p *Pool) hasEmptyWindow() bool {
	first := p.Size - p.Padding/2 // end of the first window
	lastX := (p.Out.W-1)*p.StrideX - p.Padding/2
	lastY := (p.Out.H-1)*p.StrideY - p.Padding/2
	return first <= 0 || lastX >= p.In.W || lastY >= p.In.H
}

// Forward implements Op.
func (l *LocalAvgPool) Forward(p *Pass) {
	mean := func(plane []float32, y0, y1, x0, x1 int) float32 {
		var sum float32
		for y := y0; y < y1; y++ {
			for _, v := range plane[y*l.In.W+x0 : y*l.In.W+x1] {
				sum += v
			}
		}
		return sum / float32((y1-y0)*(x1-x0))
	}
	for i := range p.Out.N {
		l.forward(p.In[0].Image(i), p.Out.Image(i), mean)
	}
}
