package net

import (
	"cmp"
	"math"
	"slices"

	"github.com/ghostdark/ghostdark/kernels"
)

// extent is the part of the arena that a root needs, and from the first unit
// that writes it to the last that reads it.
type extent struct {
	root        value
	length      int
	first, last int
	offset      int
}

// layOut gives every root a place in one arena, such that outputs that live at the same time
// don't overlap: the largest first, each at the lowest place that is free.
func (p *plan) layOut() {
	p.layPitches()
	live := map[value]*extent{}
	touch := func(v value, unit int) *extent {
		root, _ := p.resolve(v)
		e := live[root]
		if e == nil {
			e = &extent{root: root, length: kernels.Room(p.length(root)), first: unit, last: unit}
			live[root] = e
		}
		e.first, e.last = min(e.first, unit), max(e.last, unit)
		return e
	}
	for i, u := range p.units {
		for _, v := range u.makes() {
			touch(v, i)
		}
		for _, from := range u.uses() {
			touch(from, i)
		}
	}
	for i, kept := range p.kept {
		if kept {
			touch(valueOf(i, planes), math.MaxInt32).first = 0
		}
	}
	var extents []*extent
	for _, e := range live {
		extents = append(extents, e)
	}
	slices.SortFunc(extents, func(a, b *extent) int { return cmp.Or(cmp.Compare(b.length, a.length), cmp.Compare(a.root, b.root)) })
	p.offsets = slices.Repeat([]int{nowhere}, len(p.homes))
	var placed []*extent // by offset
	for _, e := range extents {
		for _, other := range placed {
			if e.first <= other.last && other.first <= e.last && e.offset < other.offset+other.length && other.offset < e.offset+e.length {
				e.offset = other.offset + other.length
			}
		}
		p.offsets[e.root] = e.offset
		p.arena = max(p.arena, e.offset+e.length)
		at, _ := slices.BinarySearchFunc(placed, e, func(a, b *extent) int { return cmp.Compare(a.offset, b.offset) })
		placed = slices.Insert(placed, at, e)
	}
}

// nowhere is the offset of an output that doesn't exist.
const nowhere = -1

// live reports whether a value exists.
func (p *plan) live(v value) bool {
	root, _ := p.resolve(v)
	return p.offsets[root] != nowhere
}

// view returns the place of a value in an arena, with what lies behind it as capacity. That of
// pixels goes on to the end of the value in whose memory they lie.
func (p *plan) view(arena []float32, v value) []float32 {
	root, offset := p.resolve(v)
	at, end := p.offsets[root], p.offsets[root]+p.length(root)
	if v.layout() == planes {
		at += offset * p.shape(v).Plane()
		end = at + p.shape(v).Len()
	} else {
		at += offset
	}
	return arena[at:end]
}
