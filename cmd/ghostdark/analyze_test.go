package main

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"testing"

	"github.com/ghostdark/ghostdark/ghost"
	"github.com/ghostdark/ghostdark/internal/testkit"
)

// TestAnalyzeAll checks that the sums in the reports of many networks agree with each other and with
// those of validate-cfg.
func TestAnalyzeAll(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(testkit.Root(), "cfgs", "*.cfg"))
	if err != nil || len(files) < 4 {
		t.Fatalf("cfgs: %v, %v", files, err)
	}
	if _, err := os.Stat(filepath.Join(testkit.Root(), "..", "shared")); err == nil {
		zoo, err := filepath.Glob(filepath.Join(testkit.Shared(t, "zoo", "cfg"), "*.cfg"))
		if err != nil || len(zoo) == 0 {
			t.Fatalf("no cfgs: %v", err)
		}
		files = append(files, zoo...)
	}
	analyses := json.NewDecoder(bytes.NewReader(invoke(t, append([]string{"analyze", "--json"}, files...)...)))
	checks := json.NewDecoder(bytes.NewReader(invoke(t, append([]string{"validate-cfg", "--json"}, files...)...)))
	for _, file := range files {
		var r analysisReport
		var checked struct {
			Totals *struct {
				MACs       int64 `json:"multiply_adds"`
				Parameters int64 `json:"parameters"`
			}
			Ghost *ghostSummary
		}
		if err := analyses.Decode(&r); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if err := checks.Decode(&checked); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if want := (ghostSummary{len(r.Modules), len(r.Bottlenecks), len(r.SE), r.Totals}); r.File != file || *checked.Ghost != want {
			t.Errorf("%s: validate-cfg summarizes %+v, analyze %+v", file, *checked.Ghost, want)
		}
		var roles, blocks, dense ghost.Cost
		var macShare, parameterShare float64
		layers := 0
		for _, role := range r.Roles {
			roles, layers = roles.Plus(role.Cost), layers+role.Layers
		}
		for _, b := range r.Blocks {
			blocks, dense = blocks.Plus(b.Cost), dense.Plus(b.Dense)
			macShare, parameterShare = macShare+b.MACShare, parameterShare+b.ParameterShare
		}
		total := ghost.Cost{MACs: checked.Totals.MACs, Parameters: checked.Totals.Parameters}
		if r.Totals.Cost != total || roles != total || blocks != total || dense != r.Totals.Dense || layers != r.Layers {
			t.Errorf("%s: %+v, by roles %+v, by blocks %+v and dense %+v, %d layers", file, r.Totals, roles, blocks, dense, layers)
		}
		if total.Parameters > 0 && math.Abs(parameterShare-1) > 1e-9 || total.MACs > 0 && math.Abs(macShare-1) > 1e-9 {
			t.Errorf("%s: shares sum up to %v and %v", file, macShare, parameterShare)
		}
	}
}

// TestChartOfManyBlocks holds that a chart stays of a size that can be drawn, with the costliest
// blocks in their order.
func TestChartOfManyBlocks(t *testing.T) {
	enterFolder(t)
	text, costly := net8, 0
	for i := range maxBars {
		text += " [upsample] [convolutional] filters=1 [maxpool] size=2 stride=2 [convolutional] filters=1"
		if i == 100 {
			costly = 4*i + 2 // with the pooling before
			text += " [convolutional] filters=9 size=3 pad=1 [convolutional] filters=1"
		}
	}
	write(t, "deep.cfg", words(text))
	invoke(t, "analyze", "deep.cfg", "--plot", "deep.svg")
	rows := regexp.MustCompile(`>layers? (\d+)(–\d+)? · `).FindAllSubmatch(testkit.Bytes(t, "deep.svg"), -1)
	var first []int
	for _, row := range rows {
		n, err := strconv.Atoi(string(row[1]))
		if err != nil {
			t.Fatal(err)
		}
		first = append(first, n)
	}
	if len(first) != maxBars || !slices.IsSorted(first) || !slices.Contains(first, costly) {
		t.Errorf("the rows begin with layers %v, and one of them should with %d", first, costly)
	}
}

func TestSpan(t *testing.T) {
	for want, indexes := range map[string][]int{"": nil, "3": {3}, "3–4": {3, 4}, "1–3, 5, 7–8": {1, 2, 3, 5, 7, 8}} {
		if got := span(indexes); got != want {
			t.Errorf("%v: %q, want %q", indexes, got, want)
		}
	}
}
