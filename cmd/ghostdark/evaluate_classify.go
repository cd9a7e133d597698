package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ghostdark/ghostdark/cfgs"
	"github.com/ghostdark/ghostdark/dataset"
	"github.com/ghostdark/ghostdark/evaluate"
	"github.com/ghostdark/ghostdark/net"
)

type evaluateClassifyOptions struct {
	labelledOptions
	files    evaluateFiles
	classify classifyOptions // how pictures are classified; its top is the largest k
	json     bool
}

func newEvaluateClassify() *cobra.Command {
	o := &evaluateClassifyOptions{}
	cmd := &cobra.Command{
		Use:   "classify [CFG WEIGHTS | MODEL] (--data FILE | --images FOLDER)",
		Short: "Measure how often a classifier is right",
		Long: `Run a classifier on pictures of known classes and print how often the true class
is the most probable one, or among the first few; also for each class, with
precision and recall, and which classes are taken for which.

The true class is told by the path: by a folder with the class's name, or by the
name in the path, as darknet has it (images/7_Ankle_boot.png). Names in paths are
those of labels= in the .data file, if it has such a line, else those of names=.

Without CFG and WEIGHTS the embedded GhostNet is measured.

` + exitCodes,
		Example: `  ghostdark evaluate classify my.cfg my.weights --data my.data
  ghostdark evaluate classify ghostnet.cfg ghostnet.weights --names imagenet.names --images val --top 5
  ghostdark evaluate classify my.cfg my.weights --data my.data --json > accuracy.json`,
		Args:              withModel(twoOperands),
		ValidArgsFunction: completeOperands(onlyModel),
		RunE:              running(withModel(func(cmd *cobra.Command, args []string) error { return runEvaluateClassify(cmd, o, args) })),
	}
	flags := cmd.Flags()
	o.labelledOptions.add(cmd, "`FOLDER` of pictures, or a pattern or list of them, in place of --data; the class is that of the folder in it, or stands in the path")
	flags.IntVar(&o.classify.top, "top", 0, "also count pictures whose class is among so many (default: top= in the .data file, or 5)")
	flags.BoolVar(&o.json, "json", false, "print JSON")
	o.files.add(cmd)
	o.classify.addResize(cmd)
	o.classify.engine.add(cmd)
	o.classify.engine.addSessions(cmd, asSuits, sessionsUsage)
	o.classify.addShape(cmd)
	o.classify.addWeights(cmd)
	return cmd
}

func runEvaluateClassify(cmd *cobra.Command, o *evaluateClassifyOptions, args []string) error {
	if o.classify.top < 0 {
		return usagef("--top must not be negative")
	}
	if err := o.check(cmd); err != nil {
		return err
	}
	if err := o.files.check(cmd); err != nil {
		return err
	}
	m, err := o.classify.openModelOr(cmd, args, cfgs.Classifier)
	if err != nil {
		return err
	}
	names, err := o.load(cmd, m)
	if err != nil {
		return err
	}
	c, err := newClassifier(cmd, &o.classify, m, names)
	if err != nil {
		return err
	}
	if len(names) == 0 {
		return fmt.Errorf("%s: its classes have no names to be found in the paths of pictures; give them with --names", m.cfgPath)
	}
	top, err := o.top(m.Classes())
	if err != nil {
		return err
	}
	pictures, err := o.classified(cmd, names[:min(len(names), m.Classes())])
	if err != nil {
		return err
	}
	predictions, err := c.classifyAll(cmd, pictures, top)
	if err != nil {
		return err
	}
	r := &classifyResult{classifier: c, options: o, pictures: pictures, predictions: predictions, top: top,
		counts: evaluate.NewClasses(predictions, m.Classes(), max(top, min(5, m.Classes())))}
	if o.json {
		err = writeJSONLine(cmd.OutOrStdout(), r.json())
	} else {
		err = r.print(cmd.OutOrStdout())
	}
	if err != nil {
		return err
	}
	return o.files.write(cmd, nil, r.matrix, func() (*page, error) { return r.page(o.files.worst) })
}

// top is how many of the most probable classes count.
func (o *evaluateClassifyOptions) top(classes int) (int, error) {
	top := o.classify.top
	if top == 0 {
		top = 5
		if o.data != "" {
			d, err := dataset.ReadData(o.data)
			if err != nil {
				return 0, err
			}
			if n, found, err := d.Int("top"); found || err != nil {
				return min(n, classes), err
			}
		}
	}
	return min(top, classes), nil
}

// classifyAll runs the classifier on pictures of known classes and ranks the most probable
// classes, at least five.
func (c *classifier) classifyAll(cmd *cobra.Command, pictures []dataset.Classified, top int) ([]evaluate.Prediction, error) {
	paths := make([]string, len(pictures))
	for i, p := range pictures {
		paths[i] = p.Path
	}
	predictions := make([]evaluate.Prediction, len(paths))
	err := eachPicture(cmd, paths, &c.options.engine, ranker{c, max(top, 5)}, func(i int, j *job) {
		predictions[i].Truth = pictures[i].Class
		for k, s := range j.report.Classes {
			predictions[i].Ranked = append(predictions[i].Ranked, s.ClassID)
			if k == 0 {
				predictions[i].Score = s.Probability
			}
		}
	})
	return predictions, err
}

