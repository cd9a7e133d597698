package net

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/ghostdark/ghostdark/cfg"
)

// volume is one image in float64.
type volume struct {
	c, h, w int
	v       []float64
}

func newVolume(c, h, w int) volume { return volume{c, h, w, make([]float64, c*h*w)} }

func (a volume) len() int { return a.c * a.h * a.w }

// at is zero outside of the image.
func (a volume) at(c, y, x int) float64 {
	if y < 0 || y >= a.h || x < 0 || x >= a.w {
		return 0
	}
	return a.v[(c*a.h+y)*a.w+x]
}

// volumeOf computes an image value by value.
func volumeOf(c, h, w int, f func(c, y, x int) float64) volume {
	a := newVolume(c, h, w)
	for i := range a.v {
		a.v[i] = f(i/(h*w), i/w%h, i%w)
	}
	return a
}

// section is a section of a random network, with a formulation of its own of what the section
// computes: straight from the definition, one output value after another.
type section struct {
	text    string
	reads   []int  // sections, -1 for the network's input
	out     volume // without values
	lengths []int  // of the arrays in the weights file
	shares  int    // the section whose arrays are used, when lengths is nil
	compute func(in []volume, arrays [][]float64) volume
}

// randomNet is a random network of stateless sections, drawn section by section.
type randomNet struct {
	t        *rapid.T
	input    volume
	sections []section
	products int // sections that multiply two outputs, which soon leaves float32
}

// largestVolume bounds what a section of a random network may give.
const largestVolume = 3000

// drawNet draws a network of a few sections; the grammar decides which kinds of sections.
func drawNet(t *rapid.T, grammar ...func(r *randomNet)) *randomNet {
	r := &randomNet{t: t}
	r.input = volume{c: r.pick("channels", 1, 2, 3, 4, 8), h: r.int("height", 1, 12), w: r.int("width", 1, 12)}
	for range r.int("sections", 1, 6) {
		rapid.SampledFrom(grammar).Draw(t, "production")(r)
	}
	if len(r.sections) == 0 {
		empty(r)
	}
	return r
}

func (r *randomNet) int(what string, low, high int) int {
	return rapid.IntRange(low, high).Draw(r.t, what)
}

func (r *randomNet) pick(what string, choices ...int) int {
	return rapid.SampledFrom(choices).Draw(r.t, what)
}

func (r *randomNet) bool(what string) bool { return rapid.Bool().Draw(r.t, what) }

// text is the cfg.
func (r *randomNet) text() string { return r.textFor(r.input.w, r.input.h) }

func (r *randomNet) textFor(w, h int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "[net]\nwidth=%d\nheight=%d\nchannels=%d\n", w, h, r.input.c)
	for _, s := range r.sections {
		b.WriteString(s.text)
	}
	return b.String()
}

// build parses the cfg and builds the graph, which must be sound.
func (r *randomNet) build(opt Options) *Graph {
	file, diags := cfg.Parse("random.cfg", []byte(r.text()))
	g := Build(file, diags, opt)
	if err := g.Err(); err != nil {
		r.t.Fatalf("%v\n%s", err, r.text())
	}
	return g
}

// random is the network with random weights.
func (r *randomNet) random() *Network {
	n, err := r.build(Options{}).Random(rapid.Uint64().Draw(r.t, "weights"))
	if err != nil {
		r.t.Fatal(err)
	}
	return n
}

// images makes a batch of inputs.
func (r *randomNet) images(batch int) []float32 {
	phase := r.int("phase", 0, 1000)
	x := make([]float32, batch*r.input.len())
	for i := range x {
		x[i] = float32(math.Sin(float64((i + phase) * (i + 1))))
	}
	return x
}

// at is the output of a section, or the input.
func (r *randomNet) at(i int) volume {
	if i < 0 {
		return r.input
	}
	return r.sections[i].out
}

func (r *randomNet) last() int  { return len(r.sections) - 1 }
func (r *randomNet) in() volume { return r.at(r.last()) }

// add appends a section unless its output would be empty or large; without reads it reads the
// section before it.
func (r *randomNet) add(s section) bool {
	if o := s.out; o.c < 1 || o.h < 1 || o.w < 1 || o.len() > largestVolume {
		return false
	}
	if s.reads == nil {
		s.reads = []int{r.last()}
	}
	r.sections = append(r.sections, s)
	return true
}

// options writes a section; pairs are key=value texts, of which empty ones are left out.
func options(name string, pairs ...string) string {
	pairs = slices.DeleteFunc(slices.Clone(pairs), func(p string) bool { return p == "" })
	return "\n[" + name + "]\n" + strings.Join(append(pairs, ""), "\n")
}

