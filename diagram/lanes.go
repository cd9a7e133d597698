package diagram

import (
	"cmp"
	"slices"
)

// lane is a line beside the nodes, which leads from a node past others to those that read it.
type lane struct {
	from   int   // node, or Input
	use    Use   // what the readers do with it
	to     []int // the nodes that read it, in order
	column int   // from 1, next to the nodes; 0 where there was no room
}

func (l *lane) last() int { return l.to[len(l.to)-1] }

// lanes gives all edges that pass other nodes a place. Edges from one node for the same use share
// a lane. The shortest lanes come next to the nodes, each in the first column that is free for all
// of its way. No more than most columns are used.
//
// In rows that say in one line what begins and what ends at a node, two lanes that meet there must
// not have the same column (apart).
func (d *Diagram) lanes(most int, apart bool) []*lane {
	type key struct {
		from int
		use  Use
	}
	byKey := map[key]*lane{}
	var all []*lane
	for _, e := range d.Edges {
		if !e.Passes() {
			continue
		}
		l := byKey[key{e.From, e.Use}]
		if l == nil {
			l = &lane{from: e.From, use: e.Use}
			byKey[key{e.From, e.Use}] = l
			all = append(all, l)
		}
		if len(l.to) == 0 || l.last() != e.To {
			l.to = append(l.to, e.To)
		}
	}
	slices.SortStableFunc(all, func(a, b *lane) int {
		return cmp.Or(cmp.Compare(a.last()-a.from, b.last()-b.from), cmp.Compare(a.from, b.from))
	})
	var columns []column
	for _, l := range all {
		for i := 0; i < most; i++ {
			if i == len(columns) {
				columns = append(columns, column{apart: apart})
			}
			if columns[i].take(l) {
				l.column = i + 1
				break
			}
		}
	}
	return all
}

// column is what a column holds, by where it begins.
type column struct {
	taken []*lane
	apart bool
}

// take puts a lane into the column if it is free.
func (c *column) take(l *lane) bool {
	i, _ := slices.BinarySearchFunc(c.taken, l, func(a, b *lane) int { return cmp.Compare(a.from, b.from) })
	end, begin := l.last(), l.from
	if c.apart {
		end, begin = end+1, begin-1
	}
	if i > 0 && c.taken[i-1].last() > begin || i < len(c.taken) && c.taken[i].from < end {
		return false
	}
	c.taken = slices.Insert(c.taken, i, l)
	return true
}
