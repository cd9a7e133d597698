package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/ghostdark/ghostdark/cfgs"
	"github.com/ghostdark/ghostdark/detect"
	"github.com/ghostdark/ghostdark/net"
	"github.com/ghostdark/ghostdark/picture"
)

type detectOptions struct {
	modelOptions
	nameOptions
	pictureOptions
	engine   engineOptions
	target   pictureTarget
	thresh   float32
	nms      float32
	nmsKind  string
	agnostic bool
	classes  []string
	top      int
	json     bool
	timing   bool
}

func newDetect() *cobra.Command {
	o := &detectOptions{}
	cmd := &cobra.Command{
		Use:   "detect [CFG WEIGHTS | MODEL] [IMAGE…]",
		Short: "Find objects in pictures",
		Long: `Run a detector on pictures (JPEG, PNG, GIF, BMP, WebP, TIFF) and print what it
finds as "name: NN%", from left to right. One picture gives an annotated copy
predictions.jpg, several give predictions/NAME.jpg.

Without CFG and WEIGHTS the embedded Ghost-YOLO finds blood cells; without
IMAGE it does so in the embedded picture.

` + exitCodes,
		Example: `  ghostdark detect
  ghostdark detect yolov4-tiny.cfg yolov4-tiny.weights street.jpg --names coco.names
  ghostdark detect my.cfg my.weights *.jpg --data my.data --out annotated/
  ghostdark detect my.cfg my.weights a.png b.png --json --thresh 0.5 > found.json`,
		Args: withModel(func(_ *cobra.Command, args []string) error {
			_, _, _, err := splitOperands(args)
			return err
		}),
		ValidArgsFunction: completeOperands(modelOrPicture),
		RunE:              running(withModel(func(cmd *cobra.Command, args []string) error { return runDetect(cmd, o, args) })),
	}
	flags := cmd.Flags()
	flags.Float32Var(&o.thresh, "thresh", .25, "report only what is more probable")
	o.addSuppression(cmd)
	flags.BoolVar(&o.agnostic, "agnostic-nms", false, "let boxes of different classes suppress each other")
	flags.StringSliceVar(&o.classes, "classes", nil, "report only these classes, by name or number")
	flags.IntVar(&o.top, "top", 0, "report at most so many objects of each picture, the most probable (0: all)")
	flags.BoolVar(&o.json, "json", false, "print JSON; the annotated picture is then written only with --out")
	flags.BoolVar(&o.timing, "timing", false, "print a table of what the stages took")
	o.pictureOptions.add(cmd, "letterbox when the cfg has letter_box=1, else stretch", "stretch", "letterbox")
	o.target.add(cmd, "predictions.jpg, predictions/ for several")
	o.nameOptions.add(cmd)
	o.engine.add(cmd)
	o.engine.addSessions(cmd, sessionsUsage)
	o.addShape(cmd)
	o.addWeights(cmd)
	return cmd
}

// addSuppression adds the flags that say which of several boxes around an object are kept.
func (o *detectOptions) addSuppression(cmd *cobra.Command) {
	cmd.Flags().Float32Var(&o.nms, "nms", .45, "of boxes that overlap more, keep the most probable; 0 keeps all")
	cmd.Flags().StringVar(&o.nmsKind, "nms-kind", "cfg", "how overlap is measured: default (IoU), greedynms or diounms (IoU less a term for the distance); cfg takes the last head's nms_kind=, as darknet's program does and its Python module doesn't")
	complete(cmd, "nms-kind", "cfg", "default", "greedynms", "diounms")
}

// checkThresh refuses what is no threshold of probability.
func checkThresh(flag string, thresh float32) error {
	if !(thresh >= 0 && thresh < 1) {
		return usagef("--%s=%v is out of range: give a probability from 0 to below 1", flag, thresh)
	}
	return nil
}

// checkSuppression refuses what is no overlap.
func (o *detectOptions) checkSuppression() error {
	if !(o.nms >= 0 && o.nms <= 1) {
		return usagef("--nms=%v is out of range: give an overlap from 0 to 1", o.nms)
	}
	return nil
}

