package report

import (
	"encoding/json"
	"path"
	"strconv"
	"strings"
)

// coco is COCO's form of results.
type coco struct {
	array    jsonArray // in which pictures without objects leave no trace, so that it can't be resumed
	category func(class int) int
}

// COCO is the form of results that COCO's evaluation reads: an array with an entry for each object, its box as
// left, top, width and height in pixels. category gives the number that a class has in the annotations.
//
// An image's number is that in its file name, if that is nothing but a number or ends as COCO's do
// (COCO_val2014_000000000042.jpg); else the file's stem stands for it.
func COCO(category func(class int) int) Format { return &coco{category: category} }

type cocoResult struct {
	ImageID    any        `json:"image_id"`
	CategoryID int        `json:"category_id"`
	Box        [4]float64 `json:"bbox"`
	Score      float64    `json:"score"`
}

func (c *coco) Begin() string { return c.array.Begin() }
func (c *coco) End() string   { return c.array.End() }

func (c *coco) Add(p *Picture) (string, error) {
	var text string
	for _, o := range p.Objects {
		b := o.Absolute
		entry, err := json.Marshal(cocoResult{imageID(p.Stem), c.category(o.ClassID), [4]float64{b.Left, b.Top, b.Width, b.Height}, o.Confidence})
		if err != nil {
			return "", err
		}
		text += c.array.separate(string(entry))
	}
	return text, nil
}

func imageID(stem string) any {
	name := path.Base(stem)
	digits := name
	if strings.HasPrefix(name, "COCO_") {
		digits = name[strings.LastIndexByte(name, '_')+1:]
	}
	if n, err := strconv.ParseUint(digits, 10, 53); err == nil { // as many bits as JSON's numbers are sure to have
		return n
	}
	return name
}

// COCOCategory gives COCO's own numbers for its 80 classes, which are from 1 to 90 and leave some out.
func COCOCategory(class int) int {
	id := class + 1
	for _, missing := range [...]int{12, 26, 29, 30, 45, 66, 68, 69, 71, 83} {
		if id >= missing {
			id++
		}
	}
	return id
}
