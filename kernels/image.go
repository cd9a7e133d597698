package kernels

// Image is some channels of an image's pixels: value c of pixel p at Data[p·Pitch + c].
type Image struct {
	Data             []float32
	Pixels, Channels int
	Pitch            int
}

func (i Image) row(p int) []float32 { return i.Data[p*i.Pitch:][:i.Channels] }

func (s *Set) CopyImage(w *Worker, dst, src Image) {
	for p := range src.Pixels {
		copy(dst.row(p), src.row(p))
	}
}
func (s *Set) ActivateImage(w *Worker, a Activation, dst, src Image) {
	for p := range src.Pixels {
		s.Activate(w, a, dst.row(p), src.row(p))
	}
}
func (s *Set) AddImage(w *Worker, dst, a, b Image) {
	for p := range a.Pixels {
		s.Add(w, dst.row(p), a.row(p), b.row(p))
	}
}

func (s *Set) MulImage(w *Worker, dst, a, b Image) {
	for p := range a.Pixels {
		s.Mul(w, dst.row(p), a.row(p), b.row(p))
	}
}

func (s *Set) MeanImage(w *Worker, dst []float32, src Image) {
	clear(dst[:src.Channels])
	for p := range src.Pixels {
		s.Add(w, dst[:src.Channels], dst[:src.Channels], src.row(p))
	}
	s.Scale(w, dst[:src.Channels], dst[:src.Channels], 1/float32(src.Pixels))
}

func (s *Set) RepeatImage(w *Worker, dst, line Image, stride int, scale float32) {
	for x := range line.Pixels {
		s.Scale(w, dst.row(x*stride), line.row(x), scale)
		for i := 1; i < stride; i++ {
			copy(dst.row(x*stride+i), dst.row(x*stride))
		}
	}
	for y := 1; y < stride; y++ {
		for x := range line.Pixels * stride {
			copy(dst.row(y*line.Pixels*stride+x), dst.row(x))
		}
	}
}

func (s *Set) ToPlanes(w *Worker, dst []float32, src Image) {
	for p := range src.Pixels {
		for c, v := range src.row(p) {
			dst[c*src.Pixels+p] = v
		}
	}
}

func (s *Set) ToPixels(w *Worker, dst Image, src []float32) {
	for p := range dst.Pixels {
		row := dst.row(p)
		for c := range row {
			row[c] = src[c*dst.Pixels+p]
		}
	}
}
