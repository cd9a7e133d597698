// Package ghostify rewrites the convolutions of a network as ghost modules, and fits the weights
// of these to what the network computes.
//
// A convolution of n filters becomes one of m = n/s, the intrinsic maps, a depthwise convolution
// that makes s - 1 ghosts of each of them by cheap d×d kernels, and a route that joins both,
// ghosts first. The module's output has the shape that the convolution's had, and every number
// by which a section names another layer is adapted. See Han et al., "GhostNet: More Features
// from Cheap Operations", arXiv 1911.11907.
package ghostify

import (
	"fmt"
	"slices"

	"github.com/ghostdark/ghostdark/ghost"
	"github.com/ghostdark/ghostdark/ghost/cheap"
	"github.com/ghostdark/ghostdark/kernels"
	"github.com/ghostdark/ghostdark/layers"
	"github.com/ghostdark/ghostdark/net"
)

// Options say what to rewrite, and as what.
type Options struct {
	Ratio int // s, all maps of a module to its intrinsic ones; at least 2
	DW    int // d, the side of the cheap kernels; odd
	// MinChannels leaves convolutions of fewer filters alone.
	MinChannels int
	// Layers are convolutions to rewrite in any case, by index.
	Layers []int
	// Among are the layers of which those that are worth it are rewritten; nil stands for all of
	// them if there are no Layers, and else for none.
	Among []int
}

// Limits of Options.
const (
	MaxRatio = 64
	MaxDW    = cheap.MaxSize
)

func (o Options) check() error {
	switch {
	case o.Ratio < 2 || o.Ratio > MaxRatio:
		return fmt.Errorf("a ratio of %d is out of range: it must be from 2 to %d", o.Ratio, MaxRatio)
	case o.DW < 1 || o.DW > MaxDW || o.DW%2 == 0:
		return fmt.Errorf("cheap kernels of side %d are not possible: it must be odd and from 1 to %d", o.DW, MaxDW)
	}
	return nil
}

// Module is a convolution that becomes a ghost module.
type Module struct {
	Layer int // of the convolution, in the network as it was
	// Filters are n. Intrinsic are m, which the primary convolution makes; the cheap one makes
	// Filters - Intrinsic ghosts.
	Filters, Intrinsic int
	DW                 int // d
	// Before and After are multiply-adds and learned parameters of the convolution and of the
	// module.
	Before, After ghost.Cost
}

// Ratio is s.
func (m Module) Ratio() int { return m.Filters / m.Intrinsic }

// Ghosts is the number of maps that the cheap convolution makes.
func (m Module) Ghosts() int { return m.Filters - m.Intrinsic }

// Skipped is a convolution that stays as it is.
type Skipped struct {
	Layer  int
	Reason string // such as "has fewer than 16 filters"
}

// chooser decides what to rewrite.
type chooser struct {
	graph   *net.Graph
	options Options
	readers [][]int
	shared  map[int]bool // layers whose weights another layer uses
	modules map[int]bool // layers of ghost modules that are there already
}

// choose lists the convolutions to rewrite, and those of Among to leave alone.
func (c *chooser) choose() ([]Module, []Skipped, error) {
	for _, i := range slices.Concat(c.options.Layers, c.options.Among) {
		if i < 0 || i >= len(c.graph.Layers) {
			return nil, nil, fmt.Errorf("there is no layer %d: the network has layers 0 to %d", i, len(c.graph.Layers)-1)
		}
	}
	all := c.options.Layers == nil && c.options.Among == nil
	var modules []Module
	var skipped []Skipped
	for _, l := range c.graph.Layers {
		named := slices.Contains(c.options.Layers, l.Index)
		conv, ok := l.Op.(*layers.Convolutional)
		if !named && (!ok || !all && !slices.Contains(c.options.Among, l.Index)) {
			continue
		}
		reason := "is no convolution"
		if ok {
			reason = c.impossible(l, conv)
		}
		if reason != "" && named {
			return nil, nil, fmt.Errorf("%s can't become a ghost module: it %s", l.Label(), reason)
		}
		if reason == "" && !named {
			reason = c.unwise(l, conv)
		}
		if reason != "" {
			skipped = append(skipped, Skipped{l.Index, reason})
			continue
		}
		modules = append(modules, Module{Layer: l.Index, Filters: conv.Out.C, Intrinsic: conv.Out.C / c.ratio(conv.Out.C), DW: c.options.DW})
	}
	return modules, skipped, nil
}

// ratio is the divisor of n that is nearest to the wanted ratio, the smaller of two; 0 when none
// is at most twice as large.
func (c *chooser) ratio(n int) int {
	best := 0
	for s := 2; s <= min(2*c.options.Ratio, n); s++ {
		if n%s == 0 && (best == 0 || distance(s, c.options.Ratio) < distance(best, c.options.Ratio)) {
			best = s
		}
	}
	return best
}

func distance(a, b int) int { return max(a-b, b-a) }

// impossible tells why a convolution can't become a module, "" when it can.
func (c *chooser) impossible(l *layers.Layer, conv *layers.Convolutional) string {
	switch {
	case conv.Groups > 1:
		return "has its channels in groups"
	case conv.XNOR:
		return "has binary weights (xnor=1)"
	case conv.Blur != nil:
		return "is antialiased"
	case c.shared[l.Index]:
		return "shares its weights with another layer"
	case len(l.Unstored) > 0:
		return "has arrays that the weights file leaves out (dontload, dontloadscales)"
	case conv.Activation >= kernels.NormChannels:
		return fmt.Sprintf("has activation=%v, which is about all channels together", conv.Activation)
	case c.ratio(conv.Out.C) == 0:
		return fmt.Sprintf("has a number of filters that no ratio near %d divides", c.options.Ratio)
	}
	return ""
}

// unwise tells why a convolution had better stay as it is unless it is asked for, "" when it may
// become a module.
func (c *chooser) unwise(l *layers.Layer, conv *layers.Convolutional) string {
	n := conv.Out.C
	switch {
	case c.modules[l.Index]:
		return "is part of a ghost module"
	case conv.Out.IsFlat():
		return "makes a single pixel, which has no neighbours"
	case c.givesResult(l.Index):
		return "gives a result of the network"
	case n < c.options.MinChannels:
		return fmt.Sprintf("has fewer than %d filters", c.options.MinChannels)
	}
	// The module for the dense convolution of k×k on c channels: m·(c·k² + (s-1)·d²).
	s, taps := c.ratio(n), conv.In.C*conv.Size*conv.Size
	if after := n / s * (taps + (s-1)*c.options.DW*c.options.DW); after >= n*taps {
		return "would not get cheaper"
	}
	return ""
}

// givesResult reports whether a layer's output is the network's, or what a head or a softmax
// makes its result of.
func (c *chooser) givesResult(layer int) bool {
	if layer == c.graph.Result() {
		return true
	}
	return slices.ContainsFunc(c.readers[layer], func(r int) bool {
		switch c.graph.Layers[r].Op.(type) {
		case layers.Head, *layers.Softmax:
			return true
		case *layers.AvgPool, *layers.Activation, layers.Identity:
			return c.givesResult(r)
		}
		return false
	})
}
