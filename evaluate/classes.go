package evaluate

// Prediction is what a classifier says of a picture of a known class.
type Prediction struct {
	Truth int
	// Ranked are classes, the most probable first; at least one, and as many as are to be looked at.
	Ranked []int
	// Score of the first of them, for whoever wants to know how sure a mistake was.
	Score float64
}

// place is where the true class stands among the ranked ones, -1 for nowhere.
func (p Prediction) place() int {
	for i, k := range p.Ranked {
		if k == p.Truth {
			return i
		}
	}
	return -1
}

// Classes says how often a classifier is right.
type Classes struct {
	Pictures  int
	Right     []int // Right[k-1] have the true class among the first k
	PerClass  []ClassCounts
	Confusion Confusion // without a row or column for nothing
}

// ClassCounts are those of one class. FP counts pictures of other classes that are taken for it.
type ClassCounts struct {
	Pictures int
	Right    []int
	Counts
}

// NewClasses counts predictions, with up to most ranked classes each.
func NewClasses(predictions []Prediction, classes, most int) *Classes {
	c := &Classes{
		Pictures: len(predictions), Right: make([]int, most), PerClass: make([]ClassCounts, classes), Confusion: newConfusion(classes),
	}
	for k := range c.PerClass {
		c.PerClass[k].Right = make([]int, most)
	}
	for _, p := range predictions {
		truth, first := &c.PerClass[p.Truth], p.Ranked[0]
		truth.Pictures++
		if place := p.place(); place >= 0 {
			for k := place; k < most; k++ {
				c.Right[k]++
				truth.Right[k]++
			}
		}
		c.Confusion[p.Truth][first]++
		if first == p.Truth {
			truth.TP++
		} else {
			truth.FN++
			c.PerClass[first].FP++
		}
	}
	return c
}

// Share is the part of the pictures whose true class is among the first k, from 0 to 1.
func (c *Classes) Share(k int) float64 { return quotient(float64(c.Right[k-1]), float64(c.Pictures)) }

// Share is the same for the pictures of one class.
func (c *ClassCounts) Share(k int) float64 {
	return quotient(float64(c.Right[k-1]), float64(c.Pictures))
}
