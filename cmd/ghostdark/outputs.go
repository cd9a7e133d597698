package main

import (
	"errors"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/ghostdark/ghostdark/cfgs"
	"github.com/ghostdark/ghostdark/report"
	"github.com/ghostdark/ghostdark/source"
)

// outputOptions are the flags that say in which forms results are written.
type outputOptions struct {
	json, lines, csv, coco sheetFile
	labels, voc            string // folders
	saveConf               bool
	resume                 bool
	classifier             bool // whose outputs they are; else a detector's
}

// sheetFile is the file that a sheet is written to: "-" for standard output, "" for none.
type sheetFile string

const standardOutput sheetFile = "-"

// Set takes the value of a flag. In settings true and false say whether there is a sheet at all.
func (f *sheetFile) Set(value string) error {
	switch *f = sheetFile(value); value {
	case "true":
		*f = standardOutput
	case "false":
		*f = ""
	}
	return nil
}

func (f *sheetFile) String() string { return string(*f) }

func (f *sheetFile) Type() string { return "string" }

func (o *outputOptions) add(cmd *cobra.Command, detector bool) {
	o.classifier = !detector
	flags := cmd.Flags()
	sheet := func(to *sheetFile, name, usage string) {
		flags.Var(to, name, usage+", to standard output or with =`FILE` to a file")
		flags.Lookup(name).NoOptDefVal = string(standardOutput)
	}
	sheet(&o.json, "json", "write JSON")
	sheet(&o.lines, "jsonl", "write JSON lines, each picture as soon as it is done")
	sheet(&o.csv, "csv", "write a table with commas")
	flags.BoolVar(&o.resume, "resume", false, "go on where an earlier run with the same outputs was stopped: leave out pictures that are in all of them")
	if !detector {
		return
	}
	sheet(&o.coco, "coco", "write COCO results")
	flags.StringVar(&o.labels, "labels", "", "write YOLO's labels to this `FOLDER`, NAME.txt for each picture")
	flags.BoolVar(&o.saveConf, "save-conf", false, "put the confidence at the end of each line of --labels")
	flags.StringVar(&o.voc, "voc", "", "write Pascal VOC's annotations to this `FOLDER`, NAME.xml for each picture")
	completeFolders(cmd, "labels")
	completeFolders(cmd, "voc")
}

// form is a sheet that is asked for.
type form struct {
	flag   string
	file   sheetFile
	format report.Format
}

// printed reports whether the sheet goes to standard output.
func (f form) printed() bool { return f.file == standardOutput }

// forms lists the sheets that are asked for.
func (o *outputOptions) forms(names classNames) []form {
	all := []form{
		{"--json", o.json, report.JSON()}, {"--jsonl", o.lines, report.Lines()}, {"--csv", o.csv, report.CSV(o.classifier)},
		{"--coco", o.coco, report.COCO(categories(names))},
	}
	return slices.DeleteFunc(all, func(f form) bool { return f.file == "" })
}

// categories gives the numbers of classes in COCO's form: COCO's own for its classes, else they count from 1.
func categories(names classNames) func(class int) int {
	if slices.Equal(names, cfgs.COCONames()) {
		return report.COCOCategory
	}
	return func(class int) int { return class + 1 }
}

// any reports whether anything is asked for.
func (o *outputOptions) any() bool {
	return o.labels != "" || o.voc != "" || len(o.forms(nil)) > 0
}

// onStandardOutput reports whether a sheet goes there, where nothing else can be then.
func (o *outputOptions) onStandardOutput() bool {
	return slices.ContainsFunc(o.forms(nil), form.printed)
}

// check finds what can't be done. pictures tells whether annotated ones are written to a folder.
func (o *outputOptions) check(pictures bool) error {
	forms := o.forms(nil)
	tells := pictures || o.labels != "" || o.voc != ""
	for i, f := range forms {
		for _, other := range forms[:i] {
			if f.printed() && other.printed() {
				return usagef("%s and %s go both to standard output; give one a file with %s=FILE", other.flag, f.flag, f.flag)
			}
		}
		_, resumes := f.format.(report.Resumer)
		switch {
		case o.resume && !resumes:
			return usagef("--resume doesn't go with %s, where pictures without objects leave no trace: take --jsonl=FILE", f.flag)
		case resumes && !f.printed():
			tells = true
		}
	}
	switch {
	case o.saveConf && o.labels == "":
		return usagef("--save-conf goes with --labels")
	case o.resume && !tells:
		return usagef("--resume needs an output that tells what is done: --output FOLDER, --labels, --voc, --json=FILE or --jsonl=FILE")
	}
	return nil
}

// outputs are the sheets and folders that results are written to.
type outputs struct {
	sheets  []*report.Sheet
	folders []*report.Folder
}

// open begins the sheets.
func (o *outputOptions) open(w io.Writer, names classNames) (*outputs, error) {
	out := &outputs{}
	if o.labels != "" {
		out.folders = append(out.folders, report.Labels(o.labels, o.saveConf))
	}
	if o.voc != "" {
		out.folders = append(out.folders, report.VOC(o.voc))
	}
	forms := o.forms(names)
	if i := slices.IndexFunc(forms, form.printed); i >= 0 { // last, so that nothing is printed when a file can't be written
		forms = append(slices.Delete(slices.Clone(forms), i, i+1), forms[i])
	}
	for _, f := range forms {
		var s *report.Sheet
		var err error
		switch resumer, resumes := f.format.(report.Resumer); {
		case f.printed():
			s, err = report.Stream(w, f.format)
		case o.resume && resumes:
			s, err = report.Resume(string(f.file), resumer)
		default:
			s, err = report.Create(string(f.file), f.format)
		}
		if err != nil {
			out.discard()
			return nil, err
		}
		out.sheets = append(out.sheets, s)
	}
	return out, nil
}

// have reports whether all that tells which pictures are done has this one.
func (out *outputs) have(item source.Item) bool {
	for _, s := range out.sheets {
		if s.Resumed() && !s.Has(item.Name, item.Frame) {
			return false
		}
	}
	for _, f := range out.folders {
		if !f.Has(item.Stem) {
			return false
		}
	}
	return true
}

// writeFiles writes a picture's own files. Several goroutines may do so.
func (out *outputs) writeFiles(p *report.Picture) error {
	for _, f := range out.folders {
		if err := f.Write(p); err != nil {
			return err
		}
	}
	return nil
}

// add writes a picture to the sheets that don't have it from an earlier run.
func (out *outputs) add(p *report.Picture) error {
	for _, s := range out.sheets {
		if s.Has(p.Filename, p.Frame) {
			continue
		}
		if err := s.Add(p); err != nil {
			return err
		}
	}
	return nil
}

// close completes the sheets.
func (out *outputs) close() error {
	var err error
	for _, s := range out.sheets {
		err = errors.Join(err, s.Close())
	}
	return err
}

// discard gives the sheets up.
func (out *outputs) discard() {
	for _, s := range out.sheets {
		s.Discard()
	}
}
