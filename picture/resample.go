package picture

import "fmt"

// tap says where one target column or row comes from: the source columns (rows) at and
// next, blended by frac.
type tap struct {
	at, next int
	frac     float32
}

// mix blends the values at the tap's two positions. Each product is rounded to float32 by
// itself, so that no machine fuses it with the sum and all give the same result.
func (p tap) mix(a, b float32) float32 {
	return float32((1-p.frac)*a) + float32(p.frac*b)
}

// corners returns the taps of the targets first … first+count-1 when a source side of n is
// stretched to m. Targets before 0 or after m-1 repeat the border.
//
// darknet computes the position c·(n-1)/(m-1) in float32 and so do we. It leaves out the
// second source row for the last target row, which comes out almost black where the product
// rounds below n-1; here the last target always is the last source, as in its columns.
func corners(n, m, first, count int) []tap {
	scale := float32(n-1) / float32(m-1) // +Inf or NaN for m == 1, whose only target is the last
	taps := make([]tap, count)
	for i := range taps {
		c := min(max(first+i, 0), m-1)
		if c == m-1 || n == 1 {
			taps[i] = tap{at: n - 1, next: n - 1}
			continue
		}
		at := float32(c) * scale
		k := min(int(at), n-1)
		taps[i] = tap{at: k, next: min(k+1, n-1), frac: at - float32(k)}
	}
	return taps
}

// fit places a resized source in a target: xs and ys are the taps of the target's columns
// and rows from (x0, y0) on; targets outside stay at the background.
type fit struct {
	w, h       int // target size
	srcW       int
	x0, y0     int
	xs, ys     []tap
	background float32
}

// fitInto works out how a source of sw×sh is brought to w×h.
func fitInto(r Resize, sw, sh, w, h int) fit {
	if sw <= 0 || sh <= 0 || w <= 0 || h <= 0 {
		panic(fmt.Sprintf("BUG: picture: resize %d×%d to %d×%d", sw, sh, w, h))
	}
	f := fit{w: w, h: h, srcW: sw}
	switch r {
	case ResizeStretch:
		f.xs, f.ys = corners(sw, w, 0, w), corners(sh, h, 0, h)
	case ResizeLetterbox:
		nw, nh := letterboxSize(sw, sh, w, h)
		f.x0, f.y0 = (w-nw)/2, (h-nh)/2
		f.xs, f.ys = corners(sw, nw, 0, nw), corners(sh, nh, 0, nh)
		f.background = 0.5
	case ResizeMinCrop:
		nw, nh := minSize(sw, sh, w)
		f.xs, f.ys = corners(sw, nw, (nw-w)/2, w), corners(sh, nh, (nh-h)/2, h)
	default:
		panic(fmt.Sprintf("BUG: picture: resize by %v", r))
	}
	return f
}

// letterboxSize is the largest size with the shape of sw×sh that fits into w×h, compared in
// float32 and rounded down as darknet does; a side that it would make 0 is 1.
func letterboxSize(sw, sh, w, h int) (nw, nh int) {
	if float32(w)/float32(sw) < float32(h)/float32(sh) {
		return w, max(sh*w/sw, 1)
	}
	return max(sw*h/sh, 1), h
}

// minSize is the size with the shape of sw×sh whose shorter side is short.
func minSize(sw, sh, short int) (nw, nh int) {
	if sw < sh {
		return short, sh * short / sw
	}
	return sw * short / sh, short
}

// rowSource writes row y of one source plane, interpolated at the taps, to out.
type rowSource func(y int, taps []tap, out []float32)

// resample fills the target plane dst, f.h rows of f.w. Rows that no target needs are never
// read, and neighbouring targets share their interpolated rows.
func (f fit) resample(dst []float32, src rowSource) {
	if f.background != 0 {
		for i := range dst {
			dst[i] = f.background
		}
	}
	upper, lower := make([]float32, len(f.xs)), make([]float32, len(f.xs))
	upperY, lowerY := -1, -1
	for i, p := range f.ys {
		if p.at == lowerY {
			upper, lower = lower, upper
			upperY, lowerY = lowerY, upperY
		}
		if p.at != upperY {
			src(p.at, f.xs, upper)
			upperY = p.at
		}
		start := (f.y0+i)*f.w + f.x0
		out := dst[start : start+len(f.xs)]
		if p.next == p.at {
			copy(out, upper)
			continue
		}
		if p.next != lowerY {
			src(p.next, f.xs, lower)
			lowerY = p.next
		}
		for j := range out {
			out[j] = p.mix(upper[j], lower[j])
		}
	}
}

// channelRow returns the rows of channel k, 0 for R to 2 for B.
func (m *Image) channelRow(k int) rowSource {
	return func(y int, taps []tap, out []float32) {
		in := m.row(y)[k:]
		for i, p := range taps {
			out[i] = p.mix(unit[in[3*p.at]], unit[in[3*p.next]])
		}
	}
}

// lumaRow is the row source of the luminance of TensorChannels.
func (m *Image) lumaRow(y int, taps []tap, out []float32) {
	in := m.row(y)
	at := func(x int) float32 { return unit[luma(in[3*x], in[3*x+1], in[3*x+2])] }
	for i, p := range taps {
		out[i] = p.mix(at(p.at), at(p.next))
	}
}
