package layers

import (
	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/tensor"
)

// Contrastive is a [contrastive] section: a loss over embeddings, zero when running.
type Contrastive struct{}

var _ = register(Kind{
	Names: []string{"contrastive"},
	Doc:   "The loss of training over embeddings; zeros when running.",
	Schema: append(cfg.Schema{
		{Name: "yolo_layer", Type: cfg.Int, Effect: cfg.Training, Note: "the [yolo] section whose embedding_layer is trained"},
		{Name: "classes", Type: cfg.Int, Default: "1000", Effect: cfg.Training},
	}, training("temperature", "contrastive_neg_max", "cls_normalizer", "max_delta", "steps")...),
	Build: func(b *Builder) Op {
		if b.Has("yolo_layer") {
			if i, ok := b.Ref("yolo_layer"); ok {
				if _, isYolo := b.Layer(i).Op.(*Yolo); !isYolo && b.Layer(i).Op != nil {
					b.Errorf("yolo_layer", "Give the index of a [yolo] section.", "yolo_layer=%d is %s", b.Int("yolo_layer"), b.Layer(i).Label())
				}
			}
		}
		b.Output(tensor.Shape{C: b.In.Len(), H: 1, W: 1})
		return Contrastive{}
	},
})

// Forward implements Op.
func (Contrastive) Forward(p *Pass) { clear(p.Out.Data) }
