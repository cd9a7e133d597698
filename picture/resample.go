package picture

import (
	"fmt"

	"github.com/ghostdark/ghostdark/kernels"
)

// tap says where one target column or row comes from: the source columns (rows) at and
// next, blended by frac.
type tap struct {
	at, next int
	frac     float32
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
	x0, y0     int
	xs, ys     []tap
	background float32
}

// fitInto works out how a source of sw×sh is brought to w×h.
func fitInto(r Resize, sw, sh, w, h int) fit {
	if sw <= 0 || sh <= 0 || w <= 0 || h <= 0 {
		panic(fmt.Sprintf("BUG: picture: resize %d×%d to %d×%d", sw, sh, w, h))
	}
	f := fit{w: w, h: h}
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

// rowSource writes row y of the source's planes, interpolated at the fit's columns, to out:
// the row of one plane after the other.
type rowSource func(y int, out []float32)

// resample fills planes of f.h rows of f.w, one after the other in dst. Rows that no target
// needs are never read, and neighbouring targets share their interpolated rows.
func (f fit) resample(r *kernels.Raster, dst []float32, planes int, src rowSource) {
	n := len(f.xs)
	upper, lower := make([]float32, planes*n), make([]float32, planes*n)
	upperY, lowerY := -1, -1
	for i, p := range f.ys {
		if p.at == lowerY {
			upper, lower = lower, upper
			upperY, lowerY = lowerY, upperY
		}
		if p.at != upperY {
			src(p.at, upper)
			upperY = p.at
		}
		if p.next != p.at && p.next != lowerY {
			src(p.next, lower)
			lowerY = p.next
		}
		for k := range planes {
			start := (k*f.h+f.y0+i)*f.w + f.x0
			out, above := dst[start:start+n], upper[k*n:(k+1)*n]
			if p.next == p.at {
				copy(out, above)
			} else {
				r.MixRows(out, above, lower[k*n:(k+1)*n], p.frac)
			}
		}
	}
	if f.background != 0 {
		for k := range planes {
			f.fillBars(dst[k*f.w*f.h : (k+1)*f.w*f.h])
		}
	}
}

// fillBars gives the targets of a plane around the source the background.
func (f fit) fillBars(plane []float32) {
	fill := func(from, to int) {
		for i := from; i < to; i++ {
			plane[i] = f.background
		}
	}
	fill(0, f.y0*f.w)
	for y := f.y0; y < f.y0+len(f.ys); y++ {
		fill(y*f.w, y*f.w+f.x0)
		fill(y*f.w+f.x0+len(f.xs), (y+1)*f.w)
	}
	fill((f.y0+len(f.ys))*f.w, f.h*f.w)
}

// rgbRows is the source of the planes R, G and B.
func (m *Image) rgbRows(r *kernels.Raster, xs []tap) rowSource {
	taps := kernels.NewPixelTaps(len(xs))
	for i, p := range xs {
		taps.Set(i, p.at, p.next, p.frac)
	}
	return func(y int, out []float32) { r.MixPixels(out, m.Pix[3*y*m.W:], taps) }
}

// lumaRows is the source of the luminance of TensorChannels.
func (m *Image) lumaRows(xs []tap) rowSource {
	return func(y int, out []float32) {
		in := m.row(y)
		at := func(x int) float32 { return kernels.Unit(luma(in[3*x], in[3*x+1], in[3*x+2])) }
		for i, p := range xs {
			out[i] = kernels.Mix(at(p.at), at(p.next), p.frac)
		}
	}
}

// planeRows is the source of a plane with rows of width values.
func planeRows(plane []float32, width int, xs []tap) rowSource {
	return func(y int, out []float32) {
		in := plane[y*width : (y+1)*width]
		for i, p := range xs {
			out[i] = kernels.Mix(in[p.at], in[p.next], p.frac)
		}
	}
}
