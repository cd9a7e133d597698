// Package dataset reads labelled pictures: darknet's .data files and lists, the labels of
// detectors as darknet has them, as COCO's JSON and as Pascal VOC's XML, and the classes that
// the paths of a classifier's pictures tell. What is wrong with a set is told with file and
// line.
package dataset

import (
	"slices"

	"github.com/ghostdark/ghostdark/detect"
)

// Object is one labelled object of a picture.
type Object struct {
	Class int
	Box   detect.Box // relative to the picture
	// Area in pixels of the picture, as COCO gives it for the object's outline; 0 for the box's.
	Area float64
	// Crowd marks a box around many objects, as COCO's iscrowd: whatever is found in it is
	// neither right nor wrong.
	Crowd bool
	// Difficult marks what needn't be found, as in Pascal VOC and in darknet's difficult= list.
	Difficult bool
}

// Picture is a picture with its objects.
type Picture struct {
	Path    string
	Labels  string // the file that the objects stand in; "" when there is none
	Objects []Object
}

// Set is a set of labelled pictures.
type Set struct {
	Pictures []Picture
	// Names of the classes as the labels have them, nil where these have numbers.
	Names []string
	// Findings are what is wrong with it. Objects with errors are left out.
	Findings Findings

	read map[string][]Object // by the label files
}

// Objects counts the labelled objects.
func (s *Set) Objects() int {
	n := 0
	for _, p := range s.Pictures {
		n += len(p.Objects)
	}
	return n
}

// MaxClasses is how many classes there may be. Results have a line for each.
const MaxClasses = 1 << 20

// Classes are what labels may name.
type Classes struct {
	// Names of the classes, for labels that name them.
	Names []string
	// Count of the classes; 0 when it is not known, and any number or name is good.
	Count int
}

// named returns the class of a name, -1 for none. Where any name is good, new ones become classes.
func (c *Classes) named(name string) int {
	k := slices.Index(c.Names, name)
	if k < 0 && c.Count == 0 {
		k = len(c.Names)
		c.Names = append(c.Names, name)
	}
	return k
}

// has reports whether there is a class of that number.
func (c Classes) has(class int) bool { return class >= 0 && class <= c.last() }

// last is the highest number that a class may have.
func (c Classes) last() int {
	if c.Count == 0 {
		return MaxClasses - 1
	}
	return c.Count - 1
}
