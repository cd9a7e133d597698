package picture

import (
	"image"

	"github.com/ghostdark/ghostdark/kernels"
)

var (
	// fullRange is JFIF's: Y from 0 to 255.
	fullRange = kernels.Coding{Black: 0, Y: 1 << 16, CrR: 91881, CbB: 116130, CrG: 46802, CbG: 22554}
	// videoRange is ITU-R BT.601's: Y from 16 to 235, Cb and Cr from 16 to 240.
	videoRange = kernels.Coding{Black: 16, Y: 76309, CrR: 104597, CbB: 132201, CrG: 53279, CbG: 25675}
)

// ycbcrToRGB converts src to m, which has its size. Subsampled colour is interpolated
// linearly between the centres of the colour samples, as stb_image does. (Go's own
// conversion takes the nearest sample, many levels off at colour edges.)
func ycbcrToRGB(m *Image, src *image.YCbCr, coding *kernels.Coding) {
	b := src.Bounds()
	halfX, halfY, known := halved(src.SubsampleRatio)
	if !known || halfX && b.Min.X%2 != 0 || halfY && b.Min.Y%2 != 0 {
		nearestToRGB(m, src, coding)
		return
	}
	raster := newRaster()
	up := upsampler{raster: raster, w: m.W, h: m.H, stride: src.CStride, halfX: halfX, halfY: halfY}
	if halfX {
		up.w = (m.W + 1) / 2
	}
	if halfY {
		up.h = (m.H + 1) / 2
	}
	cb, cr := make([]uint8, 2*up.w), make([]uint8, 2*up.w)
	first := src.COffset(b.Min.X, b.Min.Y)
	for y := range m.H {
		luma := src.Y[src.YOffset(b.Min.X, b.Min.Y+y):]
		if halfX || halfY {
			up.row(cb, src.Cb[first:], y)
			up.row(cr, src.Cr[first:], y)
		} else {
			cb, cr = src.Cb[first+y*src.CStride:], src.Cr[first+y*src.CStride:]
		}
		raster.ToRGB(m.row(y), luma, cb, cr, coding)
	}
}

// halved reports on which axes there is one colour sample for two pixels; known is false
// for the rare ratios with one for four.
func halved(ratio image.YCbCrSubsampleRatio) (x, y, known bool) {
	switch ratio {
	case image.YCbCrSubsampleRatio444:
		return false, false, true
	case image.YCbCrSubsampleRatio422:
		return true, false, true
	case image.YCbCrSubsampleRatio440:
		return false, true, true
	case image.YCbCrSubsampleRatio420:
		return true, true, true
	}
	return false, false, false
}

// nearestToRGB is ycbcrToRGB with each pixel taking the colour sample that covers it.
func nearestToRGB(m *Image, src *image.YCbCr, coding *kernels.Coding) {
	b := src.Bounds()
	raster := newRaster()
	cb, cr := make([]uint8, m.W), make([]uint8, m.W)
	for y := range m.H {
		for x := range m.W {
			i := src.COffset(b.Min.X+x, b.Min.Y+y)
			cb[x], cr[x] = src.Cb[i], src.Cr[i]
		}
		luma := src.Y[src.YOffset(b.Min.X, b.Min.Y+y):]
		raster.ToRGB(m.row(y), luma, cb, cr, coding)
	}
}

// upsampler spreads the samples of a colour plane over the pixels.
type upsampler struct {
	raster       *kernels.Raster
	w, h, stride int // of the colour plane
	halfX, halfY bool
}

// row writes pixel row y of the plane to out. On a halved axis a pixel lies a quarter of a
// sample's width off its sample's centre and so takes 3/4 of it and 1/4 of the neighbour on
// that side; beyond the border the sample itself is its neighbour.
func (u *upsampler) row(out, plane []uint8, y int) {
	near, far := y, y
	if u.halfY {
		near = y / 2
		far = min(max(near-1+y%2*2, 0), u.h-1)
	}
	a, b := plane[near*u.stride:][:u.w], plane[far*u.stride:][:u.w]
	if u.halfX {
		u.raster.Spread(out[:2*u.w], a, b)
	} else {
		u.raster.Blend(out[:u.w], a, b)
	}
}
