package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ghostdark/ghostdark/ghost"
	"github.com/ghostdark/ghostdark/layers"
	"github.com/ghostdark/ghostdark/net"
)

// table lists the layers. Of those with errors and those that depend on them, shapes are
// guesses, so they aren't shown.
func (c *checked) table() *table {
	t := &table{headings: []string{">layer", "type", ">filters", "window", ">input", "", "output", ">parameters", ">multiply-adds", ">BFLOPs", ""}}
	faulty := map[int]bool{} // sections that an error is about
	for _, d := range c.diagnostics.Errors() {
		faulty[d.Section] = true
	}
	for _, l := range c.graph.Layers {
		row := []string{strconv.Itoa(l.Index), shown(typeName(l)), "", "", "", "→", "?"}
		if l.Op != nil {
			row = c.sound(l, row)
		}
		for len(row) < len(t.headings)-1 {
			row = append(row, "")
		}
		remark := reads(l)
		if faulty[l.Section.Index] {
			remark = strings.TrimSpace(remark + " ✗ error")
		}
		t.add(append(row, remark)...)
	}
	return t
}

// sound completes the row of a layer without errors.
func (c *checked) sound(l *layers.Layer, row []string) []string {
	geometry := l.Geometry()
	if geometry.Filters > 0 {
		row[2] = strconv.Itoa(geometry.Filters)
	}
	row[3] = geometry.String()
	if len(l.Inputs) == 1 {
		row[4] = c.graph.Shape(l.Inputs[0]).String()
	}
	row[6] = l.Output.String()
	parameters, macs, bflops := "", "", ""
	if n := net.Parameters(l); n > 0 {
		parameters = thousands(n)
	}
	if l.Cost.MACs > 0 {
		macs = metric(float64(l.Cost.MACs))
	}
	if l.Cost.BFLOPs > 0 {
		bflops = fmt.Sprintf("%.3f", l.Cost.BFLOPs)
	}
	return append(row, parameters, macs, bflops)
}

// totals lists the sums over all layers.
func (c *checked) totals() *table {
	sum := c.graph.Totals()
	t := &table{headings: []string{"total", ">", "", ""}}
	t.add("parameters", thousands(sum.Parameters), "", "all that training learns")
	t.add("multiply-adds", metric(float64(sum.MACs)), "", "as papers count: convolutions and connected layers")
	t.add("BFLOPs", fmt.Sprintf("%.3f", sum.BFLOPs), "", "as darknet counts: 2 for each multiply-add of a convolution, poolings, shortcuts")
	t.add("weights", binaryBytes(sum.WeightsBytes), "", thousands(sum.WeightsBytes)+" bytes in the file")
	t.add("activations", binaryBytes(sum.ActivationBytes), "", "outputs of all layers for one image; a run reuses memory")
	if a := ghost.Find(c.graph); len(a.Modules) > 0 {
		t.add("ghost modules", thousands(int64(len(a.Modules))), "", summaryOf(a).String())
	}
	if w := c.weights; w != nil {
		t.add("weights file", "fits", "", fmt.Sprintf("%s: version %s, trained on %s images", w.File, w.Version, metric(float64(w.Seen))))
	}
	return t
}

// planTable lists the steps of the plan.
func (c *checked) planTable() *table {
	t := &table{headings: []string{">step", ">layer", "type", "with", "kernel", "output"}}
	for i, s := range c.plan.Steps {
		with := make([]string, len(s.Fused))
		for k, f := range s.Fused {
			with[k] = fmt.Sprintf("%d %s", f, typeName(c.graph.Layers[f]))
		}
		place := "its own"
		if s.Inside >= 0 {
			place = fmt.Sprintf("part of %d", s.Inside)
		}
		number, kind := "", "input"
		if s.Layer >= 0 {
			number, kind = strconv.Itoa(s.Layer), typeName(c.graph.Layers[s.Layer])
		}
		t.add(strconv.Itoa(i), number, kind, strings.Join(with, ", "), s.Kernel, place)
	}
	return t
}

// typeName is the canonical name of a layer's section type, or what the cfg says when there is
// no such type.
func typeName(l *layers.Layer) string {
	if kind := layers.Lookup(l.Section.Name); kind != nil {
		return kind.Name()
	}
	return l.Section.Name
}

// reads tells which layers a layer reads if that is not only the one above it, and of each
// route.
func reads(l *layers.Layer) string {
	if typeName(l) != "route" && slices.Equal(l.Inputs, []int{l.Index - 1}) {
		return ""
	}
	names := make([]string, len(l.Inputs))
	for i, from := range l.Inputs {
		names[i] = strconv.Itoa(from)
		if from == layers.NetworkInput {
			names[i] = "input"
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "← " + strings.Join(names, ", ")
}