func runDetect(cmd *cobra.Command, o *detectOptions, args []string) error {
	if err := cmp.Or(checkThresh("thresh", o.thresh), o.checkSuppression()); err != nil {
		return err
	}
	if o.top < 0 {
		return usagef("--top must not be negative")
	}
	m, pictures, err := o.openOperands(cmd, args, cfgs.Detector)
	if err != nil {
		return err
	}
	if err := m.mustDetect(); err != nil {
		return err
	}
	names, err := o.load(cmd, m)
	if err != nil {
		return err
	}
	d, err := newDetector(o, m, names)
	if err != nil {
		return err
	}
	pool, err := o.engine.open(cmd, m, len(pictures))
	if err != nil {
		return err
	}
	defer pool.Close()
	if err := o.target.choose(o.defaultTarget(len(pictures)), len(pictures)); err != nil {
		return err
	}
	if d.times = newTimeTable(); o.timing {
		defer d.times.tell(cmd)
	}
	return eachPicture(cmd, pictures, pictureWork{model: m, resize: d.resize, pool: pool, json: o.json, look: d.find,
		show: func(i int, path string, p *prepared) (any, error) { return d.show(cmd, i, path, p, len(pictures) > 1) }})
}

// mustDetect refuses a network without a detection head.
func (m *model) mustDetect() error {
	if len(m.Heads()) == 0 {
		return fmt.Errorf("%s has no detection head ([yolo], [Gaussian_yolo], [region] or [detection]): is it a classifier? Try ghostdark classify", m.cfgPath)
	}
	return nil
}

// defaultTarget is where annotated pictures go unless --out says otherwise.
func (o *detectOptions) defaultTarget(pictures int) string {
	switch {
	case o.json:
		return noPicture
	case pictures > 1:
		return "predictions"
	}
	return "predictions.jpg"
}

// detector is a model ready to look at pictures.
type detector struct {
	options *detectOptions
	model   *model
	names   classNames
	resize  picture.Resize
	filter  detect.Filter
	nms     detect.Suppression
	times   *timeTable
}

func newDetector(o *detectOptions, m *model, names classNames) (*detector, error) {
	auto := picture.ResizeStretch
	if m.Net.LetterBox {
		auto = picture.ResizeLetterbox
	}
	resize, err := o.choose(auto)
	if err != nil {
		return nil, err
	}
	if resize == picture.ResizeMinCrop || resize == picture.ResizeCenterCrop {
		return nil, usagef("--resize %v cuts the picture's borders off, so boxes can't be placed: use stretch or letterbox", resize)
	}
	d := &detector{options: o, model: m, names: names, resize: resize, nms: m.Suppression(o.nms)}
	d.nms.Agnostic = o.agnostic
	if o.nmsKind != "cfg" {
		var known bool
		if d.nms.Kind, known = detect.ParseNMSKind(o.nmsKind); !known {
			return nil, usagef("--nms-kind: %q is not cfg, default, greedynms or diounms", o.nmsKind)
		}
	}
	d.filter = detect.Filter{Thresh: o.thresh, Top: o.top}
	if d.filter.Classes, err = chooseClasses(o.classes, names, m.Classes()); err != nil {
		return nil, err
	}
	return d, nil
}

// chooseClasses finds the classes that are given by name or number.
func chooseClasses(wanted []string, names classNames, classes int) ([]int, error) {
	var chosen []int
	for _, w := range wanted {
		k := slices.Index(names, w)
		if k < 0 {
			n, err := strconv.Atoi(w)
			if err != nil || n < 0 || n >= classes {
				return nil, usagef("--classes: no class %q; give a name or a number from 0 to %d", w, classes-1)
			}
			k = n
		}
		chosen = append(chosen, k)
	}
	return chosen, nil
}

// frame is one picture's result in darknet's JSON form, with more beside it.
type frame struct {
	FrameID  int             `json:"frame_id"`
	Filename string          `json:"filename"`
	Error    string          `json:"error,omitempty"`
	Image    *imageSize      `json:"image,omitempty"`
	Resize   string          `json:"resize,omitempty"`
	Objects  []object        `json:"objects"`
	Times    *stageTimesJSON `json:"times,omitempty"`
}

type imageSize struct {
	Width  int `json:"width"`
	Height int `json:"height"`
}