func set(key string, value any) string { return fmt.Sprintf("%s=%v", key, value) }

// when gives the option only if a condition holds.
func when(condition bool, option string) string {
	if condition {
		return option
	}
	return ""
}

// functions are activations that don't jump, since a jump would magnify rounding.
var functions = map[string]func(float64) float64{
	"linear":       func(x float64) float64 { return x },
	"leaky":        func(x float64) float64 { return math.Max(x, .1*x) },
	"relu":         func(x float64) float64 { return math.Max(x, 0) },
	"relu6":        func(x float64) float64 { return math.Min(math.Max(x, 0), 6) },
	"hardtan":      func(x float64) float64 { return math.Min(math.Max(x, -1), 1) },
	"logistic":     sigmoid,
	"tanh":         math.Tanh,
	"swish":        func(x float64) float64 { return x * sigmoid(x) },
	"mish":         func(x float64) float64 { return x * math.Tanh(math.Log1p(math.Exp(x))) },
	"hard_sigmoid": func(x float64) float64 { return math.Min(math.Max(x/6+.5, 0), 1) },
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// activation draws an activation other than the section's default.
func (r *randomNet) activation() (option string, apply func(volume) volume) {
	names := []string{"linear", "leaky", "relu", "relu6", "hardtan", "logistic", "tanh", "swish", "mish", "hard_sigmoid", "normalize_channels_softmax_maxval"}
	name := rapid.SampledFrom(names).Draw(r.t, "activation")
	apply = func(a volume) volume {
		if f := functions[name]; f != nil {
			return volumeOf(a.c, a.h, a.w, func(c, y, x int) float64 { return f(a.at(c, y, x)) })
		}
		return volumeOf(a.c, a.h, a.w, func(c, y, x int) float64 {
			largest, sum := math.Inf(-1), 1e-4
			for k := range a.c {
				largest = math.Max(largest, a.at(k, y, x))
			}
			for k := range a.c {
				sum += math.Exp(a.at(k, y, x) - largest)
			}
			return math.Exp(a.at(c, y, x)-largest) / sum
		})
	}
	return set("activation", name), apply
}

// normalize applies a channel's bias, or batch norm where scales are given.
func normalize(a volume, biases, scales, mean, variance []float64) volume {
	return volumeOf(a.c, a.h, a.w, func(c, y, x int) float64 {
		v := a.at(c, y, x)
		if scales != nil {
			v = (v - mean[c]) / math.Sqrt(variance[c]+1e-5) * scales[c]
		}
		return v + biases[c]
	})
}

// convolve is a convolution with pad cells of zeros around the image.
func convolve(in volume, filters, groups, size, dilation, strideX, strideY, pad int, weight func(filter, k int) float64) volume {
	channels := in.c / groups
	return volumeOf(filters, slide(in.h, size, dilation, strideY, pad), slide(in.w, size, dilation, strideX, pad), func(f, y, x int) float64 {
		first := f / (filters / groups) * channels
		var sum float64
		for c := range channels {
			for ky := range size {
				for kx := range size {
					sum += in.at(first+c, y*strideY-pad+ky*dilation, x*strideX-pad+kx*dilation) * weight(f, (c*size+ky)*size+kx)
				}
			}
		}
		return sum
	})
}

// slide is the number of windows along one axis.
func slide(n, size, dilation, stride, pad int) int {
	room := n + 2*pad - dilation*(size-1) - 1
	if room < 0 {
		return 0
	}
	return room/stride + 1
}

// antialias is the blur that takes over a layer's stride.
func antialias(a volume, mode, strideX, strideY int) volume {
	if mode == 0 {
		return a
	}
	taps, pad, total := []float64{1, 2, 1}, 1, 16.
	if mode == 2 {
		taps, pad, total = []float64{1, 1}, 0, 4
	}
	return volumeOf(a.c, slide(a.h, len(taps), 1, strideY, pad), slide(a.w, len(taps), 1, strideX, pad), func(c, y, x int) float64 {
		var sum float64
		for ky, v := range taps {
			for kx, u := range taps {
				sum += v * u * a.at(c, y*strideY-pad+ky, x*strideX-pad+kx)
			}
		}
		return sum / total
	})
}

// strides draws one step for both axes or one for each.
func (r *randomNet) strides() (x, y int, option string) {
	x = r.int("stride x", 1, 3)
	switch r.int("stride", 0, 2) {
	case 0:
		return x, x, set("stride", x)
	case 1:
		y = r.int("stride y", 1, 3)
		return x, y, set("stride_x", x) + "\n" + set("stride_y", y)
	}
	return x, 2, "stride=2\n" + set("stride_x", x)
}

func convolutional(r *randomNet) { r.convolutional(r.pick("filters", 1, 2, 3, 4, 8, 16)) }

func (r *randomNet) convolutional(filters int) bool {
	in := r.in()
	groups := r.pick("groups", 1, 1, 2, 3, in.c)
	if in.c%groups != 0 || filters%groups != 0 {
		groups = 1
	}
	size, dilation := r.int("size", 1, 4), r.int("dilation", 1, 3)
	strideX, strideY, stride := r.strides()
	pad, padding := r.bool("pad"), r.int("padding", 0, 2)
	mode := r.pick("antialiasing", 0, 0, 0, 1, 2)
	norm, flipped := r.pick("norm", 0, 1, 2), r.bool("flipped")
	activation, apply := r.activation()

	cells, spread := padding, dilation
	if pad {
		cells = size / 2
	}
	if size == 1 {
		spread = 1
	}
	cells *= spread
	k := in.c / groups * size * size
	convX, convY := strideX, strideY
	if mode > 0 {
		convX, convY = 1, 1
	}
	h, w := slide(in.h, size, spread, convY, cells), slide(in.w, size, spread, convX, cells)
	if h < 1 || w < 1 || filters*h*w > largestVolume {
		return false
	}
	out := antialias(newVolume(filters, h, w), mode, strideX, strideY)
	lengths := []int{filters, filters * k}
	if norm > 0 {
		lengths = []int{filters, filters, filters, filters, filters * k}
	}
	compute := func(flipped bool, activate func(volume) volume) func(in []volume, arrays [][]float64) volume {
		return func(in []volume, arrays [][]float64) volume {
			weights := arrays[len(arrays)-1]
			a := convolve(in[0], filters, groups, size, spread, convX, convY, cells, func(f, i int) float64 {
				if flipped {
					return weights[i*filters+f]
				}
				return weights[f*k+i]
			})
			var scales, mean, variance []float64
			if norm > 0 {
				scales, mean, variance = arrays[1], arrays[2], arrays[3]
			}
			return antialias(activate(normalize(a, arrays[0], scales, mean, variance)), mode, strideX, strideY)
		}
	}
	geometry := []string{set("filters", filters), set("size", size), set("dilation", dilation), set("padding", padding), stride,
		when(pad, "pad=1"), when(groups > 1, set("groups", groups)), when(mode > 0, set("antialiasing", mode)),
		when(norm == 1, "batch_normalize=1"), when(norm == 2, "cbn=1")}
	if !r.add(section{
		text: options("convolutional", append(geometry, activation, when(flipped, "flipped=1"))...),
		out:  out, lengths: lengths, compute: compute(flipped, apply),
	}) {
		return false
	}
	if host := r.last(); out.c == in.c && r.bool("share") {
		in := r.in()
		h, w := slide(in.h, size, spread, convY, cells), slide(in.w, size, spread, convX, cells)
		if h >= 1 && w >= 1 && filters*h*w <= largestVolume {
			r.add(section{
				text: options("convolutional", append(geometry, activation, set("share_index", host))...),
				out:  antialias(newVolume(filters, h, w), mode, strideX, strideY), shares: host, compute: compute(flipped, apply),
			})
		}
	}
	return true
}

func deconvolutional(r *randomNet) {
	in := r.in()
	filters, size, stride := r.int("filters", 1, 4), r.int("size", 1, 4), r.int("stride", 1, 3)
	padding, norm := r.int("padding", 0, 2), r.bool("norm")
	activation, apply := r.activation()
	lengths := []int{filters, in.c * filters * size * size}
	if norm {
		lengths = []int{filters, filters, filters, filters, in.c * filters * size * size}
	}
	out := volume{c: filters, h: (in.h-1)*stride + size - 2*padding, w: (in.w-1)*stride + size - 2*padding}
	r.add(section{
		text: options("deconvolutional", set("filters", filters), set("size", size), set("stride", stride), set("padding", padding),
			activation, when(norm, "batch_normalize=1")),
		out: out, lengths: lengths,
		compute: func(in []volume, arrays [][]float64) volume {
			weights := arrays[len(arrays)-1]
			a := volumeOf(out.c, out.h, out.w, func(f, y, x int) float64 {
				var sum float64
				for c := range in[0].c {
					for ky := range size {
						for kx := range size {
							if sy, sx := y+padding-ky, x+padding-kx; sy >= 0 && sx >= 0 && sy%stride == 0 && sx%stride == 0 {
								sum += in[0].at(c, sy/stride, sx/stride) * weights[((c*filters+f)*size+ky)*size+kx]
							}
						}
					}
				}
				return sum
			})
			if norm {
				return apply(normalize(a, arrays[0], arrays[1], arrays[2], arrays[3]))
			}
			return apply(normalize(a, arrays[0], nil, nil, nil))
		},
	})
}

func local(r *randomNet) {
	in := r.in()
	filters, size, stride := r.int("filters", 1, 3), r.int("size", 1, 3), r.int("stride", 1, 2)
	pad := 0
	if size == 3 {
		pad = r.int("pad", 0, 1)
	}
	activation, apply := r.activation()
	out := volume{c: filters, h: slide(in.h, size, 1, stride, pad), w: slide(in.w, size, 1, stride, pad)}
	k := in.c * size * size
	r.add(section{
		text: options("local", set("filters", filters), set("size", size), set("stride", stride), set("pad", pad), activation),
		out:  out, lengths: []int{out.len(), out.len() * k},
		compute: func(in []volume, arrays [][]float64) volume {
			return apply(volumeOf(out.c, out.h, out.w, func(f, y, x int) float64 {
				sum := arrays[0][(f*out.h+y)*out.w+x]
				for i, v := range arrays[1][((y*out.w+x)*filters+f)*k:][:k] {
					sum += v * in[0].at(i/(size*size), y*stride-pad+i/size%size, x*stride-pad+i%size)
				}
				return sum
			}))
		},
	})
}

func connected(r *randomNet) {
	n, outputs, norm := r.in().len(), r.int("output", 1, 9), r.bool("norm")
	activation, apply := r.activation()
	lengths := []int{outputs, outputs * n}
	if norm {
		lengths = []int{outputs, outputs * n, outputs, outputs, outputs}
	}
	r.add(section{
		text: options("connected", set("output", outputs), activation, when(norm, "batch_normalize=1")),
		out:  volume{c: outputs, h: 1, w: 1}, lengths: lengths,
		compute: func(in []volume, arrays [][]float64) volume {
			a := volumeOf(outputs, 1, 1, func(i, _, _ int) float64 {
				var sum float64
				for j, v := range in[0].v {
					sum += v * arrays[1][i*n+j]
				}
				return sum
			})
			if norm {
				return apply(normalize(a, arrays[0], arrays[2], arrays[3], arrays[4]))
			}
			return apply(normalize(a, arrays[0], nil, nil, nil))
		},
	})
}

func batchnorm(r *randomNet) {
	in := r.in()
	r.add(section{text: options("batchnorm"), out: in, lengths: []int{in.c, in.c, in.c, in.c},
		compute: func(in []volume, arrays [][]float64) volume {
			return normalize(in[0], arrays[0], arrays[1], arrays[2], arrays[3])
		}})
}

func implicit(r *randomNet) {
	out := volume{c: r.int("filters", 1, 5), h: r.int("atoms", 1, 4), w: 1}
	r.add(section{text: options("implicit", set("filters", out.c), set("atoms", out.h)), out: out, reads: []int{}, lengths: []int{out.len()},
		compute: func(_ []volume, arrays [][]float64) volume { return volume{out.c, out.h, out.w, arrays[0]} }})
}

// window draws the options of a pooling whose windows all hold some cell.
func (r *randomNet) window() (size, strideX, strideY, padding int, text []string) {
	strideX, strideY, stride := r.strides()
	text = []string{stride}
	if size = r.int("size", 0, 5); size > 0 {
		text = append(text, set("size", size))
	} else if size = 1; strings.Contains("\n"+stride, "\nstride=") {
		fmt.Sscanf(stride, "stride=%d", &size)
	}
	if padding = size - 1; r.bool("padding") {
		padding = r.int("padding", 0, size-1)
		text = append(text, set("padding", padding))
	}
	return size, strideX, strideY, padding, text
}

// pool reduces the cells of each window; padding is that of both sides together.
func pool(in volume, size, strideX, strideY, padding int, reduce func(cells []float64) float64) volume {
	extent := func(n, stride int) int {
		if n+padding < size {
			return 0
		}
		return (n+padding-size)/stride + 1
	}
	return volumeOf(in.c, extent(in.h, strideY), extent(in.w, strideX), func(c, y, x int) float64 {
		var cells []float64
		for k := range size * size {
			if sy, sx := y*strideY-padding/2+k/size, x*strideX-padding/2+k%size; sy >= 0 && sy < in.h && sx >= 0 && sx < in.w && in.v != nil {
				cells = append(cells, in.at(c, sy, sx))
			}
		}
		return reduce(cells)
	})
}

func zero([]float64) float64 { return 0 }

func mean(cells []float64) float64 {
	var sum float64
	for _, v := range cells {
		sum += v
	}
	return sum / float64(len(cells))
}

func maxpool(r *randomNet) {
	size, strideX, strideY, padding, text := r.window()
	mode := r.pick("antialiasing", 0, 0, 1, 2)
	poolX, poolY := strideX, strideY
	if mode > 0 {
		poolX, poolY = 1, 1
		text = append(text, set("antialiasing", mode))
	}
	in := r.in()
	r.add(section{text: options("maxpool", text...),
		out: antialias(pool(volume{in.c, in.h, in.w, nil}, size, poolX, poolY, padding, zero), mode, strideX, strideY),
		compute: func(in []volume, _ [][]float64) volume {
			return antialias(pool(in[0], size, poolX, poolY, padding, slices.Max[[]float64]), mode, strideX, strideY)
		}})
}

func maxpoolDepth(r *randomNet) {
	in := r.in()
	channels := r.int("out_channels", 1, in.c)
	r.add(section{text: options("maxpool", "maxpool_depth=1", set("out_channels", channels)), out: volume{c: channels, h: in.h, w: in.w},
		compute: func(in []volume, _ [][]float64) volume {
			return volumeOf(channels, in[0].h, in[0].w, func(c, y, x int) float64 {
				largest := math.Inf(-1)
				for k := c; k < in[0].c; k += channels {
					largest = math.Max(largest, in[0].at(k, y, x))
				}
				return largest
			})
		}})
}

func localAvgpool(r *randomNet) {
	size, strideX, strideY, padding, text := r.window()
	in := r.in()
	r.add(section{text: options("local_avgpool", text...), out: pool(volume{in.c, in.h, in.w, nil}, size, strideX, strideY, padding, zero),
		compute: func(in []volume, _ [][]float64) volume {
			return pool(in[0], size, strideX, strideY, padding, mean)
		}})
}

func avgpool(r *randomNet) {
	r.add(section{text: options("avgpool"), out: volume{c: r.in().c, h: 1, w: 1},
		compute: func(in []volume, _ [][]float64) volume {
			plane := in[0].h * in[0].w
			return volumeOf(in[0].c, 1, 1, func(c, _, _ int) float64 { return mean(in[0].v[c*plane : (c+1)*plane]) })
		}})
}

// same draws sections that keep the shape and need no arrays.
func (r *randomNet) same(text string, f func(a volume) volume) {
	r.add(section{text: text, out: r.in(), compute: func(in []volume, _ [][]float64) volume { return f(in[0]) }})
}

func empty(r *randomNet) {
	name := rapid.SampledFrom([]string{"empty", "silence", "dropout"}).Draw(r.t, "name")
	r.same(options(name), func(a volume) volume { return a })
}

func activationSection(r *randomNet) {
	if r.bool("logistic") {
		r.same(options("logistic"), func(a volume) volume {
			return volumeOf(a.c, a.h, a.w, func(c, y, x int) float64 { return sigmoid(a.at(c, y, x)) })
		})
		return
	}
	text, apply := r.activation()
	r.same(options("activation", text), apply)
}

func l2norm(r *randomNet) {
	r.same(options("l2norm"), func(a volume) volume {
		return volumeOf(a.c, a.h, a.w, func(c, y, x int) float64 {
			var sum float64
			for k := range a.c {
				sum += a.at(k, y, x) * a.at(k, y, x)
			}
			if sum == 0 {
				return 0
			}
			return a.at(c, y, x) / math.Sqrt(sum)
		})
	})
}

func normalization(r *randomNet) {
	r.same(options("activation", "activation=hardtan"), func(a volume) volume {
		return volumeOf(a.c, a.h, a.w, func(c, y, x int) float64 { return functions["hardtan"](a.at(c, y, x)) })
	})
	size, beta := r.int("size", 1, min(7, 2*r.in().c+1)), float64(r.int("beta", 1, 3))/4
	r.same(options("normalization", set("size", size), "alpha=.5", set("beta", beta), "kappa=2"), func(a volume) volume {
		square := func(c, y, x int) float64 {
			if c < 0 || c >= a.c {
				return 0
			}
			return a.at(c, y, x) * a.at(c, y, x)
		}
		return volumeOf(a.c, a.h, a.w, func(c, y, x int) float64 {
			norm := 2.
			for k := range size / 2 {
				norm += .5 * square(k, y, x)
			}
			for k := 1; k <= c; k++ {
				norm += .5 * (square(k+size/2, y, x) - square(k-(size-1)/2-1, y, x))
			}
			return a.at(c, y, x) * math.Pow(norm, -beta)
		})
	})
}

// softmaxOf is the softmax of a part of an image.
func softmaxOf(x []float64, temperature float64) []float64 {
	largest, sum := slices.Max(x), 0.
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = math.Exp((v - largest) / temperature)
		sum += y[i]
	}
	for i := range y {
		y[i] /= sum
	}
	return y
}

