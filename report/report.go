// Package report writes what was found in pictures in the forms that other programs read: JSON as darknet
// has it, JSON lines, CSV and COCO results, which are one file for all pictures, and YOLO's labels and Pascal
// VOC's XML, which are a file for each. All write picture after picture and keep none in memory.
package report

import (
	"math"

	"github.com/ghostdark/ghostdark/detect"
)

// Picture is what was found in one picture, in darknet's JSON form with more beside it.
type Picture struct {
	FrameID  int      `json:"frame_id"` // its number in the run, from 1
	Filename string   `json:"filename"`
	Frame    int      `json:"frame,omitzero"`  // of a frame of a video: its number there, from 1
	Time     float64  `json:"time_s,omitzero"` // and the seconds since the beginning
	Error    string   `json:"error,omitempty"`
	Image    *Size    `json:"image,omitempty"` // nil if it couldn't be read
	Resize   string   `json:"resize,omitempty"`
	Objects  []Object `json:"objects,omitzero"` // of a detector, not nil
	Classes  []Class  `json:"classes,omitzero"` // of a classifier, not nil
	Times    *Times   `json:"times,omitempty"`

	Stem string `json:"-"` // path of files about it, without folder and extension
}

// Size is a picture's extents in pixels.
type Size struct {
	Width  int `json:"width"`
	Height int `json:"height"`
}

// Object is a box with a class.
type Object struct {
	ClassID    int      `json:"class_id"`
	Name       string   `json:"name"`
	Relative   Relative `json:"relative_coordinates"`
	Absolute   Absolute `json:"absolute_coordinates"`
	Confidence float64  `json:"confidence"`
}

// Relative is a box's centre and size as parts of the picture's.
type Relative struct {
	CenterX float64 `json:"center_x"`
	CenterY float64 `json:"center_y"`
	Width   float64 `json:"width"`
	Height  float64 `json:"height"`
}

// Absolute is a box in pixels of the picture. It may reach beyond it.
type Absolute struct {
	Left   float64 `json:"left"`
	Top    float64 `json:"top"`
	Width  float64 `json:"width"`
	Height float64 `json:"height"`
}

// Class is a class with its probability, or its score when the network ends without a softmax.
type Class struct {
	ClassID     int     `json:"class_id"`
	Name        string  `json:"name"`
	Probability float64 `json:"probability"`
}

// Times is what the stages of a picture took, in milliseconds.
type Times struct {
	Decode      float64 `json:"decode_ms"`
	Preprocess  float64 `json:"preprocess_ms"`
	Inference   float64 `json:"inference_ms"`
	Postprocess float64 `json:"postprocess_ms"`
	Draw        float64 `json:"draw_ms,omitzero"`
	Encode      float64 `json:"encode_ms,omitzero"`
}

// Objects describes detections in a picture of the given size, with six decimal places of what is relative and
// three of pixels, as in darknet's JSON.
func Objects(found []detect.Detection, width, height int, name func(class int) string) []Object {
	objects := make([]Object, len(found))
	for i, f := range found {
		left, top, w, h := f.Rect(width, height)
		objects[i] = Object{
			ClassID: f.Class, Name: name(f.Class), Confidence: Round(float64(f.Score), 6),
			Relative: Relative{Round(float64(f.Box.X), 6), Round(float64(f.Box.Y), 6), Round(float64(f.Box.W), 6), Round(float64(f.Box.H), 6)},
			Absolute: Absolute{Round(left, 3), Round(top, 3), Round(w, 3), Round(h, 3)},
		}
	}
	return objects
}

// Round keeps so many decimal places.
func Round(v float64, places int) float64 {
	scale := math.Pow10(places)
	return math.Round(v*scale) / scale
}

// clipped returns the edges of a box within the picture, in pixels.
func (o *Object) clipped(size Size) (left, top, right, bottom float64) {
	clip := func(v float64, side int) float64 { return min(max(v, 0), float64(side)) }
	b := o.Absolute
	return clip(b.Left, size.Width), clip(b.Top, size.Height), clip(b.Left+b.Width, size.Width), clip(b.Top+b.Height, size.Height)
}
