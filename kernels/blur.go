package kernels

// Blur is the low-pass filter of darknet's antialiasing: a fixed depthwise convolution that
// takes over the stride of the layer before it.
type Blur struct {
	Taps             []float32 // Size×Size, summing to 1
	Size, Padding    int
	StrideX, StrideY int
}

// NewBlur returns the filter of antialiasing=1 ([1 2 1]⊗[1 2 1]/16, zero padding 1) or, for
// any other value, of antialiasing=2 (the mean of 2×2, no padding).
func NewBlur(antialiasing, strideX, strideY int) *Blur {
	if antialiasing == 2 {
		return &Blur{Taps: []float32{.25, .25, .25, .25}, Size: 2, StrideX: strideX, StrideY: strideY}
	}
	return &Blur{
		Taps: []float32{1 / 16., 2 / 16., 1 / 16., 2 / 16., 4 / 16., 2 / 16., 1 / 16., 2 / 16., 1 / 16.},
		Size: 3, Padding: 1, StrideX: strideX, StrideY: strideY,
	}
}

// OutputSize returns the extents after blurring planes of h×w.
func (b *Blur) OutputSize(h, w int) (outH, outW int) {
	return (h+2*b.Padding-b.Size)/b.StrideY + 1, (w+2*b.Padding-b.Size)/b.StrideX + 1
}

// Apply blurs each of the channel planes of in (h×w) into out.
func (b *Blur) Apply(in []float32, channels, h, w int, out []float32) {
	outH, outW := b.OutputSize(h, w)
	at := 0
	for c := range channels {
		plane := in[c*h*w : (c+1)*h*w]
		for y := range outH {
			for x := range outW {
				var sum float32
				for ky := range b.Size {
					sy := y*b.StrideY - b.Padding + ky
					if sy < 0 || sy >= h {
						continue
					}
					for kx := range b.Size {
						if sx := x*b.StrideX - b.Padding + kx; sx >= 0 && sx < w {
							sum += float32(plane[sy*w+sx] * b.Taps[ky*b.Size+kx])
						}
					}
				}
				out[at] = sum
				at++
			}
		}
	}
}
