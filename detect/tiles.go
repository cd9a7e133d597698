package detect

import (
	"image"
	"iter"
)

// Tiles yields the squares of the given side that cover a picture, row by row. Neighbours overlap by at least the
// given part of a side, from 0 to below 1; where a row ends they overlap by more, so that no tile is smaller than the
// others. A picture that is no larger than a tile in one direction is not divided in it.
func Tiles(picture image.Point, side int, overlap float64) iter.Seq[image.Rectangle] {
	return func(yield func(image.Rectangle) bool) {
		for y := range offsets(picture.Y, side, overlap) {
			for x := range offsets(picture.X, side, overlap) {
				at := image.Rect(x, y, min(x+side, picture.X), min(y+side, picture.Y))
				if !yield(at) {
					return
				}
			}
		}
	}
}

// offsets yields where tiles begin along one direction, evenly spread.
func offsets(length, side int, overlap float64) iter.Seq[int] {
	return func(yield func(int) bool) {
		room := length - side
		if room <= 0 {
			yield(0)
			return
		}
		step := max(1, int(float64(side)*(1-overlap)))
		steps := (room + step - 1) / step
		for i := range steps + 1 {
			if !yield(room * i / steps) {
				return
			}
		}
	}
}

// Found is what was found in a tile: where that lies in the picture, and candidates relative to it.
type Found struct {
	Tile       image.Rectangle
	Candidates []Candidate
}

// Join puts together what was found in the tiles of a picture, with boxes relative to the picture, and suppresses
// duplicates: in each tile by itself, which leaves few; then boxes that end at a border inside of the picture, and so
// may be a part of something, if a larger one of the same class from another tile covers more than the threshold of
// their area; and then among all that remains.
func (s Suppression) Join(found []Found, picture image.Point, classes int) []Candidate {
	var all []part
	for i, f := range found {
		for _, c := range s.Apply(f.Candidates, classes) {
			class, prob := c.best(classes)
			if prob == 0 {
				continue
			}
			cut := f.cuts(c.Box, picture)
			c.Box = place(c.Box, f.Tile, picture)
			all = append(all, part{c, class, i, cut})
		}
	}
	var joined []Candidate
	for i := range all {
		if !(s.Thresh > 0) || !all[i].cut || !all[i].isPart(all, s.Thresh) {
			joined = append(joined, all[i].Candidate)
		}
	}
	return s.Apply(joined, classes)
}

// part is a candidate that may be a part of another.
type part struct {
	Candidate
	class int // the most probable one
	tile  int
	cut   bool // at a border of its tile inside of the picture
}

// isPart reports whether one of the others covers more than the threshold of the box.
func (p *part) isPart(others []part, thresh float32) bool {
	area := p.Box.W * p.Box.H
	for i := range others {
		o := &others[i]
		if o.tile == p.tile || o.class != p.class || o.Box.W*o.Box.H <= area {
			continue
		}
		w, h := overlap(p.Box.X, p.Box.W, o.Box.X, o.Box.W), overlap(p.Box.Y, p.Box.H, o.Box.Y, o.Box.H)
		if w > 0 && h > 0 && w*h > thresh*area {
			return true
		}
	}
	return false
}

// cuts reports whether a box, relative to the tile, ends at one of its borders inside of the picture.
func (f *Found) cuts(b Box, picture image.Point) bool {
	const near = 0.02
	return f.Tile.Min.X > 0 && b.X-b.W/2 < near || f.Tile.Max.X < picture.X && b.X+b.W/2 > 1-near ||
		f.Tile.Min.Y > 0 && b.Y-b.H/2 < near || f.Tile.Max.Y < picture.Y && b.Y+b.H/2 > 1-near
}

// place turns a box relative to a tile into one relative to the picture.
func place(b Box, tile image.Rectangle, picture image.Point) Box {
	if tile.Size() == picture {
		return b
	}
	w, h := float32(picture.X), float32(picture.Y)
	tw, th := float32(tile.Dx()), float32(tile.Dy())
	return Box{
		X: (float32(tile.Min.X) + b.X*tw) / w, Y: (float32(tile.Min.Y) + b.Y*th) / h,
		W: b.W * tw / w, H: b.H * th / h,
	}
}
