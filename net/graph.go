// Package net turns a cfg file into a network and runs it.
//
// The way of the data: Build makes a Graph of checked layers from a cfg.File; Load gives it
// weights and makes it a Network, which never changes again; each caller runs it through a
// Session of its own.
package net

import (
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"

	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/layers"
	"github.com/ghostdark/ghostdark/tensor"
	"github.com/ghostdark/ghostdark/weights"
)

// Options choose what a cfg leaves open.
type Options struct {
	// Width and Height replace those of [net] when they are above 0; all shapes follow.
	Width, Height int
	// MaxMemory bounds the bytes of the weights, and those of each session: its buffers, and the
	// weights packed for its kernels. 0 means DefaultMaxMemory.
	MaxMemory int64
}

// DefaultMaxMemory is enough for the largest published networks at their own input size.
const DefaultMaxMemory = 8 << 30

func (o Options) maxMemory() int64 {
	if o.MaxMemory > 0 {
		return o.MaxMemory
	}
	return DefaultMaxMemory
}

// Graph is a network's layers with all shapes, but without weights.
type Graph struct {
	File   *cfg.File
	Net    *layers.Net
	Layers []*layers.Layer
	// Diagnostics are what is wrong or doubtful, in the order of the file. With errors among
	// them the Layers are only good for showing; see Err.
	Diagnostics cfg.Diagnostics

	missing cfg.Diagnostics // what keeps the network from running though its cfg is sound
	options Options
}

// Build makes the layers of a parsed cfg and checks them. parsed are the diagnostics of
// reading the file, which lead those of the graph. Build always returns a Graph; Err tells
// whether it is sound.
func Build(file *cfg.File, parsed cfg.Diagnostics, opt Options) *Graph {
	g := &Graph{File: file, Diagnostics: append(cfg.Diagnostics(nil), parsed...), options: opt}
	g.Net = &layers.Net{Width: 1, Height: 1, Channels: 1, Inputs: 1, Guess: true}
	sections := file.Sections
	if len(sections) > 0 && layers.Lookup(sections[0].Name) == layers.NetKind {
		g.Net = layers.ReadNet(sections[0], opt.Width, opt.Height, &g.Diagnostics)
		sections = sections[1:]
	} else if !parsed.HasErrors() {
		g.report(cfg.Error, nil, "Begin the file with a [net] section that gives width=, height= and channels=.", "no [net] section")
	}
	if len(sections) > layers.MaxLayers {
		g.report(cfg.Error, sections[layers.MaxLayers], "Check that this is one network's cfg.", "more than %d layers", layers.MaxLayers)
		sections = sections[:layers.MaxLayers]
	}
	for _, s := range sections {
		kind, findings := layers.Lookup(s.Name), &g.Diagnostics
		switch {
		case kind == nil && parsed.HasErrorIn(s.Index):
			kind = unknown
		case kind == nil:
			g.reportUnknown(s)
			kind = unknown
		case kind == layers.NetKind:
			g.report(cfg.Error, s, "Only the first section may be [net]: is this two files in one?", "second [%s] section", s.Name)
			kind = unknown
		}
		if kind == unknown {
			findings = new(cfg.Diagnostics) // nothing can be said about its options
		}
		g.Layers = append(g.Layers, layers.Build(s, kind, g.Net, g.Layers, g.openFile, findings, &g.missing))
	}
	if len(g.Layers) == 0 && !g.Diagnostics.HasErrors() {
		g.report(cfg.Error, g.Net.Section, "Add sections below [net].", "the network has no layers")
	}
	if !g.Diagnostics.HasErrors() {
		g.checkHeads()
		g.noteExtensions()
	}
	g.Diagnostics.Sort()
	return g
}

// unknown stands for a section that could not be made sense of, so that the layers after it
// keep their numbers.
var unknown = &layers.Kind{Names: []string{"unknown"}, Build: func(*layers.Builder) layers.Op { return nil }}

// reportUnknown reports a section of a type that is not in the registry.
func (g *Graph) reportUnknown(s *cfg.Section) {
	header := "[" + s.Name + "]"
	hint := "darknet has no such section either; names are case-sensitive."
	var names []string
	for _, k := range layers.Kinds() {
		names = append(names, k.Names...)
	}
	if near := cfg.Nearest(s.Name, names); near != "" {
		hint = fmt.Sprintf("Did you mean [%s]?", near)
	}
	if base, _, junk := strings.Cut(s.Name, "]"); junk && layers.Lookup(base) != nil {
		header = "[" + s.Name
		hint = "Nothing may follow the closing bracket: comments need a line of their own."
	}
	g.report(cfg.Error, s, hint, "unknown section type %s", header)
}

func (g *Graph) report(severity cfg.Severity, s *cfg.Section, hint, format string, args ...any) {
	d := cfg.Diagnostic{Severity: severity, Range: cfg.Range{File: g.File.Name}, Section: -1, Message: fmt.Sprintf(format, args...), Hint: hint}
	if s != nil {
		d.Range, d.Section = s.Range, s.Index
	}
	g.Diagnostics = append(g.Diagnostics, d)
}

// maxSideFile bounds a file that a cfg names.
const maxSideFile = 64 << 20

