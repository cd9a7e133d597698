package kernels

// Window is the geometry of a square sliding window over an image of H×W pixels: Size taps a
// side, Dilation apart, beginning at -PadX, -PadY, moved by StrideX, StrideY.
type Window struct {
	Size, Dilation   int
	StrideX, StrideY int
	PadX, PadY       int
}

// Im2col unrolls the windows of output rows y0 ≤ y < y1 of an image (channels × h × w) into
// cols: one row for each channel and tap (channel, then tap row, then tap column), one column
// for each output position (row, then column; outW of them in a row). Taps outside the image
// read zero. len(cols) ≥ channels·Size²·(y1-y0)·outW.
func (g Window) Im2col(img []float32, channels, h, w, outW, y0, y1 int, cols []float32) {
	at := 0
	for c := range channels {
		plane := img[c*h*w : (c+1)*h*w]
		for ky := range g.Size {
			for kx := range g.Size {
				left := kx*g.Dilation - g.PadX
				for y := y0; y < y1; y++ {
					row := cols[at : at+outW]
					at += outW
					sy := y*g.StrideY - g.PadY + ky*g.Dilation
					if sy < 0 || sy >= h {
						clear(row)
						continue
					}
					src := plane[sy*w : (sy+1)*w]
					for x := range row {
						if sx := x*g.StrideX + left; sx >= 0 && sx < w {
							row[x] = src[sx]
						} else {
							row[x] = 0
						}
					}
				}
			}
		}
	}
}

// Col2im adds back what Im2col takes apart: the columns of an h×w grid of windows are summed
// into img (channels × outH × outW), which the caller has zeroed. Taps outside are dropped.
func (g Window) Col2im(cols []float32, channels, h, w, outH, outW int, img []float32) {
	at := 0
	for c := range channels {
		plane := img[c*outH*outW : (c+1)*outH*outW]
		for ky := range g.Size {
			for kx := range g.Size {
				for y := range h {
					dy := y*g.StrideY - g.PadY + ky*g.Dilation
					for x := range w {
						dx := x*g.StrideX - g.PadX + kx*g.Dilation
						if dy >= 0 && dy < outH && dx >= 0 && dx < outW {
							plane[dy*outW+dx] += cols[at]
						}
						at++
					}
				}
			}
		}
	}
}
