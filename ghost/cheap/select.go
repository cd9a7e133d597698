package cheap

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// Layout says where the maps of a ghost module's output lie: Intrinsic of them in a row, which a convolution makes,
// and then, or before, the ghost maps that cheap operations make of them, those of one intrinsic map beside each
// other. Ghost map j, counted among the ghost maps, is made from intrinsic map j / Each().
type Layout struct {
	Maps, Intrinsic int
	// GhostsFirst puts the ghost maps before the intrinsic ones, as the published Ghost-YOLO cfg does. Otherwise they
	// come last, as in PyTorch's GhostNet.
	GhostsFirst bool
	// Cells, if there are any, gives each position a cell, and each map the one of the position that it has now. A map
	// may only be moved to a position of the same cell. Without it all maps may go anywhere.
	Cells []int
}

// Check refuses layouts with no intrinsic maps, or more than there are, and wrong numbers of cells.
func (l Layout) Check() error {
	if l.Intrinsic < 1 || l.Intrinsic > l.Maps {
		return fmt.Errorf("%d intrinsic maps of %d are out of range", l.Intrinsic, l.Maps)
	}
	if l.Cells != nil && len(l.Cells) != l.Maps {
		return fmt.Errorf("%d cells for %d maps", len(l.Cells), l.Maps)
	}
	return nil
}

// Each is how many ghost maps are made from an intrinsic one: s − 1 for a ratio of s. Where that doesn't come out even,
// the last intrinsic maps serve fewer.
func (l Layout) Each() int { return (l.Maps - 1) / l.Intrinsic }

// IntrinsicAt is the position of intrinsic map k.
func (l Layout) IntrinsicAt(k int) int {
	if l.GhostsFirst {
		return l.Maps - l.Intrinsic + k
	}
	return k
}

// GhostAt is the position of ghost map j.
func (l Layout) GhostAt(j int) int {
	if l.GhostsFirst {
		return j
	}
	return l.Intrinsic + j
}

// groups returns the positions of each intrinsic map, followed by those of its ghosts.
func (l Layout) groups() [][]int {
	groups := make([][]int, l.Intrinsic)
	for k := range groups {
		groups[k] = []int{l.IntrinsicAt(k)}
	}
	for j := range l.Maps - l.Intrinsic {
		k := j / l.Each()
		groups[k] = append(groups[k], l.GhostAt(j))
	}
	return groups
}

func (l Layout) cell(i int) int {
	if l.Cells == nil {
		return 0
	}
	return l.Cells[i]
}

// Selection is a choice of intrinsic and ghost maps.
type Selection struct {
	Layout Layout
	// Order gives for each position the map that comes there, by its number before.
	Order []int
	// Gain is what the operations explain of all maps, intrinsic ones in full: the sum of the gains of all pairs.
	Gain float64
}

// Pair is a ghost map, the target, and the intrinsic map that it is made from.
type Pair struct{ Source, Target int }

// Pairs returns all ghost maps with their sources, by their numbers before, in the order of the ghosts' positions.
func (s *Selection) Pairs() []Pair {
	pairs := make([]Pair, s.Layout.Maps-s.Layout.Intrinsic)
	for j := range pairs {
		pairs[j] = Pair{Source: s.Order[s.Layout.IntrinsicAt(j/s.Layout.Each())], Target: s.Order[s.Layout.GhostAt(j)]}
	}
	return pairs
}

// Select chooses which maps are intrinsic and which ghost map is made from which, so that the sum of the gains is
// large. Gains are as Stats.Gains gives them: what making the target of the column from the source of the row is worth, and
// on the diagonal what keeping a map is worth. To weigh maps, scale the columns.
//
// It takes the best pairs first and then exchanges two maps as long as that helps, and does the same beginning with
// maps that stay where they are. The better result it shakes a few times and improves it again. So it's never worse
// than to leave all maps where they are, but it needn't be the best of all. It's the same every time.
func Select(gains *mat.Dense, layout Layout) (*Selection, error) {
	if err := layout.Check(); err != nil {
		return nil, err
	}
	if rows, columns := gains.Dims(); rows != layout.Maps || columns != layout.Maps {
		return nil, fmt.Errorf("gains of %d×%d pairs for %d maps", rows, columns, layout.Maps)
	}
	stay := make([]int, layout.Maps)
	for i := range stay {
		stay[i] = i
	}
	c := &choice{layout: layout, groups: layout.groups(), gains: gains.RawMatrix().Data, stride: gains.RawMatrix().Stride}
	best := c.climb(c.greedy())
	if other := c.climb(stay); other.Gain > best.Gain {
		best = other
	}
	// An exchange of two maps can't leave every dead end; few maps are shaken more often than many.
	r := rand.New(rand.NewPCG(1, 1))
	for range min(max(1_000_000/(layout.Maps*layout.Maps), 4), 100) {
		if other := c.climb(c.shake(best.Order, r)); other.Gain > best.Gain {
			best = other
		}
	}
	return best, nil
}

