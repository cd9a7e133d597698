package picture

import (
	"fmt"
	"math"

	"github.com/ghostdark/ghostdark/tensor"
)

// UsualCropPct is the part of the scaled picture's side that evaluations of classifiers commonly keep: 224 of 256.
const UsualCropPct = .875

// CenterCrop makes a network input of the given shape as torchvision's Resize and CenterCrop do with a picture of
// Pillow's: the picture keeps its shape and is scaled so that it just covers the target's sides divided by cropPct
// (both rounded down), and the middle of the target's size is cut out. Scaling is bilinear with antialiasing: a
// target pixel is the mean of the source weighted by a triangle twice as wide as the pixel, or as a source pixel if that is
// larger, first along rows, then along columns, each rounded to a byte. cropPct must be above 0 and at most 1. Errors are
// those of TensorChannels, and ErrTooLarge.
func (m *Image) CenterCrop(shape tensor.Shape, cropPct float64) (tensor.Tensor, error) {
	if err := checkChannels(shape.C); err != nil {
		return tensor.Tensor{}, err
	}
	if !(cropPct > 0) || cropPct > 1 || m.W < 1 || m.H < 1 {
		panic(fmt.Sprintf("BUG: picture: crop %g of %d×%d", cropPct, m.W, m.H))
	}
	w, h := coverSize(m.W, m.H, int(float64(shape.W)/cropPct), int(float64(shape.H)/cropPct))
	if w > math.MaxInt32 || h > math.MaxInt32 {
		return tensor.Tensor{}, fmt.Errorf("%w: %d×%d is too narrow to be scaled to %d×%d and cut; use --resize stretch", ErrTooLarge, m.W, m.H, w, h)
	}
	// Python rounds halves to even numbers.
	left, top := int(math.RoundToEven(float64(w-shape.W)/2)), int(math.RoundToEven(float64(h-shape.H)/2))
	xs, ys := triangles(m.W, w, left, shape.W), triangles(m.H, h, top, shape.H)
	return blend(m, xs, ys).TensorChannels(shape.C)
}

// coverSize is the size with the shape of sw×sh that just covers w×h.
func coverSize(sw, sh, w, h int) (int, int) {
	if int64(sw)*int64(h) < int64(sh)*int64(w) {
		return w, int(int64(sh) * int64(w) / int64(sw))
	}
	return int(int64(sw) * int64(h) / int64(sh)), h
}

// mean says which source columns (rows) make a target column (row): those from first on, by weights that have
// meanBits binary places.
type mean struct {
	first   int
	weights []int32
}

const meanBits = 22

// triangles returns the means for the targets first … first+n-1 of a side of source pixels that is scaled to target
// ones. The same size needs none: each target is its source.
func triangles(source, target, first, n int) []mean {
	scale := float64(source) / float64(target)
	width := max(scale, 1) // half of a triangle's base
	means := make([]mean, n)
	for i := range means {
		if source == target {
			means[i] = mean{first + i, []int32{1 << meanBits}}
			continue
		}
		center := (float64(first+i) + .5) * scale
		from, to := max(int(center-width+.5), 0), min(int(center+width+.5), source)
		weights := make([]float64, to-from)
		sum := 0.
		for k := range weights {
			weights[k] = max(1-math.Abs((float64(from+k)-center+.5)/width), 0)
			sum += weights[k]
		}
		means[i] = mean{from, make([]int32, len(weights))}
		for k, v := range weights {
			means[i].weights[k] = int32(.5 + v/sum*(1<<meanBits))
		}
	}
	return means
}

// blend makes a picture of the means of columns and of rows.
func blend(m *Image, xs, ys []mean) *Image {
	last := ys[len(ys)-1]
	begin, end := ys[0].first, last.first+len(last.weights)
	narrow := New(len(xs), end-begin)
	for y := range narrow.H {
		from, to := m.row(begin+y), narrow.row(y)
		for x, at := range xs {
			var r, g, b int32 = 1 << (meanBits - 1), 1 << (meanBits - 1), 1 << (meanBits - 1)
			pixels := from[3*at.first:]
			for k, weight := range at.weights {
				p := pixels[3*k : 3*k+3 : 3*k+3]
				r += weight * int32(p[0])
				g += weight * int32(p[1])
				b += weight * int32(p[2])
			}
			to[3*x], to[3*x+1], to[3*x+2] = byteOf(r), byteOf(g), byteOf(b)
		}
	}
	out := New(len(xs), len(ys))
	sums := make([]int32, 3*len(xs))
	for y, at := range ys {
		for i := range sums {
			sums[i] = 1 << (meanBits - 1)
		}
		for k, weight := range at.weights {
			for i, v := range narrow.row(at.first - begin + k) {
				sums[i] += weight * int32(v)
			}
		}
		to := out.row(y)
		for i, v := range sums {
			to[i] = byteOf(v)
		}
	}
	return out
}

// byteOf drops the binary places of a weighted mean, to which a half has been added.
func byteOf(sum int32) uint8 { return uint8(min(max(sum>>meanBits, 0), 255)) }
