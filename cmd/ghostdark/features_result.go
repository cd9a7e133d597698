package main

import (
	"fmt"
	"io"
	"strconv"

	"github.com/ghostdark/ghostdark/ghost/cheap"
	"github.com/ghostdark/ghostdark/ghost/redundancy"
)

// featuresJSON is the result of features. Shapes are [channels, height, width].
type featuresJSON struct {
	File     string          `json:"file"`
	Weights  string          `json:"weights"`
	Pictures []string        `json:"pictures"`
	Resize   string          `json:"resize"`
	Input    [3]int          `json:"input"`
	DW       int             `json:"dw"`
	Ratio    int             `json:"ratio"`
	Layers   []featuresLayer `json:"layers"`
	Suggest  *suggestion     `json:"suggested,omitempty"` // of the table of all convolutions
}

// suggestion is what to make ghost modules of.
type suggestion struct {
	Threshold float64 `json:"threshold"`
	Layers    []int   `json:"layers"`
}

// featuresLayer is what is known of one layer. Redundancy is redundancy.Report.Score.
type featuresLayer struct {
	Index      int            `json:"index"`
	Type       string         `json:"type"`
	Shape      [3]int         `json:"shape"`
	Pixels     int            `json:"pixels"` // of each map, that were compared
	Constant   int            `json:"constant"`
	Redundancy float64        `json:"redundancy"`
	Lost       float64        `json:"lost"`
	MACs       int64          `json:"multiply_adds"`
	GhostMACs  int64          `json:"ghost_multiply_adds,omitempty"` // as a ghost module
	Pictures   int            `json:"pictures_wanted,omitempty"`     // where there are too few pixels for a judgement
	Suggested  bool           `json:"suggested,omitempty"`
	Remark     string         `json:"remark,omitempty"`
	Best       []featuresPair `json:"best"`
	Ghosts     []featuresPair `json:"ghosts"` // all that redundancy is made of
	Sizes      []featuresSize `json:"sizes,omitempty"`
	Sheet      string         `json:"sheet,omitempty"`
}

// featuresPair is the operation that makes the map To from the map From.
type featuresPair struct {
	From     int            `json:"from"`
	To       int            `json:"to"`
	R2       float64        `json:"r2"`
	MSE      float64        `json:"mse"`
	Relative float64        `json:"relative_mse"` // to the mean of the target's squares
	Kernel   []float32      `json:"kernel"`
	Bias     float32        `json:"bias"`
	Sizes    []featuresSize `json:"sizes,omitempty"`
}

// featuresSize is what operations of another size do.
type featuresSize struct {
	Size      int     `json:"size"`
	Explained float64 `json:"explained"` // share of the variance
	MSE       float64 `json:"mse"`
}

func (r *featuresResult) json() featuresJSON {
	j := featuresJSON{
		File: r.model.cfgPath, Weights: r.weights, Pictures: r.pictures, Resize: r.resize.String(), Input: *extents(r.model.Net.Input()),
		DW: r.options.dw, Ratio: ratio,
	}
	for _, l := range r.layers {
		k := featuresLayer{
			Index: l.layer.Index, Type: typeName(l.layer), Shape: *extents(l.layer.Output), Pixels: l.samples, Constant: l.report.Constant,
			Redundancy: l.report.Score, Lost: l.report.Lost, MACs: l.layer.Cost.MACs, Pictures: l.wanted, Suggested: r.suggests(l), Remark: l.remark,
			Best: pairsOf(l.best, l.shown), Ghosts: pairsOf(l.report.Pairs, nil), Sheet: l.sheet,
		}
		if l.module != nil {
			k.GhostMACs = l.module.After.MACs
		}
		if l.ghosts != nil {
			for i, size := range l.ghosts.Sizes {
				mse, explained := l.ghosts.Total(i)
				k.Sizes = append(k.Sizes, featuresSize{size, explained, mse})
			}
		}
		j.Layers = append(j.Layers, k)
	}
	if len(r.options.layers) == 0 {
		j.Suggest = &suggestion{Threshold: r.options.threshold, Layers: r.suggested()}
	}
	return j
}

// pairsOf gives operations, with those of other sizes if there are any.
func pairsOf(fits []cheap.Fit, sizes *redundancy.BySize) []featuresPair {
	pairs := []featuresPair{}
	for i, f := range fits {
		p := featuresPair{From: f.Source, To: f.Target, R2: f.R2, MSE: f.MSE, Relative: f.Relative, Kernel: f.Kernel, Bias: f.Bias}
		if sizes != nil {
			for k, size := range sizes.Sizes {
				other := sizes.Fit(i, k)
				p.Sizes = append(p.Sizes, featuresSize{size, other.R2, other.MSE})
			}
		}
		pairs = append(pairs, p)
	}
	return pairs
}

