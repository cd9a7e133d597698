package main

import (
	"strings"

	"github.com/ghostdark/ghostdark/ghost"
)

// analysisReport is what analyze tells of a network. Layers are indexes, -1 is the network's input;
// modules, bottlenecks and squeeze-and-excite blocks are numbered from 1.
type analysisReport struct {
	File        string             `json:"file"`
	Input       [3]int             `json:"input"` // [channels, height, width]
	Layers      int                `json:"layers"`
	Totals      twinReport         `json:"totals"`
	Roles       []roleReport       `json:"roles"`
	Modules     []moduleReport     `json:"modules"`
	Bottlenecks []bottleneckReport `json:"bottlenecks"`
	SE          []seReport         `json:"squeeze_excite"`
	Blocks      []blockReport      `json:"blocks"`
	Lookalikes  []lookalikeReport  `json:"lookalikes"`
	Measured    *measuredReport    `json:"measured,omitempty"`
}

// twinReport compares a cost with that of the dense twin.
type twinReport struct {
	ghost.Cost
	Dense       ghost.Cost `json:"dense"`
	Speedup     float64    `json:"r_s"` // ratio of multiply-adds
	Compression float64    `json:"r_c"` // ratio of parameters
}

// partReport is the part of some layers in the network.
type partReport struct {
	MACShare       float64 `json:"multiply_add_share"`
	ParameterShare float64 `json:"parameter_share"`
}

// timeReport is the part of some layers in the time. What is computed along with an earlier layer
// counts there.
type timeReport struct {
	MS    float64 `json:"ms"`
	Share float64 `json:"time_share"`
}

type roleReport struct {
	Role   string `json:"role"`
	Layers int    `json:"layers"`
	role   ghost.Role
	ghost.Cost
	partReport
}

type moduleReport struct {
	Number        int     `json:"number"`
	Bottleneck    int     `json:"bottleneck,omitempty"`
	Layers        []int   `json:"layers"` // primary, cheap, route
	GhostsFirst   bool    `json:"ghosts_first"`
	C             int     `json:"c"`
	M             int     `json:"m"`
	N             int     `json:"n"`
	S             int     `json:"s"`
	K             int     `json:"k"`
	D             int     `json:"d"`
	H             int     `json:"h"`
	W             int     `json:"w"`
	Formula       float64 `json:"r_formula"`
	Approximation float64 `json:"r_approximation"`
	twinReport
	partReport
}

type bottleneckReport struct {
	Number     int    `json:"number"`
	Layers     []int  `json:"layers"`
	Modules    [2]int `json:"modules"`
	Input      int    `json:"input"`
	Channels   [3]int `json:"channels"` // in, expanded, out
	Stride     int    `json:"stride"`
	SE         int    `json:"squeeze_excite,omitempty"`
	Halve      *int   `json:"halve,omitempty"`
	Attention  *int   `json:"attention,omitempty"`
	Branch     []int  `json:"branch"`      // convolutions
	BranchFrom int    `json:"branch_from"` // the layer that they begin with: input or halve
	Shortcut   int    `json:"shortcut"`
	twinReport
	partReport
}

type seReport struct {
	Number   int   `json:"number"`
	Layers   []int `json:"layers"`
	Channels int   `json:"channels"`
	Squeezed int   `json:"squeezed"`
	ghost.Cost
	partReport
}

type blockReport struct {
	Name       string `json:"name"`
	Bottleneck int    `json:"bottleneck,omitempty"`
	Module     int    `json:"module,omitempty"`
	Layers     []int  `json:"layers"`
	Output     [3]int `json:"output"`
	twinReport
	partReport
	*timeReport // nil if nothing was measured
}

type lookalikeReport struct {
	Layer  int    `json:"layer"`
	Reason string `json:"reason"`
}

// measuredReport says how times were measured.
type measuredReport struct {
	MedianMS float64 `json:"median_ms"`
	Runs     int     `json:"runs"`
	Threads  int     `json:"threads"`
	CPU      string  `json:"cpu"`
}

