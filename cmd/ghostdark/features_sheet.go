package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/ghostdark/ghostdark/ghost/cheap"
	"github.com/ghostdark/ghostdark/picture"
)

// draw makes the contact sheet of a layer: its maps in the first picture, and the pairs in which one is predicted best, each
// with the source, what the operation makes of it, and the target.
func (r *featuresResult) draw(l *layerFeatures) *picture.Image {
	sheet := &picture.Sheet{Heading: []string{
		fmt.Sprintf("%s: layer %d %s, %v", filepath.Base(r.model.cfgPath), l.layer.Index, typeName(l.layer), l.layer.Output),
		r.verdict(l),
	}}
	for m := range l.layer.Output.C {
		sheet.Tiles = append(sheet.Tiles, l.tile(m))
	}
	for k, fit := range l.best {
		for _, m := range []int{fit.Source, fit.Target} {
			sheet.Tiles[m].Mark = k + 1
		}
		sheet.Cards = append(sheet.Cards, l.card(fit, k+1))
	}
	explained := "explained with the same pairs by operations of "
	for s, size := range l.ghosts.Sizes {
		_, e := l.ghosts.Total(s)
		explained += fmt.Sprintf("%d×%[1]d: %s, ", size, portion(e))
	}
	of := filepath.Base(r.pictures[0])
	if more := len(r.pictures) - 1; more > 0 {
		of += fmt.Sprintf("; all fits over %s more", counted(more, "picture"))
	}
	sheet.Footing = []string{strings.TrimSuffix(explained, ", "), "maps of " + of + "; each from black for its lowest to white for its highest value, a prediction as its target"}
	return sheet.Draw()
}

// tile shows a map.
func (l *layerFeatures) tile(m int) picture.Tile {
	shape := l.layer.Output
	return picture.Tile{Values: l.first[m*shape.Plane():][:shape.Plane()], W: shape.W, H: shape.H, Caption: fmt.Sprint(m)}
}

// card shows a pair.
func (l *layerFeatures) card(fit cheap.Fit, mark int) picture.Card {
	source, target := l.tile(fit.Source), l.tile(fit.Target)
	made := target
	made.Values, made.Scale = fit.Apply(source.Values, source.H, source.W), target.Values
	source.Caption, made.Caption, target.Caption = fmt.Sprintf("map %d", fit.Source), "made of it", fmt.Sprintf("map %d", fit.Target)
	return picture.Card{
		Heading: fmt.Sprintf("map %d from map %d: R² %s, MSE %s", fit.Target, fit.Source, portion(fit.R2), small(fit.MSE)),
		Mark:    mark, Tiles: []picture.Tile{source, made, target},
	}
}
