package layers

import "github.com/ghostdark/ghostdark/tensor"

var _ = register(Kind{
	Names:  []string{"reorg3d"},
	Doc:    "Space to depth: output channel (dy·stride + dx)·C + c.",
	Schema: reorgOptions,
	Build:  func(b *Builder) Op { return buildReorg(b, func(_, out tensor.Shape) tensor.Shape { return out }) },
})
