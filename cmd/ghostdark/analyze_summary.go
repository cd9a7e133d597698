package main

import (
	"fmt"
	"strings"

	"github.com/ghostdark/ghostdark/ghost"
)

// ghostSummary is what an analysis gives in short.
type ghostSummary struct {
	Modules     int `json:"modules"`
	Bottlenecks int `json:"bottlenecks"`
	SE          int `json:"squeeze_excite"`
	twinReport
}

func summaryOf(a *ghost.Analysis) *ghostSummary {
	return &ghostSummary{len(a.Modules), len(a.Bottlenecks), len(a.SE), twinOf(a, a.All()...)}
}

// contents says in words what there is.
func (s *ghostSummary) contents() string {
	parts := []string{"no ghost modules"}
	if s.Modules > 0 {
		parts[0] = counted(s.Modules, "ghost module")
	}
	return strings.Join(append(parts, s.more()...), ", ")
}

// more says in words what there is besides modules.
func (s *ghostSummary) more() []string {
	var parts []string
	if s.Bottlenecks > 0 {
		parts = append(parts, counted(s.Bottlenecks, "ghost bottleneck"))
	}
	if s.SE > 0 {
		parts = append(parts, counted(s.SE, "squeeze-and-excite block"))
	}
	return parts
}

// String compares the network with its dense twin, in a line.
func (s *ghostSummary) String() string {
	twin := fmt.Sprintf("their dense twin takes %s multiply-adds (r_s %s), %s parameters (r_c %s)",
		metric(float64(s.Dense.MACs)), times(s.Speedup), thousands(s.Dense.Parameters), times(s.Compression))
	return strings.Join(append(s.more(), twin), ", ")
}
