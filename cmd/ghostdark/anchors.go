package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ghostdark/ghostdark/anchors"
	"github.com/ghostdark/ghostdark/chart"
	"github.com/ghostdark/ghostdark/dataset"
	"github.com/ghostdark/ghostdark/layers"
	"github.com/ghostdark/ghostdark/net"
)

type anchorsOptions struct {
	modelOptions
	labelledOptions
	num  int
	runs int
	seed uint64
	plot string
	json bool
}

func newAnchors() *cobra.Command {
	o := &anchorsOptions{}
	cmd := &cobra.Command{
		Use:   "anchors [CFG | MODEL] (--data FILE | --images FOLDER [--labels FOLDER|FILE])",
		Short: "Find anchors for labelled pictures",
		Long: `Find the sizes of boxes that come nearest to those of labelled pictures, and
print them as the line anchors= of a cfg: k-means with 1 - IoU as the distance,
as darknet's calc_anchors, from several starts. The average IoU says how near
they come.

With CFG, the input size and the number of anchors are those of its heads, and
the line is for [yolo] and [Gaussian_yolo], in pixels of the input, or for [region],
in cells. Its own anchors are measured, too. Without CFG give --width and --height.

` + exitCodes,
		Example: `  ghostdark anchors my.cfg --data my.data
  ghostdark anchors --data my.data --split train --num 6 --width 416 --height 416
  ghostdark anchors --images pictures --labels coco.json --width 608 --height 352 --plot anchors.svg`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usagef("give one CFG, or none and --width and --height")
			}
			return nil
		},
		ValidArgsFunction: completeOperands(onlyCfg),
		RunE:              running(withCfgs(func(cmd *cobra.Command, args []string) error { return runAnchors(cmd, o, args) })),
	}
	flags := cmd.Flags()
	o.add(cmd, "`FOLDER` of pictures, or a pattern or list of them, in place of --data")
	o.addLabels(cmd)
	o.split = "train"
	flags.Lookup("split").DefValue = "train"
	flags.IntVar(&o.num, "num", 0, "how many anchors (default: as many as CFG's heads have, or 9)")
	flags.IntVar(&o.runs, "runs", 10, "start from so many choices of boxes and keep the best result")
	flags.Uint64Var(&o.seed, "seed", 1, "another number starts from other boxes")
	flags.StringVar(&o.plot, "plot", "", "draw boxes and anchors to this `FILE`, .svg or .png")
	completeFiles(cmd, "plot", "svg", "png")
	flags.BoolVar(&o.json, "json", false, "print JSON")
	o.addShape(cmd)
	return cmd
}

// maxStarts bounds --runs, maxAnchors --num.
const (
	maxStarts  = 10_000
	maxAnchors = 1024
)

func runAnchors(cmd *cobra.Command, o *anchorsOptions, args []string) error {
	switch {
	case o.num < 0 || o.num > maxAnchors:
		return usagef("--num must be from 1 to %d", maxAnchors)
	case o.runs < 1 || o.runs > maxStarts:
		return usagef("--runs must be from 1 to %d", maxStarts)
	case len(args) == 0 && (o.width <= 0 || o.height <= 0):
		return usagef("anchors are in pixels of the network's input: give CFG, or --width and --height")
	}
	if err := o.check(cmd); err != nil {
		return err
	}
	if o.plot != "" {
		if err := chart.Check(o.plot); err != nil {
			return err
		}
	}
	target := anchorTarget{width: float64(o.width), height: float64(o.height), num: 9}
	if len(args) == 1 {
		g, err := o.openGraph(cmd, args[0])
		if err != nil {
			return err
		}
		if target, err = targetOf(g); err != nil {
			return err
		}
	}
	if o.num > 0 {
		target.num = o.num
	}
	classes, err := o.known(cmd)
	if err != nil {
		return err
	}
	set, err := o.soundObjects(cmd, classes)
	if err != nil {
		return err
	}
	boxes := target.boxes(set)
	if len(boxes) < target.num {
		return fmt.Errorf("%s: %s are too few for %s", o.source(), counted(len(boxes), "object"), counted(target.num, "anchor"))
	}
	r := &anchorsResult{target: target, set: set, boxes: boxes, found: anchors.Find(boxes, target.num, anchors.Options{Seed: o.seed, Runs: o.runs})}
	if len(target.own) > 0 {
		r.own = anchors.Assign(boxes, target.own)
	}
	if o.json {
		err = writeJSONLine(cmd.OutOrStdout(), r.json())
	} else {
		err = r.print(cmd.OutOrStdout())
	}
	if err != nil || o.plot == "" {
		return err
	}
	if err := chart.Write(o.plot, r.chart()); err != nil {
		return err
	}
	tell(cmd, "chart: %s", o.plot)
	return nil
}

// anchorTarget is what anchors are for: the extent in which they are measured, how many there are to
// be, and those of the cfg.
type anchorTarget struct {
	cfg           string
	width, height float64
	num           int
	cells         bool
	own           []anchors.Size
}

// targetOf reads a cfg's heads.
func targetOf(g *net.Graph) (anchorTarget, error) {
	t := anchorTarget{cfg: g.File.Name, width: float64(g.Net.Width), height: float64(g.Net.Height)}
	for _, l := range g.Heads() {
		var own []float32
		switch head := l.Op.(type) {
		case *layers.Yolo:
			own = head.Anchors
		case *layers.GaussianYolo:
			own = head.Anchors
		case *layers.Region:
			own, t.cells = head.Anchors, true
			t.width, t.height = float64(head.Out.W), float64(head.Out.H)
		}
		if len(own) > 2*len(t.own) {
			t.own = nil
			for i := 0; i+1 < len(own); i += 2 {
				t.own = append(t.own, anchors.Size{W: float64(own[i]), H: float64(own[i+1])})
			}
		}
	}
	if len(t.own) == 0 {
		return t, fmt.Errorf("%s has no head with anchors ([yolo], [Gaussian_yolo] or [region])", t.cfg)
	}
	t.num = len(t.own)
	return t, nil
}

