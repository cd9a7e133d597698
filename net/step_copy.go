package net

import (
	"github.com/ghostdark/ghostdark/kernels"
	"github.com/ghostdark/ghostdark/layers"
)

// routeStep copies those inputs of a route that don't lie in its output already, one after
// another: of pixels, copying one may overwrite the first channels of the next.
type routeStep struct {
	set    *kernels.Set
	copies []channelCopy
}

// channelCopy takes some channels of a value to a place in another one.
type channelCopy struct {
	from, to    place
	first, at   int // channels of from and of to
	count       int
	interleaved bool // both are pixels
}

func (p *plan) routeStep(u *unit, route *layers.Route) step {
	s := &routeStep{set: p.set}
	at := 0
	for _, v := range u.from {
		first, count := route.Part(p.shape(v).C)
		if route.Groups > 1 || !p.placed(u.out, v, at) {
			s.copies = append(s.copies, channelCopy{p.place(v), p.place(u.out), first, at, count, v.layout() == pixels})
		}
		at += count
	}
	return s
}

func (s *routeStep) tasks() int { return min(len(s.copies), 1) }

func (s *routeStep) kernel() string {
	if len(s.copies) == 0 {
		return "in place"
	}
	return "copy"
}

func (s *routeStep) run(_ int, f *frame, w *kernels.Worker) {
	for _, c := range s.copies {
		from, to := f.image(c.from), f.image(c.to)
		if !c.interleaved {
			plane := from.Pixels
			copy(to.Data[c.at*plane:], from.Data[c.first*plane:(c.first+c.count)*plane])
			continue
		}
		from.Data, from.Channels = from.Data[c.first:], c.count
		to.Data, to.Channels = to.Data[c.at:], c.count
		s.set.CopyImage(w, to, from)
	}
}

// turnStep turns a value into the other layout.
type turnStep struct {
	set    *kernels.Set
	pixels place
	planes value
	back   bool // from pixels to planes
	name   string
}

func (p *plan) turnStep(u *unit) step {
	s := &turnStep{set: p.set, name: "to pixels"}
	pixels := u.out
	s.planes = u.from[0]
	if s.back = u.out.layout() == planes; s.back {
		pixels, s.planes = u.from[0], u.out
		s.name = "to planes"
	}
	s.pixels = p.place(pixels)
	return s
}

func (s *turnStep) tasks() int     { return 1 }
func (s *turnStep) kernel() string { return s.name }

func (s *turnStep) run(_ int, f *frame, w *kernels.Worker) {
	if s.back {
		s.set.ToPlanes(w, f.views[s.planes], f.image(s.pixels))
	} else {
		s.set.ToPixels(w, f.image(s.pixels), f.views[s.planes])
	}
}
