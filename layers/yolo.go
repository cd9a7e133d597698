package layers

import (
	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/detect"
)

// Yolo is a [yolo] section, the head of YOLOv3 to v7. Entries of each anchor: x, y, w, h,
// objectness, classes.
type Yolo struct {
	anchorHead
	// NewCoords says that the convolution before it has applied the logistic function, and that
	// box sizes are (2w)² times the anchor instead of e^w.
	NewCoords bool
}

const yoloEntries = 5

var _ = register(Kind{
	Names: []string{"yolo"},
	Doc:   "Detection head with anchors: logistic on offsets, objectness and classes.",
	Schema: anchorSchema(true,
		cfg.Field{Name: "new_coords", Type: cfg.Flag, Default: "0", Note: "logistic is done by the convolution before; sizes are (2w)²·anchor"}),
	Build: func(b *Builder) Op {
		return &Yolo{anchorHead: readAnchorHead(b, yoloEntries), NewCoords: b.Flag("new_coords")}
	},
})

// Forward implements Op.
func (l *Yolo) Forward(p *Pass) {
	for i := range p.Out.N {
		l.Activate(p.In[0].Image(i), p.Out.Image(i), plainLogistic)
	}
}

// Activate computes one image's output with the given logistic function.
func (l *Yolo) Activate(in, out []float32, logistic func(values []float32)) {
	l.activate(in, out, l.NumClasses+yoloEntries, func(e int) bool { return !l.NewCoords && (e < 2 || e >= 4) }, 0, 1, logistic)
}

// Candidates implements Head: cells row by row, in each cell the anchors; those whose
// objectness is above thresh.
func (l *Yolo) Candidates(out []float32, thresh float32) []detect.Candidate {
	var found []detect.Candidate
	plane := l.Out.Plane()
	for cell := range plane {
		for n, mask := range l.Mask {
			at := func(entry int) float32 { return out[(n*(l.NumClasses+yoloEntries)+entry)*plane+cell] }
			objectness := at(4)
			if !(objectness > thresh) {
				continue
			}
			w, h := at(2), at(3)
			if l.NewCoords {
				w, h = w*w*4, h*h*4
			} else {
				w, h = exp(w), exp(h)
			}
			c := detect.Candidate{Box: l.box(mask, cell, at(0), at(1), w, h), Objectness: objectness, Prob: make([]float32, l.NumClasses)}
			for k := range c.Prob {
				if p := objectness * at(5+k); p > thresh {
					c.Prob[k] = p
				}
			}
			found = append(found, c)
		}
	}
	return found
}
