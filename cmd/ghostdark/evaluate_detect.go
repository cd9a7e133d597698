package main

import (
	"cmp"

	"github.com/spf13/cobra"

	"github.com/ghostdark/ghostdark/cfgs"
	"github.com/ghostdark/ghostdark/dataset"
	"github.com/ghostdark/ghostdark/detect"
	"github.com/ghostdark/ghostdark/evaluate"
)

type evaluateDetectOptions struct {
	labelledOptions
	files  evaluateFiles
	detect detectOptions // how objects are found
	thresh float32
	iou    float32
	points int
	json   bool
}

func newEvaluateDetect() *cobra.Command {
	o := &evaluateDetectOptions{detect: mapOptions()}
	cmd := &cobra.Command{
		Use:   "detect [CFG WEIGHTS | MODEL] (--data FILE | --images FOLDER [--labels FOLDER|FILE])",
		Short: "Measure a detector's mean average precision",
		Long: `Run a detector on labelled pictures and print its mean average precision: at an
overlap (IoU) of 0.5 as darknet's "detector map" has it, and as COCO has it,
averaged over overlaps from .5 to .95. Precision, recall, F1, the average IoU and
the confusion matrix are those of detections above --thresh.

Labels are darknet's (a .txt beside each picture, or in a folder labels beside
the folder images), COCO's JSON or Pascal VOC's XML.

Without CFG and WEIGHTS the embedded Ghost-YOLO is measured.

` + exitCodes,
		Example: `  ghostdark evaluate detect my.cfg my.weights --data my.data
  ghostdark evaluate detect yolov4.cfg yolov4.weights --names coco.names --images val2017 --labels instances_val2017.json
  ghostdark evaluate detect my.cfg my.weights --images pictures --labels xml --names my.names --json > map.json`,
		Args:              withModel(twoOperands),
		ValidArgsFunction: completeOperands(onlyModel),
		RunE:              running(withModel(func(cmd *cobra.Command, args []string) error { return runEvaluateDetect(cmd, o, args) })),
	}
	flags := cmd.Flags()
	o.labelledOptions.add(cmd, "`FOLDER` of pictures, or a pattern or list of them, in place of --data")
	o.addLabels(cmd)
	flags.Float32Var(&o.thresh, "thresh", .25, "count detections above this score for precision, recall, F1, average IoU and the confusion matrix")
	flags.Float32Var(&o.iou, "iou", .5, "overlap from which on an object counts as found there")
	flags.IntVar(&o.points, "points", 0, "average precision at so many values of recall: 11, 101, or 0 for the area under the curve")
	complete(cmd, "points", "0", "11", "101")
	flags.Float32Var(&o.detect.thresh, "min-score", o.detect.thresh, "least score of detections that count for average precision")
	flags.BoolVar(&o.json, "json", false, "print JSON")
	o.files.addCurves(cmd)
	o.files.add(cmd)
	o.detect.addSuppression(cmd)
	o.detect.pictureOptions.add(cmd, "letterbox when the cfg has letter_box=1, else stretch", "stretch", "letterbox")
	o.detect.engine.add(cmd)
	o.detect.engine.addSessions(cmd, asSuits, sessionsUsage)
	o.detect.addShape(cmd)
	o.detect.addWeights(cmd)
	return cmd
}

// mapOptions are those with which darknet's `detector map` finds objects.
func mapOptions() detectOptions {
	list := listOptions{pictureOptions: pictureOptions{resize: "auto"}, engine: engineOptions{sessions: 1}}
	return detectOptions{listOptions: list, thresh: .005, nms: .45, nmsKind: "cfg"}
}

func runEvaluateDetect(cmd *cobra.Command, o *evaluateDetectOptions, args []string) error {
	if err := cmp.Or(checkThresh("thresh", o.thresh), checkThresh("min-score", o.detect.thresh), o.detect.checkSuppression(), o.check(cmd)); err != nil {
		return err
	}
	switch {
	case !(o.iou >= 0 && o.iou < 1):
		return usagef("--iou=%v is out of range: give an overlap from 0 to below 1", o.iou)
	case o.points != 0 && o.points != 11 && o.points != 101:
		return usagef("--points must be 0, 11 or 101")
	}
	if err := o.files.check(cmd); err != nil {
		return err
	}
	m, err := o.detect.openModelOr(cmd, args, cfgs.Detector)
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
	set, err := o.soundObjects(cmd, dataset.Classes{Names: names, Count: m.Classes()})
	if err != nil {
		return err
	}
	d, err := newDetector(&o.detect, m, names)
	if err != nil {
		return err
	}
	pictures, err := d.findAll(cmd, set)
	if err != nil {
		return err
	}
	r := newDetectResult(o, d, set, pictures)
	if n := r.absent(); n > 0 {
		tell(cmd, "%d of %d classes have no objects here: in darknet's mean they count as 0, in COCO's not at all", n, len(r.at.Classes))
	}
	if o.json {
		err = writeJSONLine(cmd.OutOrStdout(), r.json())
	} else {
		err = r.print(cmd.OutOrStdout())
	}
	if err != nil {
		return err
	}
	return o.files.write(cmd, r.curves, r.matrix, func() (*page, error) { return r.page(o.files.worst) })
}

// findAll runs the detector on all pictures of a set, for package evaluate. How it finds objects
// is for its options to say, see mapOptions.
func (d *detector) findAll(cmd *cobra.Command, set *dataset.Set) ([]evaluate.Picture, error) {
	paths := make([]string, len(set.Pictures))
	for i, p := range set.Pictures {
		paths[i] = p.Path
	}
	pictures := make([]evaluate.Picture, len(paths))
	err := eachPicture(cmd, paths, &d.options.engine, d, func(i int, j *job) {
		pictures[i] = evaluate.Picture{
			W: j.image.W, H: j.image.H, Truths: set.Pictures[i].Objects, Found: detect.InOrder(j.candidates, d.filter),
		}
	})
	return pictures, err
}

// detectResult is what was measured.
type detectResult struct {
	*detector
	options   *evaluateDetectOptions
	set       *dataset.Set
	pictures  []evaluate.Picture
	at50      *evaluate.Darknet
	at75      *evaluate.Darknet
	at        *evaluate.Darknet // at the chosen overlap
	coco      *evaluate.COCO
	matches   []evaluate.Match
	confusion evaluate.Confusion
}

func newDetectResult(o *evaluateDetectOptions, d *detector, set *dataset.Set, pictures []evaluate.Picture) *detectResult {
	classes := d.model.Classes()
	r := &detectResult{detector: d, options: o, set: set, pictures: pictures}
	darknet := func(iou float32) *evaluate.Darknet { return evaluate.NewDarknet(pictures, classes, iou, o.thresh) }
	r.at50, r.at75 = darknet(.5), darknet(.75)
	r.at = r.at50
	if o.iou != .5 {
		r.at = darknet(o.iou)
	}
	r.coco = evaluate.NewCOCO(pictures, classes)
	r.matches = evaluate.NewMatches(pictures, o.iou, o.thresh)
	r.confusion = evaluate.NewConfusion(pictures, r.matches, classes)
	return r
}

// absent counts the classes without objects.
func (r *detectResult) absent() int {
	n := 0
	for _, c := range r.at.Classes {
		if c.Truths == 0 {
			n++
		}
	}
	return n
}
