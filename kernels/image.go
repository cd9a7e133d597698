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
