package dataset

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/ghostdark/ghostdark/detect"
)

// The parts of COCO's JSON that matter here. Identifiers are whole numbers with COCO and texts
// with some tools, so they are kept as they are written.
type (
	cocoImage struct {
		ID       json.RawMessage `json:"id"`
		FileName string          `json:"file_name"`
		Width    float64         `json:"width"`
		Height   float64         `json:"height"`
	}
	cocoAnnotation struct {
		ID       json.RawMessage `json:"id"`
		Image    json.RawMessage `json:"image_id"`
		Category json.RawMessage `json:"category_id"`
		Box      []float64       `json:"bbox"` // left, top, width, height in pixels
		Area     float64         `json:"area"`
		Crowd    int             `json:"iscrowd"`

		line int
	}
	cocoCategory struct {
		ID   json.RawMessage `json:"id"`
		Name string          `json:"name"`
	}
)

// cocoFile is a file of instances in COCO's format.
type cocoFile struct {
	path        string
	images      []cocoImage
	annotations []cocoAnnotation
	categories  []cocoCategory
	lines       lineCounter
}

func openCOCO(path string) (*cocoFile, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return readCOCO(file, path)
}

// readCOCO reads COCO's JSON, element by element, since outlines make it much larger than what is
// kept of it. The path is for messages.
func readCOCO(r io.Reader, path string) (*cocoFile, error) {
	c := &cocoFile{path: path, lines: lineCounter{r: r}}
	d := json.NewDecoder(&c.lines)
	if err := c.read(d); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			err = errors.New("the file ends early")
		}
		return nil, fmt.Errorf("%s:%d: not COCO's JSON: %w", path, c.lines.at(d.InputOffset()), err)
	}
	if c.images == nil || c.categories == nil {
		return nil, fmt.Errorf(`%s: not COCO's JSON of instances, which has "images", "annotations" and "categories"`, path)
	}
	return c, nil
}

func (c *cocoFile) read(d *json.Decoder) error {
	if err := expect(d, '{', `an object with "images", "annotations" and "categories"`); err != nil {
		return err
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return err
		}
		switch key {
		case "images":
			c.images, err = elements[cocoImage](d, func(*cocoImage) {})
		case "annotations":
			c.annotations, err = elements(d, func(a *cocoAnnotation) { a.line = c.lines.at(d.InputOffset()) })
		case "categories":
			c.categories, err = elements[cocoCategory](d, func(*cocoCategory) {})
		default:
			err = skipValue(d)
		}
		if err != nil {
			return fmt.Errorf("%q: %w", key, err)
		}
	}
	_, err := d.Token()
	return err
}

// elements reads an array; each is called after it was read.
func elements[T any](d *json.Decoder, each func(*T)) ([]T, error) {
	if err := expect(d, '[', "an array"); err != nil {
		return nil, err
	}
	all := []T{}
	for d.More() {
		var element T
		if err := d.Decode(&element); err != nil {
			return nil, fmt.Errorf("element %d: %w", len(all), err)
		}
		each(&element)
		all = append(all, element)
	}
	_, err := d.Token()
	return all, err
}

func expect(d *json.Decoder, delimiter json.Delim, thing string) error {
	token, err := d.Token()
	if err == nil && token != delimiter {
		err = fmt.Errorf("%v is not %s", token, thing)
	}
	return err
}

// skipValue passes over a value of any size without keeping it.
func skipValue(d *json.Decoder) error {
	depth := 0
	for {
		token, err := d.Token()
		if err != nil {
			return err
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
	}
}

// lineCounter passes a file on and remembers where the lines begin that haven't been asked for.
type lineCounter struct {
	r      io.Reader
	read   int64
	breaks []int64 // offsets of line breaks behind the last offset asked for
	passed int     // line breaks before that
}

func (l *lineCounter) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	for i, b := range p[:n] {
		if b == '\n' {
			l.breaks = append(l.breaks, l.read+int64(i))
		}
	}
	l.read += int64(n)
	return n, err
}

// at gives the line of an offset, which is not less than that of the last call.
func (l *lineCounter) at(offset int64) int {
	n := 0
	for n < len(l.breaks) && l.breaks[n] < offset {
		n++
	}
	l.breaks = l.breaks[n:]
	l.passed += n
	return l.passed + 1
}