func softmax(r *randomNet) {
	n, groups, temperature := r.in().len(), r.int("groups", 1, 4), r.pick("temperature", 1, 2, 5)
	if n%groups != 0 {
		groups = 1
	}
	r.add(section{text: options("softmax", set("groups", groups), set("temperature", temperature)), out: volume{c: n, h: 1, w: 1},
		compute: func(in []volume, _ [][]float64) volume {
			out := volume{c: n, h: 1, w: 1}
			for part := range slices.Chunk(in[0].v, n/groups) {
				out.v = append(out.v, softmaxOf(part, float64(temperature))...)
			}
			return out
		}})
}

func loss(r *randomNet) {
	out := newVolume(r.in().len(), 1, 1)
	r.add(section{text: options(rapid.SampledFrom([]string{"cost", "contrastive"}).Draw(r.t, "name")), out: out,
		compute: func([]volume, [][]float64) volume { return out }})
}

func crop(r *randomNet) {
	in, adjust := r.in(), r.bool("adjust")
	out := volume{c: in.c, h: r.int("crop_height", 1, in.h), w: r.int("crop_width", 1, in.w)}
	r.add(section{text: options("crop", set("crop_height", out.h), set("crop_width", out.w), when(!adjust, "noadjust=1")), out: out,
		compute: func(in []volume, _ [][]float64) volume {
			return volumeOf(out.c, out.h, out.w, func(c, y, x int) float64 {
				v := in[0].at(c, y+(in[0].h-out.h)/2, x+(in[0].w-out.w)/2)
				if adjust {
					return 2*v - 1
				}
				return v
			})
		}})
}

