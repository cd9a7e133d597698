// Package chart draws the charts of the commands, as SVG or PNG files.
//
// Each type of chart is a struct with the data in a file of its own; style.go has what all look
// like.
package chart

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"

	"github.com/ghostdark/ghostdark/internal/atomicfile"
)

// Chart is something to draw.
type Chart interface {
	// size is the extent of the picture.
	size() (width, height vg.Length)
	// draw draws onto a white canvas of that size.
	draw(c draw.Canvas)
}

// The formats, by the ending of a file's name.
var formats = map[string]func(io.Writer, Chart) error{".svg": writeSVG, ".png": writePNG}

// Check returns the error that Write would give for a path whatever the chart: an ending that
// stands for no format, or a place where no file can be written.
func Check(path string) error {
	if _, err := format(path); err != nil {
		return err
	}
	return atomicfile.Check(path)
}

func format(path string) (func(io.Writer, Chart) error, error) {
	write := formats[strings.ToLower(filepath.Ext(path))]
	if write == nil {
		return nil, fmt.Errorf("%s: charts are written as .svg or .png; choose a name that ends so", path)
	}
	return write, nil
}

// Encode writes a chart in the format that a file's ending stands for, `.svg` or `.png`.
func Encode(w io.Writer, ending string, c Chart) error {
	write, err := format("chart" + ending)
	if err != nil {
		panic("BUG: chart: " + err.Error())
	}
	return write(w, c)
}

// Write writes a chart in the format that the path's ending names. The file appears only when it
// is complete.
func Write(path string, c Chart) error {
	write, err := format(path)
	if err != nil {
		return err
	}
	return atomicfile.Write(path, func(w io.Writer) error { return write(w, c) })
}

// dotsPerInch makes a picture twice as fine as screens used to be.
const dotsPerInch = 144

// maxPixels of a PNG take 400 MB while it is drawn.
const maxPixels = 100e6

func writePNG(w io.Writer, c Chart) error {
	width, height := c.size()
	if pixels := width.Dots(dotsPerInch) * height.Dots(dotsPerInch); pixels > maxPixels {
		return fmt.Errorf("the picture would have %.0f million pixels, more than %d million; write an SVG", pixels/1e6, int(maxPixels/1e6))
	}
	canvas := vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(dotsPerInch))
	drawOn(canvas, c)
	_, err := vgimg.PngCanvas{Canvas: canvas}.WriteTo(w)
	return err
}

func drawOn(canvas vg.CanvasSizer, c Chart) {
	all := draw.New(canvas)
	all.SetColor(background)
	all.Fill(all.Rectangle.Path())
	c.draw(draw.Crop(all, margin, -margin, margin, -margin))
}
