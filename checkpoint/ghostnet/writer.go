package ghostnet

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// writer writes the sections of a cfg and notes for each layer where its arrays come from.
type writer struct {
	*tensors
	options Options
	text    bytes.Buffer
	arrays  []arrays // by layer
}

// conv is a convolutional section and the tensors that it takes.
type conv struct {
	part
	in int
	Filters
	groups, stride int // 0 for 1
	activation     string
	factor         float64 // of the weights, and of a bias; 0 for 1
	shift          float64 // added to a bias
	change         func(values []float32) []float32
}

// section writes a section; options are name and value in turn, of which those without a value are left out.
func (w *writer) section(name string, options ...string) {
	if w.text.Len() > 0 {
		w.text.WriteByte('\n')
	}
	fmt.Fprintf(&w.text, "[%s]\n", name)
	for i := 0; i < len(options); i += 2 {
		if options[i+1] != "" {
			fmt.Fprintf(&w.text, "%s=%s\n", options[i], options[i+1])
		}
	}
}

// layer writes the section of a layer without weights.
func (w *writer) layer(name string, options ...string) {
	w.section(name, options...)
	w.arrays = append(w.arrays, nil)
}

func (w *writer) comment(format string, args ...any) {
	fmt.Fprintf(&w.text, "\n# "+format+"\n", args...)
}

// from writes an option that counts layers back to one with a known index.
func (w *writer) from(layer int) string { return strconv.Itoa(layer - w.next()) }

// next is the index of the layer that is written next.
func (w *writer) next() int { return len(w.arrays) }

// unless writes a number that isn't the default.
func unless(n, byDefault int) string {
	if n == byDefault {
		return ""
	}
	return strconv.Itoa(n)
}

func (w *writer) conv(c conv) {
	c.groups, c.stride = max(c.groups, 1), max(c.stride, 1)
	if c.factor == 0 {
		c.factor = 1
	}
	side := c.Size
	weights := array{tensor: w.weights(c.part, c.Filters, c.in, c.groups), factor: c.factor, change: c.change}
	if w.same && c.Size > 0 {
		if wide, zeros := sameKernel(c.Size, c.stride); wide != c.Size {
			side = wide
			weights.change = chained(c.change, widen(c.Size, wide, zeros))
		}
	}
	taken := arrays{"weights": weights}
	normalized, padded := "", ""
	if c.norm != "" {
		normalized = "1"
		for _, name := range slices.Sorted(maps.Keys(w.naming.norm)) {
			taken[name] = array{tensor: w.take(c.norm+w.naming.norm[name], c.N), factor: 1}
		}
		variance := taken["rolling_variance"]
		variance.shift = w.epsilon - darknetEpsilon
		taken["rolling_variance"] = variance
	} else {
		taken["biases"] = array{tensor: w.take(c.scope+w.bias, c.N), factor: c.factor, shift: c.shift}
	}
	if side > 1 {
		padded = "1"
	}
	w.section("convolutional", "batch_normalize", normalized, "filters", strconv.Itoa(c.N), "groups", unless(c.groups, 1),
		"size", strconv.Itoa(side), "stride", strconv.Itoa(c.stride), "pad", padded, "activation", c.activation)
	w.arrays = append(w.arrays, taken)
}

// chained returns a function that does one after the other. first may be nil.
func chained(first, second func([]float32) []float32) func([]float32) []float32 {
	if first == nil {
		return second
	}
	return func(values []float32) []float32 { return second(first(values)) }
}

// network writes all sections.
func (w *writer) network(l *Layout) {
	fmt.Fprintf(&w.text, "# %s\n", l)
	if w.same {
		fmt.Fprint(&w.text, "# Kernels of stride 2 are two pixels wider than those that were trained, and their first two rows and columns are 0:\n"+
			"# so they see what TensorFlow's padding SAME makes them see, if width and height are multiples of 32.\n")
	}
	width := strconv.Itoa(InputSize)
	options := []string{"batch", "1", "subdivisions", "1", "width", width, "height", width, "channels", strconv.Itoa(l.Channels)}
	if !w.options.Stock {
		if w.options.normalizes() {
			options = append(options, "mean", numbers(w.options.Mean), "std", numbers(w.options.Std))
		}
		options = append(options, "crop_pct", strconv.FormatFloat(CropPct, 'g', -1, 64))
	}
	w.section("net", options...)
	if w.options.Stock && w.options.normalizes() {
		w.comment("normalization: (x - mean) / deviation, for mean %s and deviation %s", numbers(w.options.Mean), numbers(w.options.Std))
		w.normalization()
	}
	w.comment("stem")
	stem := conv{part: w.stem, in: l.Channels, Filters: l.Stem, stride: 2, activation: "relu"}
	if w.reversed {
		stem.change = reverseChannels(l.Channels, l.Stem.Size*l.Stem.Size)
	}
	w.conv(stem)
	last := l.Stem.N
	for i := range l.Blocks {
		b := &l.Blocks[i]
		if b.Conv.N > 0 {
			w.comment("%d -> %d, %dx%[3]d", b.In, b.Conv.N, b.Conv.Size)
			w.conv(conv{part: w.plain.in(b.Name), in: b.In, Filters: b.Conv, activation: "relu"})
		} else {
			w.bottleneck(b)
		}
		last = b.Out()
	}
	w.comment("classifier")
	w.layer("avgpool")
	w.conv(conv{part: w.head.in(l.HeadName), in: last, Filters: Filters{l.Head, 1}, activation: "relu"})
	w.conv(conv{part: w.classifier, in: l.Head, Filters: Filters{l.Classes, 1}, activation: "linear"})
	w.layer("softmax", "groups", "1")
}

