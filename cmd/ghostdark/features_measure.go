package main

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/ghostdark/ghostdark/ghost/cheap"
	"github.com/ghostdark/ghostdark/ghost/redundancy"
	"github.com/ghostdark/ghostdark/ghostify"
	"github.com/ghostdark/ghostdark/layers"
	"github.com/ghostdark/ghostdark/net"
	"github.com/ghostdark/ghostdark/picture"
	"github.com/ghostdark/ghostdark/source"
	"github.com/ghostdark/ghostdark/tensor"
)

// featuresResult is what features finds out.
type featuresResult struct {
	model    *model
	options  *featuresOptions
	weights  string
	pictures []string
	resize   picture.Resize
	layers   []*layerFeatures
}

// layerFeatures are the maps of a layer and what is known of them.
type layerFeatures struct {
	layer   *layers.Layer
	module  *ghostify.Module // as what it could be a ghost module; nil if it can't
	remark  string           // why it can't or needn't be one
	report  *redundancy.Report
	samples int // pixels of each map that the report is made from
	wanted  int // pictures that there should be for a judgement; 0 when there are enough

	// Of layers that were asked for only.
	first  []float32          // the maps in the first picture
	best   []cheap.Fit        // the best pairs
	shown  *redundancy.BySize // of the best pairs
	ghosts *redundancy.BySize // of the report's pairs
	sheet  string             // file of the contact sheet, "" for none
}

const (
	ratio     = defaultRatio // s of the ghost modules that redundancy is about
	bestPairs = 6            // that are shown
)

// chooseLayers takes the layers that were asked for, or all convolutions whose maps can be compared.
func (r *featuresResult) chooseLayers() error {
	chosen, err := r.model.chosenLayers(r.options.layers)
	if err != nil {
		return err
	}
	for _, i := range chosen {
		l := r.model.Layers[i]
		if problem := r.incomparable(l); problem != "" {
			return fmt.Errorf("%s: %s: %s", r.model.cfgPath, l.Label(), problem)
		}
		r.layers = append(r.layers, &layerFeatures{layer: l})
	}
	if chosen != nil {
		return nil
	}
	modules, skipped, err := r.candidates()
	if err != nil {
		return err
	}
	for _, l := range r.model.Layers {
		if _, ok := l.Op.(*layers.Convolutional); !ok || r.incomparable(l) != "" {
			continue
		}
		f := &layerFeatures{layer: l, remark: skipped[l.Index]}
		if m, ok := modules[l.Index]; ok {
			f.module = &m
		}
		r.layers = append(r.layers, f)
	}
	if len(r.layers) == 0 {
		return fmt.Errorf("%s: has no convolution with several maps of more than one pixel, so there is nothing to compare", r.model.cfgPath)
	}
	return nil
}

// incomparable tells why a layer's maps can't be compared, "" when they can.
func (r *featuresResult) incomparable(l *layers.Layer) string {
	switch shape := l.Output; {
	case shape.IsFlat():
		return fmt.Sprintf("gives %v, single values in place of maps: choose a layer before it", shape)
	case shape.C < 2:
		return fmt.Sprintf("gives %v, a single map, which has nothing to be compared with", shape)
	}
	if err := cheap.Check(l.Output.C, r.options.dw); err != nil {
		return "has too many maps: " + err.Error()
	}
	return ""
}

// candidates are the convolutions of which ghostify would make modules, and why not of the others.
func (r *featuresResult) candidates() (map[int]ghostify.Module, map[int]string, error) {
	opt, err := r.options.netOptions()
	if err != nil {
		return nil, nil, err
	}
	rewrite, err := ghostify.New(r.model.Graph, r.model.cfgPath, opt, ghostify.Options{Ratio: ratio, DW: r.options.dw, MinChannels: defaultMinChannels})
	if err != nil {
		return nil, nil, err
	}
	modules, skipped := map[int]ghostify.Module{}, map[int]string{}
	for _, m := range rewrite.Modules {
		modules[m.Layer] = m
	}
	for _, s := range rewrite.Skipped {
		skipped[s.Layer] = s.Reason
	}
	return modules, skipped, nil
}

