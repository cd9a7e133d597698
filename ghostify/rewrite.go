package ghostify

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/ghost"
	"github.com/ghostdark/ghostdark/layers"
	"github.com/ghostdark/ghostdark/net"
)

// Layers of a module, counted from its first.
const (
	atPrimary = iota
	atCheap
	atRoute
	moduleLayers
)

// Rewrite is a network and what became of it.
type Rewrite struct {
	Before, After *net.Graph
	Text          []byte // the cfg of After
	Modules       []Module
	Skipped       []Skipped // convolutions left alone of those that could have been chosen

	first []int // of After: the layer that each layer of Before became, a module's first
}

// New rewrites a sound network. name is what the new cfg's file is called in messages; opt are
// the options that the network was built with.
func New(g *net.Graph, name string, opt net.Options, how Options) (*Rewrite, error) {
	if err := how.check(); err != nil {
		return nil, err
	}
	before := ghost.Find(g)
	c := &chooser{graph: g, options: how, readers: g.Readers(), shared: sharing(g), modules: map[int]bool{}}
	for _, m := range before.Modules {
		for _, i := range m.Layers() {
			c.modules[i] = true
		}
	}
	r := &Rewrite{Before: g}
	var err error
	if r.Modules, r.Skipped, err = c.choose(); err != nil {
		return nil, fmt.Errorf("%s: %w", g.File.Name, err)
	}
	r.number()
	r.Text = r.text()
	file, diags := cfg.Parse(name, r.Text)
	r.After = net.Build(file, diags, opt)
	if err := r.check(); err != nil {
		return nil, err
	}
	after := ghost.Find(r.After)
	for i := range r.Modules {
		m := &r.Modules[i]
		at := r.first[m.Layer]
		m.Before, m.After = before.CostOf(m.Layer), after.CostOf(at+atPrimary, at+atCheap, at+atRoute)
	}
	return r, nil
}

// number counts the new layers.
func (r *Rewrite) number() {
	next, modules := 0, r.Modules
	for i := range r.Before.Layers {
		r.first = append(r.first, next)
		if len(modules) > 0 && modules[0].Layer == i {
			modules = modules[1:]
			next += atRoute
		}
		next++
	}
	r.first = append(r.first, next)
}

// Becomes is the layer of After whose output stands for that of a layer of Before.
func (r *Rewrite) Becomes(layer int) int {
	if layer == layers.NetworkInput {
		return layer
	}
	return r.first[layer+1] - 1
}

// text writes the new cfg: the sections of the modules, and the numbers of layers.
func (r *Rewrite) text() []byte {
	edit := r.Before.File.Edit()
	for _, l := range r.Before.Layers {
		for _, ref := range l.Refs {
			numbers := make([]string, len(ref.Given))
			changed := false
			for k, given := range ref.Given {
				now := r.Becomes(ref.Layers[k])
				if given < 0 {
					now -= r.first[l.Index]
				}
				numbers[k] = strconv.Itoa(now)
				changed = changed || now != given
			}
			if changed {
				edit.Set(l.Section, ref.Option, strings.Join(numbers, ","))
			}
		}
	}
	for _, m := range r.Modules {
		l := r.Before.Layers[m.Layer]
		conv := l.Op.(*layers.Convolutional)
		edit.Set(l.Section, "filters", strconv.Itoa(m.Intrinsic))
		normalize := ""
		if conv.Scales != nil {
			normalize = "batch_normalize=1\n"
		}
		each := "a ghost"
		if m.Ratio() > 2 {
			each = fmt.Sprintf("%d ghosts", m.Ratio()-1)
		}
		edit.Append(l.Section, fmt.Sprintf(`
# %s of each map above, by %dx%[2]d depthwise kernels
[convolutional]
%sfilters=%d
size=%[2]d
stride=1
pad=1
groups=%[5]d
activation=%v

# ghosts, then the maps that they were made from
[route]
layers=-1,-2
`, each, m.DW, normalize, m.Ghosts(), m.Intrinsic, conv.Activation))
	}
	return edit.Bytes()
}

// check makes sure that the new network is sound and has the old shapes everywhere.
func (r *Rewrite) check() error {
	err := r.After.Err()
	if err != nil && len(r.After.Layers) == 0 {
		return fmt.Errorf("%s: rewritten it would be longer than a cfg may be; choose fewer layers", r.Before.File.Name)
	}
	if err != nil {
		return fmt.Errorf("the rewritten network is faulty, which is a fault of the program: %w", err)
	}
	for i, l := range r.Before.Layers {
		if now := r.After.Layers[r.Becomes(i)]; now.Output != l.Output {
			return fmt.Errorf("%s gives %v, but its place in the rewritten network %v, which is a fault of the program", l.Label(), l.Output, now.Output)
		}
	}
	return nil
}

// sharing finds the convolutions that have their weights in common with another one.
func sharing(g *net.Graph) map[int]bool {
	shared := map[int]bool{}
	for _, l := range g.Layers {
		for _, r := range l.Refs {
			if r.Option == "share_index" {
				shared[l.Index], shared[r.Layers[0]] = true, true
			}
		}
	}
	return shared
}