// ranker is a classifier that lists so many classes, without rounding.
type ranker struct {
	*classifier
	top int
}

func (r ranker) look(ctx context.Context, s *net.Session, j *job) error {
	if err := j.run(ctx, s); err != nil {
		return err
	}
	out, err := s.FiniteOutput(r.model.Result())
	if err == nil {
		j.report.Classes = r.rank(slices.Clone(out.Image(0)), r.top)
	}
	return err
}

// classifyResult is what was measured.
type classifyResult struct {
	*classifier
	options     *evaluateClassifyOptions
	pictures    []dataset.Classified
	predictions []evaluate.Prediction
	top         int
	counts      *evaluate.Classes
}

// classifyReport is the result in JSON. Top1 and so on are in points of a hundred; precision, recall
// and F1 are from 0 to 1.
type classifyReport struct {
	Cfg       string                `json:"cfg"`
	Images    int                   `json:"images"`
	Resize    string                `json:"resize"`
	Top1      *float64              `json:"top1"`
	Top5      *float64              `json:"top5"` // with fewer classes, 100
	Top1Right int                   `json:"top1_right"`
	Top5Right int                   `json:"top5_right"`
	Top       []topReport           `json:"top"` // for 1, 2 and so on
	Classes   []classifyClassReport `json:"classes"`
	Confusion confusionReport       `json:"confusion"`
}

// topReport says how often the true class is among the first K.
type topReport struct {
	K     int      `json:"k"`
	Right int      `json:"right"`
	Share *float64 `json:"share"`
}

type classifyClassReport struct {
	ClassID   int      `json:"class_id"`
	Name      string   `json:"name"`
	Images    int      `json:"images"`
	Top1      *float64 `json:"top1"`
	Top5      *float64 `json:"top5"`
	Precision float64  `json:"precision"`
	Recall    float64  `json:"recall"`
	F1        float64  `json:"f1"`
}

func (r *classifyResult) json() classifyReport {
	c := r.counts
	five := min(5, len(c.Right))
	report := classifyReport{
		Cfg: r.model.cfgPath, Images: c.Pictures, Resize: r.resize.String(),
		Top1: inPoints(c.Share(1)), Top5: inPoints(c.Share(five)), Top1Right: c.Right[0], Top5Right: c.Right[five-1],
		Confusion: confusionReport{Labels: r.classNames(), Counts: c.Confusion},
	}
	for k, right := range c.Right {
		report.Top = append(report.Top, topReport{k + 1, right, inPoints(c.Share(k + 1))})
	}
	for k := range c.PerClass {
		p := &c.PerClass[k]
		report.Classes = append(report.Classes, classifyClassReport{
			ClassID: k, Name: r.names.of(k), Images: p.Pictures, Top1: inPoints(p.Share(1)), Top5: inPoints(p.Share(five)),
			Precision: round(p.Precision(), 6), Recall: round(p.Recall(), 6), F1: round(p.F1(), 6),
		})
	}
	return report
}

// classNames are the names of all classes.
func (r *classifyResult) classNames() []string { return r.names.all(r.model.Classes()) }

// table has a row for each class and one for all.
func (r *classifyResult) table() *table {
	c, headings := r.counts, []string{"class", ">pictures", ">top 1"}
	if r.top > 1 {
		headings = append(headings, fmt.Sprintf(">top %d", r.top))
	}
	t := &table{headings: append(headings, ">precision", ">F1", "taken for")}
	shares := func(share func(k int) float64) []string {
		if r.top > 1 {
			return []string{shownPercent(share(1)), shownPercent(share(r.top))}
		}
		return []string{shownPercent(share(1))}
	}
	for k := range c.PerClass {
		p := &c.PerClass[k]
		cells := append([]string{shown(r.names.of(k)), thousands(int64(p.Pictures))}, shares(p.Share)...)
		t.add(append(cells, fmt.Sprintf("%.2f", p.Precision()), fmt.Sprintf("%.2f", p.F1()), r.takenFor(k))...)
	}
	t.add(append([]string{"all", thousands(int64(c.Pictures))}, shares(c.Share)...)...)
	return t
}

// print writes the result as text.
func (r *classifyResult) print(w io.Writer) error {
	c := r.counts
	if err := r.table().write(w); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\ntop 1  %s of %s, %s %%\n", thousands(int64(c.Right[0])), counted(c.Pictures, "picture"), shownPercent(c.Share(1)))
	if r.top > 1 {
		_, err = fmt.Fprintf(w, "top %d  %s, %s %%\n", r.top, thousands(int64(c.Right[r.top-1])), shownPercent(c.Share(r.top)))
	}
	return err
}

// takenFor lists the classes that a class is most often taken for, but itself.
func (r *classifyResult) takenFor(class int) string {
	const most = 3
	row := r.counts.Confusion[class]
	var others []int
	for k, n := range row {
		if k != class && n > 0 {
			others = append(others, k)
		}
	}
	slices.SortStableFunc(others, func(a, b int) int { return row[b] - row[a] })
	var texts []string
	for _, k := range others[:min(most, len(others))] {
		texts = append(texts, fmt.Sprintf("%s %d", shown(r.names.of(k)), row[k]))
	}
	return strings.Join(texts, ", ")
}
