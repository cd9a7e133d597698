package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/ghostdark/ghostdark/cfgs"
	"github.com/ghostdark/ghostdark/layers"
	"github.com/ghostdark/ghostdark/net"
	"github.com/ghostdark/ghostdark/picture"
	"github.com/ghostdark/ghostdark/report"
)

type classifyOptions struct {
	listOptions
	top int
}

func newClassify() *cobra.Command {
	o := &classifyOptions{}
	cmd := &cobra.Command{
		Use:   "classify [CFG WEIGHTS | MODEL] [IMAGE…]",
		Short: "Tell what pictures show",
		Long: `Run a classifier on pictures and print the most probable classes as
"name: NN.NN%". The picture's shorter side is scaled to the network's width and
the middle is cut out, as darknet does; with crop_pct= in the cfg, as PyTorch's
classifiers have it (--resize centercrop).

` + inputsHelp + `

With a class tree (tree= in the cfg) probabilities are multiplied down the tree.
Without CFG and WEIGHTS the embedded GhostNet names pieces of clothing; without
IMAGE it does so for the embedded picture.

` + exitCodes,
		Example: `  ghostdark classify
  ghostdark classify darknet19.cfg darknet19.weights cat.jpg --names imagenet.names --top 3
  ghostdark classify my.cfg my.weights photos/ --data my.data --json=classes.json`,
		Args: withModel(func(_ *cobra.Command, args []string) error {
			_, _, _, err := splitOperands(args, o.inputs.stdinList)
			return err
		}),
		ValidArgsFunction: completeOperands(modelOrPicture),
		RunE:              running(withModel(func(cmd *cobra.Command, args []string) error { return runClassify(cmd, o, args) })),
	}
	cmd.Flags().IntVar(&o.top, "top", 5, "print so many classes")
	o.addResize(cmd)
	o.listOptions.add(cmd, false, "none")
	return cmd
}

func runClassify(cmd *cobra.Command, o *classifyOptions, args []string) error {
	if o.top < 1 {
		return usagef("--top must be at least 1")
	}
	m, run, err := o.open(cmd, args, cfgs.Classifier, o.target.out)
	if err != nil {
		return err
	}
	defer run.end()
	names, err := o.load(cmd, m)
	if err != nil {
		return err
	}
	c, err := newClassifier(cmd, o, m, names)
	if err != nil {
		return err
	}
	if err := o.target.plan(run.in, noPicture); err != nil {
		return err
	}
	return run.run(c.resize, names, c)
}

// classifier is a model ready to look at pictures.
type classifier struct {
	options *classifyOptions
	model   *model
	names   classNames
	resize  picture.Resize
	softmax *layers.Softmax // the last layer; nil when there is none
}

// addResize adds the flag for how a picture becomes the network's input.
func (o *classifyOptions) addResize(cmd *cobra.Command) {
	o.pictureOptions.add(cmd, "mincrop, or centercrop if the cfg has crop_pct=", "stretch", "letterbox", "mincrop", "centercrop")
}

func newClassifier(cmd *cobra.Command, o *classifyOptions, m *model, names classNames) (*classifier, error) {
	resize, err := o.choose(m.crop())
	if err != nil {
		return nil, err
	}
	if len(m.Heads()) > 0 {
		return nil, fmt.Errorf("%s is a detector: use ghostdark detect", m.cfgPath)
	}
	c := &classifier{options: o, model: m, names: names, resize: resize}
	c.softmax, _ = m.Layers[m.Result()].Op.(*layers.Softmax)
	if c.softmax == nil {
		note(cmd, "%s does not end in a [softmax]: the scores are no probabilities", m.cfgPath)
	}
	return c, nil
}

func (c *classifier) network() *model { return c.model }

func (c *classifier) prepare(j *job) { j.prepare(c.model, c.resize) }

// look runs the network on a picture and lists the most probable classes.
func (c *classifier) look(ctx context.Context, s *net.Session, j *job) error {
	if err := j.run(ctx, s); err != nil {
		return err
	}
	at := time.Now()
	out, err := s.FiniteOutput(c.model.Result())
	if err != nil {
		return err
	}
	j.report.Classes = c.scores(slices.Clone(out.Image(0)))
	j.took.Postprocess = lap(&at)
	return nil
}

func (c *classifier) describe(j *job) {
	if j.err != nil {
		j.report.Classes = []report.Class{}
		return
	}
	for _, s := range j.report.Classes {
		j.lines = append(j.lines, c.line(s))
	}
}

func (c *classifier) annotate(j *job) *picture.Image { return picture.Caption(j.image, j.lines) }

func (c *classifier) writeFiles(*job) error { return nil }

func (c *classifier) line(s report.Class) string {
	if c.softmax == nil {
		return fmt.Sprintf("%s: %.4f", s.Name, s.Probability)
	}
	return fmt.Sprintf("%s: %.2f%%", s.Name, s.Probability*100)
}

// scores lists the most probable classes of the network's output, which it changes.
func (c *classifier) scores(values []float32) []report.Class {
	scores := c.rank(values, c.options.top)
	for i := range scores {
		scores[i].Probability = round(scores[i].Probability, 6)
	}
	return scores
}

// rank is scores with a number of classes and without rounding.
func (c *classifier) rank(values []float32, top int) []report.Class {
	if c.softmax != nil && c.softmax.Tree() != nil {
		c.softmax.Tree().Absolute(values)
	}
	scores := make([]report.Class, len(values))
	for k, v := range values {
		scores[k] = report.Class{ClassID: k, Name: c.names.of(k), Probability: float64(v)}
	}
	slices.SortStableFunc(scores, func(a, b report.Class) int { return cmp.Compare(b.Probability, a.Probability) })
	return scores[:min(top, len(scores))]
}
