package kernels

// Upsample repeats each pixel of an image Stride times across and down, times Scale.
type Upsample struct {
	Set                     *Set
	Channels, Height, Width int // of the input
	Stride                  int
	Scale                   float32
	InPitch, OutPitch       int // values from pixel to pixel
}

// Tasks is the number of independent parts of the work.
func (u *Upsample) Tasks() int { return u.Height }

// Run computes one task of one image. in and out begin with the first channel of the first
// pixel.
func (u *Upsample) Run(task int, in, out []float32, w *Worker) {
	src := Image{in[task*u.Width*u.InPitch:], u.Width, u.Channels, u.InPitch}
	width := u.Width * u.Stride
	lines := out[task*u.Stride*width*u.OutPitch:]
	for i := range u.Stride {
		dst := Image{lines[i*u.OutPitch:], u.Width, u.Channels, u.Stride * u.OutPitch}
		if u.Scale == 1 {
			u.Set.CopyImage(w, dst, src)
		} else {
			u.Set.ScaleImage(w, dst, src, u.Scale)
		}
	}
	first := Image{lines, width, u.Channels, u.OutPitch}
	for i := 1; i < u.Stride; i++ {
		u.Set.CopyImage(w, Image{lines[i*width*u.OutPitch:], width, u.Channels, u.OutPitch}, first)
	}
}