func upsample(r *randomNet) {
	in, s, scale := r.in(), r.int("stride", 1, 3), r.pick("scale", 1, 2)
	if r.bool("up") {
		out := volume{c: in.c, h: in.h * s, w: in.w * s}
		r.add(section{text: options("upsample", set("stride", s), set("scale", scale)), out: out,
			compute: func(in []volume, _ [][]float64) volume {
				return volumeOf(out.c, out.h, out.w, func(c, y, x int) float64 { return float64(scale) * in[0].at(c, y/s, x/s) })
			}})
		return
	}
	out := volume{c: in.c, h: in.h / s, w: in.w / s}
	r.add(section{text: options("upsample", set("stride", -s), set("scale", scale)), out: out,
		compute: func(in []volume, _ [][]float64) volume {
			return volumeOf(out.c, out.h, out.w, func(c, y, x int) float64 {
				var sum float64
				for k := range s * s {
					sum += in[0].at(c, y*s+k/s, x*s+k%s)
				}
				return float64(scale) * sum
			})
		}})
}

func reorg(r *randomNet) {
	in, s, reverse, ordered := r.in(), r.int("stride", 1, 3), r.bool("reverse"), r.bool("ordered")
	out := volume{c: in.c * s * s, h: in.h / s, w: in.w / s}
	if reverse {
		out = volume{c: in.c / (s * s), h: in.h * s, w: in.w * s}
	}
	name, loop := "reorg", in
	if ordered {
		name, loop = "reorg3d", out
	}
	if out.len() != in.len() || loop.c%(s*s) != 0 {
		return
	}
	r.add(section{text: options(name, set("stride", s), when(reverse, "reverse=1")), out: out,
		compute: func(in []volume, _ [][]float64) volume {
			result := newVolume(out.c, out.h, out.w)
			for k := range loop.c {
				for j := range loop.h {
					for i := range loop.w {
						a := i + loop.w*(j+loop.h*k)
						k2, off := k%(loop.c/(s*s)), k/(loop.c/(s*s))
						b := (i*s + off%s) + loop.w*s*((j*s+off/s)+loop.h*s*k2)
						if reverse {
							result.v[b] = in[0].v[a]
						} else {
							result.v[a] = in[0].v[b]
						}
					}
				}
			}
			return result
		}})
}

