package ghostnet

import (
	"fmt"
	"math"
	"strconv"
)

// Layout is what the extents of a checkpoint's tensors tell of the network.
type Layout struct {
	Channels int // of the input
	Stem     Filters
	Blocks   []Block
	HeadName string
	Head     int // filters of the 1×1 convolution behind the mean over the image
	Classes  int
}

// Filters are a convolution's number of filters and the side of its square kernel.
type Filters struct{ N, Size int }

// Ghost is a ghost module: a primary convolution, and the cheap depthwise one on its maps, whose filters are
// a multiple of the primary ones.
type Ghost struct{ Primary, Cheap Filters }

// Out is the number of maps, primary and cheap ones.
func (g Ghost) Out() int { return g.Primary.N + g.Cheap.N }

// Block is a ghost bottleneck or, if Conv is set, a plain convolution with batch norm and relu.
type Block struct {
	Name  string // blocks.STAGE.INDEX, or Conv2d_INDEX
	In    int
	Conv  Filters
	First Ghost // expands to First.Out() channels
	// Depthwise is the kernel of the depthwise convolution between the modules. It is 0 where there is none,
	// and where there is one the block halves the image.
	Depthwise int
	Squeeze   int   // channels in the middle of the squeeze-and-excite, 0 for none
	Last      Ghost // projects
	// Shortcut is the depthwise kernel of a shortcut that has convolutions, 0 for the identity.
	Shortcut int
}

// Out is the number of output channels.
func (b *Block) Out() int {
	if b.Conv.N > 0 {
		return b.Conv.N
	}
	return b.Last.Out()
}

// stride is 2 for blocks that halve the image, otherwise 1.
func (b *Block) stride() int {
	if b.Depthwise > 0 {
		return 2
	}
	return 1
}

// Bottlenecks counts the ghost bottlenecks.
func (l *Layout) Bottlenecks() int {
	n := 0
	for _, b := range l.Blocks {
		if b.Conv.N == 0 {
			n++
		}
	}
	return n
}

// official is the published GhostNet 1.0×: the expanded and the output channels of its bottlenecks.
var official = [][2]int{
	{16, 16}, {48, 24}, {72, 24}, {72, 40}, {120, 40}, {240, 80}, {200, 80}, {184, 80}, {184, 80},
	{480, 112}, {672, 112}, {672, 160}, {960, 160}, {960, 160}, {960, 160}, {960, 160},
}

// Width returns the width multiplier with which the published GhostNet has this network's channels, 0 if
// there is none. Of several that round to the same channels it is a multiple of 0.05, or the smallest.
func (l *Layout) Width() float64 {
	for _, step := range []int{5, 1} {
		for hundredths := step; hundredths <= 400; hundredths += step {
			width := float64(hundredths) / 100
			if l.hasWidth(width, divisible) || l.hasWidth(width, quarters) {
				return width
			}
		}
	}
	return 0
}

// hasWidth compares the channels with those of a width, which round makes whole.
func (l *Layout) hasWidth(width float64, round func(v float64) int) bool {
	if l.Bottlenecks() != len(official) || l.Stem.N != round(16*width) {
		return false
	}
	i := 0
	for _, b := range l.Blocks {
		if b.Conv.N > 0 {
			continue
		}
		if b.First.Out() != round(float64(official[i][0])*width) || b.Out() != round(float64(official[i][1])*width) {
			return false
		}
		i++
	}
	return true
}

// divisible rounds a number of channels to a multiple of 4 that isn't below nine tenths of it, as the
// published network in PyTorch does.
func divisible(v float64) int {
	n := max(4, int(v+2)/4*4)
	if float64(n) < .9*v {
		n += 4
	}
	return n
}

// quarters rounds a number of channels to the nearest multiple of 4, and of two that are as near to the one that
// 8 divides, as the published network in TensorFlow does, which has no fewer than 8.
func quarters(v float64) int {
	return 4 * int(math.RoundToEven(float64(max(8, int(v)))/4))
}

// String describes the network in a few words: GhostNet 1.0×, 16 ghost bottlenecks, 1000 classes.
func (l *Layout) String() string {
	name := "GhostNet of its own layout"
	if width := l.Width(); width > 0 {
		text := strconv.FormatFloat(width, 'f', -1, 64)
		if width == math.Trunc(width) {
			text += ".0"
		}
		name = "GhostNet " + text + "×"
	}
	return fmt.Sprintf("%s, %d ghost bottlenecks, %d classes", name, l.Bottlenecks(), l.Classes)
}

// maxBlocks bounds the blocks of a network. The published one has 17.
const maxBlocks = 500

// readLayout reads the layout from the extents of the convolutions' weights. What is wrong with other
// extents shows when all tensors are taken.
func readLayout(t *tensors) (*Layout, error) {
	stem, channels := t.filters(t.stem)
	l := &Layout{Channels: channels, Stem: stem}
	names, head := t.blocks(t)
	if len(names) > maxBlocks {
		return nil, fmt.Errorf("more than %d blocks", maxBlocks)
	}
	in := l.Stem.N
	for _, name := range names {
		b := readBlock(t, name, in)
		l.Blocks = append(l.Blocks, b)
		in = b.Out()
	}
	last, _ := t.filters(t.head.in(head))
	classifier, _ := t.filters(t.classifier)
	l.HeadName, l.Head, l.Classes = head, last.N, classifier.N
	return l, nil
}

func readBlock(t *tensors, name string, in int) Block {
	b := Block{Name: name, In: in}
	if t.hasPart(t.plain.in(name)) && !t.hasPart(t.first.primary.in(name)) && !t.hasPart(t.first.cheap.in(name)) {
		b.Conv, _ = t.filters(t.plain.in(name))
		return b
	}
	ghost := func(p ghostParts) Ghost {
		primary, _ := t.filters(p.primary.in(name))
		cheap, _ := t.filters(p.cheap.in(name))
		return Ghost{primary, cheap}
	}
	b.First, b.Last = ghost(t.first), ghost(t.last)
	if p := t.depthwise.in(name); t.hasPart(p) {
		dw, _ := t.filters(p)
		b.Depthwise = dw.Size
	}
	if t.hasPart(t.reduce.in(name)) || t.hasPart(t.expand.in(name)) {
		reduce, _ := t.filters(t.reduce.in(name))
		b.Squeeze = reduce.N
	}
	if p := t.shortcut[0].in(name); t.hasPart(p) || t.hasPart(t.shortcut[1].in(name)) {
		dw, _ := t.filters(p)
		b.Shortcut = dw.Size
	}
	return b
}
