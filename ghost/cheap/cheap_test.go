package cheap_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"

	"github.com/ghostdark/ghostdark/ghost/cheap"
	"github.com/ghostdark/ghostdark/kernels"
	"github.com/ghostdark/ghostdark/tensor"
)

// drawn returns n images of normally distributed values.
func drawn(r *rand.Rand, n int, shape tensor.Shape) tensor.Tensor {
	t := tensor.New(n, shape)
	for i := range t.Data {
		t.Data[i] = float32(r.NormFloat64())
	}
	return t
}

// plane is a map of an image.
func plane(t tensor.Tensor, image, m int) []float32 {
	n := t.Shape.Plane()
	return t.Image(image)[m*n : (m+1)*n]
}

// operate applies an operation to a map, by its definition.
func operate(source []float32, h, w int, kernel []float32, bias float32) []float32 {
	size := int(math.Sqrt(float64(len(kernel))))
	out := make([]float32, len(source))
	for y := range h {
		for x := range w {
			sum := float64(bias)
			for ky := range size {
				for kx := range size {
					if sy, sx := y+ky-size/2, x+kx-size/2; sy >= 0 && sy < h && sx >= 0 && sx < w {
						sum += float64(kernel[ky*size+kx]) * float64(source[sy*w+sx])
					}
				}
			}
			out[y*w+x] = float32(sum)
		}
	}
	return out
}

// stats returns the moments of some batches of a layer.
func stats(t testing.TB, maps, size int, batches ...tensor.Tensor) *cheap.Stats {
	t.Helper()
	s, err := cheap.New(maps, size)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range batches {
		if err := s.Add(b); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func near(a, b, tolerance float64) bool { return math.Abs(a-b) <= tolerance*(1+math.Abs(b)) }

// Ghosts that are made by an operation are found to be so, with the operation, whatever the
// extents of the images.
func TestPredictExact(t *testing.T) {
	for _, size := range []int{1, 3, 5} {
		t.Run(fmt.Sprintf("size %d", size), func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, uint64(size)))
			const sources = 3
			var kernel [sources][]float32
			for i := range kernel {
				for range size * size {
					kernel[i] = append(kernel[i], float32(r.NormFloat64()))
				}
			}
			var batches []tensor.Tensor
			for _, shape := range []tensor.Shape{{C: 2 * sources, H: 9, W: 14}, {C: 2 * sources, H: 17, W: 8}, {C: 2 * sources, H: 131, W: 140}} {
				b := drawn(r, 2, shape)
				for image := range b.N {
					for i := range sources {
						copy(plane(b, image, sources+i), operate(plane(b, image, i), shape.H, shape.W, kernel[i], float32(i)))
					}
				}
				batches = append(batches, b)
			}
			s := stats(t, 2*sources, size, batches...)
			for i := range sources {
				fit := s.Best(sources + i)
				if fit.Source != i || fit.Target != sources+i || fit.R2 < 1-1e-9 || fit.MSE > 1e-8 || fit.Relative > 1e-8 {
					t.Errorf("map %d: found %+v, made from %d", sources+i, fit, i)
				}
				if !near(float64(fit.Bias), float64(i), 1e-5) {
					t.Errorf("map %d: bias %v, not %d", sources+i, fit.Bias, i)
				}
				for k, v := range fit.Kernel {
					if !near(float64(v), float64(kernel[i][k]), 1e-5) {
						t.Errorf("map %d: kernel[%d] = %v, not %v", sources+i, k, v, kernel[i][k])
					}
				}
			}
		})
	}
}

