package layers

import (
	"math"
	"testing"

	"github.com/ghostdark/ghostdark/cfg"
)

// image is a feature map in float64.
type image struct {
	c, h, w int
	v       []float64
}

func newImage(c, h, w int, values []float32) image {
	return image{c, h, w, float64s(values)}
}

func float64s(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}

// at is zero outside.
func (m image) at(c, y, x int) float64 {
	if y < 0 || y >= m.h || x < 0 || x >= m.w {
		return 0
	}
	return m.v[(c*m.h+y)*m.w+x]
}

// window is a convolution's geometry; pad is in cells.
type window struct{ filters, size, strideX, strideY, pad, dilation, groups int }

// convolve is the definition of convolution, one output value after another.
func convolve(in image, g window, weights []float64) image {
	extent := func(n, stride int) int { return (n+2*g.pad-g.dilation*(g.size-1)-1)/stride + 1 }
	out := image{c: g.filters, h: extent(in.h, g.strideY), w: extent(in.w, g.strideX)}
	channels := in.c / g.groups
	for f := range out.c {
		first := f / (g.filters / g.groups) * channels
		for y := range out.h {
			for x := range out.w {
				var sum float64
				for k := range channels * g.size * g.size {
					c, ky, kx := k/(g.size*g.size), k/g.size%g.size, k%g.size
					sum += in.at(first+c, y*g.strideY+ky*g.dilation-g.pad, x*g.strideX+kx*g.dilation-g.pad) * weights[f*channels*g.size*g.size+k]
				}
				out.v = append(out.v, sum)
			}
		}
	}
	return out
}

// addBias adds a value to each channel.
func (m image) addBias(bias []float32) image {
	for i := range m.v {
		m.v[i] += float64(bias[i/(m.h*m.w)])
	}
	return m
}

// blur is the filter of antialiasing.
func blur(in image, mode, strideX, strideY int) image {
	taps, pad := []float64{1, 2, 1}, 1
	if mode == 2 {
		taps, pad = []float64{1, 1}, 0
	}
	var weights []float64
	total := 0.
	for _, a := range taps {
		for _, b := range taps {
			weights = append(weights, a*b)
			total += a * b
		}
	}
	out := image{c: 0}
	for c := range in.c {
		plane := image{1, in.h, in.w, in.v[c*in.h*in.w : (c+1)*in.h*in.w]}
		b := convolve(plane, window{1, len(taps), strideX, strideY, pad, 1, 1}, weights)
		out = image{out.c + 1, b.h, b.w, append(out.v, b.v...)}
	}
	for i := range out.v {
		out.v[i] /= total
	}
	return out
}

func TestConvolutionGeometry(t *testing.T) {
	for _, tc := range []struct {
		options  string
		geometry window
	}{
		{"filters=3 size=3", window{3, 3, 1, 1, 0, 1, 1}},
		{"filters=3 size=3 pad=1 padding=5 stride=2", window{3, 3, 2, 2, 1, 1, 1}},
		{"filters=2 size=4 padding=3 stride_x=3 stride=2", window{2, 4, 3, 2, 3, 1, 1}},
		{"filters=2 size=1 padding=2", window{2, 1, 1, 1, 2, 1, 1}},
		{"filters=2 size=1 stride_y=2", window{2, 1, 1, 2, 0, 1, 1}},
		{"filters=2 size=1 padding=1 stride_y=2 dilation=3", window{2, 1, 1, 2, 1, 1, 1}},
		{"filters=3 size=3 dilation=2", window{3, 3, 1, 1, 0, 2, 1}},
		{"filters=3 size=3 dilation=2 padding=2 stride=2", window{3, 3, 2, 2, 4, 2, 1}},
		{"filters=2 size=2 dilation=3 pad=1", window{2, 2, 1, 1, 3, 3, 1}},
		{"filters=8 groups=4 size=3 pad=1 dilation=2 stride_y=2", window{8, 3, 1, 2, 2, 2, 4}},
	} {
		h := build(t, 2, "net width=7 height=6 channels=4\n convolutional activation=linear "+tc.options)
		input := wave(2 * 4 * 6 * 7)
		got := h.run(input)
		for i := range 2 {
			out := convolve(newImage(4, 6, 7, input[i*168:(i+1)*168]), tc.geometry, float64s(h.slot(0, "weights"))).addBias(h.slot(0, "biases"))
			h.shape(out.c, out.h, out.w)
			want(t, got[i*len(out.v):][:len(out.v)], out.v...)
		}
	}
}

