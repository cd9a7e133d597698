package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/ghostdark/ghostdark/ghost"
	"github.com/ghostdark/ghostdark/tensor"
)

// tables are what analyze prints of a network.
func (n *analyzed) tables() []*table {
	r := n.report()
	var all []*table
	if len(r.Modules) > 0 {
		all = append(all, r.moduleTable())
	}
	all = append(all, n.blockTable(r), r.roleTable())
	if len(r.Modules) > 0 {
		all = append(all, r.Totals.table())
	}
	return all
}

// moduleTable has the ghost modules, one in a row.
func (r *analysisReport) moduleTable() *table {
	t := &table{headings: []string{">module", ">bottleneck", "primary, cheap, route", "joined", ">c", ">m", ">n", ">s", ">k", ">d", "h'×w'",
		">multiply-adds", ">dense", ">r_s", ">parameters", ">dense", ">r_c", ">s·c/(s+c-1)"}}
	for _, m := range r.Modules {
		bottleneck, joined := "", "ghosts last"
		if m.Bottleneck > 0 {
			bottleneck = strconv.Itoa(m.Bottleneck)
		}
		if m.GhostsFirst {
			joined = "ghosts first"
		}
		row := []string{strconv.Itoa(m.Number), bottleneck, fmt.Sprintf("%d, %d, %d", m.Layers[0], m.Layers[1], m.Layers[2]), joined}
		for _, v := range []int{m.C, m.M, m.N, m.S, m.K, m.D} {
			row = append(row, strconv.Itoa(v))
		}
		t.add(append(row, fmt.Sprintf("%d×%d", m.H, m.W),
			metric(float64(m.MACs)), metric(float64(m.Dense.MACs)), times(m.Speedup),
			thousands(m.Parameters), thousands(m.Dense.Parameters), times(m.Compression), times(m.Approximation))...)
	}
	return t
}

// blockTable divides the whole network. Columns that would be empty are left out.
func (n *analyzed) blockTable(r *analysisReport) *table {
	t := &table{headings: []string{"block", "layers", "output"}}
	if len(r.Bottlenecks) > 0 {
		t.headings = append(t.headings, "channels", ">stride", ">SE", "shortcut")
	}
	t.headings = append(t.headings, ">multiply-adds", ">share", ">parameters", ">share")
	if len(r.Modules) > 0 {
		t.headings = append(t.headings, ">r_s", ">r_c")
	}
	if n.times != nil {
		t.headings = append(t.headings, ">ms", ">share of time")
	}
	for _, b := range r.Blocks {
		row := []string{b.Name, span(b.Layers), tensor.Shape{C: b.Output[0], H: b.Output[1], W: b.Output[2]}.String()}
		if len(r.Bottlenecks) > 0 {
			row = append(row, n.bottleneckCells(r, b.Bottleneck)...)
		}
		row = append(row, metric(float64(b.MACs)), share(b.MACShare), thousands(b.Parameters), share(b.ParameterShare))
		switch {
		case b.Dense != b.Cost:
			row = append(row, times(b.Speedup), times(b.Compression))
		case len(r.Modules) > 0:
			row = append(row, "", "")
		}
		if b.timeReport != nil {
			row = append(row, fmt.Sprintf("%.3f", b.MS), share(b.timeReport.Share))
		}
		t.add(row...)
	}
	return t
}

// bottleneckCells are those of a bottleneck, by its number, empty for other blocks.
func (n *analyzed) bottleneckCells(r *analysisReport, number int) []string {
	cells := make([]string, 4)
	if number == 0 {
		return cells
	}
	b := r.Bottlenecks[number-1]
	cells[0] = fmt.Sprintf("%d → %d → %d", b.Channels[0], b.Channels[1], b.Channels[2])
	cells[1] = strconv.Itoa(b.Stride)
	if b.SE > 0 {
		cells[2] = strconv.Itoa(r.SE[b.SE-1].Squeezed)
	}
	cells[3] = n.shortcutOf(n.Bottlenecks[number-1])
	return cells
}

// roleTable tells where the cost sits.
func (r *analysisReport) roleTable() *table {
	t := &table{headings: []string{"role", ">layers", ">multiply-adds", ">share", ">parameters", ">share"}}
	for _, role := range r.Roles {
		t.add(role.role.String(), strconv.Itoa(role.Layers), metric(float64(role.MACs)), share(role.MACShare), thousands(role.Parameters), share(role.ParameterShare))
	}
	return t
}

// table compares the whole network with its dense twin.
func (r *twinReport) table() *table {
	t := &table{headings: []string{"total", ">this network", ">dense twin", ">ratio", ""}}
	t.add("multiply-adds", metric(float64(r.MACs)), metric(float64(r.Dense.MACs)), times(r.Speedup), "r_s")
	t.add("parameters", thousands(r.Parameters), thousands(r.Dense.Parameters), times(r.Compression), "r_c")
	return t
}

// compareAnalyses is the table of several networks.
func compareAnalyses(all []*analyzed) *table {
	t := &table{headings: []string{"cfg", "input", ">modules", ">bottlenecks", ">SE", ">multiply-adds", ">dense twin", ">r_s", ">parameters", ">dense twin", ">r_c"}}
	roles := ghost.Roles()[:ghost.Other]
	for _, role := range roles {
		t.headings = append(t.headings, ">"+role.String())
	}
	if all[0].times != nil {
		t.headings = append(t.headings, ">ms")
	}
	for _, n := range all {
		sum := n.twin(n.All()...)
		row := []string{n.path, n.Graph.Net.Input().String(), strconv.Itoa(len(n.Modules)), strconv.Itoa(len(n.Bottlenecks)), strconv.Itoa(len(n.SE)),
			metric(float64(sum.MACs)), metric(float64(sum.Dense.MACs)), times(sum.Speedup),
			thousands(sum.Parameters), thousands(sum.Dense.Parameters), times(sum.Compression)}
		for _, role := range roles {
			row = append(row, share(n.part(n.withRole(role)...).MACShare))
		}
		if n.times != nil {
			row = append(row, fmt.Sprintf("%.3f", milliseconds(n.times.median)))
		}
		t.add(row...)
	}
	return t
}

func share(v float64) string { return fmt.Sprintf("%.1f %%", 100*v) }

// times writes a ratio.
func times(v float64) string { return fmt.Sprintf("%.2f", v) }

// span writes indexes that follow each other as 3–7.
func span(indexes []int) string {
	var parts []string
	for i := 0; i < len(indexes); {
		end := i
		for end+1 < len(indexes) && indexes[end+1] == indexes[end]+1 {
			end++
		}
		if end == i {
			parts = append(parts, strconv.Itoa(indexes[i]))
		} else {
			parts = append(parts, fmt.Sprintf("%d–%d", indexes[i], indexes[end]))
		}
		i = end + 1
	}
	return strings.Join(parts, ", ")
}
