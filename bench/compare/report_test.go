package main

import (
	"strings"
	"testing"
)

func TestTable(t *testing.T) {
	a, b := network{name: "first"}, network{name: "second"}
	r := &report{
		programs: []*program{{name: "ours"}, {name: "peer"}, {name: "other"}},
		measurements: []measurement{
			{network: a, threads: 1, times: [][]float64{{3, 1, 2}, {4, 4, 4}, {1}}},
			{network: a, threads: 2, times: [][]float64{{1}, {1}, {1}}},
			{network: b, threads: 1, times: [][]float64{{10, 20}, {120}, nil}},
		},
	}
	const want = `
## 1 thread

| network | ours | peer | other |
|---|--:|--:|--:|
| first | 2.00 | 4.00 (2.00×) | 1.00 (0.50×) |
| second | 15.00 | 120.00 (8.00×) | – |
| geometric mean of the ratios | | 4.00× | 0.50× |
`
	var got strings.Builder
	r.table(&got, 1)
	if got.String() != want {
		t.Errorf("got %s\nwant %s", got.String(), want)
	}
	if got, want := r.measurements[2].summary(r.programs), "ours 15.00 ms, peer 120.00 ms, other failed"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestOptions(t *testing.T) {
	for _, args := range [][]string{{"-threads", "x"}, {"-threads", "0"}, {"-rounds", "0"}, {"-seconds", "0"}, {"-networks", "("}, {"operand"}} {
		if _, err := parseOptions(args); err == nil {
			t.Errorf("%v: no error", args)
		}
	}
	o, err := parseOptions([]string{"-threads", "1,1000000", "-networks", "Ghost"})
	if err != nil || len(o.threads) != 1 {
		t.Errorf("threads %v, %v", o.threads, err)
	}
}

func TestNetworks(t *testing.T) {
	seen := map[string]bool{}
	for _, n := range networks {
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
