package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/ghostdark/ghostdark/dataset"
	"github.com/ghostdark/ghostdark/evaluate"
	"github.com/ghostdark/ghostdark/net"
)

// measured is how good a network is on labelled pictures, before and after its rewriting, in
// points of a hundred.
type measured struct {
	Measure  string  `json:"measure"` // mAP@0.5, as darknet's "detector map" has it, or top-1 accuracy
	Pictures int     `json:"pictures"`
	Before   float64 `json:"before"`
	After    float64 `json:"after"`
}

func (m *measured) String() string {
	return fmt.Sprintf("%s %.2f → %.2f on %s", m.Measure, m.Before, m.After, counted(m.Pictures, "labelled picture"))
}

// judge measures a network, as it was and as it is now.
type judge struct {
	measure  string
	pictures int
	score    func(m *model) (float64, error)
}

// newJudge reads the labelled pictures for a network: those of a detector if it has heads, those
// of a classifier otherwise.
func (o *ghostifyOptions) newJudge(cmd *cobra.Command, m *model) (*judge, error) {
	names, err := o.labelled.load(cmd, m)
	if err != nil {
		return nil, err
	}
	if len(m.Heads()) > 0 {
		return o.detectorJudge(cmd, m, names)
	}
	return o.classifierJudge(cmd, m, names)
}

func (o *ghostifyOptions) detectorJudge(cmd *cobra.Command, m *model, names classNames) (*judge, error) {
	set, err := o.labelled.soundObjects(cmd, dataset.Classes{Names: names, Count: m.Classes()})
	if err != nil {
		return nil, err
	}
	how := mapOptions()
	how.pictureOptions, how.modelOptions = o.pictureOptions, o.modelOptions
	return &judge{"mAP@0.5", len(set.Pictures), func(m *model) (float64, error) {
		d, err := newDetector(&how, m, names)
		if err != nil {
			return 0, err
		}
		pictures, err := d.findAll(cmd, set)
		if err != nil {
			return 0, err
		}
		const iou, thresh = .5, .25 // the second has no influence on the mean
		return 100 * evaluate.NewDarknet(pictures, m.Classes(), iou, thresh).MAP(), nil
	}}, nil
}

func (o *ghostifyOptions) classifierJudge(cmd *cobra.Command, m *model, names classNames) (*judge, error) {
	if len(names) == 0 {
		return nil, fmt.Errorf("%s: its classes have no names to be found in the paths of pictures; give them with --names", m.cfgPath)
	}
	pictures, err := o.labelled.classified(cmd, names[:min(len(names), m.Classes())])
	if err != nil {
		return nil, err
	}
	how := classifyOptions{listOptions: listOptions{pictureOptions: o.pictureOptions, modelOptions: o.modelOptions, engine: engineOptions{sessions: 1}}}
	return &judge{"top-1 accuracy", len(pictures), func(m *model) (float64, error) {
		c, err := newClassifier(cmd, &how, m, names)
		if err != nil {
			return 0, err
		}
		predictions, err := c.classifyAll(cmd, pictures, 1)
		if err != nil {
			return 0, err
		}
		return 100 * evaluate.NewClasses(predictions, m.Classes(), 1).Share(1), nil
	}}, nil
}

// compare scores both networks.
func (j *judge) compare(m *model, now *net.Network) (*measured, error) {
	before, err := j.score(m)
	if err != nil {
		return nil, err
	}
	after, err := j.score(&model{Network: now, cfgPath: now.File.Name})
	return &measured{j.measure, j.pictures, before, after}, err
}
