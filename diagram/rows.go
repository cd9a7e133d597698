package diagram

import (
	"slices"
	"strconv"
	"strings"
)

// Row is a line of the diagram as text.
type Row struct {
	Node   int    // Input for the network's input, Gap for a line between nodes of which the second doesn't read the first
	Lanes  string // the node's mark and what leads past it
	Frames string // brackets of the groups around the node, outer ones first
	Titles string // of the groups that begin here
	Reads  string // the layers that it reads if not just the one above: `← 2, 1`
}

// Gap is the Node of a row that has none.
const Gap = Input - 1

// mostLanes is how many lanes rows have at most. What has none is still in Reads.
const mostLanes = 24

// Rows are the lines of the diagram, the network's input first. In Lanes the main line is on the
// left: each mark follows from the one above unless there is a gap. From there a node's output
// goes out on a lane by ─╮, comes in by ─╯ or, where the lane goes on, by ─┤, and passes others as
// │. Marks are ○ for the input, ● for a layer, ◆ where several outputs are joined, and ■ where
// nothing reads on.
func (d *Diagram) Rows() []Row {
	drawn := newRails(d)
	rows := []Row{{Node: Input, Lanes: drawn.row(Input, '○')}}
	follows, read := d.follows()
	titles := make([][]string, len(d.Nodes))
	for _, g := range d.Groups {
		titles[g.First] = append(titles[g.First], g.Title())
	}
	inputs := d.inputs()
	for n, node := range d.Nodes {
		if !follows[n] {
			rows = append(rows, Row{Node: Gap, Lanes: drawn.gap(), Frames: d.frames(n, n-1)})
		}
		mark := '●'
		switch {
		case !read[n]:
			mark = '■'
		case node.Kind == Joint:
			mark = '◆'
		}
		rows = append(rows, Row{
			Node: n, Lanes: drawn.row(n, mark), Frames: d.frames(n, n), Titles: strings.Join(titles[n], " › "), Reads: d.reads(inputs[n]),
		})
	}
	return rows
}

// inputs are the edges to each node.
func (d *Diagram) inputs() [][]Edge {
	all := make([][]Edge, len(d.Nodes))
	for _, e := range d.Edges {
		all[e.To] = append(all[e.To], e)
	}
	return all
}

// follows tells which nodes read the one before them, and which are read by any.
func (d *Diagram) follows() (follows, read []bool) {
	follows, read = make([]bool, len(d.Nodes)), make([]bool, len(d.Nodes))
	for _, e := range d.Edges {
		follows[e.To] = follows[e.To] || !e.Passes()
		if e.From != Input {
			read[e.From] = true
		}
	}
	return follows, read
}

// reads tells what a node reads if that isn't just the one above.
func (d *Diagram) reads(inputs []Edge) string {
	if !slices.ContainsFunc(inputs, Edge.Passes) {
		return ""
	}
	names := make([]string, len(inputs))
	for i, e := range inputs {
		names[i] = "input"
		if e.From != Input {
			names[i] = strconv.Itoa(d.Nodes[e.From].Last)
		}
	}
	return "← " + strings.Join(names, ", ")
}

// frames are the brackets of the groups that hold a node and reach up to another one.
func (d *Diagram) frames(node, from int) string {
	var brackets []rune
	for i := d.Nodes[node].Group; i != None; i = d.Groups[i].Parent {
		switch g := d.Groups[i]; {
		case g.First > from:
		case g.First == g.Last:
			brackets = append(brackets, '─')
		case g.First == node:
			brackets = append(brackets, '┌')
		case g.Last == node && from == node:
			brackets = append(brackets, '└')
		default:
			brackets = append(brackets, '│')
		}
	}
	slices.Reverse(brackets)
	return string(brackets)
}

// rails draws the lanes row by row.
type rails struct {
	begin map[int][]*lane // by node
	live  []*lane         // by column, from 0
	next  []int           // the index in to of what a live lane leads to next
}

func newRails(d *Diagram) *rails {
	r := &rails{begin: map[int][]*lane{}}
	columns := 0
	for _, l := range d.lanes(mostLanes, true) {
		if l.column > 0 {
			r.begin[l.from] = append(r.begin[l.from], l)
			columns = max(columns, l.column)
		}
	}
	r.live, r.next = make([]*lane, columns), make([]int, columns)
	return r
}

// gap draws the lanes between two nodes.
func (r *rails) gap() string {
	text := []rune{' '}
	for _, l := range r.live {
		if text = append(text, ' ', ' '); l != nil {
			text[len(text)-1] = '│'
		}
	}
	return string(text)
}

// row draws a node with a mark, and goes on to the next.
func (r *rails) row(node int, mark rune) string {
	for _, l := range r.begin[node] {
		r.live[l.column-1], r.next[l.column-1] = l, 0
	}
	meets := make([]bool, len(r.live))
	furthest := -1
	for i, l := range r.live {
		if l != nil && (l.from == node || l.to[r.next[i]] == node) {
			meets[i], furthest = true, i
		}
	}
	text := []rune{mark}
	for i, l := range r.live {
		line, crossing := ' ', ' '
		if i <= furthest {
			line, crossing = '─', '─'
		}
		if l != nil {
			crossing = '│'
		}
		if meets[i] {
			begins, ends := l.from == node, l.last() == node
			switch {
			case begins:
				crossing = corner(i == furthest, '╮', '┬')
			case ends:
				crossing = corner(i == furthest, '╯', '┴')
			default:
				crossing = corner(i == furthest, '┤', '┼')
			}
			if !begins {
				r.next[i]++
			}
			if ends {
				r.live[i] = nil
			}
		}
		text = append(text, line, crossing)
	}
	return string(text)
}

func corner(furthest bool, end, between rune) rune {
	if furthest {
		return end
	}
	return between
}
