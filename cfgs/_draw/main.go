// The draw command paints the sample picture of the embedded classifier: a pair of
// trousers in greys on black, as Fashion-MNIST shows them.
//
//	go run ./_draw trousers.png
package main

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"

	"golang.org/x/image/vector"
)

// side is the picture's width and height: four times Fashion-MNIST's 28, so that the
// picture is also pleasant to look at.
const side = 112

type point struct{ x, y float32 }

// shape is a closed outline in one grey. The outline starts at the first point; each
// further pair is a quadratic curve, a control point and the point that it leads to.
type shape struct {
	grey    uint8
	outline []point
}

// trousers lists the shapes from back to front.
var trousers = []shape{
	// the whole garment, clockwise from the left end of the waist
	{170, []point{
		{40, 2}, {58, 4}, {76, 2},
		{81, 24}, {80, 52}, {78, 80}, {79, 108},
		{70, 111}, {61, 109}, {61, 66}, {57, 34},
		{53, 66}, {52, 109}, {43, 111}, {34, 108},
		{35, 80}, {35, 52}, {35, 24}, {40, 2},
	}},
	// the light front of the left leg, of the right leg
	{192, []point{
		{42, 11}, {48, 13}, {55, 13}, {55, 26}, {53, 38},
		{49, 72}, {48, 107}, {43, 108}, {38, 107},
		{39, 72}, {39, 44}, {38, 26}, {42, 11},
	}},
	{192, []point{
		{61, 13}, {68, 13}, {74, 11}, {78, 26}, {76, 44},
		{74, 72}, {75, 107}, {70, 108}, {65, 107},
		{64, 72}, {62, 38}, {60, 26}, {61, 13},
	}},
	// the pressed creases
	{228, []point{{46, 20}, {47, 64}, {44, 106}, {42, 106}, {41, 106}, {43, 64}, {46, 20}}},
	{228, []point{{70, 20}, {73, 64}, {72, 106}, {70, 106}, {69, 106}, {69, 64}, {70, 20}}},
	// the openings of the pockets
	{126, []point{{43, 10}, {43, 18}, {37, 23}, {37, 24}, {37, 25}, {45, 19}, {45, 10}, {44, 10}, {43, 10}}},
	{126, []point{{73, 10}, {73, 18}, {79, 23}, {79, 24}, {79, 25}, {71, 19}, {71, 10}, {72, 10}, {73, 10}}},
	// the fly
	{132, []point{{57, 10}, {58, 10}, {59, 10}, {59, 28}, {57, 34}, {56, 28}, {57, 10}}},
	// the waistband and its button
	{214, []point{{40, 2}, {58, 4}, {76, 2}, {77, 6}, {77, 10}, {58, 12}, {39, 10}, {39, 6}, {40, 2}}},
	{120, []point{{56, 7}, {56, 5}, {58, 5}, {60, 5}, {60, 7}, {60, 9}, {58, 9}, {56, 9}, {56, 7}}},
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: draw FILE.png")
		os.Exit(2)
	}
	if err := write(os.Args[1], paint(trousers)); err != nil {
		fmt.Fprintln(os.Stderr, "draw:", err)
		os.Exit(1)
	}
}

// paint fills the shapes one over the other on a black square.
func paint(shapes []shape) *image.Gray {
	picture := image.NewGray(image.Rect(0, 0, side, side))
	for _, s := range shapes {
		r := vector.NewRasterizer(side, side)
		r.MoveTo(s.outline[0].x, s.outline[0].y)
		for i := 1; i+1 < len(s.outline); i += 2 {
			control, end := s.outline[i], s.outline[i+1]
			r.QuadTo(control.x, control.y, end.x, end.y)
		}
		r.ClosePath()
		r.Draw(picture, picture.Bounds(), image.NewUniform(color.Gray{Y: s.grey}), image.Point{})
	}
	return picture
}

func write(path string, picture image.Image) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := png.Encode(f, picture); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
