package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/ghostdark/ghostdark/ghost"
	"github.com/ghostdark/ghostdark/ghost/cheap"
	"github.com/ghostdark/ghostdark/ghostify"
	"github.com/ghostdark/ghostdark/net"
)

// ghostified is a rewritten network, and how well it was fitted.
type ghostified struct {
	*ghostify.Rewrite
	cfgPath, weightsPath string
	images               int               // that it was fitted on, 0 if it wasn't
	fitted               []ghostify.Fitted // by module
	measured             *measured         // nil without labelled pictures
}

// print writes a table of the modules and what is saved.
func (g *ghostified) print(w io.Writer) error {
	t := &table{headings: []string{">layer", "convolution", ">filters", ">intrinsic", ">s", ">multiply-adds", ">→", ">parameters", ">→"}}
	if g.fitted != nil {
		t.headings = append(t.headings, ">error: intrinsic", ">ghosts", ">all")
	}
	for k, m := range g.Modules {
		l := g.Before.Layers[m.Layer]
		row := []string{
			strconv.Itoa(m.Layer), fmt.Sprintf("%v on %v", l.Geometry(), g.Before.Shape(l.Inputs[0])), strconv.Itoa(m.Filters), strconv.Itoa(m.Intrinsic), strconv.Itoa(m.Ratio()),
			metric(float64(m.Before.MACs)), metric(float64(m.After.MACs)), metric(float64(m.Before.Parameters)), metric(float64(m.After.Parameters)),
		}
		if g.fitted != nil {
			f := g.fitted[k]
			row = append(row, shareText(f.Intrinsic), shareText(f.Ghosts), shareText(f.All))
		}
		t.add(row...)
	}
	if err := t.write(w); err != nil {
		return err
	}
	before, after := g.Before.Totals(), g.After.Totals()
	fmt.Fprintln(w)
	fmt.Fprintf(w, "multiply-adds  %s\n", saving(before.MACs, after.MACs))
	fmt.Fprintf(w, "parameters     %s\n", saving(before.Parameters, after.Parameters))
	fmt.Fprintf(w, "layers         %d → %d\n", len(g.Before.Layers), len(g.After.Layers))
	for i, line := range leftAlone(g.Skipped) {
		heading := ""
		if i == 0 {
			heading = "left alone"
		}
		fmt.Fprintf(w, "%-15s%s\n", heading, line)
	}
	if g.fitted != nil {
		fmt.Fprintf(w, "fitted         on %s; %s\n", counted(g.images, "picture"), g.verdict())
	}
	if g.measured != nil {
		fmt.Fprintf(w, "measured       %v\n", g.measured)
	}
	if g.cfgPath == "-" {
		return nil
	}
	fmt.Fprintf(w, "\n%s\n", g.cfgPath)
	if g.weightsPath != "" {
		fmt.Fprintln(w, g.weightsPath)
	}
	return nil
}

// verdict says in words what the errors of the modules mean.
func (g *ghostified) verdict() string {
	worst := slices.MaxFunc(g.fitted, func(a, b ghostify.Fitted) int {
		switch {
		case a.All < b.All:
			return -1
		case a.All > b.All:
			return 1
		}
		return 0
	})
	text := fmt.Sprintf("the last module misses %s of the variance, the worst one (layer %d) %s", shareText(g.fitted[len(g.fitted)-1].All), worst.Layer, shareText(worst.All))
	if few, wanted := g.unjudged(); few > 0 {
		text += fmt.Sprintf("; %s saw too few pixels for a judgement, which takes at least %s", counted(few, "module"), counted(wanted, "picture"))
	}
	switch {
	case worst.All > .5:
		return text + ": poor, don't use these weights before training them on"
	case worst.All > .1:
		return text + ": to be trained on"
	}
	return text
}

// unjudged counts the modules that were fitted on so few pixels that their errors look better than
// they are, and tells how many pictures there should have been.
func (g *ghostified) unjudged() (modules, wanted int) {
	for _, m := range g.Modules {
		if need := cheap.Images(m.DW, g.Before.Layers[m.Layer].Output.Plane()); need > g.images {
			modules++
			wanted = max(wanted, need)
		}
	}
	return modules, wanted
}

