package layers

var _ = register(Kind{
	Names: []string{"empty", "silence"},
	Doc:   "Passes its input on.",
	Build: func(b *Builder) Op { return Identity{} },
})
