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
)

type classifyOptions struct {
	modelOptions
	nameOptions
	pictureOptions
	engine engineOptions
	target pictureTarget
	top    int
	json   bool
	timing bool
}

func newClassify() *cobra.Command {
	o := &classifyOptions{}
	cmd := &cobra.Command{
		Use:   "classify [CFG WEIGHTS | MODEL] [IMAGE…]",
		Short: "Tell what pictures show",
		Long: `Run a classifier on pictures (JPEG, PNG, GIF, BMP, WebP, TIFF) and print the most
probable classes as "name: NN.NN%". The picture's shorter side is scaled to the
network's width and the middle is cut out, as darknet does; with crop_pct= in
the cfg, as PyTorch's classifiers have it (--resize centercrop).

With a class tree (tree= in the cfg) probabilities are multiplied down the tree.
Without CFG and WEIGHTS the embedded GhostNet names pieces of clothing; without
IMAGE it does so for the embedded picture.

` + exitCodes,
		Example: `  ghostdark classify
  ghostdark classify darknet19.cfg darknet19.weights cat.jpg --names imagenet.names --top 3
  ghostdark classify my.cfg my.weights *.png --data my.data --json > classes.json`,
		Args: withModel(func(_ *cobra.Command, args []string) error {
			_, _, _, err := splitOperands(args)
			return err
		}),
		ValidArgsFunction: completeOperands(modelOrPicture),
		RunE:              running(withModel(func(cmd *cobra.Command, args []string) error { return runClassify(cmd, o, args) })),
	}
	flags := cmd.Flags()
	flags.IntVar(&o.top, "top", 5, "print so many classes")
	flags.BoolVar(&o.json, "json", false, "print JSON")
	flags.BoolVar(&o.timing, "timing", false, "print a table of what the stages took")
	o.addResize(cmd)
	o.target.add(cmd, "none")
	o.nameOptions.add(cmd)
	o.engine.add(cmd)
	o.engine.addSessions(cmd, sessionsUsage)
	o.addShape(cmd)
	o.addWeights(cmd)
	return cmd
}

func runClassify(cmd *cobra.Command, o *classifyOptions, args []string) error {
	if o.top < 1 {
		return usagef("--top must be at least 1")
	}
	m, pictures, err := o.openOperands(cmd, args, cfgs.Classifier)
	if err != nil {
		return err
	}
	names, err := o.load(cmd, m)
	if err != nil {
		return err
	}
	c, err := newClassifier(cmd, o, m, names)
	if err != nil {
		return err
	}
	pool, err := o.engine.open(cmd, m, len(pictures))
	if err != nil {
		return err
	}
	defer pool.Close()
	if err := o.target.choose(noPicture, len(pictures)); err != nil {
		return err
	}
	if c.times = newTimeTable(); o.timing {
		defer c.times.tell(cmd)
	}
	return eachPicture(cmd, pictures, pictureWork{model: m, resize: c.resize, pool: pool, json: o.json, look: c.find,
		show: func(i int, path string, p *prepared) (any, error) { return c.show(cmd, i, path, p, len(pictures) > 1) }})
}

// classifier is a model ready to look at pictures.
type classifier struct {
	options *classifyOptions
	model   *model
	names   classNames
	resize  picture.Resize
	softmax *layers.Softmax // the last layer; nil when there is none
	times   *timeTable
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
		tell(cmd, "%s does not end in a [softmax]: the scores are no probabilities", m.cfgPath)
	}
	return c, nil
}

// classified is one picture's result.
type classified struct {
	FrameID  int             `json:"frame_id"`
	Filename string          `json:"filename"`
	Error    string          `json:"error,omitempty"`
	Image    *imageSize      `json:"image,omitempty"`
	Resize   string          `json:"resize,omitempty"`
	Classes  []classScore    `json:"classes"`
	Times    *stageTimesJSON `json:"times,omitempty"`
}

// classScore is a class with its probability, or its score when the network ends without a
// softmax.
type classScore struct {
	ClassID     int     `json:"class_id"`
	Name        string  `json:"name"`
	Probability float64 `json:"probability"`
}

// find runs the network on a picture and lists the most probable classes.
func (c *classifier) find(ctx context.Context, s *net.Session, p *prepared) error {
	if err := p.run(ctx, s); err != nil {
		return err
	}
	at := time.Now()
	out, err := s.FiniteOutput(c.model.Result())
	if err != nil {
		return err
	}
	p.classes = c.scores(slices.Clone(out.Image(0)))
	p.took.Postprocess = lap(&at)
	return nil
}

// show prints the classes of a picture unless they are to be JSON.
func (c *classifier) show(cmd *cobra.Command, index int, path string, p *prepared, headed bool) (any, error) {
	name := c.model.pictureName(path)
	result := classified{FrameID: index + 1, Filename: name, Classes: []classScore{}}
	err := p.err
	if err == nil {
		result.Classes = p.classes
		err = c.options.target.save(cmd, name, &p.took, func() *picture.Image { return picture.Caption(p.image, c.lines(result.Classes)) })
	}
	if err != nil {
		result.Error = err.Error()
		return result, err
	}
	c.times.add(name, p.took)
	result.Image, result.Resize, result.Times = &imageSize{p.image.W, p.image.H}, c.resize.String(), p.took.json()
	if c.options.json {
		return result, nil
	}
	tellPrediction(cmd, name, p.took, headed)
	for _, line := range c.lines(result.Classes) {
		fmt.Fprintln(cmd.OutOrStdout(), line)
	}
	return result, nil
}

func (c *classifier) lines(scores []classScore) []string {
	lines := make([]string, len(scores))
	for i, s := range scores {
		lines[i] = c.line(s)
	}
	return lines
}

func (c *classifier) line(s classScore) string {
	if c.softmax == nil {
		return fmt.Sprintf("%s: %.4f", s.Name, s.Probability)
	}
	return fmt.Sprintf("%s: %.2f%%", s.Name, s.Probability*100)
}

// scores lists the most probable classes of the network's output, which it changes.
func (c *classifier) scores(values []float32) []classScore {
	scores := c.rank(values, c.options.top)
	for i := range scores {
		scores[i].Probability = round(scores[i].Probability, 6)
	}
	return scores
}

// rank is scores with a number of classes and without rounding.
func (c *classifier) rank(values []float32, top int) []classScore {
	if c.softmax != nil && c.softmax.Tree() != nil {
		c.softmax.Tree().Absolute(values)
	}
	scores := make([]classScore, len(values))
	for k, v := range values {
		scores[k] = classScore{ClassID: k, Name: c.names.of(k), Probability: float64(v)}
	}
	slices.SortStableFunc(scores, func(a, b classScore) int { return cmp.Compare(b.Probability, a.Probability) })
	return scores[:min(top, len(scores))]
}
