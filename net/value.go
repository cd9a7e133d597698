package net

import (
	"slices"

	"github.com/ghostdark/ghostdark/kernels"
	"github.com/ghostdark/ghostdark/layers"
	"github.com/ghostdark/ghostdark/tensor"
)

// layout is how an image's values lie in memory.
type layout int

const (
	// pixels: value (y, x, c) at (y·width + x)·pitch + c. Fast kernels want it so.
	pixels layout = iota
	// planes: value (y, x, c) at (c·height + y)·width + x. Pictures and results lie so, and the
	// layers' own forward passes want it.
	planes
	layouts
)

// value is the output of a layer, or the network's input, in one layout. What lies in both is
// two values.
type value int

// nothing is no value.
const nothing value = -1

func valueOf(layer int, l layout) value {
	return value((layer-layers.NetworkInput)*int(layouts) + int(l))
}

func (v value) layer() int     { return int(v)/int(layouts) + layers.NetworkInput }
func (v value) layout() layout { return layout(int(v) % int(layouts)) }

// home tells where a value lies: by itself, or inside another one of the same layout.
type home struct {
	parent value // or nothing
	offset int   // channels of the parent before it
}

// resolve gives the value in whose memory a value lies, and how many channels into it.
func (p *plan) resolve(v value) (root value, offset int) {
	for p.homes[v].parent != nothing {
		offset += p.homes[v].offset
		v = p.homes[v].parent
	}
	return v, offset
}

func (p *plan) shape(v value) tensor.Shape { return p.graph.Shape(v.layer()) }

// pitch is how far apart the pixels of a value are, in values.
func (p *plan) pitch(v value) int {
	root, _ := p.resolve(v)
	return p.pitches[root]
}

// length is how many values a root occupies.
func (p *plan) length(root value) int {
	if root.layout() == planes {
		return p.shape(root).Len()
	}
	return p.shape(root).Plane() * p.pitches[root]
}

// layPitches chooses the pitch of each root: room for all that lies in it or is copied there,
// in whole granules, since kernels write those.
func (p *plan) layPitches() {
	p.pitches = make([]int, len(p.homes))
	reserve := func(v value, first, channels int) {
		if v.layout() == pixels {
			root, offset := p.resolve(v)
			p.pitches[root] = max(p.pitches[root], kernels.RoundUp(offset+first+kernels.RoundUp(channels)))
		}
	}
	for _, u := range p.units {
		for _, v := range append(u.uses(), u.makes()...) {
			reserve(v, 0, p.shape(v).C)
		}
		if route, ok := u.joins(); ok {
			at := 0
			for _, v := range u.from {
				_, count := route.Part(p.shape(v).C)
				reserve(u.out, at, count)
				at += count
			}
		}
	}
	for v := range p.pitches {
		if !p.shape(value(v)).IsFlat() {
			p.pitches[v] = kernels.Spread(p.pitches[v], 1)
		}
	}
}

// uses lists the values that the unit reads from the arena.
func (u *unit) uses() []value {
	var used []value
	read := append(slices.Clone(u.from), u.add)
	for _, s := range u.stages {
		read = append(read, s.unit.add, s.storeAdd)
	}
	for _, v := range read {
		if v != nothing && v != valueOf(layers.NetworkInput, planes) {
			used = append(used, v)
		}
	}
	return used
}

// makes lists the values that the unit writes.
func (u *unit) makes() []value {
	if u.stages == nil {
		return []value{u.out}
	}
	var made []value
	for _, s := range u.stages {
		if s.store {
			made = append(made, s.unit.out)
		}
	}
	return made
}

// place is where a step finds a value.
type place struct {
	value            value
	pixels, channels int
	pitch            int
}

func (p *plan) place(v value) place {
	s := p.shape(v)
	return place{v, s.Plane(), s.C, p.pitch(v)}
}

// image is the value in a session's memory.
func (f *frame) image(at place) kernels.Image {
	return kernels.Image{Data: f.views[at.value], Pixels: at.pixels, Channels: at.channels, Pitch: at.pitch}
}
