package layers

import (
	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/kernels"
	"github.com/ghostdark/ghostdark/tensor"
)

// LSTM is an [lstm] section. With the last output h and the cell c:
//
//	f, i, o = σ(W·h + U·x)   g = tanh(Wg·h + Ug·x)
//	c' = f∘c + i∘g           h' = o∘tanh(c')
//
// Each W and U has its own bias and batch norm.
type LSTM struct{ Wf, Wi, Wg, Wo, Uf, Ui, Ug, Uo *Dense }

var _ = register(Kind{
	Names: []string{"lstm"},
	Doc:   "Long short-term memory; its state is kept from call to call.",
	Schema: cfg.Schema{
		{Name: "output", Type: cfg.Int, Default: "1", Note: "length of the output and the cell"},
		{Name: "batch_normalize", Type: cfg.Flag, Default: "0", Note: "batch norm in each of its parts"},
	},
	Build: func(b *Builder) Op {
		out, norm := b.Within("output", 1, MaxExtent), b.Flag("batch_normalize")
		dense := func(name string, in int) *Dense { return newDense(b, name+" ", in, out, norm, kernels.Linear) }
		in := b.In.Len()
		l := &LSTM{
			Wf: dense("wf", out), Wi: dense("wi", out), Wg: dense("wg", out), Wo: dense("wo", out),
			Uf: dense("uf", in), Ui: dense("ui", in), Ug: dense("ug", in), Uo: dense("uo", in),
		}
		b.State(2 * out)
		b.Scratch(5 * out)
		b.Output(tensor.Shape{C: out, H: 1, W: 1})
		return l
	},
})

// Forward implements Op.
func (l *LSTM) Forward(p *Pass) {
	n := l.Wf.Out
	part := p.Scratch[:n]
	gates := [4][]float32{}
	for k := range gates {
		gates[k] = p.Scratch[(k+1)*n : (k+2)*n]
	}
	for i := range p.Out.N {
		x := p.In[0].Image(i)
		h, c := p.StateOf(i)[:n], p.StateOf(i)[n:]
		for k, d := range [4][2]*Dense{{l.Wf, l.Uf}, {l.Wi, l.Ui}, {l.Wg, l.Ug}, {l.Wo, l.Uo}} {
			d[0].forward(1, h, gates[k])
			d[1].forward(1, x, part)
			accumulate(gates[k], part)
		}
		lstmState(gates, c)
		lstmOutput(gates[3], c, h)
		copy(p.Out.Image(i), h)
	}
}

// lstmState applies the gates f, i and g, given before their activations, to the cell.
func lstmState(gates [4][]float32, c []float32) {
	f, in, g := gates[0], gates[1], gates[2]
	kernels.Logistic.Apply(f, 1)
	kernels.Logistic.Apply(in, 1)
	kernels.Tanh.Apply(g, 1)
	for j := range c {
		c[j] = float32(f[j]*c[j]) + float32(in[j]*g[j])
	}
}

// lstmOutput writes the output h of the cell through the gate o, given before its activation.
func lstmOutput(o, c, h []float32) {
	kernels.Logistic.Apply(o, 1)
	copy(h, c)
	kernels.Tanh.Apply(h, 1)
	for j := range h {
		h[j] *= o[j]
	}
}
