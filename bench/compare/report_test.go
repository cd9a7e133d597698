package main

import (
	"slices"
	"strings"
	"testing"
)

func TestTable(t *testing.T) {
	a, b := network{name: "first"}, network{name: "second"}
	r := &report{
		programs: []*program{{name: ghostdark, cpu: "slow"}, {name: ghostdark, cpu: "fast"}, {name: "peer"}, {name: "other"}},
		measurements: []measurement{
			{network: a, threads: 1, times: [][]float64{{9}, {3, 1, 2}, {4, 4, 4}, {1}}},
			{network: a, threads: 2, times: [][]float64{{1}, {1}, {1}, {1}}},
			{network: b, threads: 1, times: [][]float64{{99}, {10, 20}, {120}, nil}},
		},
	}
	const want = `
### 1 thread

| network | ghostdark | peer | other |
|---|--:|--:|--:|
| first | 2.00 | 4.00 (2.00×) | 1.00 (0.50×) |
| second | 15.00 | 120.00 (8.00×) | – |
| geometric mean of the ratios | | 4.00× | 0.50× |
`
	var got strings.Builder
	r.table(&got, 1, 1)
	if got.String() != want {
		t.Errorf("got %s\nwant %s", got.String(), want)
	}
	if got, want := r.measurements[2].summary(r.programs), "ghostdark slow 99.00 ms, ghostdark fast 15.00 ms, peer 120.00 ms, other failed"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestOptions(t *testing.T) {
	for _, args := range [][]string{{"-threads", "x"}, {"-threads", "0"}, {"-rounds", "0"}, {"-seconds", "0"}, {"-networks", "("}, {"-networks", "no such network"}, {"operand"}} {
		if _, err := parseOptions(args); err == nil {
			t.Errorf("%v: no error", args)
		}
	}
	o, err := parseOptions([]string{"-threads", "1,1000000", "-networks", "Ghost", "-cpu", "avx512,avx2"})
	if err != nil {
		t.Fatal(err)
	}
	if len(o.threads) != 1 || len(o.cpus) != 2 || !o.chosen(network{name: "GhostNet 224"}) || o.chosen(network{name: "YOLOv3 416"}) {
		t.Errorf("%+v", o)
	}
}

func TestNetworks(t *testing.T) {
	seen := map[string]bool{}
	for _, n := range allNetworks {
		if seen[n.name] {
			t.Errorf("two networks are called %s", n.name)
		}
		seen[n.name] = true
	}
	if err := (network{cfg: "no-such.cfg"}).missing(); err == nil {
		t.Error("a missing file is no error")
	}
	got := strings.Join(network{cfg: "a.cfg", weights: "a.weights", width: 96, height: 64}.operands(), " ")
	if want := "a.cfg a.weights --width 96 --height 64"; got != want {
		t.Errorf("operands %s, want %s", got, want)
	}
}

func TestEstimates(t *testing.T) {
	r := &report{
		programs: []*program{{name: ghostdark, cpu: "fast"}, {name: ghostdark, cpu: "slow"}, {name: onnxRuntime}},
		measurements: []measurement{
			{network: network{name: "GhostNet 224"}, threads: 1, times: [][]float64{{2}, {4}, {7}}},
			{network: network{name: "YOLOv4 608"}, threads: 2, times: [][]float64{{500}, {1000}, {1063}}},
			{network: network{name: "Darknet-53 256"}, threads: 1, times: [][]float64{{100}, {100}, nil}},
			{network: network{name: "GhostNet 224"}, threads: 4, times: [][]float64{{2}, {4}, {7}}},
			{network: network{name: "unknown"}, threads: 1, times: [][]float64{{2}, {4}, {7}}},
		},
	}
	const want = ` ncnn : ghostdark with slow, estimated | darknet : ghostdark with slow, estimated |
|---|--:|--:|--:|--:|--:|--:|
| GhostNet 224, 1 thread | 3.57× | 4.14× | 12.50× | 14.50× | 6.25× | 7.25× |
| YOLOv4 608, 2 threads | 0.96× | – | 2.03× | – | 1.02× | – |
| Darknet-53 256, 1 thread | 1.29× | 6.12× | – | – | – | – |
`
	var got strings.Builder
	if r.estimates(&got); !strings.HasSuffix(got.String(), want) {
		t.Errorf("got %s\nwant %s", got.String(), want)
	}
	for name := range elsewhere {
		if !slices.ContainsFunc(allNetworks, func(n network) bool { return n.name == name }) {
			t.Errorf("%s is not a network that is measured", name)
		}
	}
	r.measurements = r.measurements[4:]
	got.Reset()
	if r.estimates(&got); got.Len() > 0 {
		t.Errorf("without networks known elsewhere: %s", got.String())
	}
}
