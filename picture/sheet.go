package picture

import (
	"image"
	"math"
	"slices"

	"golang.org/x/image/draw"
)

// Sheet is a contact sheet of grey pictures: lines of text, tiles side by side in rows, then cards, then a last few lines.
type Sheet struct {
	Heading []string // the first line is written larger
	Tiles   []Tile
	Cards   []Card
	Footing []string
}

// Tile is a picture of H rows of W values, from black for the lowest to white for the highest of them. One that is the
// same everywhere is grey.
type Tile struct {
	Values  []float32
	W, H    int
	Scale   []float32 // values that give black and white in place of the tile's own; nil for none
	Caption string
	Mark    int // number of a colour to frame it with, from 1; 0 for no frame
}

// Card is a few tiles, all of the same extents, with a line above them.
type Card struct {
	Heading string
	Tiles   []Tile
	Mark    int // as a Tile's
}

// The measures of a sheet, in pixels.
const (
	sheetMargin = 16
	sheetGap    = 8   // between tiles
	sheetFrame  = 3   // thickness of frames, which lie in the gap
	cardSide    = 144 // longest side of a card's tiles
)

var (
	paper = rgb{250, 250, 249}
	faded = rgb{96, 96, 96}
)

// Draw draws the sheet. Tiles are enlarged by whole factors or reduced, and the smaller the more there are. All of a sheet's
// tiles must have the same extents.
func (s *Sheet) Draw() *Image {
	p := sheetPens{newPen(18), newPen(13), newPen(11)}
	width := 960
	if len(s.Tiles) > 256 {
		width = 1600
	}
	d := &sheetDrawing{pens: p, width: width}
	height := d.draw(s) // the first time on nothing, for the height
	d.on = New(width, height)
	d.on.fillRect(d.on.bounds(), paper, 255)
	d.draw(s)
	return d.on
}

type sheetPens struct{ title, text, small *pen }

// sheetDrawing draws from top to bottom.
type sheetDrawing struct {
	pens  sheetPens
	on    *Image // nil to find out the height only
	width int
	y     int
}

func (d *sheetDrawing) draw(s *Sheet) (height int) {
	d.y = sheetMargin
	for i, text := range s.Heading {
		if i == 0 {
			d.line(d.pens.title, text, black)
		} else {
			d.line(d.pens.text, text, faded)
		}
	}
	if len(s.Tiles) > 0 {
		d.y += 2 * sheetGap
		side := d.tileSide(len(s.Tiles))
		shown := fitTile(s.Tiles[0].W, s.Tiles[0].H, side)
		d.flow(len(s.Tiles), shown.X, shown.Y, sheetGap, func(i, x, y int) { d.tile(&s.Tiles[i], x, y, shown) })
	}
	if len(s.Cards) > 0 {
		d.y += sheetMargin / 2
		d.cards(s.Cards)
	}
	d.y += sheetMargin / 2
	for _, text := range s.Footing {
		d.line(d.pens.text, text, faded)
	}
	return d.y + sheetMargin
}

// cards draws cards, all as wide as the widest.
func (d *sheetDrawing) cards(cards []Card) {
	p := d.pens.text
	indent, heading := p.height()+sheetGap, p.height()+sheetGap
	shown := fitTile(cards[0].Tiles[0].W, cards[0].Tiles[0].H, cardSide)
	width := 0
	for i := range cards {
		width = max(width, len(cards[i].Tiles)*(shown.X+sheetGap)-sheetGap, indent+p.width(cards[i].Heading))
	}
	d.flow(len(cards), width, heading+shown.Y, 2*sheetMargin, func(i, x, y int) {
		d.swatch(x, y, cards[i].Mark)
		d.write(p, x+indent, y, cards[i].Heading, black)
		for k := range cards[i].Tiles {
			d.tile(&cards[i].Tiles[k], x+k*(shown.X+sheetGap), y+heading, shown)
		}
	})
}

// flow gives places to n blocks of one size, so far apart, in as many rows as that takes. Below each is room for a caption.
func (d *sheetDrawing) flow(n, width, height, apart int, draw func(i, x, y int)) {
	height += d.pens.small.height() + 2*sheetGap
	columns := max(1, (d.width-2*sheetMargin+apart)/(width+apart))
	for i := range n {
		draw(i, sheetMargin+i%columns*(width+apart), d.y+i/columns*height)
	}
	d.y += (n + columns - 1) / columns * height
}

