// Package picture turns picture files into network inputs and draws results back onto
// pictures. It decodes JPEG, PNG, GIF, BMP, WebP and TIFF into upright 8-bit RGB, resizes
// in the ways darknet does (float32, corner-aligned bilinear), and writes annotated copies.
package picture

import (
	"fmt"

	"github.com/ghostdark/ghostdark/kernels"
	"github.com/ghostdark/ghostdark/tensor"
)

// Image is a picture: H rows of W pixels, top row first, each pixel three bytes R, G, B.
// len(Pix) == 3·W·H.
type Image struct {
	W, H int
	Pix  []uint8
}

// New returns a black picture of w×h pixels.
func New(w, h int) *Image {
	return &Image{W: w, H: h, Pix: make([]uint8, tensor.Product(3, w, h))}
}

// Clone returns a copy that shares nothing with m.
func (m *Image) Clone() *Image {
	return &Image{W: m.W, H: m.H, Pix: append([]uint8(nil), m.Pix...)}
}

// Tensor returns the picture as one image of three planes, R, G, B, with values 0…1.
func (m *Image) Tensor() tensor.Tensor {
	t, _ := m.TensorChannels(3)
	return t
}

// TensorChannels returns the picture as one image with values 0…1: c == 3 gives the planes
// R, G, B; c == 1 gives luminance, (77·R + 150·G + 29·B)/256 rounded down to a whole byte
// first, as stb_image computes it. Any other c is an error.
func (m *Image) TensorChannels(c int) (tensor.Tensor, error) {
	if err := checkChannels(c); err != nil {
		return tensor.Tensor{}, err
	}
	t := tensor.New(1, tensor.Shape{C: c, H: m.H, W: m.W})
	n := m.W * m.H
	if c == 1 {
		for i := range n {
			t.Data[i] = kernels.Unit(luma(m.Pix[3*i], m.Pix[3*i+1], m.Pix[3*i+2]))
		}
		return t, nil
	}
	r, g, b := t.Data[:n], t.Data[n:2*n], t.Data[2*n:3*n]
	for i := range r {
		p := m.Pix[3*i : 3*i+3 : 3*i+3]
		r[i], g[i], b[i] = kernels.Unit(p[0]), kernels.Unit(p[1]), kernels.Unit(p[2])
	}
	return t, nil
}

// checkChannels reports whether a picture can feed a network with c input channels.
func checkChannels(c int) error {
	if c != 1 && c != 3 {
		return fmt.Errorf("a picture gives 1 channel (grey) or 3 (RGB), but the network wants channels=%d; feed such a network with a tensor", c)
	}
	return nil
}

func luma(r, g, b uint8) uint8 {
	return uint8((77*uint32(r) + 150*uint32(g) + 29*uint32(b)) >> 8)
}

// Normalize replaces every value x of channel c by (x − mean[c]) / std[c], in place. darknet
// has no such step; networks imported from other frameworks may need it. mean and std hold
// one value per channel, std none that is zero.
func Normalize(t tensor.Tensor, mean, std []float32) {
	if len(mean) != t.Shape.C || len(std) != t.Shape.C {
		panic(fmt.Sprintf("BUG: picture: normalize %d channels with %d means and %d deviations", t.Shape.C, len(mean), len(std)))
	}
	plane := t.Shape.Plane()
	for i := range t.N {
		img := t.Image(i)
		for c := range t.Shape.C {
			m, s := mean[c], std[c]
			values := img[c*plane : (c+1)*plane]
			for j, x := range values {
				values[j] = (x - m) / s
			}
		}
	}
}