// naive fits target from source by the QR factorization of all pixels.
func naive(t tensor.Tensor, size, source, target int) (solution []float64, r2, mse float64) {
	h, w, pixels := t.Shape.H, t.Shape.W, t.Shape.Plane()
	unknowns := size*size + 1
	a, y := mat.NewDense(t.N*pixels, unknowns, nil), mat.NewVecDense(t.N*pixels, nil)
	mean := 0.0
	for image := range t.N {
		for p := range pixels {
			row := image*pixels + p
			for k := range size * size {
				if sy, sx := p/w+k/size-size/2, p%w+k%size-size/2; sy >= 0 && sy < h && sx >= 0 && sx < w {
					a.Set(row, k, float64(plane(t, image, source)[sy*w+sx]))
				}
			}
			a.Set(row, size*size, 1)
			y.SetVec(row, float64(plane(t, image, target)[p]))
			mean += y.AtVec(row) / float64(t.N*pixels)
		}
	}
	var x, made mat.VecDense
	if err := x.SolveVec(a, y); err != nil {
		panic(err)
	}
	made.MulVec(a, &x)
	residual, variation := 0.0, 0.0
	for i := range y.Len() {
		residual += math.Pow(made.AtVec(i)-y.AtVec(i), 2)
		variation += math.Pow(y.AtVec(i)-mean, 2)
	}
	return x.RawVector().Data, 1 - residual/variation, residual / float64(y.Len())
}

func TestPredictNaive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		size := rapid.SampledFrom([]int{1, 3, 5}).Draw(t, "size")
		shape := tensor.Shape{C: rapid.IntRange(2, 4).Draw(t, "maps"), H: rapid.IntRange(7, 20).Draw(t, "h"), W: rapid.IntRange(7, 20).Draw(t, "w")}
		b := drawn(r, rapid.IntRange(1, 3).Draw(t, "images"), shape)
		// Maps that depend on each other, far from zero.
		for i := range b.N {
			for m := 1; m < shape.C; m++ {
				for p, v := range operate(plane(b, i, m-1), shape.H, shape.W, []float32{1, 2, 1, 0, 3, 0, -1, 1, 2}, 5) {
					plane(b, i, m)[p] += v
				}
			}
		}
		s, err := cheap.New(shape.C, size)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Add(b); err != nil {
			t.Fatal(err)
		}
		if s.Samples() != b.N*shape.Plane() {
			t.Errorf("%d samples of %d pixels", s.Samples(), b.N*shape.Plane())
		}
		gains := s.Gains()
		for source := range shape.C {
			for target := range shape.C {
				want, r2, mse := naive(b, size, source, target)
				fit := s.Predict(source, target)
				for i := range b.N {
					made := operate(plane(b, i, source), shape.H, shape.W, fit.Kernel, fit.Bias)
					for p, v := range fit.Apply(plane(b, i, source), shape.H, shape.W) {
						if !near(float64(v), float64(made[p]), 1e-4) {
							t.Fatalf("%d from %d: pixel %d is made %v, not %v", target, source, p, v, made[p])
						}
					}
				}
				if !near(fit.R2, r2, 1e-6) || !near(fit.MSE, mse, 1e-6) || !near(gains.At(source, target)/s.Variation(target), r2, 1e-6) {
					t.Errorf("%d from %d: R² %v, MSE %v, gain %v; R² %v and MSE %v by QR", target, source, fit.R2, fit.MSE, gains.At(source, target), r2, mse)
				}
				for k, v := range append(append([]float32(nil), fit.Kernel...), fit.Bias) {
					if !near(float64(v), want[k], 1e-4) {
						t.Errorf("%d from %d: %v and %v, by QR %v", target, source, fit.Kernel, fit.Bias, want)
						break
					}
				}
			}
		}
	})
}

