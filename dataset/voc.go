package dataset

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/ghostdark/ghostdark/detect"
)

// vocSize and vocObject are the parts of Pascal VOC's XML that matter here. Extents and
// coordinates are in pixels; some tools write them with a fraction.
type vocSize struct {
	Width  string `xml:"width"`
	Height string `xml:"height"`
}

type vocObject struct {
	Name      string `xml:"name"`
	Difficult string `xml:"difficult"`
	Box       *struct {
		XMin string `xml:"xmin"`
		YMin string `xml:"ymin"`
		XMax string `xml:"xmax"`
		YMax string `xml:"ymax"`
	} `xml:"bndbox"`
}

// readVOC reads Pascal VOC's labels of one picture. Boxes become relative as with darknet's
// scripts/voc_label.py: pixels count from 1, so the centre is that of the corners less 1, and
// the size is their difference.
func readVOC(file string, text []byte, classes *Classes, findings *Findings) []Object {
	type placed struct {
		vocObject
		line int
	}
	var objects []placed
	var size vocSize
	decoder := xml.NewDecoder(bytes.NewReader(text))
	root := ""
	for {
		token, err := decoder.Token()
		line, _ := decoder.InputPos()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			if start, ok := token.(xml.StartElement); ok {
				switch name := start.Name.Local; {
				case root == "":
					root = name
				case name == "size":
					err = decoder.DecodeElement(&size, &start)
				case name == "object":
					o := placed{line: line}
					err = decoder.DecodeElement(&o.vocObject, &start)
					objects = append(objects, o)
				}
			}
		}
		if err != nil {
			findings.add(file, line, Error, Unreadable, "not sound XML: %v", err)
			return nil
		}
	}
	if root != "annotation" {
		findings.add(file, 0, Error, Unreadable, "not Pascal VOC's XML, which is an <annotation>")
		return nil
	}
	width, err1 := strconv.ParseFloat(strings.TrimSpace(size.Width), 64)
	height, err2 := strconv.ParseFloat(strings.TrimSpace(size.Height), 64)
	if len(objects) > 0 && (err1 != nil || err2 != nil || !(width > 0) || !(height > 0)) {
		findings.add(file, 0, Error, Size, "its <size> gives no width and height of the picture")
		return nil
	}
	l := labels{file: file, classes: *classes, findings: findings}
	for _, o := range objects {
		name := strings.TrimSpace(o.Name)
		class := classes.named(name)
		if class < 0 {
			findings.add(file, o.line, Error, Class, "the class %q is none of the %s", name, counted(len(classes.Names), "name"))
			continue
		}
		if o.Box == nil {
			findings.add(file, o.line, Error, Columns, "the object has no <bndbox>")
			continue
		}
		var corners [4]float64
		faulty := false
		for i, s := range [...]string{o.Box.XMin, o.Box.YMin, o.Box.XMax, o.Box.YMax} {
			v, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
			if err != nil {
				findings.add(file, o.line, Error, Number, "the corner %.20q is not a number", s)
				faulty = true
				break
			}
			corners[i] = v
		}
		if faulty {
			continue
		}
		l.add(o.line, Object{Class: class, Difficult: strings.TrimSpace(o.Difficult) == "1", Box: detect.Box{
			X: float32(((corners[0]+corners[2])/2 - 1) / width), Y: float32(((corners[1]+corners[3])/2 - 1) / height),
			W: float32((corners[2] - corners[0]) / width), H: float32((corners[3] - corners[1]) / height),
		}})
	}
	return l.objects
}
