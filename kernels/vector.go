package kernels

// Image is a view of an image in the pixels layout: value c of pixel p lies at
// Data[p·Pitch + c]. With Pitch 0 all pixels are the same one. Functions that write an image
// may overwrite the values of each pixel up to the next multiple of Granule, so it must have
// room for them: Pitch is at least RoundUp(Channels).
type Image struct {
	Data             []float32
	Pixels, Channels int
	Pitch            int // values from pixel to pixel
}

// Repeat is an image of which every pixel is the given one.
func Repeat(pixel []float32, pixels int) Image {
	return Image{Data: pixel, Pixels: pixels, Channels: len(pixel)}
}

// span is the number of values from the first to the last.
func (m Image) span() int { return (m.Pixels-1)*m.Pitch + m.Channels }

// From is the part of the image from a pixel on.
func (m Image) From(pixel, pixels int) Image {
	m.Data, m.Pixels = m.Data[pixel*m.Pitch:], pixels
	return m
}

// spanWork is how many values one call computes at most, since Go's scheduler can't interrupt
// it.
const spanWork = 1 << 16

// run calls a kernel over slices, of which dst is not written behind its end. add may be nil.
// The numbers that the kernel needs are in w.span.
func (s *Set) run(w *Worker, kernel func(*Span), dst, src, add []float32) {
	n := len(src)
	w.span.Rows = 1
	for at := 0; at < n/Granule*Granule; at += spanWork {
		w.span.Dst, w.span.Src, w.span.Length = &dst[at], &src[at], min(n/Granule*Granule-at, spanWork)
		if add != nil {
			w.span.Add = &add[at]
		}
		kernel(&w.span)
	}
	if at := n / Granule * Granule; at < n {
		w.span.Dst, w.span.Src, w.span.Length = &w.ends[0][0], &w.ends[1][0], n-at
		copy(w.ends[1][:], src[at:])
		if add != nil {
			w.span.Add = &w.ends[2][0]
			copy(w.ends[2][:], add[at:n])
		}
		kernel(&w.span)
		copy(dst[at:n], w.ends[0][:])
	}
}

// runImages calls a kernel over images of the extents of dst. add may be nil.
func (s *Set) runImages(w *Worker, kernel func(*Span), dst, src Image, add *Image) {
	if dst.Pixels == 0 || dst.Channels == 0 {
		return
	}
	if gapless(dst) && src.Pitch == dst.Pitch && (add == nil || add.Pitch == dst.Pitch) {
		n := dst.span()
		if add == nil {
			s.run(w, kernel, dst.Data[:n], src.Data[:n], nil)
		} else {
			s.run(w, kernel, dst.Data[:n], src.Data[:n], add.Data[:n])
		}
		return
	}
	rows := max(spanWork/RoundUp(dst.Channels), 1)
	w.span.DstStep, w.span.SrcStep, w.span.Length = 4*dst.Pitch, 4*src.Pitch, dst.Channels
	for first := 0; first < dst.Pixels; first += rows {
		w.span.Dst, w.span.Src = &dst.Data[first*dst.Pitch], &src.Data[first*src.Pitch]
		if add != nil {
			w.span.Add, w.span.AddStep = &add.Data[first*add.Pitch], 4*add.Pitch
		}
		w.span.Rows = min(rows, dst.Pixels-first)
		kernel(&w.span)
	}
}

// gapless reports whether an image can be computed as a single row, together with what lies
// between its pixels.
func gapless(m Image) bool {
	return m.Pitch == m.Channels || m.Pitch == RoundUp(m.Channels)
}

// Activate computes dst = a(src), where a.Elementwise(). dst may be src.
func (s *Set) Activate(w *Worker, a Activation, dst, src []float32) {
	if kernel := s.unary[a]; kernel != nil {
		if a != Linear || len(src) > 0 && &dst[0] != &src[0] {
			s.run(w, kernel, dst, src, nil)
		}
		return
	}
	copy(dst, src)
	a.Apply(dst[:len(src)], len(src))
}

// ActivateImage computes dst = a(src), where a.Elementwise(). dst may be src.
func (s *Set) ActivateImage(w *Worker, a Activation, dst, src Image) {
	if kernel := s.unary[a]; kernel != nil {
		if a != Linear || &dst.Data[0] != &src.Data[0] {
			s.runImages(w, kernel, dst, src, nil)
		}
		return
	}
	for p := range dst.Pixels {
		s.Activate(w, a, dst.Data[p*dst.Pitch:][:dst.Channels], src.Data[p*src.Pitch:][:dst.Channels])
	}
}

// CopyImage computes dst = src. Rows of any kind may stand for pixels.
func (s *Set) CopyImage(w *Worker, dst, src Image) {
	s.runImages(w, s.unary[Linear], dst, src, nil)
}

// Add computes dst = a + b. dst may be either.
func (s *Set) Add(w *Worker, dst, a, b []float32) { s.run(w, s.add, dst, a, b) }

// AddImages computes dst = a + b. dst may be either.
func (s *Set) AddImages(w *Worker, dst, a, b Image) { s.runImages(w, s.add, dst, a, &b) }

// MulImages computes dst = a · b. dst may be either. Repeat makes of a factor for each channel
// an image to multiply with.
func (s *Set) MulImages(w *Worker, dst, a, b Image) { s.runImages(w, s.mul, dst, a, &b) }

// Scale computes dst = src · scale. dst may be src.
func (s *Set) Scale(w *Worker, dst, src []float32, scale float32) {
	w.span.Scale = scale
	s.run(w, s.scale, dst, src, nil)
}

// ScaleImage computes dst = src · scale. dst may be src.
func (s *Set) ScaleImage(w *Worker, dst, src Image, scale float32) {
	w.span.Scale = scale
	s.runImages(w, s.scale, dst, src, nil)
}