// ref writes a reference to a section from the next one, counted back or not.
func (r *randomNet) ref(i int) string {
	if r.bool("relative") {
		return fmt.Sprint(i - len(r.sections))
	}
	return fmt.Sprint(i)
}

// earlier draws sections that satisfy a condition; nil when there are none.
func (r *randomNet) earlier(atMost int, fits func(volume) bool) (found []int, text string) {
	var candidates []int
	for i, s := range r.sections {
		if fits(s.out) {
			candidates = append(candidates, i)
		}
	}
	if len(candidates) == 0 {
		return nil, ""
	}
	var refs []string
	for range r.int("references", 1, atMost) {
		found = append(found, rapid.SampledFrom(candidates).Draw(r.t, "reference"))
		refs = append(refs, r.ref(found[len(found)-1]))
	}
	return found, strings.Join(refs, ",")
}

func route(r *randomNet) {
	if len(r.sections) == 0 {
		return
	}
	groups := r.int("groups", 1, 3)
	first := r.sections[r.int("first", 0, r.last())].out
	refs, text := r.earlier(3, func(a volume) bool { return a.h == first.h && a.w == first.w && a.c%groups == 0 })
	if refs == nil {
		return
	}
	group := r.int("group_id", 0, groups-1)
	out := volume{h: first.h, w: first.w}
	for _, i := range refs {
		out.c += r.at(i).c / groups
	}
	r.add(section{text: options("route", set("layers", text), set("groups", groups), set("group_id", group)), out: out, reads: refs,
		compute: func(in []volume, _ [][]float64) volume {
			joined := volume{out.c, out.h, out.w, nil}
			for _, a := range in {
				part := a.len() / groups
				joined.v = append(joined.v, a.v[group*part:(group+1)*part]...)
			}
			return joined
		}})
}