// shareText writes a share of a variance.
func shareText(v float64) string { return fmt.Sprintf("%.3f", v) }

// saving writes two counts and how they compare.
func saving(before, after int64) string {
	b, a := float64(before), float64(after)
	text := metric(b) + " → " + metric(a)
	switch {
	case a < b:
		return text + fmt.Sprintf(", %.2f times fewer", b/max(a, 1))
	case a > b:
		return text + fmt.Sprintf(", %.2f times as many", a/max(b, 1))
	}
	return text
}

// leftAlone tells of skipped convolutions, a line for each reason, the most frequent first.
func leftAlone(skipped []ghostify.Skipped) []string {
	var reasons []string
	layersOf := map[string][]string{}
	for _, s := range skipped {
		if layersOf[s.Reason] == nil {
			reasons = append(reasons, s.Reason)
		}
		layersOf[s.Reason] = append(layersOf[s.Reason], strconv.Itoa(s.Layer))
	}
	slices.SortStableFunc(reasons, func(a, b string) int { return len(layersOf[b]) - len(layersOf[a]) })
	var lines []string
	for _, reason := range reasons {
		list := layersOf[reason]
		const most = 8
		named := strings.Join(list[:min(most, len(list))], ", ")
		if len(list) > most {
			named += ", …"
		}
		lines = append(lines, fmt.Sprintf("%s: %s (%s)", counted(len(list), "convolution"), reason, named))
	}
	return lines
}

// ghostifiedJSON is the result as data. Costs are multiply-adds for one image and learned
// parameters; errors are shares of the variance of a convolution's maps.
type ghostifiedJSON struct {
	Cfg     string               `json:"cfg"`
	Weights string               `json:"weights,omitempty"`
	Images  int                  `json:"images,omitempty"`
	Quality *measured            `json:"measured,omitempty"`
	Before  net.Totals           `json:"before"`
	After   net.Totals           `json:"after"`
	Modules []ghostifyModuleJSON `json:"modules"`
	Skipped []ghostifySkipJSON   `json:"left_alone"`
}

type ghostifyModuleJSON struct {
	Layer     int              `json:"layer"`     // in the old network
	NewLayer  int              `json:"new_layer"` // the route that gives the module's output
	Filters   int              `json:"filters"`
	Intrinsic int              `json:"intrinsic"`
	Ratio     int              `json:"ratio"`
	DW        int              `json:"dw"`
	Before    ghost.Cost       `json:"before"`
	After     ghost.Cost       `json:"after"`
	Errors    *moduleErrorJSON `json:"errors,omitempty"`
}

type moduleErrorJSON struct {
	Explained float64 `json:"explained_by_choice"` // of the ghosts' variance, before anything else changed
	Intrinsic float64 `json:"intrinsic"`
	Ghosts    float64 `json:"ghosts"`
	All       float64 `json:"all"`
}

type ghostifySkipJSON struct {
	Layer  int    `json:"layer"`
	Reason string `json:"reason"`
}

func (g *ghostified) json() ghostifiedJSON {
	j := ghostifiedJSON{
		Cfg: g.cfgPath, Weights: g.weightsPath, Images: g.images, Quality: g.measured, Before: g.Before.Totals(), After: g.After.Totals(),
		Skipped: []ghostifySkipJSON{},
	}
	for k, m := range g.Modules {
		row := ghostifyModuleJSON{
			Layer: m.Layer, NewLayer: g.Becomes(m.Layer), Filters: m.Filters, Intrinsic: m.Intrinsic, Ratio: m.Ratio(), DW: m.DW, Before: m.Before, After: m.After,
		}
		if g.fitted != nil {
			f := g.fitted[k]
			row.Errors = &moduleErrorJSON{f.Chosen, f.Intrinsic, f.Ghosts, f.All}
		}
		j.Modules = append(j.Modules, row)
	}
	for _, s := range g.Skipped {
		j.Skipped = append(j.Skipped, ghostifySkipJSON(s))
	}
	return j
}