// suggests reports whether a convolution had better become a ghost module.
func (r *featuresResult) suggests(l *layerFeatures) bool {
	return l.module != nil && l.wanted == 0 && l.report.Score >= r.options.threshold
}

func (r *featuresResult) suggested() []int {
	all := []int{}
	for _, l := range r.layers {
		if r.suggests(l) {
			all = append(all, l.layer.Index)
		}
	}
	return all
}

// printTable writes a line about each convolution, and which to make ghost modules of.
func (r *featuresResult) printTable(w io.Writer) error {
	fmt.Fprintf(w, "%s: %d×%[2]d operations, over %s\n\n", r.model.cfgPath, r.options.dw, counted(len(r.pictures), "picture"))
	t := &table{headings: []string{">layer", ">filters", "window", "output", ">redundancy", ">lost", ">multiply-adds", ">as a module", ""}}
	before, after, wanted := int64(0), int64(0), 0
	for _, l := range r.layers {
		g := l.layer.Geometry()
		as, remark := "", l.remark
		if l.module != nil {
			as = metric(float64(l.module.After.MACs))
		}
		if r.suggests(l) {
			remark = "suggested"
			before, after = before+l.module.Before.MACs, after+l.module.After.MACs
		}
		score, lost := portion(l.report.Score), portion(l.report.Lost)
		if wanted = max(wanted, l.wanted); l.wanted > 0 {
			score, lost = "("+score+")", "("+lost+")"
		}
		t.add(strconv.Itoa(l.layer.Index), strconv.Itoa(g.Filters), g.String(), l.layer.Output.String(), score, lost,
			metric(float64(l.layer.Cost.MACs)), as, remark)
	}
	if err := t.write(w); err != nil {
		return err
	}
	if wanted > 0 {
		fmt.Fprintf(w, "\n(…): from too few pixels for a judgement; give at least %s\n", counted(wanted, "picture"))
	}
	all := r.suggested()
	if len(all) == 0 {
		_, err := fmt.Fprintf(w, "\nnothing to suggest: no layer that would be a ghost module has a redundancy of %v\n", r.options.threshold)
		return err
	}
	total := r.model.Totals().MACs
	_, err := fmt.Fprintf(w, "\nsuggested for ghostify: --layers %s\n%s of the network's %s multiply-adds become %s\n",
		numbers(all), metric(float64(before)), metric(float64(total)), metric(float64(after)))
	return err
}

// printLayers writes of each layer the best pairs, and what operations of which size do.
func (r *featuresResult) printLayers(w io.Writer) error {
	for i, l := range r.layers {
		if i > 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintf(w, "%s: %v\n%s\n\n", l.layer.Label(), l.layer.Output, r.verdict(l))
		pairs := &table{headings: []string{">map", ">from map", ">R²"}}
		sizes := &table{headings: []string{"operations", ">explained", ">MSE"}}
		for s, size := range l.shown.Sizes {
			pairs.headings = append(pairs.headings, fmt.Sprintf(">MSE %d×%[1]d", size))
			mse, explained := l.ghosts.Total(s)
			sizes.add(fmt.Sprintf("%d×%[1]d", size), portion(explained), small(mse))
		}
		for k, f := range l.best {
			row := []string{strconv.Itoa(f.Target), strconv.Itoa(f.Source), portion(f.R2)}
			for s := range l.shown.Sizes {
				row = append(row, small(l.shown.Fit(k, s).MSE))
			}
			pairs.add(row...)
		}
		if err := pairs.write(w); err != nil {
			return err
		}
		fmt.Fprintln(w)
		if err := sizes.write(w); err != nil {
			return err
		}
	}
	return nil
}

// verdict says what a layer's redundancy is.
func (r *featuresResult) verdict(l *layerFeatures) string {
	made := len(l.report.Pairs)
	text := fmt.Sprintf("redundancy %s: the share of the variance of %s that %d×%[3]d operations on the other %[4]d explain",
		portion(l.report.Score), counted(made, "map"), r.options.dw, l.layer.Output.C-made)
	if n := l.report.Constant; n > 0 {
		text += fmt.Sprintf("; %d of all are constant", n)
	}
	return text
}

// portion writes a part of one.
func portion(v float64) string { return fmt.Sprintf("%.3f", v) }

// small writes a number of any size in short.
func small(v float64) string { return fmt.Sprintf("%.3g", v) }
