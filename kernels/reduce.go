package kernels

import "math"

// sumRun is how many pixels are added up before their sum is added to that of the others,
// which keeps the error of long sums small.
const sumRun = 128

// SumImage adds up the pixels of src: dst[c] becomes the sum of channel c. It may overwrite
// the values of dst up to the next multiple of Granule.
func (s *Set) SumImage(w *Worker, dst []float32, src Image) {
	clear(dst[:src.Channels])
	w.span.Dst, w.span.SrcStep, w.span.Length = &dst[0], 4*src.Pitch, src.Channels
	for first := 0; first < src.Pixels; first += sumRun {
		w.span.Src, w.span.Rows = &src.Data[first*src.Pitch], min(sumRun, src.Pixels-first)
		s.sumRows(&w.span)
	}
}

// reduceWidth is how many lanes Sum and largest divide a slice among.
const reduceWidth = 64

// Sum adds up src.
func (s *Set) Sum(w *Worker, src []float32) float32 {
	whole := len(src) / reduceWidth
	var sum float32
	if whole > 0 {
		s.SumImage(w, w.lanes[:], Image{src, whole, reduceWidth, reduceWidth})
		for _, v := range w.lanes {
			sum += v
		}
	}
	for _, v := range src[whole*reduceWidth:] {
		sum += v
	}
	return sum
}

// largest is the largest value of src, or -math.MaxFloat32 if that is larger.
func (s *Set) largest(w *Worker, src []float32) float32 {
	largest := float32(-math.MaxFloat32)
	whole := len(src) / reduceWidth
	if whole > 0 {
		w.taps = Taps{Column: 4 * reduceWidth, Width: whole, Height: 1, Length: reduceWidth}
		s.pool(&w.taps, w.lanes[:], src, 1)
		for _, v := range w.lanes {
			largest = max(largest, v)
		}
	}
	for _, v := range src[whole*reduceWidth:] {
		largest = max(largest, v)
	}
	return largest
}

// Softmax writes exp(x/t)/Σexp(x/t) over all of x to out. out may be x itself.
func (s *Set) Softmax(w *Worker, out, x []float32, temperature float32) {
	w.span.Scale = 1 / temperature
	w.span.Shift = -s.largest(w, x)
	s.run(w, s.exponential, out, x, nil)
	out = out[:len(x)]
	s.Scale(w, out, out, 1/s.Sum(w, out))
}