func TestConvolutionAntialiasing(t *testing.T) {
	for _, tc := range []struct {
		options          string
		geometry         window
		mode             int
		strideX, strideY int
	}{
		{"filters=3 size=3 pad=1 antialiasing=1 stride=2", window{3, 3, 1, 1, 1, 1, 1}, 1, 2, 2},
		{"filters=3 size=3 pad=1 antialiasing=2 stride_x=2", window{3, 3, 1, 1, 1, 1, 1}, 2, 2, 1},
		{"filters=4 groups=4 size=3 antialiasing=1 stride_y=3", window{4, 3, 1, 1, 0, 1, 4}, 1, 1, 3},
		{"filters=2 size=1 antialiasing=2 stride=2", window{2, 1, 1, 1, 0, 1, 1}, 2, 2, 2},
		{"filters=2 size=3 pad=1 dilation=2 antialiasing=1 stride=2", window{2, 3, 1, 1, 2, 2, 1}, 1, 2, 2},
	} {
		h := build(t, 1, "net width=7 height=6 channels=4\n convolutional activation=relu "+tc.options)
		input := wave(4 * 6 * 7)
		got := h.run(input)
		sharp := convolve(newImage(4, 6, 7, input), tc.geometry, float64s(h.slot(0, "weights"))).addBias(h.slot(0, "biases"))
		for i, v := range sharp.v {
			sharp.v[i] = max(v, 0)
		}
		out := blur(sharp, tc.mode, tc.strideX, tc.strideY)
		h.shape(out.c, out.h, out.w)
		want(t, got, out.v...)
	}
	reports(t, cfg.Error, "output would be empty", "net width=1 height=5 channels=1\n convolutional antialiasing=2")
}

func TestConvolutionXNOR(t *testing.T) {
	h := build(t, 2, "net width=5 height=4 channels=2\n convolutional filters=3 size=3 pad=1 xnor=1 batch_normalize=1 activation=linear")
	input := wave(2 * 40)
	input[3], input[50] = 0, float32(math.Copysign(0, -1)) // not positive, so -1
	got := h.run(input)
	bits := func(x []float64) []float64 {
		y := make([]float64, len(x))
		for i, v := range x {
			y[i] = -1
			if v > 0 {
				y[i] = 1
			}
		}
		return y
	}
	weights := float64s(h.slot(0, "weights"))
	signs := bits(weights)
	for f := range 3 {
		var mean float64
		for _, v := range weights[f*18 : (f+1)*18] {
			mean += math.Abs(v) / 18
		}
		for i := range 18 {
			signs[f*18+i] *= mean
		}
	}
	for i := range 2 {
		in := newImage(2, 4, 5, input[i*40:(i+1)*40])
		in.v = bits(in.v)
		out := convolve(in, window{3, 3, 1, 1, 1, 1, 1}, signs)
		for j := range out.v {
			f := j / 20
			out.v[j] = (out.v[j]-float64(h.slot(0, "rolling_mean")[f]))/math.Sqrt(float64(h.slot(0, "rolling_variance")[f])+1e-5)*float64(h.slot(0, "scales")[f]) + float64(h.slot(0, "biases")[f])
		}
		want(t, got[i*60:(i+1)*60], out.v...)
	}
	plain := build(t, 1, "net width=5 height=4 channels=2\n convolutional filters=3 size=3 pad=1")
	if cost := h.layers[0].Cost; cost.BFLOPs*32 != plain.layers[0].Cost.BFLOPs {
		t.Errorf("xnor costs %v, without it %v", cost, plain.layers[0].Cost)
	}
}

func TestConvolutionSharedWeights(t *testing.T) {
	h := build(t, 1, `net width=5 height=5 channels=2
		convolutional filters=2 size=3 pad=1 activation=linear
		convolutional filters=2 size=3 pad=1 dilation=2 share_index=-1 activation=linear`)
	if len(h.layers[1].Slots) != 0 {
		t.Errorf("the sharing layer has arrays of its own")
	}
	input := wave(50)
	got := h.run(input)
	w, bias := float64s(h.slot(0, "weights")), h.slot(0, "biases")
	out := convolve(newImage(2, 5, 5, input), window{2, 3, 1, 1, 1, 1, 1}, w).addBias(bias)
	want(t, got, convolve(out, window{2, 3, 1, 1, 2, 2, 1}, w).addBias(bias).v...)
}