type object struct {
	ClassID    int         `json:"class_id"`
	Name       string      `json:"name"`
	Relative   relativeBox `json:"relative_coordinates"`
	Absolute   absoluteBox `json:"absolute_coordinates"`
	Confidence float64     `json:"confidence"`
}

// relativeBox is centre and size as parts of the picture's.
type relativeBox struct {
	CenterX float64 `json:"center_x"`
	CenterY float64 `json:"center_y"`
	Width   float64 `json:"width"`
	Height  float64 `json:"height"`
}

// absoluteBox is in pixels of the picture.
type absoluteBox struct {
	Left   float64 `json:"left"`
	Top    float64 `json:"top"`
	Width  float64 `json:"width"`
	Height float64 `json:"height"`
}

// show prints what is found in a picture unless it is to be JSON, and writes the annotated copy.
func (d *detector) show(cmd *cobra.Command, index int, path string, p *prepared, headed bool) (any, error) {
	o, name := d.options, d.model.pictureName(path)
	failed := func(err error) (any, error) {
		return frame{FrameID: index + 1, Filename: name, Error: err.Error(), Objects: []object{}}, err
	}
	if p.err != nil {
		return failed(p.err)
	}
	at := time.Now()
	found := detect.BestDetections(p.candidates, d.filter)
	p.took.Postprocess += lap(&at)
	if !o.json {
		tellPrediction(cmd, name, p.took, headed)
		d.print(cmd.OutOrStdout(), found)
	}
	img := p.image
	annotate := func() *picture.Image { return picture.Annotate(img, d.labels(img, found)) }
	if err := o.target.save(cmd, name, &p.took, annotate); err != nil {
		return failed(err)
	}
	d.times.add(name, p.took)
	return frame{
		FrameID: index + 1, Filename: name, Image: &imageSize{img.W, img.H}, Resize: d.resize.String(),
		Objects: d.objects(img, detect.Detections(p.candidates, d.filter)), Times: p.took.json(),
	}, nil
}

// find runs the network on a picture and suppresses what overlaps.
func (d *detector) find(ctx context.Context, s *net.Session, p *prepared) error {
	if err := p.run(ctx, s); err != nil {
		return err
	}
	at := time.Now()
	fit := detect.Fit{
		NetW: d.model.Net.Width, NetH: d.model.Net.Height, ImageW: p.image.W, ImageH: p.image.H,
		Letterbox: d.resize == picture.ResizeLetterbox,
	}
	candidates, err := s.Candidates(0, d.options.thresh, fit)
	if err != nil {
		return err
	}
	p.candidates = d.nms.Apply(candidates, d.model.Classes())
	p.took.Postprocess = lap(&at)
	return nil
}

// print writes the detections as darknet does.
func (d *detector) print(w io.Writer, found []detect.Detection) {
	for _, f := range found {
		fmt.Fprintf(w, "%s: %.0f%%\n", d.names.of(f.Class), f.Score*100)
	}
}

func (d *detector) labels(img *picture.Image, found []detect.Detection) []picture.Label {
	labels := make([]picture.Label, len(found))
	for i, f := range found {
		labels[i] = picture.Label{
			Text: fmt.Sprintf("%s %.0f%%", d.names.of(f.Class), f.Score*100), Class: f.Class,
			X: float64(f.Box.X) * float64(img.W), Y: float64(f.Box.Y) * float64(img.H),
			W: float64(f.Box.W) * float64(img.W), H: float64(f.Box.H) * float64(img.H),
		}
	}
	return labels
}

func (d *detector) objects(img *picture.Image, found []detect.Detection) []object {
	objects := make([]object, len(found))
	for i, f := range found {
		left, top, width, height := f.Rect(img.W, img.H)
		objects[i] = object{
			ClassID: f.Class, Name: d.names.of(f.Class), Confidence: round(float64(f.Score), 6),
			Relative: relativeBox{round(float64(f.Box.X), 6), round(float64(f.Box.Y), 6), round(float64(f.Box.W), 6), round(float64(f.Box.H), 6)},
			Absolute: absoluteBox{round(left, 3), round(top, 3), round(width, 3), round(height, 3)},
		}
	}
	return objects
}

// round keeps so many decimal places, as many as darknet's own JSON gives.
func round(v float64, places int) float64 {
	scale := math.Pow10(places)
	return math.Round(v*scale) / scale
}
