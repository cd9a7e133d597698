package dataset

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
)

// Classified is a picture that shows one class.
type Classified struct {
	Path  string
	Class int
}

// Classify tells the classes of pictures from their paths: that of a folder with a class's name,
// the nearest one, or else the class whose name stands in the path, as darknet has it. Of names
// that stand in each other (cat, catfish) the longer one counts; those in the file's name come
// before those in folders. Marks and blanks are all alike, so that `Ankle boot` is found in
// 7_Ankle_boot.png. labels are the names of the classes as paths have them.
func Classify(paths, labels []string) ([]Classified, Findings) {
	c := newClassifier(labels)
	var pictures []Classified
	var findings Findings
	for _, path := range paths {
		class, err := c.class(path)
		if err != nil {
			findings.add(path, 0, Error, Class, "%v", err)
			continue
		}
		pictures = append(pictures, Classified{path, class})
	}
	return pictures, findings
}

type classifier struct {
	labels []string
	plain  []string // the labels in the form that is compared
}

func newClassifier(labels []string) *classifier {
	c := &classifier{labels: labels}
	for _, l := range labels {
		c.plain = append(c.plain, plain(l))
	}
	return c
}

// plain replaces whatever is no letter or digit.
func plain(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return '_'
	}, name)
}

func (c *classifier) class(path string) (int, error) {
	parts := strings.Split(filepath.ToSlash(path), "/")
	file := len(parts) - 1
	for i := range parts {
		parts[i] = plain(parts[i])
	}
	for _, folder := range slices.Backward(parts[:file]) {
		if k := slices.Index(c.plain, folder); k >= 0 && folder != "" {
			return k, nil
		}
	}
	for _, part := range slices.Backward(parts) {
		switch found := c.within(part); len(found) {
		case 0:
		case 1:
			return found[0], nil
		default:
			return 0, fmt.Errorf("the names of %d classes stand in its path (%s, %s …), so that its class can't be told", len(found), c.labels[found[0]], c.labels[found[1]])
		}
	}
	return 0, fmt.Errorf("no class's name stands in its path; those are %s", some(c.labels))
}

// within lists the classes whose names stand in a part of a path, but for names that stand in
// another one's.
func (c *classifier) within(part string) []int {
	var found []int
	for k, name := range c.plain {
		if name != "" && strings.Contains(part, name) {
			found = append(found, k)
		}
	}
	return slices.DeleteFunc(slices.Clone(found), func(k int) bool {
		return slices.ContainsFunc(found, func(other int) bool {
			return len(c.plain[other]) > len(c.plain[k]) && strings.Contains(c.plain[other], c.plain[k])
		})
	})
}

// some lists the first few names.
func some(names []string) string {
	const few = 4
	if len(names) > few {
		return strings.Join(names[:few], ", ") + " …"
	}
	return strings.Join(names, ", ")
}
