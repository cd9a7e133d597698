package layers

import (
	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/tensor"
)

// History is a [history] section: the input followed by the inputs of the calls before, newest
// first, Size images in all. The state is kept from call to call and begins with zeros. In a
// network of one time step it stays zero, as in darknet.
type History struct {
	In       tensor.Shape
	Size     int
	Remember bool
}

var _ = register(Kind{
	Names: []string{"history"},
	Doc:   "The inputs of the last calls, newest first, joined as channels.",
	Schema: cfg.Schema{
		{Name: "history_size", Type: cfg.Int, Default: "4", Note: "number of inputs joined"},
	},
	Build: func(b *Builder) Op {
		l := &History{In: b.In, Size: b.Within("history_size", 1, MaxExtent), Remember: b.Net.TimeSteps > 1}
		if l.Size > 1 && !l.Remember {
			b.Warnf("history_size", "Set time_steps= in [net] above 1 to let it remember earlier calls.",
				"with time_steps=1 only the newest of the %d inputs is given, the others are zero", l.Size)
		}
		b.Output(tensor.Shape{C: tensor.Product(l.In.C, l.Size), H: l.In.H, W: l.In.W})
		b.State(tensor.Product(l.In.Len(), l.Size-1))
		return l
	},
})

// Forward implements Op.
func (l *History) Forward(p *Pass) {
	for i := range p.Out.N {
		out, before := p.Out.Image(i), p.StateOf(i)
		n := copy(out, p.In[0].Image(i))
		copy(out[n:], before)
		if l.Remember {
			copy(before, out)
		}
	}
}
