package layers

import (
	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/kernels"
	"github.com/ghostdark/ghostdark/tensor"
)

// GRU is a [gru] section. With the state s, which is also the output:
//
//	z = σ(Wz·x + Uz·s)   r = σ(Wr·x + Ur·s)   h = σ(Wh·x + Uh·(r∘s))
//	s' = z∘s + (1-z)∘h
//
// h is logistic, not tanh, as in darknet. Each W and U has its own bias and batch norm.
type GRU struct{ Wz, Wr, Wh, Uz, Ur, Uh *Dense }

var _ = register(Kind{
	Names: []string{"gru"},
	Doc:   "Gated recurrent unit; its state is kept from call to call.",
	Schema: append(cfg.Schema{
		{Name: "output", Type: cfg.Int, Default: "1", Note: "length of the output and the state"},
		{Name: "batch_normalize", Type: cfg.Flag, Default: "0", Note: "batch norm in each of its parts"},
	}, training("tanh")...),
	Build: func(b *Builder) Op {
		out, norm := b.Within("output", 1, MaxExtent), b.Flag("batch_normalize")
		in := b.In.Len()
		l := &GRU{
			Wz: newDense(b, "input_z ", in, out, norm, kernels.Linear),
			Wr: newDense(b, "input_r ", in, out, norm, kernels.Linear),
			Wh: newDense(b, "input_h ", in, out, norm, kernels.Linear),
			Uz: newDense(b, "state_z ", out, out, norm, kernels.Linear),
			Ur: newDense(b, "state_r ", out, out, norm, kernels.Linear),
			Uh: newDense(b, "state_h ", out, out, norm, kernels.Linear),
		}
		b.State(out)
		b.Scratch(4 * out)
		b.Output(tensor.Shape{C: out, H: 1, W: 1})
		return l
	},
})

// Forward implements Op.
func (l *GRU) Forward(p *Pass) {
	n := l.Uz.Out
	z, r, h, part := p.Scratch[:n], p.Scratch[n:2*n], p.Scratch[2*n:3*n], p.Scratch[3*n:4*n]
	gate := func(w, u *Dense, x, s, out []float32) {
		w.forward(1, x, out)
		u.forward(1, s, part)
		accumulate(out, part)
		kernels.Logistic.Apply(out, 1)
	}
	for i := range p.Out.N {
		x, state := p.In[0].Image(i), p.StateOf(i)
		gate(l.Wz, l.Uz, x, state, z)
		gate(l.Wr, l.Ur, x, state, r)
		for j := range r {
			r[j] *= state[j]
		}
		gate(l.Wh, l.Uh, x, r, h)
		for j := range state {
			state[j] = float32(z[j]*state[j]) + float32((1-z[j])*h[j])
		}
		copy(p.Out.Image(i), state)
	}
}