// Maps that are the same everywhere neither predict nor need anything.
func TestPredictConstant(t *testing.T) {
	b := drawn(rand.New(rand.NewPCG(3, 3)), 2, tensor.Shape{C: 3, H: 8, W: 8})
	const zero, seven, noise = 0, 1, 2
	sum := 0.0
	for i := range b.N {
		clear(plane(b, i, zero))
		for p := range plane(b, i, seven) {
			plane(b, i, seven)[p] = 7.1
			sum += float64(plane(b, i, noise)[p])
		}
	}
	s := stats(t, 3, 3, b)
	if fit := s.Predict(noise, seven); fit.R2 != 1 || !near(fit.MSE, 0, 1e-9) || !near(float64(fit.Bias), 7.1, 1e-6) {
		t.Errorf("a constant map from noise: %+v", fit)
	}
	if fit := s.Predict(noise, zero); fit.R2 != 1 || fit.MSE != 0 || fit.Bias != 0 || fit.Relative != 0 {
		t.Errorf("a dead map from noise: %+v", fit)
	}
	fit := s.Predict(zero, noise)
	if fit.R2 != 0 || !near(float64(fit.Bias), sum/128, 1e-6) || fit.Kernel[4] != 0 {
		t.Errorf("noise from a dead map: %+v; the mean is %v", fit, sum/128)
	}
	if s.Variation(seven) != 0 || s.Gains().At(seven, seven) != 0 {
		t.Errorf("the variation of a constant map is %v", s.Variation(seven))
	}
}

// Of large maps only some rows are used, but of all parts, and odd ones as well as even ones.
func TestRowsInUse(t *testing.T) {
	for _, shape := range []tensor.Shape{{C: 1, H: 128, W: 128}, {C: 1, H: 129, W: 128}, {C: 1, H: 1024, W: 700}, {C: 1, H: 1, W: 70000}, {C: 1, H: 70000, W: 1}, {C: 1, H: 3, W: 40000}} {
		s := stats(t, 1, 3, tensor.New(1, shape))
		if n := s.Samples(); n > max(1<<14, shape.W) || n < min(shape.Plane(), 1<<11) || n%shape.W != 0 {
			t.Errorf("%v: %d samples", shape, n)
		}
	}
	rows := tensor.New(1, tensor.Shape{C: 1, H: 400, W: 100})
	for i := range rows.Data {
		rows.Data[i] = float32(i / 100 % 2)
	}
	if v := stats(t, 1, 3, rows); v.Variation(0) < .24*float64(v.Samples()) {
		t.Errorf("of a pattern of rows a variation of %v is seen in %d samples", v.Variation(0), v.Samples())
	}
}

func TestLimits(t *testing.T) {
	for _, c := range []struct{ maps, size int }{{0, 3}, {4, 0}, {4, 2}, {4, -1}, {4, 13}, {1 << 16, 3}, {math.MaxInt, 11}, {3000, 7}} {
		if _, err := cheap.New(c.maps, c.size); err == nil {
			t.Errorf("%d maps, kernels of %d: no error", c.maps, c.size)
		}
	}
	s, err := cheap.New(2, 3)
	if err != nil {
		t.Fatal(err)
	}
	b := tensor.New(1, tensor.Shape{C: 2, H: 4, W: 4})
	b.Data[20] = float32(math.NaN())
	if err := s.Add(b); err == nil || s.Samples() != 0 {
		t.Errorf("NaN: error %v, %d samples", err, s.Samples())
	}
}

