package ghostnet

import (
	"bytes"
	"fmt"
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
	weights string // tensor without .weight
	norm    string // batch norm's tensors without .weight and so on; "" for a bias instead
	in      int
	Filters
	groups, stride int // 0 for 1
	activation     string
	factor         float32 // of the weights, and of a bias; 0 for 1
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
	taken := arrays{}
	normalized, padded := "", ""
	if c.norm != "" {
		normalized = "1"
		for array, tensor := range map[string]string{"biases": "bias", "scales": "weight", "rolling_mean": "running_mean", "rolling_variance": "running_var"} {
			taken[array] = w.take(c.norm+"."+tensor, 1, c.N)
		}
	} else {
		taken["biases"] = w.take(c.weights+".bias", c.factor, c.N)
	}
	taken["weights"] = w.take(c.weights+".weight", c.factor, c.N, c.in/c.groups, c.Size, c.Size)
	if c.Size > 1 {
		padded = "1"
	}
	w.section("convolutional", "batch_normalize", normalized, "filters", strconv.Itoa(c.N), "groups", unless(c.groups, 1),
		"size", strconv.Itoa(c.Size), "stride", strconv.Itoa(c.stride), "pad", padded, "activation", c.activation)
	w.arrays = append(w.arrays, taken)
}

// network writes all sections.
func (w *writer) network(l *Layout) {
	fmt.Fprintf(&w.text, "# %s\n", l)
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
	w.conv(conv{weights: "conv_stem", norm: "bn1", in: l.Channels, Filters: l.Stem, stride: 2, activation: "relu"})
	last := l.Stem.N
	for i := range l.Blocks {
		b := &l.Blocks[i]
		if b.Conv.N > 0 {
			w.comment("%d -> %d, %dx%[3]d", b.In, b.Conv.N, b.Conv.Size)
			w.conv(conv{weights: b.Name + ".conv", norm: b.Name + ".bn1", in: b.In, Filters: b.Conv, activation: "relu"})
		} else {
			w.bottleneck(b)
		}
		last = b.Out()
	}
	w.comment("classifier")
	w.layer("avgpool")
	w.conv(conv{weights: "conv_head", in: last, Filters: Filters{l.Head, 1}, activation: "relu"})
	w.linear("classifier", l.Head, l.Classes)
	w.layer("softmax", "groups", "1")
}

// linear writes a fully connected layer of a single pixel, which is a 1×1 convolution.
func (w *writer) linear(name string, in, out int) {
	w.section("convolutional", "filters", strconv.Itoa(out), "size", "1", "stride", "1", "activation", "linear")
	w.arrays = append(w.arrays, arrays{"biases": w.take(name+".bias", 1, out), "weights": w.take(name+".weight", 1, out, in)})
}

// normalization writes a 1×1 convolution that normalizes the input. The stem's padding comes behind it, so that
// its zeros are normalized values, as in training.
func (w *writer) normalization() {
	n := len(w.options.Mean)
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
		w.conv(conv{weights: b.Name + ".shortcut.0", norm: b.Name + ".shortcut.1", in: b.In, Filters: Filters{b.In, b.Shortcut},
			groups: b.In, stride: b.stride(), activation: "linear"})
		w.conv(conv{weights: b.Name + ".shortcut.2", norm: b.Name + ".shortcut.3", in: b.In, Filters: Filters{b.Out(), 1}, activation: "linear"})
		shortcut = w.next() - 1
		w.layer("route", "layers", w.from(input))
	}
	w.ghost(b.Name+".ghost1", b.In, b.First, "relu", 1)
	expanded := b.First.Out()
	if b.Depthwise > 0 {
		w.conv(conv{weights: b.Name + ".conv_dw", norm: b.Name + ".bn_dw", in: expanded, Filters: Filters{expanded, b.Depthwise},
			groups: expanded, stride: b.stride(), activation: "linear"})
	}
	factor := float32(1)
	if b.Squeeze > 0 {
		factor = w.squeeze(b.Name+".se", expanded, b.Squeeze)
	}
	w.ghost(b.Name+".ghost2", expanded, b.Last, "linear", factor)
	if b.Shortcut == 0 && b.In != b.Out() {
		w.faults.missing = append(w.faults.missing, fmt.Sprintf("%s%s.shortcut.* (which would lead from %d to %d channels)", w.prefix, b.Name, b.In, b.Out()))
	}
	w.layer("shortcut", "from", w.from(shortcut), "activation", "linear")
}

// ghost writes a ghost module. Its primary convolution's weights are multiplied by factor.
func (w *writer) ghost(name string, in int, g Ghost, activation string, factor float32) {
	w.conv(conv{weights: name + ".primary_conv.0", norm: name + ".primary_conv.1", in: in, Filters: g.Primary, activation: activation, factor: factor})
	w.conv(conv{weights: name + ".cheap_operation.0", norm: name + ".cheap_operation.1", in: g.Primary.N, Filters: g.Cheap,
		groups: g.Primary.N, activation: activation})
	w.layer("route", "layers", "-2, -1")
}

// squeeze writes a squeeze-and-excite: the channels times a gate, min(max(z/6 + 1/2, 0), 1), which is made of their
// means. It returns by what the next convolution has to multiply. Stock darknet has no such gate, but it is
// (hardtan(z/3) + 1)/2, so x·gate is half the sum of x·hardtan(z/3) and x.
func (w *writer) squeeze(name string, channels, middle int) (factor float32) {
	x := w.next() - 1
	w.layer("avgpool")
	w.conv(conv{weights: name + ".conv_reduce", in: channels, Filters: Filters{middle, 1}, activation: "relu"})
	expand := conv{weights: name + ".conv_expand", in: middle, Filters: Filters{channels, 1}, activation: "hard_sigmoid"}
	if !w.options.Stock {
		w.conv(expand)
		w.layer("scale_channels", "from", w.from(x))
		return 1
	}
	expand.activation, expand.factor = "hardtan", 1./3
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