// factor is the whole factor between two images, 0 when there is none.
func factor(a, b volume) int {
	for f := range 12 {
		if a.h == f*b.h && a.w == f*b.w || b.h == f*a.h && b.w == f*a.w {
			return f
		}
	}
	return 0
}

func shortcut(r *randomNet) {
	in := r.in()
	refs, text := r.earlier(3, func(a volume) bool { return factor(a, in) > 0 })
	if refs == nil {
		return
	}
	columns, kind := 0, r.pick("weights_type", 0, 0, 1, 2, 3)
	typeName := []string{"none", "per_feature", "per_layer", "per_channel"}[kind]
	if kind > 0 {
		columns = 1
	}
	if kind == 3 {
		columns = in.c
	}
	normal := rapid.SampledFrom([]string{"relu", "avg_relu", "softmax"}).Draw(r.t, "weights_normalization")
	activation, apply := r.activation()
	var lengths []int
	if columns > 0 {
		lengths = []int{columns * (len(refs) + 1)}
	}
	r.add(section{
		text: options("shortcut", set("from", text), set("weights_type", typeName), when(kind > 0, set("weights_normalization", normal)), activation),
		out:  in, reads: append([]int{r.last()}, refs...), lengths: lengths,
		compute: func(in []volume, arrays [][]float64) volume {
			weight := func(n, c int) float64 {
				if columns == 0 {
					return 1
				}
				share := func(n int) float64 {
					w := arrays[0][n*columns+c%columns]
					if normal == "softmax" {
						return math.Exp(w)
					}
					return math.Max(w, 0)
				}
				sum, largest := 0., math.Inf(-1)
				for k := range in {
					sum += share(k)
					largest = math.Max(largest, arrays[0][k*columns+c%columns])
				}
				if normal == "softmax" { // the constant is added after the largest has been taken out
					return share(n) / (sum + 1e-4*math.Exp(largest))
				}
				return share(n) / (sum + 1e-4)
			}
			target := in[0]
			return apply(volumeOf(target.c, target.h, target.w, func(c, y, x int) float64 {
				sum := weight(0, c) * target.at(c, y, x)
				for n, source := range in[1:] {
					f := factor(source, target)
					switch {
					case c >= source.c:
					case source.w >= target.w && source.h >= target.h:
						sum += weight(n+1, c) * source.at(c, y*f, x*f)
					case y%f == 0 && x%f == 0:
						sum += weight(n+1, c) * source.at(c, y/f, x/f)
					}
				}
				return sum
			}))
		},
	})
}

