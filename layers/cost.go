package layers

import (
	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/tensor"
)

// Loss is a [cost] section: the loss of training. Without a truth to compare with its output
// is zero, and a network's result is that of the layer before it.
type Loss struct{}

var _ = register(Kind{
	Names: []string{"cost"},
	Doc:   "The loss of training; zeros when running.",
	Schema: append(cfg.Schema{
		{Name: "type", Type: cfg.String, Default: "sse", Effect: cfg.Training},
	}, training("scale", "ratio", "noobj", "thresh")...),
	Build: func(b *Builder) Op {
		b.Output(tensor.Shape{C: b.In.Len(), H: 1, W: 1})
		return Loss{}
	},
})

// Forward implements Op.
func (Loss) Forward(p *Pass) { clear(p.Out.Data) }
