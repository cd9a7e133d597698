package net

import (
	"slices"

	"github.com/ghostdark/ghostdark/kernels"
	"github.com/ghostdark/ghostdark/layers"
)

// chainConvolutions makes one unit of convolutions that follow each other, of which each sees
// single pixels or single channels: a ghost module, or the expansion, the depthwise filter and
// the projection of an inverted residual. The scaling of channels at the end of a
// squeeze-and-excite block joins the convolution that reads it. Such a unit computes a few lines
// of each after the other, while they are in the cache, and what nobody else reads never goes
// to memory.
func chainConvolutions(p *plan) {
	if p.set == nil {
		return
	}
	var units []*unit
	for i := 0; i < len(p.units); {
		end := i + 1
		for end < len(p.units) && p.chains(p.units[i:end], p.units[end]) {
			end++
		}
		u := p.units[i]
		if end > i+1 {
			u = p.chain(p.units[i:end])
		}
		if u == p.units[i] {
			end = i + 1
		}
		units = append(units, u)
		i = end
	}
	p.units = units
	fuseJoined(p)
}

// chains reports whether next can follow the stages of a chain, the first of which may be alone.
func (p *plan) chains(stages []*unit, next *unit) bool {
	last := stages[len(stages)-1]
	if !p.linewise(next) || !p.linewise(last) && !p.scales(last) || next.from[0] != last.out || len(stages) == maxStages {
		return false
	}
	// What is added must be there before the chain begins.
	for _, s := range stages {
		if next.add != nothing && p.overlap(next.add, s.out) {
			return false
		}
	}
	// Two pixel by pixel convolutions have nothing to gain.
	return p.depthwise(next) || p.depthwise(last) || p.scales(last)
}

// maxStages is for the three convolutions of an inverted residual.
const maxStages = 3

// linewise reports whether a unit is a convolution that a chain can have as a stage.
func (p *plan) linewise(u *unit) bool {
	if u.conv == nil || u.turn || u.from[0].layout() != pixels || u.layer.Output.IsFlat() {
		return false
	}
	method, spec := p.convMethod(u)
	return method == byDepthwise && p.set.Linewise(&spec) || method == byMatrix && spec.Pointwise()
}

// scales reports whether a unit multiplies the channels of an image by factors, and no more.
func (p *plan) scales(u *unit) bool {
	op, ok := u.layer.Op.(*layers.ScaleChannels)
	return ok && !u.turn && !op.PerPixel && op.Activation == kernels.Linear && u.out.layout() == pixels
}

func (p *plan) depthwise(u *unit) bool {
	if u.conv == nil {
		return false
	}
	method, _ := p.convMethod(u)
	return method == byDepthwise
}

// overlap reports whether two values share memory.
func (p *plan) overlap(a, b value) bool {
	rootA, atA := p.resolve(a)
	rootB, atB := p.resolve(b)
	return rootA == rootB && atA < atB+p.shape(b).C && atB < atA+p.shape(a).C
}

// What makes a chain worthwhile: an output between its stages that a core's cache would not
// keep, and little work that several threads do twice where their lines meet.
// They are variables so that tests can chain small networks.
var (
	chainValues   = 1 << 15
	chainOverhead = .16
)

// chain makes the unit, or returns the first stage if it is not worthwhile.
func (p *plan) chain(stages []*unit) *unit {
	least, twice := 0, 0.
	for _, s := range stages[:len(stages)-1] {
		least = max(least, s.layer.Output.Len())
	}
	for _, s := range stages {
		if p.depthwise(s) {
			twice += float64(s.conv.Size-s.conv.StrideY) / float64(s.conv.In.H)
		}
	}
	if least < chainValues || p.threads > 1 && twice*float64(p.threads) > chainOverhead {
		return stages[0]
	}
	last := stages[len(stages)-1]
	u := &unit{layer: last.layer, inputs: stages[0].inputs, residual: none, from: stages[0].from, add: nothing, out: last.out}
	for i, s := range stages {
		u.fused = append(append(u.fused, s.fused...), s.layer.Index)
		stage := &chainStage{unit: s, store: true, storeAdd: nothing}
		if i < len(stages)-1 {
			stage.store = p.readElsewhere(s.out, stages[i+1])
		}
		u.stages = append(u.stages, stage)
	}
	u.fused = u.fused[:len(u.fused)-1]
	return u
}

// chainStage is one convolution of a chain.
type chainStage struct {
	unit  *unit
	store bool // its output is wanted in memory, too
	// storeAdd is added to what is stored, but not to what the next stage reads.
	storeAdd value
	// addOffset is the first channel of what is added.
	addOffset int
}

// readElsewhere reports whether another unit than the readers needs a value, or a part of it.
func (p *plan) readElsewhere(v value, readers ...*unit) bool {
	for _, u := range p.units {
		if slices.Contains(readers, u) {
			continue
		}
		for _, from := range u.uses() {
			if p.overlap(from, v) {
				return true
			}
		}
	}
	return false
}

// fuseJoined lets the chain of a ghost module add what the shortcut behind its joint output
// adds. The shortcut's output takes the place of the route's.
func fuseJoined(p *plan) {
	for at := 0; at+2 < len(p.units); at++ {
		u, join, sum := p.units[at], p.units[at+1], p.units[at+2]
		route, ok := join.joins()
		shortcut, ok2 := sum.layer.Op.(*layers.Shortcut)
		if !ok || !ok2 || len(u.stages) != 2 || sum.conv != nil || shortcut.Weights != nil || shortcut.Activation != kernels.Linear ||
			len(sum.from) != 2 || sum.from[0] != join.out || !p.allPlaced(join, route) {
			continue
		}
		primary, cheap, add := u.stages[0], u.stages[1], sum.from[1]
		if add.layout() != pixels || p.shape(add) != p.shape(join.out) || p.overlap(add, join.out) || primary.unit.add != nothing || cheap.unit.add != nothing ||
			p.homes[sum.out].parent != nothing || p.homes[join.out].parent != nothing || p.readElsewhere(join.out, join, sum) ||
			len(join.from) != 2 || !slices.Contains(join.from, primary.unit.out) || !slices.Contains(join.from, cheap.unit.out) {
			continue
		}
		_, primary.addOffset = p.resolve(primary.unit.out)
		_, cheap.addOffset = p.resolve(cheap.unit.out)
		primary.store, primary.storeAdd = true, add
		cheap.unit.add, cheap.unit.addLast = add, true
		p.homes[join.out] = home{parent: sum.out}
		u.fused = append(u.fused, u.layer.Index, join.layer.Index)
		u.layer = sum.layer
		p.units = slices.Delete(p.units, at+1, at+3)
	}
}