// scaleChannels squeezes an earlier output to the scales of its channels or pixels.
func scaleChannels(r *randomNet) {
	if len(r.sections) == 0 || r.products == 2 {
		return
	}
	r.products++
	from, pixels := r.int("from", 0, r.last()), r.bool("scale_wh")
	out := r.at(from)
	r.add(section{text: options("route", set("layers", from)), out: out, reads: []int{from},
		compute: func(in []volume, _ [][]float64) volume { return in[0] }})
	if pixels {
		r.add(section{text: options("maxpool", "maxpool_depth=1"), out: volume{c: 1, h: out.h, w: out.w},
			compute: func(in []volume, _ [][]float64) volume {
				return volumeOf(1, out.h, out.w, func(_, y, x int) float64 {
					largest := math.Inf(-1)
					for c := range in[0].c {
						largest = math.Max(largest, in[0].at(c, y, x))
					}
					return largest
				})
			}})
	} else {
		avgpool(r)
	}
	activation, apply := r.activation()
	r.add(section{text: options("scale_channels", set("from", r.ref(from)), when(pixels, "scale_wh=1"), activation), out: out, reads: []int{r.last(), from},
		compute: func(in []volume, _ [][]float64) volume {
			return apply(volumeOf(out.c, out.h, out.w, func(c, y, x int) float64 {
				if pixels {
					return in[0].at(0, y, x) * in[1].at(c, y, x)
				}
				return in[0].at(c, 0, 0) * in[1].at(c, y, x)
			}))
		}})
}

