package picture

import (
	"fmt"
	"math"
	"strings"

	"github.com/ghostdark/ghostdark/tensor"
)

// Resize is a way to bring a picture to a network's input size.
type Resize uint8

const (
	ResizeStretch    Resize = iota // both sides to their targets, shape distorted: darknet's detector
	ResizeLetterbox                // shape kept, grey bars fill the rest: darknet with letter_box=1
	ResizeMinCrop                  // shape kept, short side to the target, middle cut out: darknet's classifier
	ResizeCenterCrop               // shape kept, scaled with antialiasing, middle cut out: PyTorch's classifiers
)

var resizeNames = [...]string{ResizeStretch: "stretch", ResizeLetterbox: "letterbox", ResizeMinCrop: "mincrop", ResizeCenterCrop: "centercrop"}

// String returns the name that ParseResize reads.
func (r Resize) String() string {
	if int(r) < len(resizeNames) {
		return resizeNames[r]
	}
	return fmt.Sprintf("Resize(%d)", uint8(r))
}

// ParseResize reads stretch, letterbox, mincrop or centercrop.
func ParseResize(name string) (Resize, error) {
	for r, n := range resizeNames {
		if n == name {
			return Resize(r), nil
		}
	}
	return 0, fmt.Errorf("unknown way to resize %q; choose one of %s", name, strings.Join(resizeNames[:], ", "))
}

// Stretch resizes every image of src to w×h with darknet's corner-aligned bilinear
// interpolation: source and target share their first and last rows and columns, columns are
// interpolated first, then rows. A target of a single column or row takes the last one of
// the source, as darknet does for columns. The same size gives a copy.
func Stretch(src tensor.Tensor, w, h int) tensor.Tensor {
	return resizeTensor(ResizeStretch, src, w, h)
}

// Letterbox resizes every image of src to the largest size of the same shape that fits
// into w×h (sides rounded down, at least 1) and centres it on 0.5 grey.
func Letterbox(src tensor.Tensor, w, h int) tensor.Tensor {
	return resizeTensor(ResizeLetterbox, src, w, h)
}

// MinCrop resizes every image of src, keeping its shape, so that the shorter side becomes
// w long, and cuts the middle w×h out. Where that is too small, its border is repeated.
func MinCrop(src tensor.Tensor, w, h int) tensor.Tensor {
	return resizeTensor(ResizeMinCrop, src, w, h)
}

// Input resizes the picture to one network input of the given shape: the same values as
// TensorChannels followed by Stretch, Letterbox or MinCrop, without the full-size tensor
// in between; or those of CenterCrop with UsualCropPct. The error is that of TensorChannels, or ErrTooLarge for rows of 2³¹ bytes.
func (m *Image) Input(r Resize, shape tensor.Shape) (tensor.Tensor, error) {
	if err := checkChannels(shape.C); err != nil {
		return tensor.Tensor{}, err
	}
	if r == ResizeCenterCrop {
		return m.CenterCrop(shape, UsualCropPct)
	}
	if m.W > math.MaxInt32/3 {
		return tensor.Tensor{}, fmt.Errorf("%w: rows of %d pixels; cut the picture up", ErrTooLarge, m.W)
	}
	t := tensor.New(1, shape)
	f := fitInto(r, m.W, m.H, shape.W, shape.H)
	raster := newRaster()
	rows := m.lumaRows(f.xs)
	if shape.C == 3 {
		rows = m.rgbRows(raster, f.xs)
	}
	f.resample(raster, t.Data, shape.C, rows)
	return t, nil
}

func resizeTensor(r Resize, src tensor.Tensor, w, h int) tensor.Tensor {
	s := src.Shape
	t := tensor.New(src.N, tensor.Shape{C: s.C, H: h, W: w})
	f := fitInto(r, s.W, s.H, w, h)
	raster := newRaster()
	for k := range src.N * s.C {
		plane := src.Data[k*s.Plane() : (k+1)*s.Plane()]
		f.resample(raster, t.Data[k*w*h:(k+1)*w*h], 1, planeRows(plane, s.W, f.xs))
	}
	return t
}
