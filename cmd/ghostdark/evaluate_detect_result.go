package main

import (
	"fmt"
	"io"
	"math"

	"github.com/ghostdark/ghostdark/evaluate"
)

// inPoints gives a part as points of a hundred, nil for one that can't be told.
func inPoints(v float64) *float64 {
	if math.IsNaN(v) {
		return nil
	}
	p := round(100*v, 4)
	return &p
}

// detectReport is the result in JSON. Average precision, average recall and average IoU are in
// points of a hundred; precision, recall and F1 are from 0 to 1, as darknet prints them.
type detectReport struct {
	Cfg        string              `json:"cfg"`
	Images     int                 `json:"images"`
	Boxes      int                 `json:"boxes"`
	Resize     string              `json:"resize"`
	NMS        float64             `json:"nms"`
	MinScore   float64             `json:"min_score"`
	Detections int                 `json:"detections_count"`
	Points     int                 `json:"points"`
	MAP50      *float64            `json:"map50"`
	MAP5095    *float64            `json:"map50_95"`
	MAP50At11  *float64            `json:"map50_11_points"`
	MAP50At101 *float64            `json:"map50_101_points"`
	MAP75      *float64            `json:"map75"`
	MAP75At101 *float64            `json:"map75_101_points"`
	IoU        float64             `json:"iou_thresh"`
	MAP        *float64            `json:"map"`
	Counts     confidenceReport    `json:"at_confidence"`
	COCO       map[string]*float64 `json:"coco"`
	Classes    []detectClassReport `json:"classes"`
	Confusion  confusionReport     `json:"confusion"`
}

// confidenceReport is what holds for detections above a score.
type confidenceReport struct {
	Thresh     *float64 `json:"thresh,omitempty"`
	Precision  float64  `json:"precision"`
	Recall     float64  `json:"recall"`
	F1         float64  `json:"f1"`
	TP         int      `json:"tp"`
	FP         int      `json:"fp"`
	FN         int      `json:"fn"`
	AverageIoU *float64 `json:"average_iou"`
}

type detectClassReport struct {
	ClassID    int      `json:"class_id"`
	Name       string   `json:"name"`
	Objects    int      `json:"objects"`
	Detections int      `json:"detections_count"`
	AP50       *float64 `json:"ap50"`
	AP5095     *float64 `json:"ap50_95"`
	AP50At11   *float64 `json:"ap50_11_points"`
	AP50At101  *float64 `json:"ap50_101_points"`
	AP         *float64 `json:"ap"`
	confidenceReport
}

// confusionReport has a row for each true class and a column for each predicted one, in the order
// of the labels.
type confusionReport struct {
	Labels []string           `json:"labels"`
	Counts evaluate.Confusion `json:"counts"`
}

// background is what an object that isn't found is taken for, and what is found where no object
// is.
const background = "background"

func countsReport(c evaluate.Counts) confidenceReport {
	return confidenceReport{
		Precision: round(c.Precision(), 6), Recall: round(c.Recall(), 6), F1: round(c.F1(), 6),
		TP: c.TP, FP: c.FP, FN: c.FN, AverageIoU: inPoints(c.AverageIoU()),
	}
}

// points gives one of a class's or of all classes' average precisions, as many points as were
// asked for.
func points[T any](o *evaluateDetectOptions, area, at11, at101 T) T {
	switch o.points {
	case 11:
		return at11
	case 101:
		return at101
	}
	return area
}

func (r *detectResult) ap(c *evaluate.DarknetClass) float64 {
	return points(r.options, c.AP, c.AP11, c.AP101)
}

func (r *detectResult) mAP(d *evaluate.Darknet) float64 {
	return points(r.options, d.MAP(), d.MAP11(), d.MAP101())
}