// boxes are the sizes of a set's objects, but crowds.
func (t anchorTarget) boxes(set *dataset.Set) []anchors.Size {
	var boxes []anchors.Size
	for _, p := range set.Pictures {
		for _, o := range p.Objects {
			if !o.Crowd {
				boxes = append(boxes, anchors.Size{W: float64(o.Box.W) * t.width, H: float64(o.Box.H) * t.height})
			}
		}
	}
	return boxes
}

type anchorsResult struct {
	target anchorTarget
	set    *dataset.Set
	boxes  []anchors.Size
	found  *anchors.Clusters
	own    *anchors.Clusters // nil without a cfg
}

// chart draws the boxes, of many some that stand for them all, by the anchor that is theirs.
func (r *anchorsResult) chart() chart.Chart {
	const most = 5000
	c := &chart.Sizes{
		Title: fmt.Sprintf("%s and %s, average IoU %s %%", counted(len(r.boxes), "object"), counted(r.target.num, "anchor"), shownPercent(r.found.AverageIoU)),
		Unit:  r.unit(),
	}
	for k, a := range r.found.Anchors {
		c.Groups = append(c.Groups, chart.SizeGroup{Name: fmt.Sprintf("%.4g × %.4g: %s", round(a.W, 1), round(a.H, 1), thousands(int64(r.found.Boxes[k]))), Width: a.W, Height: a.H})
	}
	for _, b := range r.boxes {
		c.Width, c.Height = max(c.Width, b.W), max(c.Height, b.H)
	}
	c.Width, c.Height = min(1.1*c.Width, r.target.width), min(1.1*c.Height, r.target.height)
	step := (len(r.boxes) + most - 1) / most
	for i := 0; i < len(r.boxes); i += step {
		g := &c.Groups[r.found.Of[i]]
		g.Widths, g.Heights = append(g.Widths, r.boxes[i].W), append(g.Heights, r.boxes[i].H)
	}
	return c
}

// line is a cfg's line with the anchors, in whole pixels as darknet gives them, or in parts of cells.
func (r *anchorsResult) line() string {
	var pairs []string
	for _, a := range r.found.Anchors {
		format := "%.0f,%.0f"
		if r.target.cells || r.target.width <= 32 {
			format = "%.4f,%.4f"
		}
		pairs = append(pairs, fmt.Sprintf(format, a.W, a.H))
	}
	return "anchors = " + strings.Join(pairs, ", ")
}

// anchorsReport is the result in JSON, with sizes in pixels of the input or in cells.
type anchorsReport struct {
	Width      float64        `json:"width"`
	Height     float64        `json:"height"`
	Unit       string         `json:"unit"`
	Images     int            `json:"images"`
	Boxes      int            `json:"boxes"`
	AverageIoU *float64       `json:"average_iou"`
	OwnIoU     *float64       `json:"cfg_average_iou,omitempty"`
	Line       string         `json:"line"`
	Anchors    []anchorReport `json:"anchors"`
}

type anchorReport struct {
	Width      float64  `json:"width"`
	Height     float64  `json:"height"`
	Boxes      int      `json:"boxes"`
	AverageIoU *float64 `json:"average_iou"`
}

func (r *anchorsResult) json() anchorsReport {
	report := anchorsReport{
		Width: r.target.width, Height: r.target.height, Unit: r.unit(), Images: len(r.set.Pictures), Boxes: len(r.boxes),
		AverageIoU: inPoints(r.found.AverageIoU), Line: r.line(),
	}
	if r.own != nil {
		report.OwnIoU = inPoints(r.own.AverageIoU)
	}
	for k, a := range r.found.Anchors {
		report.Anchors = append(report.Anchors, anchorReport{round(a.W, 4), round(a.H, 4), r.found.Boxes[k], inPoints(r.found.IoUs[k])})
	}
	return report
}

func (r *anchorsResult) unit() string {
	if r.target.cells {
		return "cells"
	}
	return "pixels"
}

func (r *anchorsResult) print(w io.Writer) error {
	t := table{headings: []string{">anchor", ">width", ">height", ">boxes", ">IoU"}}
	for k, a := range r.found.Anchors {
		t.add(fmt.Sprint(k), fmt.Sprintf("%.1f", a.W), fmt.Sprintf("%.1f", a.H), thousands(int64(r.found.Boxes[k])), shownPercent(r.found.IoUs[k]))
	}
	t.add("all", "", "", thousands(int64(len(r.boxes))), shownPercent(r.found.AverageIoU))
	if err := t.write(w); err != nil {
		return err
	}
	fmt.Fprintf(w, "\n%s, %s, average IoU %s %%\n", counted(len(r.set.Pictures), "picture"), counted(len(r.boxes), "object"), shownPercent(r.found.AverageIoU))
	if r.own != nil {
		fmt.Fprintf(w, "%s has %s with an average IoU of %s %%\n", r.target.cfg, counted(len(r.target.own), "anchor"), shownPercent(r.own.AverageIoU))
	}
	_, err := fmt.Fprintln(w, r.line())
	return err
}