// openFile reads a file that a cfg names: relative to the working folder, as darknet does, or
// beside the cfg.
func (g *Graph) openFile(name string) ([]byte, error) {
	path := name
	info, err := os.Stat(path)
	if err != nil && !filepath.IsAbs(name) {
		path = filepath.Join(filepath.Dir(g.File.Name), filepath.Base(name))
		if beside, besideErr := os.Stat(path); besideErr == nil {
			info, err = beside, nil
		}
	}
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, &fs.PathError{Op: "read", Path: path, Err: fmt.Errorf("not a regular file")}
	case info.Size() > maxSideFile:
		return nil, &fs.PathError{Op: "read", Path: path, Err: fmt.Errorf("larger than %d MiB", maxSideFile>>20)}
	}
	return os.ReadFile(path)
}

// checkHeads warns of what makes a detector poor though it runs.
func (g *Graph) checkHeads() {
	classes := -1
	for _, l := range g.Layers {
		head, ok := l.Op.(layers.Head)
		if !ok {
			continue
		}
		if classes >= 0 && head.Classes() != classes {
			g.report(cfg.Warning, l.Section, "Give all heads the same classes=.", "%s has %d classes, the head before it %d", l.Label(), head.Classes(), classes)
		}
		classes = head.Classes()
	}
	if classes < 0 || g.Net.Width == 0 {
		return
	}
	step := layers.TotalStride(g.Net, g.Layers)
	for _, d := range []struct {
		option string
		value  int
	}{{"width", g.Net.Width}, {"height", g.Net.Height}} {
		if d.value%step == 0 {
			continue
		}
		g.report(cfg.Warning, g.Net.Section, fmt.Sprintf("Use %d or %d.", max(d.value/step, 1)*step, (d.value/step+1)*step),
			"%s=%d is not a multiple of %d, the network's total stride: cells at the border cover less of the picture", d.option, d.value, step)
		if o := g.Net.Section.Option(d.option); o != nil {
			g.Diagnostics[len(g.Diagnostics)-1].Range = o.Range
		}
	}
}

// Err returns the errors among the diagnostics, as cfg.Diagnostics, or nil.
func (g *Graph) Err() error { return g.Diagnostics.Err() }

// Missing are errors that keep a sound network from being loaded: files that its cfg names and
// that can't be read. Among the Diagnostics they are warnings.
func (g *Graph) Missing() cfg.Diagnostics { return g.missing }

// Result is the index of the layer whose output is the network's: the last that is not a
// [cost].
func (g *Graph) Result() int {
	for i := len(g.Layers) - 1; i > 0; i-- {
		if _, loss := g.Layers[i].Op.(layers.Loss); !loss {
			return i
		}
	}
	return 0
}

// Heads lists the layers whose output holds detections.
func (g *Graph) Heads() []*layers.Layer {
	var heads []*layers.Layer
	for _, l := range g.Layers {
		if _, ok := l.Op.(layers.Head); ok {
			heads = append(heads, l)
		}
	}
	return heads
}

// Readers lists for each layer the later layers that read its output.
func (g *Graph) Readers() [][]int {
	readers := make([][]int, len(g.Layers))
	for _, l := range g.Layers {
		for _, i := range l.Inputs {
			if i >= 0 {
				readers[i] = append(readers[i], l.Index)
			}
		}
	}
	return readers
}

// LastUse gives for each layer the index of the last layer that reads its output, its own
// index when none does.
func (g *Graph) LastUse() []int {
	last := make([]int, len(g.Layers))
	for i, readers := range g.Readers() {
		last[i] = i
		for _, r := range readers {
			last[i] = max(last[i], r)
		}
	}
	return last
}

// Shape returns the output shape of a layer, or the input's for layers.NetworkInput.
func (g *Graph) Shape(layer int) tensor.Shape {
	if layer == layers.NetworkInput {
		return g.Net.Input()
	}
	return g.Layers[layer].Output
}

// Slots lists the arrays of the weights file in order.
func (g *Graph) Slots() []*weights.Slot {
	var slots []*weights.Slot
	for _, l := range g.Layers {
		slots = append(slots, l.Slots...)
	}
	return slots
}

// Totals are a network's size and work for one image.
type Totals struct {
	// Parameters are the values that training learns: all of the weights file but the running
	// means and variances.
	Parameters int64 `json:"parameters"`
	// MACs are multiply-adds of convolutions and connected layers, as papers count them.
	MACs int64 `json:"multiply_adds"`
	// BFLOPs are 10⁹ operations by darknet's rules.
	BFLOPs float64 `json:"bflops"`
	// WeightsBytes is the size of the weights file with its 20-byte header.
	WeightsBytes int64 `json:"weights_bytes"`
	// ActivationBytes are the outputs of all layers.
	ActivationBytes int64 `json:"activation_bytes"`
}

// Totals sums up the layers.
func (g *Graph) Totals() Totals {
	var t Totals
	for _, l := range g.Layers {
		t.Parameters += Parameters(l)
		t.MACs += l.Cost.MACs
		t.BFLOPs += l.Cost.BFLOPs
		t.ActivationBytes += 4 * int64(l.Output.Len())
	}
	t.WeightsBytes = weights.FileSize(weights.CurrentHeader(0), g.Slots())
	return t
}

// Parameters counts the values of a layer that training learns.
func Parameters(l *layers.Layer) int64 {
	var n int64
	for _, s := range l.Slots {
		if s.Learned() {
			n += int64(s.Len())
		}
	}
	return n
}

// weightBytes is the memory of all arrays, saturating.
func (g *Graph) weightBytes() int64 {
	var total int64
	for _, l := range g.Layers {
		for _, slots := range [][]*weights.Slot{l.Slots, l.Unstored} {
			for _, s := range slots {
				total = min(total+4*int64(s.Len()), math.MaxInt64/2)
			}
		}
	}
	return total
}