func (r *detectResult) json() detectReport {
	o, c := r.options, r.coco
	counts, thresh := countsReport(r.at.Counts), round(float64(o.thresh), 6)
	counts.Thresh = &thresh
	report := detectReport{
		Cfg: r.model.cfgPath, Images: len(r.pictures), Boxes: r.at.Truths, Resize: r.resize.String(),
		NMS: round(float64(o.detect.nms), 6), MinScore: round(float64(o.detect.thresh), 6),
		Detections: r.at.Detections, Points: o.points,
		MAP50: inPoints(r.mAP(r.at50)), MAP50At11: inPoints(r.at50.MAP11()), MAP50At101: inPoints(r.at50.MAP101()),
		MAP75: inPoints(r.mAP(r.at75)), MAP75At101: inPoints(r.at75.MAP101()),
		MAP5095: inPoints(c.AP), IoU: round(float64(o.iou), 6), MAP: inPoints(r.mAP(r.at)), Counts: counts,
		COCO: map[string]*float64{
			"ap": inPoints(c.AP), "ap50": inPoints(c.AP50), "ap75": inPoints(c.AP75),
			"ap_small": inPoints(c.APSmall), "ap_medium": inPoints(c.APMedium), "ap_large": inPoints(c.APLarge),
			"ar1": inPoints(c.AR1), "ar10": inPoints(c.AR10), "ar100": inPoints(c.AR100),
			"ar_small": inPoints(c.ARSmall), "ar_medium": inPoints(c.ARMedium), "ar_large": inPoints(c.ARLarge),
		},
		Confusion: confusionReport{Labels: append(r.names.all(len(r.at.Classes)), background), Counts: r.confusion},
	}
	for k := range r.at.Classes {
		at, at50 := &r.at.Classes[k], &r.at50.Classes[k]
		report.Classes = append(report.Classes, detectClassReport{
			ClassID: k, Name: r.names.of(k), Objects: at.Truths, Detections: at.Detections,
			AP50: inPoints(r.ap(at50)), AP5095: inPoints(c.Classes[k].AP), AP50At11: inPoints(at50.AP11), AP50At101: inPoints(at50.AP101),
			AP: inPoints(r.ap(at)), confidenceReport: countsReport(at.Counts),
		})
	}
	return report
}

// shownPercent writes a part as points of a hundred.
func shownPercent(v float64) string {
	if math.IsNaN(v) {
		return "–"
	}
	return fmt.Sprintf("%.2f", 100*v)
}

// table has a row for each class and one for all.
func (r *detectResult) table() *table {
	ap := fmt.Sprintf(">AP@%.2g", r.options.iou)
	t := &table{headings: []string{"class", ">objects", ">detections", ap, ">AP@[.5:.95]", ">precision", ">recall", ">F1", ">TP", ">FP", ">FN", ">IoU"}}
	row := func(name string, truths, detections int, ap, coco float64, c evaluate.Counts) {
		t.add(name, thousands(int64(truths)), thousands(int64(detections)), shownPercent(ap), shownPercent(coco),
			fmt.Sprintf("%.2f", c.Precision()), fmt.Sprintf("%.2f", c.Recall()), fmt.Sprintf("%.2f", c.F1()),
			thousands(int64(c.TP)), thousands(int64(c.FP)), thousands(int64(c.FN)), shownPercent(c.AverageIoU()))
	}
	for k := range r.at.Classes {
		c := &r.at.Classes[k]
		row(shown(r.names.of(k)), c.Truths, c.Detections, r.ap(c), r.coco.Classes[k].AP, c.Counts)
	}
	row("all", r.at.Truths, r.at.Detections, r.mAP(r.at), r.coco.AP, r.at.Counts)
	return t
}

// print writes the result as text.
func (r *detectResult) print(w io.Writer) error {
	o, c := r.options, r.coco
	if err := r.table().write(w); err != nil {
		return err
	}
	method := points(o, "the area under the curve", "11 points", "101 points")
	fmt.Fprintf(w, "\n%s, %s; precision to IoU for scores above %v at an overlap of %v\n", counted(len(r.pictures), "picture"), counted(r.at.Truths, "object"), o.thresh, o.iou)
	fmt.Fprintf(w, "mAP@%-10.2g%s %%, by %s\n", o.iou, shownPercent(r.mAP(r.at)), method)
	fmt.Fprintf(w, "mAP@[.5:.95]  %s %%, as COCO defines it; @.5 %s, @.75 %s\n", shownPercent(c.AP), shownPercent(c.AP50), shownPercent(c.AP75))
	fmt.Fprintf(w, "by area       small %s, medium %s, large %s\n", shownPercent(c.APSmall), shownPercent(c.APMedium), shownPercent(c.APLarge))
	_, err := fmt.Fprintf(w, "recall        %s with one detection, %s with 10, %s with 100\n", shownPercent(c.AR1), shownPercent(c.AR10), shownPercent(c.AR100))
	return err
}