// TestConvolutionInBlocks has columns enough for several blocks.
func TestConvolutionInBlocks(t *testing.T) {
	const side, channels = 64, 64
	h := build(t, 1, "net width=64 height=64 channels=64\n convolutional filters=1 size=3 pad=1 activation=linear")
	if c := h.layers[0].Op.(*Convolutional); c.blockRows() >= side {
		t.Fatalf("%d of %d rows are unrolled at once", c.blockRows(), side)
	}
	input := wave(channels * side * side)
	got := h.run(input)
	want(t, got, convolve(newImage(channels, side, side, input), window{1, 3, 1, 1, 1, 1, 1}, float64s(h.slot(0, "weights"))).addBias(h.slot(0, "biases")).v...)
}

func TestDeconvolutional(t *testing.T) {
	for _, tc := range []struct {
		options                    string
		filters, size, stride, pad int
	}{
		{"filters=3 size=2 stride=2", 3, 2, 2, 0},
		{"filters=2 size=4 stride=2 padding=1", 2, 4, 2, 1},
		{"filters=2 size=3 stride=1 pad=1", 2, 3, 1, 1},
		{"filters=1 size=2 stride=3", 1, 2, 3, 0},
		{"filters=2 size=3 stride=2 pad=1 batch_normalize=1", 2, 3, 2, 1},
	} {
		h := build(t, 2, "net width=4 height=3 channels=2\n deconvolutional activation=leaky "+tc.options)
		outH, outW := 2*tc.stride+tc.size-2*tc.pad, 3*tc.stride+tc.size-2*tc.pad
		h.shape(tc.filters, outH, outW)
		weights, biases := h.slot(0, "weights"), h.slot(0, "biases")
		input := wave(2 * 24)
		got := h.run(input)
		for i := range 2 {
			out := image{tc.filters, outH, outW, make([]float64, tc.filters*outH*outW)}
			for j, v := range input[i*24 : (i+1)*24] {
				c, y, x := j/12, j/4%3, j%4
				for k := range tc.filters * tc.size * tc.size { // every value is spread over a window
					f, oy, ox := k/(tc.size*tc.size), y*tc.stride+k/tc.size%tc.size-tc.pad, x*tc.stride+k%tc.size-tc.pad
					if oy >= 0 && oy < outH && ox >= 0 && ox < outW {
						out.v[(f*outH+oy)*outW+ox] += float64(v) * float64(weights[c*tc.filters*tc.size*tc.size+k])
					}
				}
			}
			for j := range out.v {
				f := j / (outH * outW)
				if h.layers[0].Op.(*Deconvolutional).Scales != nil {
					out.v[j] = (out.v[j] - float64(h.slot(0, "rolling_mean")[f])) / math.Sqrt(float64(h.slot(0, "rolling_variance")[f])+1e-5) * float64(h.slot(0, "scales")[f])
				}
				if out.v[j] += float64(biases[f]); out.v[j] < 0 {
					out.v[j] *= .1
				}
			}
			want(t, got[i*len(out.v):][:len(out.v)], out.v...)
		}
	}
	reports(t, cfg.Error, "output would be empty", "net width=1 height=1 channels=1\n deconvolutional size=2 padding=1")
}

func TestLocal(t *testing.T) {
	for _, tc := range []struct {
		options           string
		size, stride, pad int
	}{
		{"size=2", 2, 1, 0}, {"size=3 stride=2", 3, 2, 0}, {"size=3 pad=1", 3, 1, 1}, {"size=5 pad=2 stride=3", 5, 3, 2}, {"size=1 stride=2", 1, 2, 0},
	} {
		h := build(t, 2, "net width=6 height=5 channels=2\n local filters=3 activation=linear "+tc.options)
		outH, outW := (5+2*tc.pad-tc.size)/tc.stride+1, (6+2*tc.pad-tc.size)/tc.stride+1
		h.shape(3, outH, outW)
		weights, biases := h.slot(0, "weights"), h.slot(0, "biases")
		input := wave(2 * 60)
		got := h.run(input)
		for i := range 2 {
			in := newImage(2, 5, 6, input[i*60:(i+1)*60])
			var out []float64
			for j := range 3 * outH * outW {
				f, y, x := j/(outH*outW), j/outW%outH, j%outW
				taps := 2 * tc.size * tc.size
				w := weights[((y*outW+x)*3+f)*taps:][:taps]
				sum := float64(biases[j])
				for k := range w {
					sum += float64(w[k]) * in.at(k/(tc.size*tc.size), y*tc.stride-tc.pad+k/tc.size%tc.size, x*tc.stride-tc.pad+k%tc.size)
				}
				out = append(out, sum)
			}
			want(t, got[i*len(out):][:len(out)], out...)
		}
	}
	reports(t, cfg.Error, "stale memory", "net width=6 height=5 channels=2\n local size=3 pad=2")
	reports(t, cfg.Error, "output would be empty", "net width=6 height=5 channels=2\n local size=6")
}
