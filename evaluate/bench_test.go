package evaluate

import (
	"math/rand/v2"
	"testing"

	"github.com/ghostdark/ghostdark/dataset"
	"github.com/ghostdark/ghostdark/detect"
)

// BenchmarkCOCO evaluates as many pictures, classes, objects and detections as with COCO's
// validation set.
func BenchmarkCOCO(b *testing.B) {
	const images, classes = 5000, 80
	r := rand.New(rand.NewPCG(1, 2))
	random := func() detect.Box {
		return box(r.Float64()*800, r.Float64()*800, 10+r.Float64()*190, 10+r.Float64()*190)
	}
	pictures := make([]Picture, images)
	for i := range pictures {
		p := &pictures[i]
		p.W, p.H = side, side
		for range 7 {
			p.Truths = append(p.Truths, dataset.Object{Class: r.IntN(classes), Box: random()})
		}
		for range 150 {
			p.Found = append(p.Found, found(r.IntN(classes), r.Float32(), random()))
		}
	}
	for name, evaluate := range map[string]func(){
		"darknet": func() { NewDarknet(pictures, classes, .5, .25) },
		"coco":    func() { NewCOCO(pictures, classes) },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				evaluate()
			}
		})
	}
}
