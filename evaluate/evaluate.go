// Package evaluate compares what networks find with what there is: mean average precision of
// detectors as darknet and as COCO define it, which objects are mistaken for which, and how
// often classifiers are right. It computes; it reads and writes nothing.
package evaluate

import (
	"cmp"
	"slices"

	"github.com/ghostdark/ghostdark/dataset"
	"github.com/ghostdark/ghostdark/detect"
)

// Picture is what there is in a picture and what a detector found in it.
type Picture struct {
	W, H   int // in pixels
	Truths []dataset.Object
	// Found is in the order of the candidates after suppression, see detect.InOrder: at equal
	// scores the order counts.
	Found []detect.Detection
}

// rank is a detection's place among all of a class, or of all classes.
type rank struct {
	score float32
	hit   bool // finds an object that none before it found
}

// descending sorts detections by their scores, and leaves equal ones in their order.
func descending(found []detect.Detection) []detect.Detection {
	sorted := slices.Clone(found)
	slices.SortStableFunc(sorted, func(a, b detect.Detection) int { return compareDescending(a.Score, b.Score) })
	return sorted
}

// compareDescending puts the larger score first.
func compareDescending(a, b float32) int { return cmp.Compare(b, a) }

// quotient is a/b, and 0 when b is.
func quotient(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

// f1 is the harmonic mean of precision and recall.
func f1(precision, recall float64) float64 {
	return quotient(2*precision*recall, precision+recall)
}
