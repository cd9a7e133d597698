package layers

import (
	"fmt"

	"github.com/ghostdark/ghostdark/tensor"
)

// unequal reports that this layer joins or adds two layers of different width and height, and
// says which layer further up is the likely cause. It does so once for a layer.
func (b *Builder) unequal(option, verb string, first, second int) {
	if b.failed || b.doubtful {
		b.failed = true
		return
	}
	a, z := b.ShapeOf(first), b.ShapeOf(second)
	b.Mismatchf(option, b.explainUnequal(first, second),
		"%s %s with %v and %s with %v: width and height differ", verb, b.nameOf(first), a, b.nameOf(second), z)
	var named []*Layer
	for _, i := range []int{first, second} {
		if i >= 0 {
			named = append(named, b.before[i])
		}
	}
	b.relate(named...)
}

func (b *Builder) nameOf(i int) string {
	if i == NetworkInput {
		return "the network's input"
	}
	return b.before[i].Label()
}

// explainUnequal looks for what users meet in practice: an odd extent that a stride halves
// upwards before an upsampling doubles it, or a window that changes the extent at stride 1.
func (b *Builder) explainUnequal(first, second int) string {
	a, z := b.ShapeOf(first), b.ShapeOf(second)
	small, large := first, second
	if z.W < a.W || z.H < a.H {
		small, large = second, first
	}
	if l := b.firstOdd(small, large); l != nil && near(a, z) {
		from := b.ShapeOf(l.Inputs[0])
		step := b.totalStride()
		return fmt.Sprintf("%s takes %d×%d to %d×%d, which is not an exact division. Choose a width= and height= in [net] that are multiples of %d, such as %d×%d.",
			l.Label(), from.W, from.H, l.Output.W, l.Output.H, step, roundTo(b.Net.Width, step), roundTo(b.Net.Height, step))
	}
	if l := b.firstResize(small, large); l != nil && near(a, z) {
		from := b.ShapeOf(l.Inputs[0])
		return fmt.Sprintf("%s takes %d×%d to %d×%d at stride 1: check its size= and its padding (for [maxpool], padding = size-1 keeps the extent; for [convolutional], an odd size with pad=1).",
			l.Label(), from.W, from.H, l.Output.W, l.Output.H)
	}
	if large >= 0 && small >= 0 && ratio(b.ShapeOf(large).W, b.ShapeOf(small).W) > 1 {
		r := ratio(b.ShapeOf(large).W, b.ShapeOf(small).W)
		return fmt.Sprintf("%s is %d times larger. Check the layer numbers, or bring both to one size with [upsample] stride=%d or a stride=%d layer.",
			b.nameOf(large), r, r, r)
	}
	return "Check the layer numbers: inserting or removing a section shifts absolute numbers and what the relative ones count over."
}

// near reports whether two shapes differ by so little that a rounding is to blame.
func near(a, z tensor.Shape) bool { return close(a.W, z.W) && close(a.H, z.H) }

func close(a, z int) bool { return max(a, z)-min(a, z) <= max(2, max(a, z)/8) }

// ratio is large/small where it is whole, else 0.
func ratio(large, small int) int {
	if small > 0 && large%small == 0 {
		return large / small
	}
	return 0
}

func roundTo(v, step int) int { return max((v+step/2)/step, 1) * step }

// firstOdd finds the earliest layer above the two whose stride doesn't divide its input.
func (b *Builder) firstOdd(layers ...int) *Layer {
	return b.firstAbove(func(in, out tensor.Shape) bool {
		return out.W < in.W && in.W%out.W != 0 || out.H < in.H && in.H%out.H != 0
	}, func(in, out tensor.Shape) bool { return 2*out.W <= in.W+2 }, layers...)
}

// firstResize finds the earliest layer above the two that changes the extent at stride 1.
func (b *Builder) firstResize(layers ...int) *Layer {
	return b.firstAbove(func(in, out tensor.Shape) bool { return in.W != out.W || in.H != out.H },
		func(in, out tensor.Shape) bool { return close(in.W, out.W) && in.W > 4 }, layers...)
}

func (b *Builder) firstAbove(wanted, and func(in, out tensor.Shape) bool, layers ...int) *Layer {
	above := b.ancestors(layers...)
	for i, l := range b.before {
		if above[i] && len(l.Inputs) > 0 {
			if in := b.ShapeOf(l.Inputs[0]); wanted(in, l.Output) && and(in, l.Output) {
				return l
			}
		}
	}
	return nil
}

// ancestors marks the given layers and all that they read, directly or not.
func (b *Builder) ancestors(layers ...int) []bool {
	seen := make([]bool, len(b.before))
	for len(layers) > 0 {
		i := layers[len(layers)-1]
		layers = layers[:len(layers)-1]
		if i >= 0 && !seen[i] {
			seen[i] = true
			layers = append(layers, b.before[i].Inputs...)
		}
	}
	return seen
}

// totalStride is how often the smallest image above fits into the network's input, by the
// strides alone: each layer that makes the image smaller counts with its nearest whole ratio.
func (b *Builder) totalStride() int { return TotalStride(b.Net, b.before) }

// TotalStride returns the largest product of strides along any path through the layers, at
// most MaxExtent.
func TotalStride(net *Net, before []*Layer) int {
	shape := func(i int) tensor.Shape {
		if i == NetworkInput {
			return net.Input()
		}
		return before[i].Output
	}
	strides := make([]float64, len(before))
	largest := 1.0
	for i, l := range before {
		strides[i] = 1
		for _, from := range l.Inputs {
			s := 1.0
			if from >= 0 {
				s = strides[from]
			}
			in := shape(from)
			switch {
			case l.Output.IsFlat():
			case in.W > l.Output.W:
				s *= float64((in.W + l.Output.W/2) / l.Output.W)
			case in.W < l.Output.W:
				s /= float64((l.Output.W + in.W/2) / max(in.W, 1))
			}
			strides[i] = max(strides[i], s)
		}
		largest = max(largest, strides[i])
	}
	return int(min(largest, MaxExtent))
}
