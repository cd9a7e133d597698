package detect

import (
	"fmt"
	"strconv"
	"strings"
)

// Tree is a hierarchy of classes, as yolo9000 and darknet's hierarchical classifiers use it:
// the network gives each class its probability under the condition of its parent.
type Tree struct {
	names  []string
	parent []int // -1 for a root
	groups []Group
}

// Group is a run of classes Start ≤ i < End with the same parent.
type Group struct{ Start, End int }

// ParseTree reads darknet's tree files: one class to a line, its name and the index of its
// parent, -1 for none. Siblings stand together, after their parent. The file name is for
// messages.
func ParseTree(file string, text []byte) (*Tree, error) {
	t := &Tree{}
	last := -1
	for i, line := range strings.Split(strings.TrimRight(string(text), "\n"), "\n") {
		fields := strings.Fields(line)
		if len(fields) == 0 {
			return nil, fmt.Errorf("%s:%d: empty line in a class tree", file, i+1)
		}
		parent := -1
		if len(fields) > 1 {
			p, err := strconv.Atoi(fields[1])
			if err != nil || p < -1 || p >= i {
				return nil, fmt.Errorf("%s:%d: parent %q is not the number of an earlier line (or -1)", file, i+1, fields[1])
			}
			parent = p
		}
		if len(t.groups) == 0 || parent != last {
			t.groups = append(t.groups, Group{i, i})
			last = parent
		}
		t.groups[len(t.groups)-1].End = i + 1
		t.names = append(t.names, fields[0])
		t.parent = append(t.parent, parent)
	}
	return t, nil
}

// Len returns the number of classes.
func (t *Tree) Len() int { return len(t.parent) }

// Names returns the class names of the file.
func (t *Tree) Names() []string { return t.names }

// Groups lists the runs of siblings in order.
func (t *Tree) Groups() []Group { return t.groups }

// Absolute multiplies each conditional probability by its parent's absolute one, in place.
func (t *Tree) Absolute(p []float32) {
	for i, parent := range t.parent {
		if parent >= 0 {
			p[i] *= p[parent]
		}
	}
}
