package layers

import (
	"fmt"

	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/detect"
	"github.com/ghostdark/ghostdark/kernels"
	"github.com/ghostdark/ghostdark/tensor"
)

// Detection is a [detection] section, the head of YOLOv1 over a flat input: class scores
// [cell][class], confidences [cell][box], boxes [cell][box][x, y, w, h].
type Detection struct {
	Side, NumClasses, Num int
	Softmax, Sqrt         bool // softmax over each cell's classes; box sizes are squared
}

var _ = register(Kind{
	Names: []string{"detection"},
	Doc:   "Detection head of YOLOv1 over a grid of side×side cells.",
	Schema: append(cfg.Schema{
		{Name: "side", Type: cfg.Int, Default: "7", Note: "cells in a row and a column"},
		{Name: "classes", Type: cfg.Int, Default: "1", Note: "number of classes"},
		{Name: "num", Type: cfg.Int, Default: "1", Note: "boxes of each cell"},
		{Name: "coords", Type: cfg.Int, Default: "1", Note: "must be given as 4"},
		{Name: "softmax", Type: cfg.Flag, Default: "0", Note: "softmax over each cell's classes"},
		{Name: "sqrt", Type: cfg.Flag, Default: "0", Note: "sizes are given as square roots"},
	}, training("rescore", "reorg", "forced", "object_scale", "noobject_scale", "class_scale", "coord_scale", "jitter", "random", "max")...),
	Build: func(b *Builder) Op {
		l := &Detection{
			Side: b.Within("side", 1, MaxExtent), NumClasses: b.Within("classes", 1, MaxExtent), Num: b.Within("num", 1, maxBoxes),
			Softmax: b.Flag("softmax"), Sqrt: b.Flag("sqrt"),
		}
		if coords := b.Int("coords"); coords != 4 {
			b.Errorf("coords", "Write coords=4.", "coords=%d, but a box has 4 numbers", coords)
		}
		if want := tensor.Product(l.Side, l.Side, l.Num*5+l.NumClasses); b.In.Len() != want && !b.failed {
			b.Mismatchf("side", fmt.Sprintf("Set output=%d in the layer before it: side²·(5·num + classes).", want),
				"needs %d inputs but gets %d", want, b.In.Len())
		}
		b.Output(tensor.Shape{C: b.In.Len(), H: 1, W: 1})
		return l
	},
})

// Classes implements Head.
func (l *Detection) Classes() int { return l.NumClasses }

// Suppression implements Head.
func (l *Detection) Suppression() (detect.NMSKind, float32) { return detect.DefaultNMS, .6 }

// Stretched implements Head.
func (*Detection) Stretched() bool { return true }

// Forward implements Op.
func (l *Detection) Forward(p *Pass) {
	copy(p.Out.Data, p.In[0].Data)
	if !l.Softmax {
		return
	}
	for i := range p.Out.N {
		classes := p.Out.Image(i)[:l.Side*l.Side*l.NumClasses]
		for at := 0; at < len(classes); at += l.NumClasses {
			kernels.Softmax(classes[at:at+l.NumClasses], classes[at:at+l.NumClasses], 1)
		}
	}
}

// Candidates implements Head: every box of every cell, its confidence as objectness.
func (l *Detection) Candidates(out []float32, thresh float32) []detect.Candidate {
	cells := l.Side * l.Side
	confidences, boxes := out[cells*l.NumClasses:], out[cells*(l.NumClasses+l.Num):]
	var found []detect.Candidate
	for cell := range cells {
		for n := range l.Num {
			i := cell*l.Num + n
			v := boxes[4*i : 4*i+4]
			w, h := v[2], v[3]
			if l.Sqrt {
				w, h = w*w, h*h
			}
			c := detect.Candidate{
				Box: detect.Box{
					X: (float32(cell%l.Side) + v[0]) / float32(l.Side), Y: (float32(cell/l.Side) + v[1]) / float32(l.Side),
					W: w, H: h,
				},
				Objectness: confidences[i], Prob: make([]float32, l.NumClasses),
			}
			for k, v := range out[cell*l.NumClasses : (cell+1)*l.NumClasses] {
				if p := c.Objectness * v; p > thresh {
					c.Prob[k] = p
				}
			}
			found = append(found, c)
		}
	}
	return found
}