// tileSide is the longest side of so many tiles, for which rows of about the same length fill the width.
func (d *sheetDrawing) tileSide(tiles int) int {
	least := 32
	for _, step := range []struct{ tiles, side int }{{24, 112}, {48, 80}, {128, 60}, {512, 48}} {
		if tiles <= step.tiles {
			least = step.side
			break
		}
	}
	room := d.width - 2*sheetMargin + sheetGap
	columns := room / (least + sheetGap)
	rows := (tiles + columns - 1) / columns
	columns = (tiles + rows - 1) / rows
	return min(room/columns-sheetGap, 2*least)
}

// fitTile is the size at which a tile of w×h is shown so that its longer side is about that long. Small ones are enlarged by
// a whole factor, so that their pixels can be told apart.
func fitTile(w, h, side int) image.Point {
	longer := max(w, h)
	if factor := side / longer; factor >= pixelated {
		return image.Pt(w*factor, h*factor)
	}
	scale := float64(side) / float64(longer)
	fit := func(v int) int { return max(1, int(math.Round(float64(v)*scale))) }
	return image.Pt(fit(w), fit(h))
}

// pixelated is the factor from which on a tile's pixels are shown as squares.
const pixelated = 3

// line writes a line of text and goes on below it.
func (d *sheetDrawing) line(p *pen, text string, ink rgb) {
	d.write(p, sheetMargin, d.y, text, ink)
	d.y += p.height() + 2
}

// write writes text whose upper left corner is at (x, y).
func (d *sheetDrawing) write(p *pen, x, y int, text string, ink rgb) {
	if d.on != nil {
		p.write(d.on, x, y+p.ascent, p.shorten(text, d.width-sheetMargin-x), ink)
	}
}

// swatch draws a square of the colour of a mark, as high as a line of text.
func (d *sheetDrawing) swatch(x, y, mark int) {
	if d.on != nil {
		side := d.pens.text.height()
		d.on.fillRect(image.Rect(x, y, x+side, y+side).Inset(1), markColour(mark), 255)
	}
}

func markColour(mark int) rgb { return classColour(mark - 1) }

// tile draws a tile, its frame, and its caption below it.
func (d *sheetDrawing) tile(t *Tile, x, y int, shown image.Point) {
	if d.on == nil {
		return
	}
	place := image.Rectangle{Min: image.Pt(x, y), Max: image.Pt(x, y).Add(shown)}
	grey := t.grey()
	scaled := image.NewGray(image.Rectangle{Max: shown})
	var scaler draw.Scaler = draw.CatmullRom
	if max(shown.X, shown.Y) >= pixelated*max(t.W, t.H) {
		scaler = draw.NearestNeighbor
	}
	scaler.Scale(scaled, scaled.Rect, grey, grey.Rect, draw.Src, nil)
	for row := range shown.Y {
		to := d.on.row(y + row)[3*x:]
		for column, v := range scaled.Pix[row*scaled.Stride:][:shown.X] {
			to[3*column], to[3*column+1], to[3*column+2] = v, v, v
		}
	}
	ink := faded
	if t.Mark > 0 {
		d.on.ring(place.Inset(-sheetFrame), sheetFrame, markColour(t.Mark), 255)
		ink = black
	}
	caption := d.pens.small.shorten(t.Caption, shown.X+sheetGap)
	d.pens.small.write(d.on, x, y+shown.Y+sheetFrame+d.pens.small.ascent, caption, ink)
}

// grey turns values into levels of grey.
func (t *Tile) grey() *image.Gray {
	scale := t.Scale
	if scale == nil {
		scale = t.Values
	}
	low, high := float64(slices.Min(scale)), float64(slices.Max(scale))
	g := image.NewGray(image.Rect(0, 0, t.W, t.H))
	for i, v := range t.Values {
		level := .5
		if high > low {
			level = min(max((float64(v)-low)/(high-low), 0), 1)
		}
		g.Pix[i] = uint8(255*level + .5)
	}
	return g
}
