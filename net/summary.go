package net

import "github.com/ghostdark/ghostdark/kernels"

// PlanSummary tells how a session would compute a network.
type PlanSummary struct {
	CPU        string     `json:"cpu"` // name of the instruction set
	Steps      []PlanStep `json:"steps"`
	ArenaBytes int64      `json:"arena_bytes"` // memory of all outputs of one image
}

// PlanStep is one step of a plan. Layers that are in no step either lie inside another layer's
// output or are read by nobody.
type PlanStep struct {
	Layer  int    `json:"layer"`           // whose output it computes
	Fused  []int  `json:"fused,omitempty"` // layers before it that are computed along with it
	Kernel string `json:"kernel"`
	// Inside is the layer whose memory the output is a part of, -1 for memory of its own.
	Inside int `json:"inside"`
}

// Plan tells how a session with these options would compute the network.
func (g *Graph) Plan(opt SessionOptions) (*PlanSummary, error) {
	if err := g.Err(); err != nil {
		return nil, err
	}
	if err := opt.check(g); err != nil {
		return nil, err
	}
	set, err := opt.kernels()
	if err != nil {
		return nil, err
	}
	p := newPlan(g, set, g.keep(opt), opt.threads(), opt.Disable)
	summary := &PlanSummary{CPU: kernels.Generic, ArenaBytes: 4 * int64(p.arena)}
	if set != nil {
		summary.CPU = set.Name
	}
	for _, u := range p.units {
		s := PlanStep{Layer: u.layer.Index, Fused: u.fused, Inside: -1}
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
	case u.conv != nil:
		method, _ := p.convMethod(u)
		return string(method) + " " + p.set.Name
	case p.connected(u) != nil:
		return string(byMatrix) + " " + p.set.Name
	}
	return p.otherStep(u).kernel()
}
