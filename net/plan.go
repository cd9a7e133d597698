package net

import (
	"fmt"
	"slices"
	"sync"

	"github.com/ghostdark/ghostdark/kernels"
	"github.com/ghostdark/ghostdark/layers"
)

// plan is a network made ready for fast kernels: steps in their order, and where each value
// lies. It never changes, so sessions share it. Passes make it from the graph, one after
// another; see passes.
type plan struct {
	graph *Graph
	set   *kernels.Set // nil for none
	// choices take the place of rules, nil for none.
	choices *Choices
	kept    []bool // by layer: outputs that must survive a run, as planes
	// threads is for how many threads steps are divided into tasks.
	threads int

	units    []*unit
	homes    []home // by value
	pitches  []int  // by value, for roots only
	offsets  []int  // by value: where it begins in the arena, for roots only
	arena    int    // float32 values
	steps    []step // by unit
	memory   *kernels.Memory
	scratch  int    // values that each worker needs
	parallel []bool // by unit: whether it is worth dividing
}

// unit is what becomes one step: a layer, several layers computed as one, or the change of a
// layer's output from one layout to the other.
type unit struct {
	layer *layers.Layer // whose output the unit computes
	conv  *layers.Convolutional
	// inputs are the layers read; for a convolution only its input.
	inputs []int
	// residual is the layer that is added to a convolution's output, or none.
	residual   int
	addLast    bool // after the activation
	activation kernels.Activation
	fused      []int // layers that have no unit of their own any more

	// What the unit reads and writes, known once layouts are chosen.
	from []value
	add  value // nothing, or the residual
	out  value
	turn bool // the unit changes a layout
	// window is the size of a pooling that reads another one's output, or 0.
	window int
	// stages are the convolutions of a chain; then what they read, write and add is theirs.
	stages []*chainStage
}

const none = -2 // no layer; layers.NetworkInput is -1

// pass is one step of planning.
type pass struct {
	name string
	run  func(p *plan)
}

// passes in their order; each relies on what those before it have done. Placing comes after
// fusing, since fused layers have no output to place.
var passes = []pass{
	{"fuse-shortcut", fuseShortcuts},
	{"drop-dead", dropDead},
	{layoutPass, chooseLayouts},
	{"chain-pools", chainPools},
	{"alias", aliasViews},
	{"place", placeRoutes},
	{chainPass, chainConvolutions},
}

// chainPass is the pass whose decisions Tune measures.
const chainPass = "chain"

// layoutPass is the one pass that can't be left out.
const layoutPass = "layout"

// Passes lists the names of the optimizations that SessionOptions.Disable can switch off.
func Passes() []string {
	var names []string
	for _, p := range passes {
		if p.name != layoutPass {
			names = append(names, p.name)
		}
	}
	return names
}

// newPlan runs the passes and lays out memory, for options that were checked. It needs no
// weights; prepare does.
func newPlan(g *Graph, opt SessionOptions) (*plan, error) {
	set, err := opt.kernels()
	if err != nil {
		return nil, err
	}
	p := &plan{graph: g, set: set, choices: opt.Choices, kept: g.keep(opt), threads: opt.threads()}
	for _, l := range g.Layers {
		u := &unit{layer: l, inputs: slices.Clone(l.Inputs), residual: none, add: nothing}
		if conv, ok := l.Op.(*layers.Convolutional); ok && set != nil && !conv.XNOR && conv.Blur == nil && conv.Activation.Elementwise() {
			u.conv, u.activation = conv, conv.Activation
		}
		p.units = append(p.units, u)
	}
	for _, pass := range passes {
		if !slices.Contains(opt.Disable, pass.name) {
			pass.run(p)
		}
	}
	p.layOut()
	return p, nil
}

// planCache keeps the plans that sessions have asked for, since packed weights are large.
type planCache struct {
	mu    sync.Mutex
	plans map[string]*plan
}

// planFor gives the plan for a choice of kernels, outputs and passes. It refuses one whose
// packed weights and arena need more memory than the limit.
func (n *Network) planFor(opt SessionOptions) (*plan, error) {
	set, err := opt.kernels()
	if err != nil {
		return nil, err
	}
	key := fmt.Sprint(setName(set), n.keep(opt), opt.threads(), opt.Disable, opt.Choices)
	n.plans.mu.Lock()
	defer n.plans.mu.Unlock()
	if p := n.plans.plans[key]; p != nil {
		return p, nil
	}
	p, err := newPlan(n.Graph, opt)
	if err != nil {
		return nil, err
	}
	if need := p.bytes(); need > n.options.maxMemory() {
		return nil, tooMuchMemory(n, need)
	}
	if err := p.prepare(); err != nil {
		return nil, err
	}
	if n.plans.plans == nil {
		n.plans.plans = map[string]*plan{}
	}
	n.plans.plans[key] = p
	return p, nil
}

// setName names a set of kernels, or that there is none.
func setName(set *kernels.Set) string {
	if set == nil {
		return kernels.Generic
	}
	return set.Name
}

// bytes is the memory of the packed weights and the arena.
func (p *plan) bytes() int64 { return sumBytes(p.packedBytes(), 4*int64(p.arena)) }

// packedBytes is the memory of the weights as the kernels want them.
func (p *plan) packedBytes() int64 {
	var total int64
	for _, u := range p.units {
		total = sumBytes(total, 4*p.packed(u))
	}
	return total
}

// packed is how many values the weights of a unit are packed into.
func (p *plan) packed(u *unit) int64 {
	if u.stages != nil {
		var total int64
		for _, s := range u.stages {
			total += p.packed(s.unit)
		}
		return total
	}
	if c := p.connected(u); c != nil {
		return int64(kernels.RoundUp(c.Out)) * int64(c.In)
	}
	if u.conv != nil {
		method, spec := p.convMethod(u)
		return method.packed(&spec)
	}
	return 0
}

// readers counts how often each layer's output is read by the units.
func (p *plan) readers() []int {
	count := make([]int, len(p.graph.Layers))
	for _, u := range p.units {
		for _, i := range u.reads() {
			count[i]++
		}
	}
	return count
}

// first is the first of the unit's layers, to which its time is counted: the one that does
// most of the work.
func (u *unit) first() int {
	if len(u.fused) > 0 {
		return u.fused[0]
	}
	return u.layer.Index
}

// reads lists the layers that the unit reads.
func (u *unit) reads() []int {
	var read []int
	for _, i := range append(slices.Clone(u.inputs), u.residual) {
		if i >= 0 {
			read = append(read, i)
		}
	}
	return read
}