// measure runs the network on the pictures, once for as many layers as may be compared at a time, and twice
// for layers that were asked for.
func (r *featuresResult) measure(cmd *cobra.Command) error {
	session, err := r.session(cmd)
	if err != nil {
		return err
	}
	defer session.Close()
	for rest := r.layers; len(rest) > 0; {
		const room = 1 << 30 // bytes
		n, need := 0, 0
		for n < len(rest) && (n == 0 || need < room-cheap.Memory(rest[n].layer.Output.C, r.options.dw)) {
			need += cheap.Memory(rest[n].layer.Output.C, r.options.dw)
			n++
		}
		if err := r.compare(cmd, session, rest[:n]); err != nil {
			return err
		}
		rest = rest[n:]
	}
	if len(r.options.layers) > 0 {
		return r.bySize(cmd, session)
	}
	return nil
}

// compare measures the redundancy of some layers.
func (r *featuresResult) compare(cmd *cobra.Command, session *net.Session, group []*layerFeatures) error {
	stats := make([]*cheap.Stats, len(group))
	for i, l := range group {
		var err error
		if stats[i], err = cheap.New(l.layer.Output.C, r.options.dw); err != nil {
			return err
		}
	}
	err := r.eachOutput(cmd, session, group, func(picture, i int, maps tensor.Tensor) error {
		if picture == 0 && len(r.options.layers) > 0 {
			group[i].first = slices.Clone(maps.Data)
		}
		return stats[i].Add(maps)
	})
	if err != nil {
		return err
	}
	for i, l := range group {
		if l.report, err = redundancy.Measure(stats[i]); err != nil {
			return err
		}
		l.samples = stats[i].Samples()
		l.best = l.report.Best(bestPairs)
		l.wanted = r.wantedPictures(l)
		if l.wanted > 0 && len(r.options.layers) > 0 {
			tell(cmd, "layer %d: too few pixels for the number of unknowns, so that fits look better than they are; give at least %s", l.layer.Index, counted(l.wanted, "picture"))
		}
	}
	return nil
}

// wantedPictures is how many pictures a judgement takes; 0 when there are enough.
func (r *featuresResult) wantedPictures(l *layerFeatures) int {
	wanted := cheap.Images(r.options.dw, l.samples/len(r.pictures))
	if len(r.pictures) >= wanted {
		return 0
	}
	return wanted
}

// bySize fits operations of several sizes to the pairs of each layer.
func (r *featuresResult) bySize(cmd *cobra.Command, session *net.Session) error {
	for _, l := range r.layers {
		var err error
		if l.shown, err = redundancy.NewBySize(l.best, r.options.dw); err != nil {
			return err
		}
		if l.ghosts, err = redundancy.NewBySize(l.report.Pairs, r.options.dw); err != nil {
			return err
		}
	}
	return r.eachOutput(cmd, session, r.layers, func(_, i int, maps tensor.Tensor) error {
		if err := r.layers[i].shown.Add(maps); err != nil {
			return err
		}
		return r.layers[i].ghosts.Add(maps)
	})
}

// eachOutput runs the network on the pictures and gives what some of its layers make of each.
func (r *featuresResult) eachOutput(cmd *cobra.Command, session *net.Session, group []*layerFeatures, use func(picture, i int, maps tensor.Tensor) error) error {
	last := 0
	for _, l := range group {
		last = max(last, l.layer.Index)
	}
	var watched *progress
	if len(r.pictures) > 1 {
		watched = newProgress(cmd, cmd.Name(), "picture", known(len(r.pictures)))
		defer watched.clear()
	}
	for picture, path := range r.pictures {
		input, err := r.model.input(cmd.Context(), source.File(path), r.resize)
		if err != nil {
			return err
		}
		session.Reset()
		if err := session.RunTo(cmd.Context(), input.Data, last); err != nil {
			return err
		}
		for i, l := range group {
			maps, err := session.FiniteOutput(l.layer.Index)
			if err != nil {
				return err
			}
			if err := use(picture, i, maps); err != nil {
				return err
			}
		}
		watched.step()
	}
	return nil
}
