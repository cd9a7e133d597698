package layers

import (
	"slices"

	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/tensor"
)

// ConvLSTM is a [conv_lstm] section: [lstm] with convolutions in place of the matrices, each
// with the section's activation before the sums. With peepholes the gates f and i also see
// the old cell, and o the new one, through a convolution each. After the output is computed
// the cell is clamped to ±Constrain.
type ConvLSTM struct {
	Vf, Vi, Vo     *Convolution // nil without peepholes
	Wf, Wi, Wg, Wo *Convolution // over the last output
	Uf, Ui, Ug, Uo *Convolution // over the input
	Constrain      float32
}

var _ = register(Kind{
	Names: []string{"conv_lstm"},
	Doc:   "Long short-term memory of convolutions; its state is kept from call to call.",
	Schema: slices.Concat(recurrentOptions, cfg.Schema{
		{Name: "bottleneck", Type: cfg.Flag, Default: "0", Note: "refused: darknet's CPU code aborts on it"},
		{Name: "shortcut", Type: cfg.Flag, Default: "0", Effect: cfg.Ignored, Note: "of [crnn] only"},
		{Name: "peephole", Type: cfg.Flag, Default: "0", Note: "let the gates see the cell"},
		{Name: "activation", Type: cfg.String, Default: "linear", Note: "of each convolution"},
		{Name: "lstm_activation", Type: cfg.String, Default: "tanh", Effect: cfg.Ignored, Note: "always tanh on the CPU"},
		{Name: "state_constrain", Type: cfg.Float, Default: "32", Note: "bound on the cell"},
	}),
	Build: func(b *Builder) Op {
		out, activation := b.Within("output", 1, MaxExtent), b.Activation("activation")
		if b.Flag("bottleneck") {
			b.Errorf("bottleneck", "Remove bottleneck=1; darknet's CPU code aborts on it.", "bottleneck=1 is not supported")
		}
		c := newCells(b)
		state := tensor.Shape{C: out, H: b.In.H, W: b.In.W}
		over := func(name string, in tensor.Shape) *Convolution { return c.convolution(name+" ", in, out, activation) }
		l := &ConvLSTM{Constrain: float32(b.Float("state_constrain"))}
		if b.Flag("peephole") {
			l.Vf, l.Vi, l.Vo = over("vf", state), over("vi", state), over("vo", state)
		}
		l.Wf, l.Wi, l.Wg, l.Wo = over("wf", state), over("wi", state), over("wg", state), over("wo", state)
		l.Uf, l.Ui, l.Ug, l.Uo = over("uf", b.In), over("ui", b.In), over("ug", b.In), over("uo", b.In)
		elementwise := 9
		if l.Vf != nil {
			elementwise = 12
		}
		b.Cost(Cost{BFLOPs: float64(elementwise) * float64(state.Len()) / 1e9})
		b.State(2 * state.Len())
		b.Scratch(5*state.Len() + c.scratch)
		b.Output(state)
		return l
	},
})

// Forward implements Op.
func (l *ConvLSTM) Forward(p *Pass) {
	n := l.Wf.Out.Len()
	part, scratch := p.Scratch[:n], p.Scratch[5*n:]
	gates := [4][]float32{}
	for k := range gates {
		gates[k] = p.Scratch[(k+1)*n : (k+2)*n]
	}
	add := func(to []float32, c *Convolution, in []float32) {
		if c != nil {
			c.run(in, part, scratch)
			accumulate(to, part)
		}
	}
	for i := range p.Out.N {
		x := p.In[0].Image(i)
		h, c := p.StateOf(i)[:n], p.StateOf(i)[n:]
		for k, conv := range [4][3]*Convolution{{l.Wf, l.Uf, l.Vf}, {l.Wi, l.Ui, l.Vi}, {l.Wg, l.Ug, nil}, {l.Wo, l.Uo, nil}} {
			conv[0].run(h, gates[k], scratch)
			add(gates[k], conv[1], x)
			add(gates[k], conv[2], c)
		}
		lstmState(gates, c)
		add(gates[3], l.Vo, c)
		lstmOutput(gates[3], c, h)
		copy(p.Out.Image(i), h)
		for j, v := range c {
			c[j] = min(max(v, -l.Constrain), l.Constrain)
		}
	}
}
