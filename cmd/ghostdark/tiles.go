package main

import (
	"context"
	"image"
	"iter"
	"slices"
	"time"

	"github.com/ghostdark/ghostdark/detect"
	"github.com/ghostdark/ghostdark/net"
	"github.com/ghostdark/ghostdark/picture"
	"github.com/ghostdark/ghostdark/tensor"
)

// The bounds of --tile and --overlap.
const (
	minTile    = 16
	maxOverlap = 0.9
)

// cutTile is a tile of a picture, ready for the network.
type cutTile struct {
	at    image.Rectangle
	input tensor.Tensor
	err   error
	took  time.Duration
}

// lookAtTiles runs the network on each tile of a picture, while the next one is being cut, and suppresses what
// overlaps among all that is found.
func (d *detector) lookAtTiles(ctx context.Context, s *net.Session, j *job) error {
	size := image.Pt(j.image.W, j.image.H)
	cut := func(at image.Rectangle) (t cutTile) {
		start := time.Now()
		tile := j.image
		if at.Size() != size {
			tile = j.image.Crop(at)
		}
		t.at = at
		t.input, t.err = d.model.prepare(tile, d.resize)
		t.took = lap(&start)
		return t
	}
	var watched *progress
	if d.watch != nil {
		watched = d.watch(len(slices.Collect(d.tiles(j.image))))
		defer watched.clear()
	}
	var all []detect.Found
	for t := range parallel(d.tiles(j.image), 1, cut).all() {
		if t.err != nil {
			return t.err
		}
		j.took.Preprocess += t.took
		at := time.Now()
		if err := s.Run(ctx, t.input.Data); err != nil {
			return err
		}
		j.took.Inference += lap(&at)
		found, err := s.Candidates(0, d.options.thresh, d.fit(t.at.Dx(), t.at.Dy()))
		if err != nil {
			return err
		}
		all = append(all, detect.Found{Tile: t.at, Candidates: found})
		j.took.Postprocess += lap(&at)
		watched.step()
	}
	at := time.Now()
	j.candidates = d.nms.Join(all, size, d.model.Classes())
	j.took.Postprocess += lap(&at)
	return nil
}

func (d *detector) tiles(img *picture.Image) iter.Seq[image.Rectangle] {
	return detect.Tiles(image.Pt(img.W, img.H), d.options.tile, d.options.overlap)
}