func BenchmarkAdd(b *testing.B) {
	for _, shape := range []tensor.Shape{{C: 512, H: 14, W: 14}, {C: 64, H: 112, W: 112}, {C: 16, H: 208, W: 208}} {
		b.Run(shape.String(), func(b *testing.B) {
			images := drawn(rand.New(rand.NewPCG(1, 1)), 1, shape)
			s := stats(b, shape.C, 3)
			for b.Loop() {
				if err := s.Add(images); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkSelect(b *testing.B) {
	images := drawn(rand.New(rand.NewPCG(1, 1)), 1, tensor.Shape{C: 512, H: 14, W: 14})
	s := stats(b, 512, 3, images)
	for b.Loop() {
		if _, err := cheap.Select(s.Gains(), cheap.Layout{Maps: 512, Intrinsic: 256}); err != nil {
			b.Fatal(err)
		}
	}
}

// An operation that an activation follows is found, where the linear fit isn't.
func TestRefit(t *testing.T) {
	for _, activation := range []kernels.Activation{kernels.Linear, kernels.ReLU, kernels.Leaky, kernels.Mish, kernels.Swish, kernels.Logistic} {
		t.Run(activation.String(), func(t *testing.T) {
			r := rand.New(rand.NewPCG(5, 5))
			kernel := []float32{.3, -.5, .1, 0, .8, .2, -.4, .1, .6}
			const bias = -.3
			b := drawn(r, 3, tensor.Shape{C: 2, H: 90, W: 100})
			var images []cheap.Planes
			for i := range b.N {
				target := operate(plane(b, i, 0), 90, 100, kernel, bias)
				activation.Apply(target, len(target))
				copy(plane(b, i, 1), target)
				images = append(images, cheap.Planes{Source: plane(b, i, 0), Target: target, H: 90, W: 100})
			}
			linear := stats(t, 2, 3, b).Predict(0, 1)
			fit, err := cheap.Refit(linear, activation, images)
			if err != nil {
				t.Fatal(err)
			}
			if fit.R2 < 1-1e-5 || fit.MSE > 1e-5 {
				t.Errorf("R² %v, MSE %v; of the linear fit R² %v", fit.R2, fit.MSE, linear.R2)
			}
			for k, v := range append(append([]float32(nil), fit.Kernel...), fit.Bias) {
				if want := append(kernel[:9:9], bias)[k]; !near(float64(v), float64(want), 1e-2) {
					t.Errorf("unknown %d is %v, not %v", k, v, want)
				}
			}
			if linear.Kernel[0] == fit.Kernel[0] && activation != kernels.Linear {
				t.Error("the linear fit was changed")
			}
		})
	}
	if _, err := cheap.Refit(cheap.Fit{Kernel: make([]float32, 9)}, kernels.NormChannels, nil); err == nil {
		t.Error("an activation over channels: no error")
	}
}

// What Refit returns is no worse than what it is given, even where nothing can be learned.
func TestRefitNoWorse(t *testing.T) {
	activations := []kernels.Activation{kernels.ReLU, kernels.ReLU6, kernels.Stair, kernels.HardTan, kernels.Tanh, kernels.Leaky}
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 2))
		activation := rapid.SampledFrom(activations).Draw(t, "activation")
		h, w := rapid.IntRange(1, 12).Draw(t, "h"), rapid.IntRange(1, 12).Draw(t, "w")
		b := drawn(r, 1, tensor.Shape{C: 2, H: h, W: w})
		if rapid.Bool().Draw(t, "dead source") {
			clear(plane(b, 0, 0))
		}
		start := cheap.Fit{Kernel: make([]float32, 9), Bias: float32(r.NormFloat64())}
		for i := range start.Kernel {
			start.Kernel[i] = float32(r.NormFloat64())
		}
		loss := func(f cheap.Fit) float64 {
			made, sum := operate(plane(b, 0, 0), h, w, f.Kernel, f.Bias), 0.0
			activation.Apply(made, len(made))
			for i, v := range made {
				sum += math.Pow(float64(v-plane(b, 0, 1)[i]), 2)
			}
			return sum
		}
		fit, err := cheap.Refit(start, activation, []cheap.Planes{{Source: plane(b, 0, 0), Target: plane(b, 0, 1), H: h, W: w}})
		if err != nil {
			t.Fatal(err)
		}
		before, after := loss(start), loss(fit)
		if activation == kernels.Stair { // a rounding more or less is a step
			after = fit.MSE * float64(h*w)
		}
		if !(after <= before*(1+1e-4)+1e-6) || !near(fit.MSE*float64(h*w), after, 1e-3) {
			t.Errorf("the loss was %v and is %v; MSE says %v", before, after, fit.MSE*float64(h*w))
		}
	})
}
