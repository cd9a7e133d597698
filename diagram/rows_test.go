package diagram

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/ghostdark/ghostdark/layers"
	"github.com/ghostdark/ghostdark/net"
)

// TestRows shows a network with everything that rows can have.
func TestRows(t *testing.T) {
	g := build(t, "test.cfg", stem+pointed+ // 0
		same+"[route]\nlayers=0\n"+same+same+"[shortcut]\nfrom=2\n[route]\nlayers=-1,1,0\n"+ // 1 to 6, branches with a residual block
		"[softmax]\n[route]\nlayers=0,6\n[route]\nlayers=0,-1,-1\n") // 7 to 9
	var got []string
	for _, r := range New(g, Options{}).Rows() {
		got = append(got, strings.TrimRight(fmt.Sprintf("%-8s|%-2s|%-17s|%s", r.Lanes, r.Frames, r.Titles, r.Reads), " "))
	}
	if text := strings.Join(got, "\n"); text != wantRows {
		t.Errorf("got\n%s\nwant\n%s", text, wantRows)
	}
}

const wantRows = `○       |  |                 |
●─────╮ |  |                 |
●───╮ │ |┌ |parallel branches|
    │ │ |│ |                 |
◆─┬─│─┤ |│ |                 |← 0
● │ │ │ |│┌|residual block   |
● │ │ │ |││|                 |
◆─╯ │ │ |│└|                 |← 4, 2
◆─┬─┴─┤ |└ |                 |← 5, 1, 0
■ │   │ |  |                 |
  │   │ |  |                 |
◆─┴───┤ |  |                 |← 0, 6
■─────╯ |  |                 |← 0, 8, 8`

// TestRowsTellEdges reads the edges back from the lanes.
func TestRowsTellEdges(t *testing.T) {
	eachGraph(t, func(t fataler, g *net.Graph) {
		for _, fold := range []bool{false, true} {
			d := New(g, Options{Fold: fold})
			var want []string
			for _, e := range d.Edges {
				want = append(want, fmt.Sprint(e.From, " ", e.To))
			}
			if got, want := sortedSet(readRows(t, d.Rows())), sortedSet(want); !slices.Equal(got, want) {
				t.Fatalf("%s: the rows tell of the edges %v, want %v", d.Name, got, want)
			}
		}
	})
}

// readRows follows the lanes of rows: what they lead from and to.
func readRows(t fataler, rows []Row) (edges []string) {
	t.Helper()
	from := map[int]int{} // by column: the node that a lane comes from
	previous := Gap
	for _, row := range rows {
		cells := []rune(row.Lanes)
		if row.Node == Gap {
			previous = Gap
		} else {
			if previous != Gap {
				edges = append(edges, fmt.Sprint(previous, " ", row.Node))
			}
			previous = row.Node
		}
		for column := 2; column < len(cells); column += 2 {
			source, live := from[column]
			mark := cells[column]
			if ends := strings.ContainsRune("╯┴", mark); live != (ends || strings.ContainsRune("│┤┼", mark)) {
				t.Fatalf("column %d of %q has a lane: %v", column, row.Lanes, live)
			}
			if strings.ContainsRune("╯┴┤┼", mark) {
				edges = append(edges, fmt.Sprint(source, " ", row.Node))
			}
			switch {
			case strings.ContainsRune("╯┴", mark):
				delete(from, column)
			case strings.ContainsRune("╮┬", mark):
				from[column] = row.Node
			}
		}
	}
	if len(from) > 0 {
		t.Fatalf("lanes without end: %v", from)
	}
	return edges
}

// TestManyLanes holds that no more lanes are drawn than there is room for, and that what isn't drawn
// is still said.
func TestManyLanes(t *testing.T) {
	const n = 60
	text := stem + pointed + strings.Repeat(same, n) + "[route]\nlayers=0"
	for i := 1; i <= n; i++ {
		text += fmt.Sprint(",", i)
	}
	rows := New(build(t, "test.cfg", text+"\n"), Options{}).Rows()
	for _, r := range rows {
		if got := utf8.RuneCountInString(r.Lanes); got != 1+2*mostLanes {
			t.Fatalf("%q has %d characters", r.Lanes, got)
		}
	}
	if reads := rows[len(rows)-1].Reads; strings.Count(reads, ",") != n {
		t.Errorf("the last row reads %s", reads)
	}
}

// TestColumns holds that lanes in a column don't lie on each other.
func TestColumns(t *testing.T) {
	eachGraph(t, func(t fataler, g *net.Graph) {
		for _, apart := range []bool{false, true} {
			lanes := New(g, Options{}).lanes(len(g.Layers), apart)
			for i, a := range lanes {
				for _, b := range lanes[:i] {
					meet := a.from < b.last() && b.from < a.last() || apart && (a.from == b.last() || b.from == a.last())
					if a.column == 0 || a.column == b.column && meet {
						t.Fatalf("%s: lanes %+v and %+v meet", g.File.Name, *a, *b)
					}
				}
			}
		}
	})
}

// TestVast draws the largest networks that there may be: lanes inside each other, and side by side.
func TestVast(t *testing.T) {
	var nested strings.Builder
	nested.WriteString(stem + strings.Repeat("[dropout]\n", layers.MaxLayers/2))
	for i := layers.MaxLayers/2 - 1; i >= 0; i-- {
		fmt.Fprintf(&nested, sum, i)
	}
	beside := stem + pointed + strings.Repeat(same+same+"[shortcut]\nfrom=-3\n[dropout]\n", layers.MaxLayers/4-1)
	for _, c := range []struct {
		text          string
		layers, nodes int // nodes when folded
	}{{nested.String(), layers.MaxLayers, layers.MaxLayers - 499 + 1}, {beside, layers.MaxLayers - 3, layers.MaxLayers/2 - 1}} {
		g := build(t, "test.cfg", c.text)
		d := New(g, Options{})
		checkEdges(t, g, d.Edges)
		if rows := d.Rows(); len(rows) != c.layers+1 {
			t.Errorf("%d rows for %d layers", len(rows), c.layers)
		}
		if n := strings.Count(written(t, d.WriteDOT), " -> "); n != len(d.Edges) {
			t.Errorf("%d edges of %d", n, len(d.Edges))
		}
		if f := New(g, Options{Fold: true}); len(f.Nodes) != c.nodes {
			t.Errorf("%d nodes, want %d", len(f.Nodes), c.nodes)
		}
	}
}
