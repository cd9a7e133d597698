package picture

import "image"

// ycbcrCoding gives the fixed-point factors (16 fractional bits) that turn Y, Cb and Cr into
// RGB. Cb and Cr are taken relative to 128.
type ycbcrCoding struct {
	black    int32 // Y of black
	y        int32 // to R, G and B
	crR, cbB int32 // added to R, B
	crG, cbG int32 // taken from G
}

var (
	// fullRange is JFIF's: Y from 0 to 255.
	fullRange = ycbcrCoding{black: 0, y: 1 << 16, crR: 91881, cbB: 116130, crG: 46802, cbG: 22554}
	// videoRange is ITU-R BT.601's: Y from 16 to 235, Cb and Cr from 16 to 240.
	videoRange = ycbcrCoding{black: 16, y: 76309, crR: 104597, cbB: 132201, crG: 53279, cbG: 25675}
)

// row converts one row of samples to RGB.
func (c *ycbcrCoding) row(rgb, luma, cb, cr []uint8) {
	const half = 1 << 15
	for x := range len(rgb) / 3 {
		y := (int32(luma[x])-c.black)*c.y + half
		b, r := int32(cb[x])-128, int32(cr[x])-128
		p := rgb[3*x : 3*x+3 : 3*x+3]
		p[0] = clamp8((y + c.crR*r) >> 16)
		p[1] = clamp8((y - c.crG*r - c.cbG*b) >> 16)
		p[2] = clamp8((y + c.cbB*b) >> 16)
	}
}

func clamp8(v int32) uint8 { return uint8(min(max(v, 0), 255)) }

// ycbcrToRGB converts src to m, which has its size. Subsampled colour is interpolated
// linearly between the centres of the colour samples, as stb_image does. (Go's own
// conversion takes the nearest sample, many levels off at colour edges.)
func ycbcrToRGB(m *Image, src *image.YCbCr, coding ycbcrCoding) {
	b := src.Bounds()
	halfX, halfY, known := halved(src.SubsampleRatio)
	if !known || halfX && b.Min.X%2 != 0 || halfY && b.Min.Y%2 != 0 {
		nearestToRGB(m, src, coding)
		return
	}
	up := upsampler{w: m.W, h: m.H, stride: src.CStride, halfX: halfX, halfY: halfY}
	if halfX {
		up.w = (m.W + 1) / 2
	}
	if halfY {
		up.h = (m.H + 1) / 2
	}
	up.sums = make([]int32, up.w)
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
		coding.row(m.row(y), luma, cb, cr)
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
func nearestToRGB(m *Image, src *image.YCbCr, coding ycbcrCoding) {
	b := src.Bounds()
	cb, cr := make([]uint8, m.W), make([]uint8, m.W)
	for y := range m.H {
		for x := range m.W {
			i := src.COffset(b.Min.X+x, b.Min.Y+y)
			cb[x], cr[x] = src.Cb[i], src.Cr[i]
		}
		luma := src.Y[src.YOffset(b.Min.X, b.Min.Y+y):]
		coding.row(m.row(y), luma, cb, cr)
	}
}

// upsampler spreads the samples of a colour plane over the pixels.
type upsampler struct {
	w, h, stride int // of the colour plane
	halfX, halfY bool
	sums         []int32 // one row interpolated vertically, four times its value
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
	sums := u.sums
	for i := range sums {
		sums[i] = 3*int32(a[i]) + int32(b[i])
	}
	if !u.halfX {
		for i, s := range sums {
			out[i] = uint8((s + 2) >> 2)
		}
		return
	}
	left := sums[0]
	for i, s := range sums {
		right := sums[min(i+1, len(sums)-1)]
		out[2*i], out[2*i+1] = uint8((3*s+left+8)>>4), uint8((3*s+right+8)>>4)
		left = s
	}
}
