package layers

// Identity is a section that passes its input on: [dropout], which acts in training only, and
// [empty].
type Identity struct{}

var _ = register(Kind{
	Names:  []string{"dropout"},
	Doc:    "Nothing when running; drops values in training.",
	Schema: training("probability", "dropblock", "dropblock_size_rel", "dropblock_size_abs"),
	Build:  func(b *Builder) Op { return Identity{} },
})

// Forward implements Op.
func (Identity) Forward(p *Pass) { copy(p.Out.Data, p.In[0].Data) }
