package layers

import (
	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/kernels"
	"github.com/ghostdark/ghostdark/tensor"
)

// RNN is an [rnn] section. With the state s of length Hidden:
//
//	s' = (Shortcut ? s : 0) + act(Wi·x + bi) + act2(Ws·s + bs)
//	y  = act(Wo·s' + bo)
type RNN struct {
	Input, Self, Output *Dense
	Shortcut            bool
}

var _ = register(Kind{
	Names: []string{"rnn"},
	Doc:   "Plain recurrent layer; its state is kept from call to call.",
	Schema: cfg.Schema{
		{Name: "output", Type: cfg.Int, Default: "1", Note: "length of the output"},
		{Name: "hidden", Type: cfg.Int, Default: "1", Note: "length of the state"},
		{Name: "activation", Type: cfg.String, Default: "logistic", Note: "of each of its three parts"},
		{Name: "logistic", Type: cfg.Int, Default: "0", Note: "activation of the state's own part: 1 logistic, 2 loggy, else activation"},
		{Name: "shortcut", Type: cfg.Flag, Default: "0", Note: "add the old state to the new"},
		{Name: "batch_normalize", Type: cfg.Flag, Default: "0", Note: "batch norm in each of its parts"},
	},
	Build: func(b *Builder) Op {
		out, hidden := b.Within("output", 1, MaxExtent), b.Within("hidden", 1, MaxExtent)
		activation, norm := b.Activation("activation"), b.Flag("batch_normalize")
		own := activation
		switch b.Int("logistic") {
		case 1:
			own = kernels.Logistic
		case 2:
			own = kernels.Loggy
		}
		l := &RNN{Shortcut: b.Flag("shortcut")}
		l.Input = newDense(b, "input ", b.In.Len(), hidden, norm, activation)
		l.Self = newDense(b, "self ", hidden, hidden, norm, own)
		l.Output = newDense(b, "output ", hidden, out, norm, activation)
		b.State(hidden)
		b.Scratch(hidden)
		b.Output(tensor.Shape{C: out, H: 1, W: 1})
		return l
	},
})

// Forward implements Op.
func (l *RNN) Forward(p *Pass) {
	part := p.Scratch[:l.Self.Out]
	for i := range p.Out.N {
		state := p.StateOf(i)
		l.Self.forward(1, state, part)
		if !l.Shortcut {
			clear(state)
		}
		accumulate(state, part)
		l.Input.forward(1, p.In[0].Image(i), part)
		accumulate(state, part)
		l.Output.forward(1, state, p.Out.Image(i))
	}
}

// accumulate adds x to sum.
func accumulate(sum, x []float32) {
	for i, v := range x {
		sum[i] += v
	}
}
