package layers

import "github.com/ghostdark/ghostdark/cfg"

var _ = register(Kind{
	Names:  []string{"iseg"},
	Origin: cfg.Pjreddie,
	Doc:    "Instance segmentation of pjreddie's darknet; refused, since it was never finished there.",
	Schema: append(cfg.Schema{
		{Name: "classes", Type: cfg.Int, Default: "20", Effect: cfg.Ignored},
		{Name: "ids", Type: cfg.Int, Default: "32", Effect: cfg.Ignored},
	}, training("max")...),
	Build: func(b *Builder) Op {
		b.Errorf("", "Remove the section to run the layers before it.", "instance segmentation was never finished in darknet and is not supported")
		return nil
	},
})
