package main

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ghostdark/ghostdark/chart"
	"github.com/ghostdark/ghostdark/evaluate"
	"github.com/ghostdark/ghostdark/internal/atomicfile"
)

// evaluateFiles are the flags that name files for an evaluation's charts and report.
type evaluateFiles struct {
	curves    string
	confusion string
	report    string
	worst     int
}

func (o *evaluateFiles) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&o.confusion, "plot-confusion", "", "write the confusion matrix to this `FILE`, .svg or .png")
	flags.StringVar(&o.report, "report", "", "write a report with charts and the worst mistakes to this `FILE`, .html")
	flags.IntVar(&o.worst, "worst", 12, "show so many mistakes of each kind in the report")
	completeFiles(cmd, "plot-confusion", "svg", "png")
	completeFiles(cmd, "report", "html")
}

func (o *evaluateFiles) addCurves(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.curves, "plot-pr", "", "write the curves of precision over recall to this `FILE`, .svg or .png")
	completeFiles(cmd, "plot-pr", "svg", "png")
}

// check refuses files that can't be written, so that nobody waits for a run that gets lost.
func (o *evaluateFiles) check(cmd *cobra.Command) error {
	if o.worst < 0 || cmd.Flags().Changed("worst") && o.report == "" {
		return usagef("--worst must not be negative, and goes with --report")
	}
	for _, path := range []string{o.curves, o.confusion} {
		if path != "" {
			if err := chart.Check(path); err != nil {
				return err
			}
		}
	}
	if ext := strings.ToLower(filepath.Ext(o.report)); o.report != "" && ext != ".html" && ext != ".htm" {
		return usagef("--report %s: reports are HTML; choose a name that ends in .html", o.report)
	}
	if o.report != "" {
		return atomicfile.Check(o.report)
	}
	return nil
}

// write makes the files that are wanted, and tells of them.
func (o *evaluateFiles) write(cmd *cobra.Command, curves, confusion func() chart.Chart, report func() (*page, error)) error {
	for _, c := range []struct {
		path, what string
		chart      func() chart.Chart
	}{{o.curves, "curves of precision over recall", curves}, {o.confusion, "confusion matrix", confusion}} {
		if c.path == "" {
			continue
		}
		if err := chart.Write(c.path, c.chart()); err != nil {
			return err
		}
		tell(cmd, "%s: %s", c.what, c.path)
	}
	if o.report == "" {
		return nil
	}
	p, err := report()
	if err != nil {
		return err
	}
	if err := p.save(o.report); err != nil {
		return err
	}
	tell(cmd, "report: %s", o.report)
	return nil
}

// matrixChart draws a confusion matrix.
func matrixChart(names []string, counts evaluate.Confusion, columns string) *chart.Matrix {
	short := make([]string, len(names))
	for i, name := range names {
		short[i] = shown(name)
	}
	return &chart.Matrix{Title: "Which classes are taken for which", Rows: "labelled", Columns: columns, Names: short, Counts: counts}
}

func (r *detectResult) matrix() chart.Chart {
	return matrixChart(append(r.names.all(len(r.at.Classes)), background), r.confusion, fmt.Sprintf("found with a score above %v", r.options.thresh))
}

// curveColours are those of single classes; the first is for the worst one.
var curveColours = []chart.Colour{chart.Vermilion, chart.Orange, chart.Sky, chart.Green, chart.Purple, chart.Yellow, chart.Blue, chart.Black}

// curves draws precision over recall for each class. Where there are more classes than colours,
// those with the lowest average precision are named and the others grey.
func (r *detectResult) curves() chart.Chart {
	c := &chart.Curves{Title: fmt.Sprintf("Precision over recall at an overlap of %.2g", r.options.iou), XAxis: "recall", YAxis: "precision"}
	var order []int
	for k := range r.at.Classes {
		if r.at.Classes[k].Truths > 0 {
			order = append(order, k)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(r.ap(&r.at.Classes[a]), r.ap(&r.at.Classes[b])) })
	named := len(order)
	if named > len(curveColours) {
		named = len(curveColours) - 1
	}
	for i, k := range slices.Backward(order) { // the worst are drawn last, so they lie on top
		class := &r.at.Classes[k]
		line := chart.Line{Colour: chart.Grey, Mark: -1}
		if i < named {
			line.Name, line.Colour, line.Bold = fmt.Sprintf("%s %s", shown(r.names.of(k)), shownPercent(r.ap(class))), curveColours[i], true
		}
		if i == named {
			line.Name = thousands(int64(len(order)-named)) + " other classes"
		}
		for i, p := range thinned(class.Curve.Envelope()) {
			if i == 0 { // the envelope holds from a recall of 0 on
				line.X, line.Y = append(line.X, 0), append(line.Y, p.Precision)
			}
			line.X, line.Y = append(line.X, p.Recall), append(line.Y, p.Precision)
			if p.Score > r.options.thresh && line.Bold {
				line.Mark = len(line.X) - 1
			}
		}
		c.Lines = append(c.Lines, line)
	}
	return c
}

// thinned leaves out points that change nothing that can be seen.
func thinned(c evaluate.Curve) evaluate.Curve {
	const step = 1. / 500
	var kept evaluate.Curve
	for i, p := range c {
		if n := len(kept); n == 0 || i == len(c)-1 || p.Recall-kept[n-1].Recall > step || kept[n-1].Precision-p.Precision > step {
			kept = append(kept, p)
		}
	}
	return kept
}
