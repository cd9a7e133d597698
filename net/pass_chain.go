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
		u, next := p.longestChain(i)
		units = append(units, u)
		i = next
	}
	p.units = units
	fuseJoined(p)
}

// longestChain makes the longest chain that begins at a unit and is worthwhile, or the one that
// the plan's choices want, or takes the unit alone. It also returns where the next one may begin.
func (p *plan) longestChain(begin int) (*unit, int) {
	stages, ends := p.chainable(begin)
	n := p.chainLength(stages)
	if n == 1 {
		return p.units[begin], begin + 1
	}
	return p.chain(stages[:n], p.units[begin:ends[n-1]]), ends[n-1]
}

// chainable lists the stages of the longest chain that could begin at a unit, and where the
// chain of so many of them ends.
func (p *plan) chainable(begin int) (stages []*unit, ends []int) {
	stages, ends = []*unit{p.units[begin]}, []int{begin + 1}
	if !p.linewise(stages[0]) && !p.scales(stages[0]) {
		return stages, ends
	}
	newest := p.units[begin].out
	for end := begin + 1; end < len(p.units); end++ {
		next := p.units[end]
		if route, ok := next.joins(); ok && len(next.from) > 1 && p.allPlaced(next, route) && p.made(stages, next.from) {
			newest = next.out
			continue
		}
		if !p.chains(stages, newest, next) {
			break
		}
		stages, ends, newest = append(stages, next), append(ends, end+1), next.out
	}
	return stages, ends
}

// chainLength is how many of the stages of a possible chain become one.
func (p *plan) chainLength(stages []*unit) int {
	if n := p.choices.chain(stages[0]); n > 0 {
		return min(n, len(stages))
	}
	for n := len(stages); n > 1; n-- {
		if p.worthwhile(stages[:n]) {
			return n
		}
	}
	return 1
}

// made reports whether all values are outputs of the stages.
func (p *plan) made(stages []*unit, values []value) bool {
	for _, v := range values {
		if !slices.ContainsFunc(stages, func(s *unit) bool { return s.out == v }) {
			return false
		}
	}
	return true
}

// chains reports whether next can follow the stages of a chain, whose newest output is that of
// the last one or a route that joins several.
func (p *plan) chains(stages []*unit, newest value, next *unit) bool {
	last := stages[len(stages)-1]
	if !p.linewise(next) || next.from[0] != newest || len(stages) == maxStages {
		return false
	}
	// What is added must be there before the chain begins.
	for _, s := range stages {
		if next.add != nothing && p.overlap(next.add, s.out) {
			return false
		}
	}
	// Two pixel by pixel convolutions have nothing to gain.
	return p.channelwise(next) || p.channelwise(last) || p.scales(last)
}

// maxStages is for two ghost modules and the filter between them.
const maxStages = 5

// linewise reports whether a unit is a convolution that a chain can have as a stage.
func (p *plan) linewise(u *unit) bool {
	if u.conv == nil || u.turn || u.from[0].layout() != pixels || u.layer.Output.IsFlat() {
		return false
	}
	method, spec := p.convMethod(u)
	return method == byDepthwise && p.set.Linewise(&spec) || method == byCombine || method == byMatrix && spec.Pointwise()
}

// scales reports whether a unit multiplies the channels of an image by factors, and no more.
func (p *plan) scales(u *unit) bool {
	op, ok := u.layer.Op.(*layers.ScaleChannels)
	return ok && !u.turn && !op.PerPixel && op.Activation == kernels.Linear && u.out.layout() == pixels
}

// channelwise reports whether a unit is a convolution channel by channel, which sees neighbours.
func (p *plan) channelwise(u *unit) bool {
	if u.conv == nil {
		return false
	}
	method, _ := p.convMethod(u)
	return method == byDepthwise || method == byCombine
}

// overlap reports whether two values share memory.
func (p *plan) overlap(a, b value) bool {
	rootA, atA := p.resolve(a)
	rootB, atB := p.resolve(b)
	return rootA == rootB && atA < atB+p.shape(b).C && atB < atA+p.shape(a).C
}

// What makes a chain worthwhile: an output between its stages that a core's cache would not
// keep, and little work that several threads do twice where their lines meet. They are
// variables so that tests can chain small networks.
var (
	chainValues   = 1 << 15
	chainOverhead = .08
)

func (p *plan) worthwhile(stages []*unit) bool {
	least := 0
	for _, s := range stages[:len(stages)-1] {
		least = max(least, s.layer.Output.Len())
	}
	var work, twice, lines float64 // lines are the share of a stage that is computed twice
	for i := len(stages) - 1; i >= 0; i-- {
		s := stages[i]
		cost := float64(s.layer.Output.Len())
		if s.conv != nil {
			cost = float64(s.conv.Cost().MACs)
		}
		work += cost
		twice += cost * lines
		if p.channelwise(s) {
			lines += float64((s.conv.Size-s.conv.StrideY)*(p.threads-1)) / float64(s.conv.In.H)
		}
	}
	return least >= chainValues && twice <= chainOverhead*work
}

// chain makes one unit of the stages, which are all of the units but routes between them that
// have nothing to do.
func (p *plan) chain(stages, units []*unit) *unit {
	last := stages[len(stages)-1]
	u := &unit{layer: last.layer, inputs: stages[0].inputs, residual: none, from: stages[0].from, add: nothing, out: last.out}
	for _, part := range units {
		u.fused = append(append(u.fused, part.fused...), part.layer.Index)
	}
	u.fused = u.fused[:len(u.fused)-1]
	for _, s := range stages {
		u.stages = append(u.stages, &chainStage{unit: s, store: s == last || p.readElsewhere(s.out, units...), storeAdd: nothing})
	}
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
		if !ok || !ok2 || len(u.stages) < 2 || sum.conv != nil || shortcut.Weights != nil || shortcut.Activation != kernels.Linear ||
			len(sum.from) != 2 || sum.from[0] != join.out || !p.allPlaced(join, route) {
			continue
		}
		primary, cheap, add := u.stages[len(u.stages)-2], u.stages[len(u.stages)-1], sum.from[1]
		made := slices.ContainsFunc(u.stages, func(s *chainStage) bool { return p.overlap(add, s.unit.out) })
		if add.layout() != pixels || p.shape(add) != p.shape(join.out) || made || primary.unit.add != nothing || cheap.unit.add != nothing ||
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
