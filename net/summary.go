package net

import (
	"runtime"
	"slices"
	"strings"

	"github.com/ghostdark/ghostdark/layers"
)

// PlanSummary tells how a session would compute a network.
type PlanSummary struct {
	CPU         string     `json:"cpu"` // name of the instruction set
	Steps       []PlanStep `json:"steps"`
	ArenaBytes  int64      `json:"arena_bytes"`  // memory of all outputs of one image
	PackedBytes int64      `json:"packed_bytes"` // memory of the weights as kernels want them
}

// PlanStep is one step of a plan. Layers that are in no step either lie inside another layer's
// output or are read by nobody.
type PlanStep struct {
	Layer  int    `json:"layer"`           // whose output it computes or turns into another layout, -1 for the input
	Fused  []int  `json:"fused,omitempty"` // layers before it that are computed along with it
	Kernel string `json:"kernel"`
	// Inside is the layer whose memory the output is a part of, -1 for memory of its own.
	Inside int `json:"inside"`
	// Bytes is what the step moves for one image if it moves each value once: the outputs that it
	// reads, the weights as its kernel wants them, without biases, and the output that it writes.
	Bytes int64 `json:"bytes"`
}

// Plan tells how a session with these options would compute the network.
func (g *Graph) Plan(opt SessionOptions) (*PlanSummary, error) {
	if err := g.Err(); err != nil {
		return nil, err
	}
	if err := opt.check(g); err != nil {
		return nil, err
	}
	p, err := newPlan(g, opt)
	if err != nil {
		return nil, err
	}
	summary := &PlanSummary{CPU: setName(p.set), ArenaBytes: 4 * int64(p.arena), PackedBytes: p.packedBytes()}
	for _, u := range p.units {
		s := PlanStep{Layer: u.layer.Index, Fused: u.fused, Inside: -1, Bytes: p.traffic(u)}
		if root, _ := p.resolve(u.out); root != u.out {
			s.Inside = root.layer()
		}
		s.Kernel = p.kernel(u)
		summary.Steps = append(summary.Steps, s)
	}
	return summary, nil
}

// kernel names what computes a unit.
func (p *plan) kernel(u *unit) string {
	switch {
	case u.turn:
		return p.turnStep(u).kernel()
	case u.stages != nil:
		var methods []string
		for _, s := range u.stages {
			method := convMethod("scale")
			if s.unit.conv != nil {
				method, _ = p.convMethod(s.unit)
			}
			methods = append(methods, string(method))
		}
		return strings.Join(methods, "+") + " " + p.set.Name
	case u.conv != nil:
		method, _ := p.convMethod(u)
		return string(method) + " " + p.set.Name
	case p.connected(u) != nil:
		return string(byMatrix) + " " + p.set.Name
	}
	return p.otherStep(u).kernel()
}

// traffic is the bytes that a unit moves, see PlanStep.
func (p *plan) traffic(u *unit) int64 {
	if route, ok := u.joins(); ok {
		copied := 0
		for _, c := range p.routeStep(u, route).(*routeStep).copies {
			copied += c.from.pixels * c.count
		}
		return 2 * 4 * int64(copied)
	}
	values := 0
	for _, v := range append(u.uses(), u.makes()...) {
		values += p.shape(v).Len()
	}
	if slices.Contains(u.from, valueOf(layers.NetworkInput, planes)) { // it lies outside the arena
		values += p.graph.Net.Input().Len()
	}
	return sumBytes(4*int64(values), p.weightBytes(u))
}

// weightBytes is the memory of the weights that a unit reads: packed ones, or for a layer's own
// Forward its arrays.
func (p *plan) weightBytes(u *unit) int64 {
	if n := p.packed(u); n > 0 || u.turn {
		return 4 * n
	}
	var total int64
	for _, s := range u.layer.Slots {
		total = sumBytes(total, 4*int64(s.Len()))
	}
	return total
}

// Bandwidth measures how many GB/s the chosen kernels read from memory with the chosen number of
// threads, 0 when there are none. See kernels.Set.Bandwidth.
func (o *SessionOptions) Bandwidth() float64 {
	set, err := o.kernels()
	if err != nil || set == nil || o.Reference {
		return 0
	}
	return set.Bandwidth(min(o.threads(), runtime.NumCPU()))
}