// classOf gives for each category its class: the one of its name; or, if other names are used for
// as many classes, the one of its place in the order of the identifiers, as with darknet's
// coco.names, which spells some of COCO's classes otherwise.
func (c *cocoFile) classOf(classes Classes) (map[string]int, []string, error) {
	sorted := slices.Clone(c.categories)
	slices.SortStableFunc(sorted, func(a, b cocoCategory) int {
		m, err1 := strconv.Atoi(string(a.ID))
		n, err2 := strconv.Atoi(string(b.ID))
		if err1 != nil || err2 != nil {
			return 0
		}
		return cmp.Compare(m, n)
	})
	byName, byOrder := map[string]int{}, map[string]int{}
	var names []string
	agree := true
	for i, category := range sorted {
		byOrder[string(category.ID)] = i
		names = append(names, category.Name)
		if k := slices.Index(classes.Names, category.Name); k >= 0 {
			byName[string(category.ID)] = k
			agree = agree && k == i
		}
	}
	inOrder := agree && (classes.Count == len(sorted) || classes.Count == 0)
	switch {
	case len(byName) == len(sorted) && len(sorted) > 0:
		return byName, names, nil
	case inOrder:
		return byOrder, names, nil
	case len(byName) > 0:
		return byName, names, nil // objects of the others are found to have no class
	}
	return nil, nil, fmt.Errorf("%s: none of its %d categories (%.40s …) is among the names of the %d classes, so that it can't be told which is which; give the names with --names",
		c.path, len(sorted), first(names), classes.Count)
}

func first(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return names[0]
}

// set makes a Set of the file, with the pictures in a folder.
func (c *cocoFile) set(folder string, classes Classes) (*Set, error) {
	classOf, names, err := c.classOf(classes)
	if err != nil {
		return nil, err
	}
	set := &Set{Names: names}
	index := map[string]int{}
	lists := make([]labels, len(c.images))
	for i, image := range c.images {
		path := filepath.Join(folder, filepath.FromSlash(image.FileName))
		if _, err := os.Stat(path); err != nil {
			set.Findings.add(c.path, 0, Error, NoPicture, "its picture %s is not in %s", image.FileName, folder)
		}
		if _, twice := index[string(image.ID)]; twice {
			set.Findings.add(c.path, 0, Error, Duplicate, "two pictures have the id %s", image.ID)
		}
		index[string(image.ID)] = i
		set.Pictures = append(set.Pictures, Picture{Path: path, Labels: c.path})
		lists[i] = labels{file: c.path, classes: classes, findings: &set.Findings}
	}
	for _, a := range c.annotations {
		i, found := index[string(a.Image)]
		if !found {
			set.Findings.add(c.path, a.line, Error, NoPicture, "annotation %s is for the picture %s, which is not listed", a.ID, a.Image)
			continue
		}
		class, found := classOf[string(a.Category)]
		if !found {
			set.Findings.add(c.path, a.line, Error, Class, "annotation %s has category %s (%q), which is none of the classes", a.ID, a.Category, c.categoryName(a.Category))
			continue
		}
		if len(a.Box) != 4 {
			set.Findings.add(c.path, a.line, Error, Columns, "annotation %s has a bbox of %d numbers instead of [left, top, width, height]", a.ID, len(a.Box))
			continue
		}
		image := c.images[i]
		if !(image.Width > 0 && image.Height > 0) {
			set.Findings.add(c.path, a.line, Error, Size, "annotation %s is for %s, which has no width and height", a.ID, image.FileName)
			continue
		}
		if a.Area < 0 || math.IsInf(a.Area, 0) {
			set.Findings.add(c.path, a.line, Error, Number, "annotation %s has the area %v", a.ID, a.Area)
			continue
		}
		lists[i].add(a.line, Object{Class: class, Area: a.Area, Crowd: a.Crowd != 0, Box: detect.Box{
			X: float32((a.Box[0] + a.Box[2]/2) / image.Width), Y: float32((a.Box[1] + a.Box[3]/2) / image.Height),
			W: float32(a.Box[2] / image.Width), H: float32(a.Box[3] / image.Height),
		}})
	}
	for i := range lists {
		set.Pictures[i].Objects = lists[i].objects
	}
	return set, nil
}

func (c *cocoFile) categoryName(id json.RawMessage) string {
	for _, category := range c.categories {
		if string(category.ID) == string(id) {
			return category.Name
		}
	}
	return ""
}
