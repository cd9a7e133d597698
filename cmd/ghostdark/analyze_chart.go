package main

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/ghostdark/ghostdark/chart"
	"github.com/ghostdark/ghostdark/ghost"
)

// maxBars is how many blocks a chart shows.
const maxBars = 120

// roleColours are those of the roles in charts.
var roleColours = map[ghost.Role]chart.Colour{
	ghost.Primary: chart.Blue, ghost.Cheap: chart.Orange, ghost.Squeeze: chart.Green, ghost.Depthwise: chart.Vermilion,
	ghost.Head: chart.Sky, ghost.Convolution: chart.Purple, ghost.Other: chart.Yellow,
}

// chart draws the cost of each block by role and, if they were measured, the shares in the time.
func (n *analyzed) chart() chart.Chart {
	blocks := n.charted()
	total := n.twin(n.All()...)
	title := fmt.Sprintf("%s: %s multiply-adds", shown(filepath.Base(n.path)), metric(float64(total.MACs)))
	if len(n.Modules) > 0 {
		title += fmt.Sprintf(", dense %s (r_s %s)", metric(float64(total.Dense.MACs)), times(total.Speedup))
	}
	bars := &chart.Bars{Title: title, Panels: []chart.BarPanel{n.costPanel(blocks)}}
	for _, b := range blocks {
		bars.Rows = append(bars.Rows, fmt.Sprintf("%s · %d×%d", b.Name, b.Output.W, b.Output.H))
	}
	if n.times != nil {
		bars.Panels = append(bars.Panels, n.timePanel(blocks))
	}
	return bars
}

// charted are the blocks with a cost, or the costliest of too many.
func (n *analyzed) charted() []ghost.Block {
	all := n.Blocks()
	weight := func(b ghost.Block) float64 {
		share := n.part(b.Layers...).MACShare
		if t := n.timeOf(b); t != nil {
			share = max(share, t.Share)
		}
		return share
	}
	const least = .0005 // what can't be seen
	kept := slices.DeleteFunc(slices.Clone(all), func(b ghost.Block) bool { return weight(b) < least })
	if len(kept) > maxBars {
		slices.SortStableFunc(kept, func(a, b ghost.Block) int { return cmp.Compare(weight(b), weight(a)) })
		kept = kept[:maxBars]
		slices.SortFunc(kept, func(a, b ghost.Block) int { return a.Layers[0] - b.Layers[0] })
	}
	if len(kept) == 0 {
		return all[:1]
	}
	return kept
}

func (n *analyzed) costPanel(blocks []ghost.Block) chart.BarPanel {
	highest := int64(0)
	for _, b := range blocks {
		highest = max(highest, n.CostOf(b.Layers...).MACs)
	}
	unit, words := 1e3, "thousands"
	if highest >= 1e9 {
		unit, words = 1e9, "billions"
	} else if highest >= 1e6 {
		unit, words = 1e6, "millions"
	}
	panel := chart.BarPanel{Axis: "multiply-adds in " + words, Stacked: true}
	for _, role := range ghost.Roles() {
		s := chart.Series{Name: role.String(), Colour: roleColours[role]}
		for _, b := range blocks {
			s.Values = append(s.Values, float64(n.ByRole(b.Layers...)[role].MACs)/unit)
		}
		if slices.Max(s.Values) > 0 {
			panel.Series = append(panel.Series, s)
		}
	}
	return panel
}

func (n *analyzed) timePanel(blocks []ghost.Block) chart.BarPanel {
	time := chart.Series{Name: "time", Colour: chart.Black}
	cost := chart.Series{Name: "multiply-adds", Colour: chart.Grey}
	for _, b := range blocks {
		time.Values = append(time.Values, 100*n.timeOf(b).Share)
		cost.Values = append(cost.Values, 100*n.part(b.Layers...).MACShare)
	}
	return chart.BarPanel{
		Axis:   fmt.Sprintf("share in %%, with %s, %s", counted(n.times.threads, "thread"), n.times.cpu),
		Series: []chart.Series{time, cost},
	}
}
