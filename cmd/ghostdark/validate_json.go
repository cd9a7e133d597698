package main

import (
	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/ghost"
	"github.com/ghostdark/ghostdark/layers"
	"github.com/ghostdark/ghostdark/net"
	"github.com/ghostdark/ghostdark/tensor"
	"github.com/ghostdark/ghostdark/weights"
)

// checkedJSON is the report on one cfg. Input and Totals are null when they are not known.
type checkedJSON struct {
	File        string           `json:"file"`
	Valid       bool             `json:"valid"`
	Input       *[3]int          `json:"input"`
	Diagnostics cfg.Diagnostics  `json:"diagnostics"`
	Layers      []layerJSON      `json:"layers"`
	Totals      *net.Totals      `json:"totals"`
	Ghost       *ghostSummary    `json:"ghost,omitempty"`
	Weights     *checkedWeights  `json:"weights,omitempty"`
	Plan        *net.PlanSummary `json:"plan,omitempty"`
}

// layerJSON is one layer of the report. Shapes are [channels, height, width], and null when an
// error leaves them open. Offset counts bytes in a weights file with today's 20-byte header.
type layerJSON struct {
	Index      int     `json:"index"`
	Type       string  `json:"type"`
	Line       int     `json:"line"`
	Inputs     []int   `json:"inputs"` // -1 is the network's input
	Input      *[3]int `json:"input"`  // of the first of the inputs
	Output     *[3]int `json:"output"`
	Filters    int     `json:"filters,omitempty"`
	Size       int     `json:"size,omitempty"`
	Stride     int     `json:"stride,omitempty"`
	StrideY    int     `json:"stride_y,omitempty"` // only where it differs
	Groups     int     `json:"groups,omitempty"`
	Dilation   int     `json:"dilation,omitempty"`
	Parameters int64   `json:"parameters"`
	MACs       int64   `json:"multiply_adds"`
	BFLOPs     float64 `json:"bflops"`
	Offset     *int64  `json:"weights_offset,omitempty"`
}

func (c *checked) json(strict bool) checkedJSON {
	report := checkedJSON{
		File: c.path, Valid: c.verdict(strict) == nil, Diagnostics: c.diagnostics, Layers: []layerJSON{}, Weights: c.weights, Plan: c.plan,
	}
	if c.graph == nil || len(c.graph.Layers) == 0 {
		return report
	}
	report.Input = extents(c.graph.Net.Input())
	offset := int64(weights.CurrentHeader(0).Size())
	for _, l := range c.graph.Layers {
		row := c.layerJSON(l)
		at := offset
		for _, s := range l.Slots {
			row.Offset = &at
			offset += 4 * int64(s.Len())
		}
		report.Layers = append(report.Layers, row)
	}
	if !c.graph.Diagnostics.HasErrors() {
		totals := c.graph.Totals()
		report.Totals = &totals
		report.Ghost = summaryOf(ghost.Find(c.graph))
	}
	return report
}

func (c *checked) layerJSON(l *layers.Layer) layerJSON {
	row := layerJSON{Index: l.Index, Type: typeName(l), Line: l.Section.Range.Line, Inputs: append([]int{}, l.Inputs...)}
	if l.Op == nil {
		return row
	}
	if len(l.Inputs) > 0 {
		row.Input = extents(c.graph.Shape(l.Inputs[0]))
	}
	g := l.Geometry()
	row.Filters, row.Size, row.Stride, row.Groups, row.Dilation = g.Filters, g.Size, g.StrideX, g.Groups, g.Dilation
	if g.StrideY != g.StrideX {
		row.StrideY = g.StrideY
	}
	row.Output = extents(l.Output)
	row.Parameters, row.MACs, row.BFLOPs = net.Parameters(l), l.Cost.MACs, l.Cost.BFLOPs
	return row
}

// extents is a shape as JSON gives it.
func extents(s tensor.Shape) *[3]int { return &[3]int{s.C, s.H, s.W} }