// shake returns a copy of an order in which some maps have changed places with others of their cells.
func (c *choice) shake(order []int, r *rand.Rand) []int {
	const exchanges = 4
	order = slices.Clone(order)
	for range exchanges {
		if p, q := r.IntN(len(order)), r.IntN(len(order)); c.layout.cell(p) == c.layout.cell(q) {
			order[p], order[q] = order[q], order[p]
		}
	}
	return order
}

// choice is the problem that Select solves.
type choice struct {
	layout Layout
	groups [][]int
	gains  []float64
	stride int
}

func (c *choice) gain(source, target int) float64 { return c.gains[source*c.stride+target] }

// value is what the maps of a group are worth.
func (c *choice) value(order []int, group []int) float64 {
	source, sum := order[group[0]], 0.0
	for _, position := range group {
		sum += c.gain(source, order[position])
	}
	return sum
}

// greedy pairs maps in the order of what is lost of the target, and puts the rest where there is room.
func (c *choice) greedy() []int {
	n := c.layout.Maps
	type candidate struct {
		loss           float64
		source, target int32
	}
	candidates := make([]candidate, 0, n*(n-1))
	for source := range n {
		for target := range n {
			if source != target {
				candidates = append(candidates, candidate{c.gain(target, target) - c.gain(source, target), int32(source), int32(target)})
			}
		}
	}
	slices.SortFunc(candidates, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.loss, b.loss), cmp.Compare(a.source, b.source), cmp.Compare(a.target, b.target))
	})
	const nowhere = -1
	order, position := slices.Repeat([]int{nowhere}, n), slices.Repeat([]int{nowhere}, n)
	groupOf := make([]int, n) // by position
	for k, group := range c.groups {
		for _, p := range group {
			groupOf[p] = k
		}
	}
	put := func(m, p int) { order[p], position[m] = m, p }
	// free finds room for a ghost in a group.
	free := func(group []int, target int) int {
		for _, p := range group[1:] {
			if order[p] == nowhere && c.layout.cell(p) == c.layout.cell(target) {
				return p
			}
		}
		return nowhere
	}
	open := c.groups // those whose intrinsic map isn't chosen may begin here
	for _, pair := range candidates {
		source, target := int(pair.source), int(pair.target)
		if position[target] != nowhere {
			continue
		}
		if at := position[source]; at != nowhere {
			if group := c.groups[groupOf[at]]; group[0] == at {
				if p := free(group, target); p != nowhere {
					put(target, p)
				}
			}
			continue
		}
		for len(open) > 0 && order[open[0][0]] != nowhere {
			open = open[1:]
		}
		for _, group := range open {
			if order[group[0]] != nowhere || c.layout.cell(group[0]) != c.layout.cell(source) {
				continue
			}
			if p := free(group, target); p != nowhere {
				put(source, group[0])
				put(target, p)
				break
			}
		}
	}
	for m := range n {
		for p := 0; position[m] == nowhere; p++ {
			if order[p] == nowhere && c.layout.cell(p) == c.layout.cell(m) {
				put(m, p)
			}
		}
	}
	return order
}

// climb exchanges maps of the same cell as long as the gain grows.
func (c *choice) climb(order []int) *Selection {
	n := c.layout.Maps
	groupOf, values, total := make([]int, n), make([]float64, len(c.groups)), 0.0
	for k, group := range c.groups {
		values[k] = c.value(order, group)
		total += values[k]
		for _, p := range group {
			groupOf[p] = k
		}
	}
	const rounds, noise = 100, 1e-12 // the second, so that rounding can't make it go on for ever
	for range rounds {
		better := false
		for p := range n {
			for q := p + 1; q < n; q++ {
				if c.layout.cell(p) != c.layout.cell(q) {
					continue
				}
				k, l := groupOf[p], groupOf[q]
				order[p], order[q] = order[q], order[p]
				newK, newL := c.value(order, c.groups[k]), 0.0
				before := values[k]
				if l != k {
					newL = c.value(order, c.groups[l])
					before += values[l]
				}
				if newK+newL-before <= noise*total {
					order[p], order[q] = order[q], order[p]
					continue
				}
				values[k] = newK
				if l != k {
					values[l] = newL
				}
				better = true
			}
		}
		if !better {
			break
		}
	}
	s := &Selection{Layout: c.layout, Order: order}
	for _, group := range c.groups {
		s.Gain += c.value(order, group)
	}
	return s
}
