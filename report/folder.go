package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"os"
	"path"
	"path/filepath"

	"github.com/ghostdark/ghostdark/internal/atomicfile"
)

// Folder holds a file for each picture, below it as the picture lies below the folder that it was found in.
type Folder struct {
	Dir   string
	ext   string
	write func(io.Writer, *Picture) error
}

// Labels holds YOLO's labels: for each object the class, and the box's centre and size as parts of the
// picture's, in a line. With confidence, that comes last. Boxes are cut off at the picture's borders.
func Labels(dir string, confidence bool) *Folder {
	return &Folder{dir, ".txt", func(w io.Writer, p *Picture) error { return writeLabels(w, p, confidence) }}
}

// VOC holds Pascal VOC's annotations in XML. Boxes are cut off at the picture's borders; pixels count from 1,
// and the last ones belong to the box, as the data set has it. It has no field for the confidence, which gets one.
func VOC(dir string) *Folder { return &Folder{dir, ".xml", writeVOC} }

// Path gives the file for a picture's stem.
func (f *Folder) Path(stem string) string {
	return filepath.Join(f.Dir, filepath.FromSlash(stem)+f.ext)
}

// Has reports whether there is a file for a picture's stem.
func (f *Folder) Has(stem string) bool {
	_, err := os.Stat(f.Path(stem))
	return err == nil
}

// Write writes the file for a picture.
func (f *Folder) Write(p *Picture) error {
	file := f.Path(p.Stem)
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		return err
	}
	return atomicfile.Write(file, func(w io.Writer) error { return f.write(w, p) })
}

func writeLabels(w io.Writer, p *Picture, confidence bool) error {
	width, height := float64(p.Image.Width), float64(p.Image.Height)
	for _, o := range p.Objects {
		left, top, right, bottom := o.clipped(*p.Image)
		const least = 1e-6 // that a label can tell from nothing
		if (right-left)/width < least || (bottom-top)/height < least {
			continue
		}
		line := fmt.Sprintf("%d %.6f %.6f %.6f %.6f", o.ClassID, (left+right)/2/width, (top+bottom)/2/height, (right-left)/width, (bottom-top)/height)
		if confidence {
			line += fmt.Sprintf(" %.6f", o.Confidence)
		}
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
	}
	return nil
}

type vocAnnotation struct {
	XMLName   xml.Name    `xml:"annotation"`
	Folder    string      `xml:"folder"`
	Filename  string      `xml:"filename"`
	Path      string      `xml:"path"`
	Source    string      `xml:"source>database"`
	Width     int         `xml:"size>width"`
	Height    int         `xml:"size>height"`
	Depth     int         `xml:"size>depth"`
	Segmented int         `xml:"segmented"`
	Objects   []vocObject `xml:"object"`
}

type vocObject struct {
	Name       string  `xml:"name"`
	Pose       string  `xml:"pose"`
	Truncated  int     `xml:"truncated"`
	Difficult  int     `xml:"difficult"`
	XMin       int     `xml:"bndbox>xmin"`
	YMin       int     `xml:"bndbox>ymin"`
	XMax       int     `xml:"bndbox>xmax"`
	YMax       int     `xml:"bndbox>ymax"`
	Confidence float64 `xml:"confidence"`
}

func writeVOC(w io.Writer, p *Picture) error {
	const channels = 3
	a := vocAnnotation{
		Folder: filepath.Base(filepath.Dir(p.Filename)), Filename: filepath.Base(p.Filename), Path: p.Filename, Source: "ghostdark",
		Width: p.Image.Width, Height: p.Image.Height, Depth: channels,
	}
	if p.Frame > 0 {
		a.Filename = path.Base(p.Stem) + ".jpg" // as the frame would be called by itself
	}
	for _, o := range p.Objects {
		left, top, right, bottom := o.clipped(*p.Image)
		v := vocObject{
			Name: o.Name, Pose: "Unspecified", Confidence: o.Confidence,
			XMin: int(math.Floor(left)) + 1, YMin: int(math.Floor(top)) + 1, XMax: int(math.Ceil(right)), YMax: int(math.Ceil(bottom)),
		}
		if v.XMax < v.XMin || v.YMax < v.YMin {
			continue
		}
		a.Objects = append(a.Objects, v)
	}
	e := xml.NewEncoder(w)
	e.Indent("", "\t")
	if err := e.Encode(a); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}
