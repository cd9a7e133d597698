package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/ghostdark/ghostdark/cfgs"
	"github.com/ghostdark/ghostdark/detect"
	"github.com/ghostdark/ghostdark/net"
	"github.com/ghostdark/ghostdark/picture"
	"github.com/ghostdark/ghostdark/report"
)

type detectOptions struct {
	listOptions
	thresh   float32
	nms      float32
	nmsKind  string
	agnostic bool
	classes  []string
	top      int
	tile     int
	overlap  float64
	crops    string
	blur     []string
}

func newDetect() *cobra.Command {
	o := &detectOptions{}
	cmd := &cobra.Command{
		Use:   "detect [CFG WEIGHTS | MODEL] [IMAGE…]",
		Short: "Find objects in pictures",
		Long: `Run a detector on pictures and print what it finds as "name: NN%", from left to
right. One picture gives an annotated copy predictions.jpg, several give
predictions/NAME.jpg; a video gives predictions.mp4. With a camera, and with any
other output that is asked for, there are annotated pictures only with --output.

` + inputsHelp + `

Without CFG and WEIGHTS the embedded Ghost-YOLO finds blood cells; without
IMAGE it does so in the embedded picture.

` + exitCodes,
		Example: `  ghostdark detect
  ghostdark detect yolov4-tiny.cfg yolov4-tiny.weights street.jpg --names coco.names
  ghostdark detect my.cfg my.weights photos/ --data my.data --labels labels/ --output annotated/
  ghostdark detect my.cfg my.weights valid.txt --jsonl --thresh 0.5 > found.jsonl
  ghostdark detect my.cfg my.weights film.mp4 --blur person --output blurred.mp4`,
		Args: withModel(func(_ *cobra.Command, args []string) error {
			_, _, _, err := splitOperands(args, o.inputs.stdinList)
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
	flags.IntVar(&o.tile, "tile", 0, "cut pictures into squares of so many pixels a side and look at each: for small objects in large pictures")
	flags.Float64Var(&o.overlap, "overlap", .2, "part of its side by which a square overlaps the next")
	flags.StringVar(&o.crops, "crops", "", "write what is found to this `FOLDER`, each object to CLASS/NAME-N.jpg")
	completeFolders(cmd, "crops")
	flags.StringSliceVar(&o.blur, "blur", nil, "make objects of these classes, or of all, unrecognizable in annotated pictures and crops")
	o.pictureOptions.add(cmd, "letterbox when the cfg has letter_box=1, else stretch", "stretch", "letterbox")
	o.listOptions.add(cmd, true, "predictions.jpg, predictions/ for several")
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

// check finds values that are out of range.
func (o *detectOptions) check() error {
	switch {
	case o.top < 0:
		return usagef("--top must not be negative")
	case o.tile < 0 || o.tile > 0 && o.tile < minTile:
		return usagef("--tile=%d is out of range: give at least %d pixels", o.tile, minTile)
	case !(o.overlap >= 0 && o.overlap <= maxOverlap):
		return usagef("--overlap=%v is out of range: give a part from 0 to %v", o.overlap, maxOverlap)
	}
	return cmp.Or(checkThresh("thresh", o.thresh), o.checkSuppression())
}

func runDetect(cmd *cobra.Command, o *detectOptions, args []string) error {
	if err := o.check(); err != nil {
		return err
	}
	m, run, err := o.open(cmd, args, cfgs.Detector, cmp.Or(o.target.out, severalPredictions), o.crops)
	if err != nil {
		return err
	}
	defer run.end()
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
	if err := o.target.plan(run.in, o.defaultTarget(run.in)); err != nil {
		return err
	}
	if len(o.blur) > 0 && !o.target.wanted() && o.crops == "" {
		return usagef("--blur needs a picture to be seen in: give --output or --crops")
	}
	if !o.quiet && !run.in.several { // else pictures are counted
		d.watch = func(tiles int) *progress { return newProgress(cmd, cmd.Name(), "tile", known(tiles)) }
	}
	return run.run(d.resize, names, d)
}

// mustDetect refuses a network without a detection head.
func (m *model) mustDetect() error {
	if len(m.Heads()) == 0 {
		return fmt.Errorf("%s has no detection head ([yolo], [Gaussian_yolo], [region] or [detection]): is it a classifier? Try ghostdark classify", m.cfgPath)
	}
	return nil
}

// severalPredictions is the folder of several annotated pictures.
const severalPredictions = "predictions"

// defaultTarget is where annotated pictures go unless --output says otherwise.
func (o *detectOptions) defaultTarget(in inputs) string {
	film, live := in.Single()
	switch {
	case live || o.outputs.any() || o.crops != "":
		return noPicture
	case film != "":
		return "predictions.mp4"
	case in.several:
		return severalPredictions
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
	blurred func(class int) bool
	watch   func(tiles int) *progress // of a single picture; nil for none
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
	if d.filter.Classes, err = chooseClasses("classes", o.classes, names, m.Classes()); err != nil {
		return nil, err
	}
	d.blurred, err = chooseBlurred(o.blur, names, m.Classes())
	return d, err
}

// chooseClasses finds the classes that are given by name or number.
func chooseClasses(flag string, wanted []string, names classNames, classes int) ([]int, error) {
	var chosen []int
	for _, w := range wanted {
		k := slices.Index(names, w)
		if k < 0 {
			n, err := strconv.Atoi(w)
			if err != nil || n < 0 || n >= classes {
				return nil, usagef("--%s: no class %q; give a name or a number from 0 to %d", flag, w, classes-1)
			}
			k = n
		}
		chosen = append(chosen, k)
	}
	return chosen, nil
}

func (d *detector) network() *model { return d.model }

func (d *detector) prepare(j *job) {
	if d.options.tile == 0 { // else tiles are prepared one by one
		j.prepare(d.model, d.resize)
	}
}

// look runs the network on a picture and suppresses what overlaps.
func (d *detector) look(ctx context.Context, s *net.Session, j *job) error {
	if d.options.tile > 0 {
		return d.lookAtTiles(ctx, s, j)
	}
	if err := j.run(ctx, s); err != nil {
		return err
	}
	at := time.Now()
	candidates, err := s.Candidates(0, d.options.thresh, d.fit(j.image.W, j.image.H))
	if err != nil {
		return err
	}
	j.candidates = d.nms.Apply(candidates, d.model.Classes())
	j.took.Postprocess = lap(&at)
	return nil
}

// fit says how a picture of the given size became the network's input.
func (d *detector) fit(w, h int) detect.Fit {
	return detect.Fit{NetW: d.model.Net.Width, NetH: d.model.Net.Height, ImageW: w, ImageH: h, Letterbox: d.resize == picture.ResizeLetterbox}
}

// describe lists the detections, for the text as darknet does.
func (d *detector) describe(j *job) {
	j.report.Objects = []report.Object{}
	if j.err != nil {
		return
	}
	j.found = detect.BestDetections(j.candidates, d.filter)
	for _, f := range j.found {
		j.lines = append(j.lines, fmt.Sprintf("%s: %.0f%%", d.names.of(f.Class), f.Score*100))
	}
	j.report.Objects = report.Objects(detect.Detections(j.candidates, d.filter), j.image.W, j.image.H, d.names.of)
}

// annotate draws boxes around what was found; what is blurred has none.
func (d *detector) annotate(j *job) *picture.Image {
	img := d.blur(j)
	labels := make([]picture.Label, 0, len(j.found))
	for _, f := range j.found {
		if d.blurred(f.Class) {
			continue
		}
		l := label(f, img)
		l.Text, l.Class = fmt.Sprintf("%s %.0f%%", d.names.of(f.Class), f.Score*100), f.Class
		labels = append(labels, l)
	}
	return picture.Annotate(img, labels)
}

// label is a detection's box in a picture.
func label(f detect.Detection, img *picture.Image) picture.Label {
	w, h := float64(img.W), float64(img.H)
	return picture.Label{X: float64(f.Box.X) * w, Y: float64(f.Box.Y) * h, W: float64(f.Box.W) * w, H: float64(f.Box.H) * h}
}
