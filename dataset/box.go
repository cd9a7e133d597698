package dataset

import (
	"math"

	"github.com/ghostdark/ghostdark/detect"
)

// beyond is how far the edge of a box may lie outside the picture, as a part of its extent,
// before that is a finding: tools round, and some count pixels from 1.
const beyond = 0.005

// labels collects the objects of one picture from one file and checks them.
type labels struct {
	file     string
	classes  Classes
	objects  []Object
	findings *Findings
	first    map[Object]int // the lines of the objects
}

// add takes an object that stands in that line, unless it is none.
func (l *labels) add(line int, o Object) {
	b := o.Box
	for _, v := range [...]float32{b.X, b.Y, b.W, b.H} {
		if v64 := float64(v); math.IsNaN(v64) || math.IsInf(v64, 0) {
			l.findings.add(l.file, line, Error, Number, "a box can't have the coordinate %v", v)
			return
		}
	}
	if !l.classes.has(o.Class) {
		l.findings.add(l.file, line, Error, Class, "there is no class %d; there are 0 to %d", o.Class, l.classes.last())
		return
	}
	if b.W <= 0 || b.H <= 0 {
		l.findings.add(l.file, line, Error, Size, "the box is %v × %v of the picture: it has no area", b.W, b.H)
		return
	}
	if outside(b) {
		l.findings.add(l.file, line, Error, Range, "centre %v, %v and size %v × %v are not all within 0 … 1: they are parts of the picture's extent, not pixels", b.X, b.Y, b.W, b.H)
		return
	}
	if over := overhang(b); over > beyond {
		l.findings.add(l.file, line, Warning, Edge, "the box reaches beyond the picture by %.3g of its extent", over)
	}
	if first, twice := l.first[o]; twice {
		l.findings.add(l.file, line, Warning, Duplicate, "the same object as in line %d", first)
	} else {
		if l.first == nil {
			l.first = map[Object]int{}
		}
		l.first[o] = line
	}
	l.objects = append(l.objects, o)
}

// outside reports whether a centre or size isn't a part of the picture.
func outside(b detect.Box) bool {
	return min(b.X, b.Y) < -beyond || max(b.X, b.Y, b.W, b.H) > 1+beyond
}

// overhang is how far a box reaches beyond the picture, as a part of its extent.
func overhang(b detect.Box) float32 {
	return max(0, b.W/2-b.X, b.X+b.W/2-1, b.H/2-b.Y, b.Y+b.H/2-1)
}
