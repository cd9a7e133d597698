package layers

import (
	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/detect"
)

// GaussianYolo is a [Gaussian_yolo] section. Entries of each anchor: x, σx, y, σy, w, σw, h,
// σh, objectness, classes.
type GaussianYolo struct {
	anchorHead
	// Point is the corner of the object that x and y mean: "center", "left_top" or
	// "right_bottom".
	Point string
}

const gaussianEntries = 9

var _ = register(Kind{
	Names: []string{"Gaussian_yolo"},
	Doc:   "Detection head with anchors that also gives the uncertainty of each box.",
	Schema: anchorSchema(false,
		cfg.Field{Name: "yolo_point", Type: cfg.String, Default: "center", Note: "what x and y mean: center, left_top or right_bottom"}),
	Build: func(b *Builder) Op {
		l := &GaussianYolo{anchorHead: readAnchorHead(b, gaussianEntries), Point: b.String("yolo_point")}
		switch l.Point {
		case "center", "left_top", "right_bottom":
		default:
			b.Warnf("yolo_point", "Write center, left_top or right_bottom.", "unknown yolo_point=%s is taken as center", l.Point)
			l.Point = "center"
		}
		return l
	},
})

// Forward implements Op.
func (l *GaussianYolo) Forward(p *Pass) {
	for i := range p.Out.N {
		l.Activate(p.In[0].Image(i), p.Out.Image(i), plainLogistic)
	}
}

// Activate computes one image's output with the given logistic function.
func (l *GaussianYolo) Activate(in, out []float32, logistic func(values []float32)) {
	l.activate(in, out, l.NumClasses+gaussianEntries, func(e int) bool { return e != 4 && e != 6 }, 0, 2, logistic)
}

// Candidates implements Head. Class probabilities are lowered by the mean uncertainty.
func (l *GaussianYolo) Candidates(out []float32, thresh float32) []detect.Candidate {
	var found []detect.Candidate
	plane := l.Out.Plane()
	for cell := range plane {
		for n, mask := range l.Mask {
			at := func(entry int) float32 { return out[(n*(l.NumClasses+gaussianEntries)+entry)*plane+cell] }
			objectness := at(8)
			if !(objectness > thresh) {
				continue
			}
			c := detect.Candidate{
				Box:         l.box(mask, cell, at(0), at(2), exp(at(4)), exp(at(6))),
				Objectness:  objectness,
				Prob:        make([]float32, l.NumClasses),
				Uncertainty: []float32{at(1), at(3), at(5), at(7)},
			}
			switch l.Point {
			case "left_top":
				c.Box.X += c.Box.W / 2
				c.Box.Y += c.Box.H / 2
			case "right_bottom":
				c.Box.X -= c.Box.W / 2
				c.Box.Y -= c.Box.H / 2
			}
			certainty := 1 - (at(1)+at(3)+at(5)+at(7))/4
			for k := range c.Prob {
				if p := objectness * at(9+k) * certainty; p > thresh {
					c.Prob[k] = p
				}
			}
			found = append(found, c)
		}
	}
	return found
}