// report puts together what is known.
func (n *analyzed) report() *analysisReport {
	r := &analysisReport{
		File: n.path, Input: *extents(n.Graph.Net.Input()), Layers: len(n.Graph.Layers), Totals: n.twin(n.All()...),
		Modules: []moduleReport{}, Bottlenecks: []bottleneckReport{}, SE: []seReport{}, Lookalikes: []lookalikeReport{},
	}
	for _, role := range ghost.Roles() {
		if of := n.withRole(role); len(of) > 0 {
			r.Roles = append(r.Roles, roleReport{strings.ToLower(role.String()), len(of), role, n.CostOf(of...), n.part(of...)})
		}
	}
	for i, m := range n.Modules {
		all := m.Layers()
		r.Modules = append(r.Modules, moduleReport{
			Number: i + 1, Bottleneck: number(n.BottleneckOf(m.Route)), Layers: all, GhostsFirst: m.GhostsFirst,
			C: m.C, M: m.M, N: m.N, S: m.S, K: m.K, D: m.D, H: m.H, W: m.W,
			Formula: m.Formula(), Approximation: m.Approximation(), twinReport: n.twin(all...), partReport: n.part(all...),
		})
	}
	for i := range n.Bottlenecks {
		r.Bottlenecks = append(r.Bottlenecks, n.bottleneckReport(i))
	}
	for i, s := range n.SE {
		all := s.Layers()
		r.SE = append(r.SE, seReport{i + 1, all, s.Channels, s.Squeezed, n.CostOf(all...), n.part(all...)})
	}
	for _, b := range n.Blocks() {
		r.Blocks = append(r.Blocks, blockReport{
			b.Name, number(b.Bottleneck), number(b.Module), b.Layers, *extents(b.Output), n.twin(b.Layers...), n.part(b.Layers...), n.timeOf(b),
		})
	}
	for _, l := range n.Lookalikes {
		r.Lookalikes = append(r.Lookalikes, lookalikeReport{l.Route, l.Reason})
	}
	if t := n.times; t != nil {
		r.Measured = &measuredReport{milliseconds(t.median), t.runs, t.threads, t.cpu}
	}
	return r
}

// number counts from 1 what is indexed from 0; what there isn't gets 0.
func number(index int) int { return max(index+1, 0) }

func (n *analyzed) bottleneckReport(i int) bottleneckReport {
	b := n.Bottlenecks[i]
	expand, project := n.Modules[b.Expand], n.Modules[b.Project]
	r := bottleneckReport{
		Number: i + 1, Layers: b.Layers, Modules: [2]int{b.Expand + 1, b.Project + 1}, Input: b.Input,
		Channels: [3]int{n.Graph.Shape(b.Input).C, expand.N, project.N}, Stride: b.Stride, SE: number(b.SE),
		Branch: append([]int{}, b.Branch...), BranchFrom: b.From, Shortcut: b.Shortcut,
		twinReport: n.twin(b.Layers...), partReport: n.part(b.Layers...),
	}
	if b.Halve != ghost.None {
		r.Halve = &b.Halve
	}
	if b.Attention != ghost.None {
		r.Attention = &b.Attention
	}
	return r
}

// withRole lists the layers that have a role.
func (n *analyzed) withRole(role ghost.Role) []int {
	var of []int
	for i := range n.Graph.Layers {
		if n.Role(i) == role {
			of = append(of, i)
		}
	}
	return of
}

// twin compares layers with their dense twin.
func (n *analyzed) twin(indexes ...int) twinReport { return twinOf(n.Analysis, indexes...) }

func twinOf(a *ghost.Analysis, indexes ...int) twinReport {
	t := twinReport{Cost: a.CostOf(indexes...), Dense: a.DenseOf(indexes...)}
	t.Speedup, t.Compression = ghost.Saving(t.Cost, t.Dense)
	return t
}

// part gives the shares of layers in the network.
func (n *analyzed) part(indexes ...int) partReport {
	cost := n.CostOf(indexes...)
	return partReport{
		MACShare:       float64(cost.MACs) / float64(max(n.total.MACs, 1)),
		ParameterShare: float64(cost.Parameters) / float64(max(n.total.Parameters, 1)),
	}
}

// timeOf gives the time of a block, nil if nothing was measured.
func (n *analyzed) timeOf(b ghost.Block) *timeReport {
	if n.times == nil {
		return nil
	}
	return &timeReport{fineMS(n.times.of(b.Layers...)), n.times.share(b.Layers...)}
}

// shortcutOf says in words what the shortcut of a bottleneck takes.
func (n *analyzed) shortcutOf(b ghost.Bottleneck) string {
	parts := make([]string, len(b.Branch))
	for i, layer := range b.Branch {
		parts[i] = n.Graph.Layers[layer].Geometry().String()
	}
	text := strings.Join(parts, ", ")
	switch {
	case b.From != b.Input:
		return strings.TrimSpace(text + " behind halving")
	case text == "":
		return "identity"
	}
	return text
}
