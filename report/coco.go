package report

import (
	"encoding/json"
	"path"
	"regexp"
	"strconv"
)

// coco is COCO's form of results.
type coco struct {
	jsonArray
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

func (c *coco) Add(p *Picture) (string, error) {
	var text string
	for _, o := range p.Objects {
		b := o.Absolute
		entry, err := json.Marshal(cocoResult{imageID(p.Stem), c.category(o.ClassID), [4]float64{b.Left, b.Top, b.Width, b.Height}, o.Confidence})
		if err != nil {
			return "", err
		}
		text += c.separate(string(entry))
	}
	return text, nil
}

// cocoName matches the stem of a file of the COCO data set.
var cocoName = regexp.MustCompile(`^(?:COCO_[a-z]+\d{4}_)?(\d{1,15})$`)

func imageID(stem string) any {
	name := path.Base(stem)
	if m := cocoName.FindStringSubmatch(name); m != nil {
		n, _ := strconv.Atoi(m[1])
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
