package diagram

import (
	"fmt"
	"path/filepath"

	"github.com/ghostdark/ghostdark/chart"
	"github.com/ghostdark/ghostdark/internal/figures"
)

// colours are those of the kinds, in pictures, DOT and Mermaid.
var colours = [kinds]chart.Colour{
	Convolution: chart.Blue, Depthwise: chart.Sky, Connected: chart.Purple, Window: chart.Green,
	Joint: chart.Orange, Result: chart.Vermilion, Other: chart.Grey, Block: chart.Yellow,
}

// legend is what the kinds are called where they are explained.
var legend = [kinds]string{
	Convolution: "convolution", Depthwise: "depthwise", Connected: "connected, recurrent", Window: "pooling, resizing",
	Joint: "route, shortcut, product", Result: "result", Other: "other", Block: "several layers",
}

// lines are how edges look, by use.
var lines = [...]chart.Entry{
	Read:     {Name: "other", Colour: chart.Black, Line: chart.Thin},
	Join:     {Name: "route: joins channels", Colour: chart.Blue, Line: chart.Thin},
	Sum:      {Name: "shortcut: adds", Colour: chart.Vermilion, Line: chart.Thick},
	Multiply: {Name: "multiplies", Colour: chart.Green, Line: chart.Dashed},
}

// Limits of pictures. Lines that don't fit into the columns are left out, and the subtitle says so.
const (
	mostColumns = 200
	mostDrawn   = 100_000 // edges
)

// Picture is the diagram as a drawing: the network's input and the nodes from the top down. It is
// refused if it would take too much memory.
func (d *Diagram) Picture() (*chart.Flow, error) {
	if len(d.Edges) > mostDrawn {
		return nil, fmt.Errorf("%s are too many for a picture (at most %s); draw it as text or DOT", figures.Counted(len(d.Edges), "edge"), figures.Thousands(mostDrawn))
	}
	f := &chart.Flow{
		Title: printable(filepath.Base(d.Name)), Subtitle: d.Summary(), Columns: []string{"output", "multiply-adds", "parameters"},
		Rows: []chart.FlowRow{{Text: "input", Colour: chart.Grey, Round: true, Cells: []string{d.Input.String(), "", ""}}},
	}
	var largest int64 = 1
	for _, n := range d.Nodes {
		largest = max(largest, n.Cost.MACs)
	}
	follows, _ := d.follows()
	var present [kinds]bool
	for i, n := range d.Nodes {
		present[n.Kind] = true
		macs, parameters := n.Costs()
		f.Rows = append(f.Rows, chart.FlowRow{
			Number: n.Numbers(), Text: n.Type, Detail: n.Window, Colour: colours[n.Kind], Round: n.Kind == Joint, Follows: follows[i],
			Cells: []string{n.Output.String(), macs, parameters}, Bar: float64(n.Cost.MACs) / float64(largest),
		})
	}
	for k, here := range present {
		if here {
			f.Legend = append(f.Legend, chart.Entry{Name: legend[k], Colour: colours[k]})
		}
	}
	for _, g := range d.Groups {
		f.Frames = append(f.Frames, chart.FlowFrame{Title: g.Title(), First: g.First + 1, Last: g.Last + 1})
	}
	var used [len(lines)]bool
	left := 0
	for _, l := range d.lanes(mostColumns, false) {
		if l.column == 0 {
			left++
			continue
		}
		used[l.use] = true
		line := chart.FlowLine{From: l.from + 1, Column: l.column, Colour: lines[l.use].Colour, Stroke: lines[l.use].Line}
		for _, to := range l.to {
			line.To = append(line.To, to+1)
		}
		f.Lines = append(f.Lines, line)
	}
	for use, here := range used {
		if here {
			f.Legend = append(f.Legend, lines[use])
		}
	}
	if left > 0 {
		f.Subtitle += fmt.Sprintf("; no room for %s", figures.Counted(left, "line"))
	}
	return f, nil
}