// normalization writes a 1×1 convolution that normalizes the input. The stem's padding comes behind it, so that
// its zeros are normalized values, as in training.
func (w *writer) normalization() {
	n := len(w.options.Mean)
	if w.options.check(n) != nil {
		return // told when the cfg is complete
	}
	diagonal, biases := make([]float32, n*n), make([]float32, n)
	for i, std := range w.options.Std {
		diagonal[i*n+i] = 1 / std
		biases[i] = -w.options.Mean[i] / std
	}
	w.section("convolutional", "filters", strconv.Itoa(n), "size", "1", "stride", "1", "activation", "linear")
	w.arrays = append(w.arrays, arrays{"biases": {values: biases}, "weights": {values: diagonal}})
}

// bottleneck writes a ghost bottleneck: the shortcut first if it has convolutions, then the two modules with
// what is between them, and their sum.
func (w *writer) bottleneck(b *Block) {
	w.comment("ghost bottleneck: %d -> %d -> %d, stride %d", b.In, b.First.Out(), b.Out(), b.stride())
	input := w.next() - 1
	shortcut := input
	if b.Shortcut > 0 {
		w.conv(conv{part: w.shortcut[0].in(b.Name), in: b.In, Filters: Filters{b.In, b.Shortcut}, groups: b.In, stride: b.stride(), activation: "linear"})
		w.conv(conv{part: w.shortcut[1].in(b.Name), in: b.In, Filters: Filters{b.Out(), 1}, activation: "linear"})
		shortcut = w.next() - 1
		w.layer("route", "layers", w.from(input))
	}
	w.ghost(b.Name, w.first, b.In, b.First, "relu", 1)
	expanded := b.First.Out()
	if b.Depthwise > 0 {
		w.conv(conv{part: w.depthwise.in(b.Name), in: expanded, Filters: Filters{expanded, b.Depthwise}, groups: expanded, stride: b.stride(), activation: "linear"})
	}
	factor := 1.
	if b.Squeeze > 0 {
		factor = w.squeeze(b.Name, expanded, b.Squeeze)
	}
	w.ghost(b.Name, w.last, expanded, b.Last, "linear", factor)
	if b.Shortcut == 0 && b.In != b.Out() {
		w.faults.missing = append(w.faults.missing, fmt.Sprintf("%s (which would lead from %d to %d channels)", w.prefix+w.shortcut[1].in(b.Name).weights(), b.In, b.Out()))
	}
	w.layer("shortcut", "from", w.from(shortcut), "activation", "linear")
}

// ghost writes a ghost module of a block. Its primary convolution's weights are multiplied by factor.
func (w *writer) ghost(block string, p ghostParts, in int, g Ghost, activation string, factor float64) {
	w.conv(conv{part: p.primary.in(block), in: in, Filters: g.Primary, activation: activation, factor: factor})
	w.conv(conv{part: p.cheap.in(block), in: g.Primary.N, Filters: g.Cheap, groups: g.Primary.N, activation: activation})
	w.layer("route", "layers", "-2, -1")
}

// squeeze writes a squeeze-and-excite: the channels times a gate, which is made of their means. It returns by what the next convolution has
// to multiply. The gate is min(max(slope·z + shift, 0), 1), and the hard sigmoid of y is min(max(y/6 + 1/2, 0), 1), so that y is 6 times
// slope·z + shift, less 3. Stock darknet has no hard sigmoid, but the gate is (hardtan(2·(slope·z + shift) - 1) + 1)/2, so x·gate is half the sum
// of x times the hardtan, and of x.
func (w *writer) squeeze(block string, channels, middle int) (factor float64) {
	x := w.next() - 1
	w.layer("avgpool")
	w.conv(conv{part: w.reduce.in(block), in: channels, Filters: Filters{middle, 1}, activation: "relu"})
	expand := conv{part: w.expand.in(block), in: middle, Filters: Filters{channels, 1}}
	if !w.options.Stock {
		expand.activation, expand.factor, expand.shift = "hard_sigmoid", 6*w.gate.slope, 6*w.gate.shift-3
		w.conv(expand)
		w.layer("scale_channels", "from", w.from(x))
		return 1
	}
	expand.activation, expand.factor, expand.shift = "hardtan", 2*w.gate.slope, 2*w.gate.shift-1
	w.conv(expand)
	w.layer("scale_channels", "from", w.from(x))
	w.layer("shortcut", "from", w.from(x), "activation", "linear")
	return .5
}

// numbers writes a list.
func numbers(values []float32) string {
	var parts []string
	for _, v := range values {
		parts = append(parts, strconv.FormatFloat(float64(v), 'g', -1, 32))
	}
	return strings.Join(parts, ",")
}
