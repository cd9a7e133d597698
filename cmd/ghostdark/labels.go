package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/ghostdark/ghostdark/dataset"
)

type labelsCheckOptions struct {
	labelledOptions
	classes int
	quiet   bool
	json    bool
}

func newLabels() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "labels",
		Short: "Look after the labels of pictures",
		Long:  "Look after the labels of pictures.\n\n" + exitCodes,
		Args:  refuseUnknown,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newLabelsCheck())
	return cmd
}

func newLabelsCheck() *cobra.Command {
	o := &labelsCheckOptions{}
	cmd := &cobra.Command{
		Use:   "check (--data FILE | --images FOLDER [--labels FOLDER|FILE])",
		Short: "Find faulty labels, with their files and lines",
		Long: `Read the labels of a detector's pictures and print what is wrong with them, each
with its file and line: files that can't be read, lines with other columns than
CLASS X Y WIDTH HEIGHT, what is no number, classes that there are not, boxes
without area, coordinates that are not parts of the picture, boxes that reach
beyond it, objects that are labelled twice, and label files that are missing.

How many classes there are is told by the names, by classes= of the .data file,
or by --classes; otherwise any number is good. Any finding makes the exit code 1.

` + exitCodes,
		Example: `  ghostdark labels check --data my.data
  ghostdark labels check --data my.data --split train
  ghostdark labels check --images pictures --labels xml --names my.names --json > faults.json`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usagef("%s: pictures are named by --data or --images", args[0])
			}
			return nil
		},
		RunE: running(func(cmd *cobra.Command, _ []string) error { return runLabelsCheck(cmd, o) }),
	}
	o.add(cmd, "`FOLDER` of pictures, or a pattern or list of them, in place of --data")
	o.addLabels(cmd)
	flags := cmd.Flags()
	flags.IntVar(&o.classes, "classes", 0, "how many classes there are (default: as many as names)")
	flags.BoolVarP(&o.quiet, "quiet", "q", false, "print only what is wrong")
	flags.BoolVar(&o.json, "json", false, "print JSON")
	return cmd
}

func runLabelsCheck(cmd *cobra.Command, o *labelsCheckOptions) error {
	if err := o.check(cmd); err != nil {
		return err
	}
	if o.classes < 0 || o.classes > dataset.MaxClasses {
		return usagef("--classes=%d is out of range: give 1 to %d, or 0 if any number is good", o.classes, dataset.MaxClasses)
	}
	classes, err := o.known(cmd)
	if err != nil {
		return err
	}
	if o.classes > 0 {
		if n := len(classes.Names); n > 0 && n != o.classes {
			return usagef("--classes=%d, but there are %s", o.classes, counted(n, "name"))
		}
		classes.Count = o.classes
	}
	set, err := o.objects(cmd, classes)
	if err != nil {
		return err
	}
	if classes.Names == nil {
		classes.Names = set.Names
	}
	report := newLabelsReport(set, classes)
	if o.json {
		err = writeJSONLine(cmd.OutOrStdout(), report)
	} else {
		err = report.print(cmd.OutOrStdout(), o.quiet)
	}
	if err == nil && len(set.Findings) > 0 {
		tell(cmd, "ghostdark: %s: %s and %s in its labels", o.source(), counted(report.Errors, "error"), counted(report.Warnings, "warning"))
		return errReported
	}
	return err
}

// labelsReport is what a set of labels holds, in JSON.
type labelsReport struct {
	Images   int             `json:"images"`
	Objects  int             `json:"objects"`
	Errors   int             `json:"errors"`
	Warnings int             `json:"warnings"`
	Classes  []labelsClass   `json:"classes"`
	Findings []labelsFinding `json:"findings"`
}

type labelsClass struct {
	ClassID int    `json:"class_id"`
	Name    string `json:"name"`
	Objects int    `json:"objects"`
	Images  int    `json:"images"`
}

type labelsFinding struct {
	File     string `json:"file"`
	Line     int    `json:"line,omitempty"`
	Severity string `json:"severity"`
	Kind     string `json:"kind"`
	Message  string `json:"message"`
}

func newLabelsReport(set *dataset.Set, classes dataset.Classes) *labelsReport {
	r := &labelsReport{Images: len(set.Pictures), Objects: set.Objects(), Findings: []labelsFinding{}}
	for _, f := range set.Findings {
		r.Findings = append(r.Findings, labelsFinding{f.File, f.Line, f.Severity.String(), string(f.Kind), f.Message})
	}
	r.Errors = len(set.Findings.Errors())
	r.Warnings = len(set.Findings) - r.Errors
	objects, images := map[int]int{}, map[int]int{}
	count := classes.Count
	for _, p := range set.Pictures {
		here := map[int]bool{}
		for _, o := range p.Objects {
			objects[o.Class]++
			here[o.Class] = true
			if classes.Count == 0 {
				count = max(count, o.Class+1)
			}
		}
		for k := range here {
			images[k]++
		}
	}
	for k := range count {
		if classes.Count > 0 || objects[k] > 0 {
			r.Classes = append(r.Classes, labelsClass{k, classNames(classes.Names).of(k), objects[k], images[k]})
		}
	}
	return r
}

func (r *labelsReport) print(w io.Writer, quiet bool) error {
	for _, f := range r.Findings {
		place := f.File
		if f.Line > 0 {
			place = fmt.Sprintf("%s:%d", f.File, f.Line)
		}
		if _, err := fmt.Fprintf(w, "%s: %s: %s\n", place, f.Severity, f.Message); err != nil {
			return err
		}
	}
	if quiet {
		return nil
	}
	if len(r.Findings) > 0 {
		fmt.Fprintln(w)
	}
	t := table{headings: []string{"class", ">objects", ">pictures"}}
	for _, c := range r.Classes {
		t.add(shown(c.Name), thousands(int64(c.Objects)), thousands(int64(c.Images)))
	}
	t.add("all", thousands(int64(r.Objects)), thousands(int64(r.Images)))
	return t.write(w)
}
