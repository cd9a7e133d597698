package ghostnet

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/ghostdark/ghostdark/checkpoint"
)

// Layout is what the extents of a checkpoint's tensors tell of the network.
type Layout struct {
	Channels int // of the input
	Stem     Filters
	Blocks   []Block
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
	Name  string // blocks.STAGE.INDEX
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
			if l.hasWidth(float64(hundredths) / 100) {
				return float64(hundredths) / 100
			}
		}
	}
	return 0
}

func (l *Layout) hasWidth(width float64) bool {
	if l.Bottlenecks() != len(official) || l.Stem.N != divisible(16*width) {
		return false
	}
	i := 0
	for _, b := range l.Blocks {
		if b.Conv.N > 0 {
			continue
		}
		if b.First.Out() != divisible(float64(official[i][0])*width) || b.Out() != divisible(float64(official[i][1])*width) {
			return false
		}
		i++
	}
	return true
}

// divisible rounds a number of channels to a multiple of 4 that isn't below nine tenths of it, as the
// published network does.
func divisible(v float64) int {
	n := max(4, int(v+2)/4*4)
	if float64(n) < .9*v {
		n += 4
	}
	return n
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
	stem, channels := t.filters("conv_stem")
	l := &Layout{Channels: channels, Stem: stem}
	in := l.Stem.N
	for stage := 0; t.has(fmt.Sprintf("blocks.%d.", stage)); stage++ {
		for i := 0; t.has(fmt.Sprintf("blocks.%d.%d.", stage, i)); i++ {
			if len(l.Blocks) == maxBlocks {
				return nil, fmt.Errorf("more than %d blocks", maxBlocks)
			}
			b, err := readBlock(t, fmt.Sprintf("blocks.%d.%d", stage, i), in)
			if err != nil {
				return nil, err
			}
			l.Blocks = append(l.Blocks, b)
			in = b.Out()
		}
	}
	head, _ := t.filters("conv_head")
	l.Head = head.N
	l.Classes = t.extent("classifier.weight", 0)
	return l, nil
}

func readBlock(t *tensors, name string, in int) (Block, error) {
	b := Block{Name: name, In: in}
	if t.has(name+".conv.") && !t.has(name+".ghost1.") {
		b.Conv, _ = t.filters(name + ".conv")
		return b, nil
	}
	b.First, b.Last = readGhost(t, name+".ghost1"), readGhost(t, name+".ghost2")
	if t.has(name + ".conv_dw.") {
		dw, _ := t.filters(name + ".conv_dw")
		b.Depthwise = dw.Size
	}
	if t.has(name + ".se.") {
		reduce, _ := t.filters(name + ".se.conv_reduce")
		b.Squeeze = reduce.N
	}
	if t.has(name + ".shortcut.") {
		dw, _ := t.filters(name + ".shortcut.0")
		b.Shortcut = dw.Size
	}
	return b, nil
}

func readGhost(t *tensors, name string) Ghost {
	primary, _ := t.filters(name + ".primary_conv.0")
	cheap, _ := t.filters(name + ".cheap_operation.0")
	return Ghost{primary, cheap}
}

// tensors finds a checkpoint's tensors by their official names, and notes what is wrong with them.
type tensors struct {
	file   *checkpoint.File
	byName map[string]*checkpoint.Tensor // by the name without what stands before all of them
	prefix string
	taken  map[string]bool
	faults faults
}

// newTensors finds out what stands before the official names: `module.` where the network was trained
// on several devices, or the name of the part of a larger model.
func newTensors(f *checkpoint.File) (*tensors, error) {
	const first = "conv_stem.weight"
	t := &tensors{file: f, byName: map[string]*checkpoint.Tensor{}, taken: map[string]bool{}}
	found := false
	for _, entry := range f.Tensors {
		prefix, ok := strings.CutSuffix(entry.Name, first)
		if !ok || prefix != "" && !strings.HasSuffix(prefix, ".") {
			continue
		}
		if found {
			return nil, fmt.Errorf("holds two networks, %s%s and %s%s: save one of them alone", t.prefix, first, prefix, first)
		}
		t.prefix, found = prefix, true
	}
	if !found {
		return nil, fmt.Errorf("this is no GhostNet in the official naming: it has no tensor %s; its first one is %q", first, f.Tensors[0].Name)
	}
	for _, entry := range f.Tensors {
		name, ok := strings.CutPrefix(entry.Name, t.prefix)
		if !ok {
			t.faults.unknown = append(t.faults.unknown, entry.Name)
			continue
		}
		t.byName[name] = entry
	}
	return t, nil
}

// has reports whether there is a tensor whose name begins so.
func (t *tensors) has(prefix string) bool {
	for name := range t.byName {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// extent returns one of a tensor's extents, 0 if there is none.
func (t *tensors) extent(name string, i int) int {
	if entry := t.byName[name]; entry != nil && i < len(entry.Dims) {
		return entry.Dims[i]
	}
	return 0
}

// filters returns what the extents of a convolution's weights tell: filters, kernel, and the channels that each
// filter reads.
func (t *tensors) filters(name string) (f Filters, channels int) {
	name += ".weight"
	return Filters{t.extent(name, 0), t.extent(name, 2)}, t.extent(name, 1)
}