func sam(r *randomNet) {
	in := r.in()
	refs, text := r.earlier(1, func(a volume) bool { return a.c == in.c && a.h == in.h && a.w == in.w })
	if refs == nil || r.products == 2 {
		return
	}
	r.products++
	activation, apply := r.activation()
	r.add(section{text: options("sam", set("from", text), activation), out: in, reads: []int{r.last(), refs[0]},
		compute: func(in []volume, _ [][]float64) volume {
			return apply(volumeOf(in[0].c, in[0].h, in[0].w, func(c, y, x int) float64 { return in[0].at(c, y, x) * in[1].at(c, y, x) }))
		}})
}

// yolo draws a convolution and a [yolo] or [Gaussian_yolo] that fits it.
func yolo(r *randomNet) {
	gaussian, newCoords := r.bool("gaussian"), r.bool("new_coords")
	anchors, classes, stretch := r.int("anchors", 1, 2), r.int("classes", 1, 3), float64(r.pick("scale_x_y", 8, 9, 16))/8
	name, entries, offsets, raw := "yolo", 5, []int{0, 1}, []int{2, 3}
	if gaussian {
		name, entries, offsets, raw, newCoords = "Gaussian_yolo", 9, []int{0, 2}, []int{4, 6}, false
	}
	if !r.convolutional(anchors * (entries + classes)) {
		return
	}
	if in := r.in(); in.c != anchors*(entries+classes) {
		return
	}
	r.same(options(name, set("classes", classes), set("num", anchors), set("scale_x_y", stretch), when(newCoords, "new_coords=1")), func(a volume) volume {
		return volumeOf(a.c, a.h, a.w, func(c, y, x int) float64 {
			v, entry := a.at(c, y, x), c%(entries+classes)
			if !newCoords && !slices.Contains(raw, entry) {
				v = sigmoid(v)
			}
			if slices.Contains(offsets, entry) {
				v = v*stretch - (stretch-1)/2
			}
			return v
		})
	})
}

func region(r *randomNet) {
	anchors, classes, normal := r.int("anchors", 1, 2), r.int("classes", 1, 3), r.bool("softmax")
	if !r.convolutional(anchors * (5 + classes)) {
		return
	}
	r.same(options("region", set("classes", classes), set("num", anchors), when(normal, "softmax=1")), func(a volume) volume {
		out := volume{a.c, a.h, a.w, nil}
		for cell := range a.h * a.w {
			for n := range anchors {
				var entry []float64
				for e := range 5 + classes {
					entry = append(entry, a.at(n*(5+classes)+e, cell/a.w, cell%a.w))
				}
				entry[4] = sigmoid(entry[4])
				if normal {
					copy(entry[5:], softmaxOf(entry[5:], 1))
				}
				out.v = append(out.v, entry...)
			}
		}
		return out
	})
}

func detection(r *randomNet) {
	side, num, classes, normal := r.int("side", 1, 3), r.int("num", 1, 2), r.int("classes", 1, 3), r.bool("softmax")
	n := side * side * (5*num + classes)
	in := r.in().len()
	r.add(section{text: options("connected", set("output", n), "activation=linear"), out: volume{c: n, h: 1, w: 1}, lengths: []int{n, n * in},
		compute: func(in []volume, arrays [][]float64) volume {
			return volumeOf(n, 1, 1, func(i, _, _ int) float64 {
				sum := arrays[0][i]
				for j, v := range in[0].v {
					sum += v * arrays[1][i*len(in[0].v)+j]
				}
				return sum
			})
		}})
	r.same(options("detection", set("side", side), set("num", num), set("classes", classes), "coords=4", when(normal, "softmax=1")), func(a volume) volume {
		out := volume{a.c, 1, 1, slices.Clone(a.v)}
		for cell := range side * side {
			if part := out.v[cell*classes : (cell+1)*classes]; normal {
				copy(part, softmaxOf(part, 1))
			}
		}
		return out
	})
}

// stateless are the productions for all sections without a memory.
var stateless = []func(*randomNet){
	convolutional, convolutional, convolutional, deconvolutional, local, connected, batchnorm, implicit,
	maxpool, maxpoolDepth, localAvgpool, avgpool, empty, activationSection, l2norm, normalization, softmax, loss,
	crop, upsample, reorg, route, route, shortcut, shortcut, scaleChannels, sam, yolo, region, detection,
}
