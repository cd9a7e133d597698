package kernels

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestGemm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		extent := rapid.IntRange(1, 70)
		m, n, k := extent.Draw(t, "m"), extent.Draw(t, "n"), extent.Draw(t, "k")
		ldc := n + rapid.IntRange(0, 3).Draw(t, "gap")
		a, b := pattern(m*k), pattern(k*n)
		strided, gap := slices.Repeat([]float32{-77}, m*ldc), float32(-77)
		Gemm(m, n, k, a, b, strided, ldc)
		transB, transA := make([]float32, m*n), make([]float32, m*n)
		GemmTransB(m, n, k, a, transpose(b, k, n), transB)
		GemmTransA(m, n, k, transpose(a, m, k), b, transA)
		for i := range m {
			for j := range ldc {
				got := strided[i*ldc+j]
				if j >= n {
					if got != gap {
						t.Fatalf("row %d: column %d beyond n is written to", i, j)
					}
					continue
				}
				var want float64
				for l := range k {
					want += float64(a[i*k+l]) * float64(b[l*n+j])
				}
				near(t, "A·B", float64(got), want)
				near(t, "A·Bᵀ", float64(transB[i*n+j]), want)
				near(t, "Aᵀ·B", float64(transA[i*n+j]), want)
			}
		}
	})
}

// pattern makes n values within ±1 without any visible period.
func pattern(n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(math.Sin(float64(i*i + 1)))
	}
	return x
}

func transpose(x []float32, rows, cols int) []float32 {
	y := make([]float32, len(x))
	for r := range rows {
		for c := range cols {
			y[c*rows+r] = x[r*cols+c]
		}
	}
	return y
}

// drawWindow draws a window that fits planes of h×w.
func drawWindow(t *rapid.T, h, w int) (g Window, outH, outW int) {
	g = Window{
		Size: rapid.IntRange(1, 4).Draw(t, "size"), Dilation: rapid.IntRange(1, 3).Draw(t, "dilation"),
		StrideX: rapid.IntRange(1, 3).Draw(t, "stride x"), StrideY: rapid.IntRange(1, 3).Draw(t, "stride y"),
		PadX: rapid.IntRange(0, 9).Draw(t, "pad x"), PadY: rapid.IntRange(0, 9).Draw(t, "pad y"),
	}
	reach := g.Dilation*(g.Size-1) + 1
	g.PadX, g.PadY = max(g.PadX, (reach-w+1)/2), max(g.PadY, (reach-h+1)/2)
	return g, (h+2*g.PadY-reach)/g.StrideY + 1, (w+2*g.PadX-reach)/g.StrideX + 1
}

func TestIm2col(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		channels, h, w := rapid.IntRange(1, 3).Draw(t, "channels"), rapid.IntRange(1, 9).Draw(t, "h"), rapid.IntRange(1, 9).Draw(t, "w")
		g, outH, outW := drawWindow(t, h, w)
		img := pattern(channels * h * w)
		y0 := rapid.IntRange(0, outH-1).Draw(t, "y0")
		y1 := rapid.IntRange(y0+1, outH).Draw(t, "y1")
		n := (y1 - y0) * outW
		cols := slices.Repeat([]float32{float32(math.NaN())}, channels*g.Size*g.Size*n)
		g.Im2col(img, channels, h, w, outW, y0, y1, cols)
		for i, got := range cols {
			tap, position := i/n, i%n
			c, ky, kx := tap/(g.Size*g.Size), tap/g.Size%g.Size, tap%g.Size
			y := (y0+position/outW)*g.StrideY + ky*g.Dilation - g.PadY
			x := position%outW*g.StrideX + kx*g.Dilation - g.PadX
			var want float32
			if 0 <= y && y < h && 0 <= x && x < w {
				want = img[(c*h+y)*w+x]
			}
			if got != want {
				t.Fatalf("tap %d of position %d is %v, want %v", tap, position, got, want)
			}
		}
	})
}

// TestCol2imIsAdjoint checks ⟨Im2col(x), y⟩ = ⟨x, Col2im(y)⟩, which determines Col2im.
func TestCol2imIsAdjoint(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		channels, h, w := rapid.IntRange(1, 3).Draw(t, "channels"), rapid.IntRange(1, 8).Draw(t, "h"), rapid.IntRange(1, 8).Draw(t, "w")
		g, outH, outW := drawWindow(t, h, w)
		x := pattern(channels * h * w)
		cols := make([]float32, channels*g.Size*g.Size*outH*outW)
		y := pattern(len(cols))
		g.Im2col(x, channels, h, w, outW, 0, outH, cols)
		back := make([]float32, len(x))
		g.Col2im(y, channels, outH, outW, h, w, back)
		near(t, "inner product", dot(cols, y), dot(x, back))
	})
}

func dot(a, b []float32) float64 {
	var sum float64
	for i := range a {
		sum += float64(a[i]) * float64(b[i])
	}
	return sum
}

func TestBatchNorm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		channels, plane := rapid.IntRange(1, 5).Draw(t, "channels"), rapid.IntRange(1, 9).Draw(t, "plane")
		x := floats(channels*plane, 10).Draw(t, "x")
		bias, scale, mean := floats(channels, 2).Draw(t, "bias"), floats(channels, 2).Draw(t, "scale"), floats(channels, 2).Draw(t, "mean")
		variance := rapid.SliceOfN(rapid.Float32Range(.01, 9), channels, channels).Draw(t, "variance")
		normal, plain := slices.Clone(x), slices.Clone(x)
		BatchNorm(normal, plane, bias, scale, mean, variance)
		AddBias(plain, plane, bias)
		for i, v := range x {
			c := i / plane
			want := float64(v-mean[c])/math.Sqrt(float64(variance[c])+1e-5)*float64(scale[c]) + float64(bias[c])
			near(t, "batch norm", float64(normal[i]), want)
			near(t, "bias", float64(plain[i]), float64(v)+float64(bias[c]))
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		outer, channels, run := rapid.IntRange(1, 3).Draw(t, "outer"), rapid.IntRange(1, 5).Draw(t, "channels"), rapid.IntRange(1, 4).Draw(t, "run")
		w := floats(outer*channels*run, 10).Draw(t, "w")
		bias, scale, mean := floats(channels, 2).Draw(t, "bias"), floats(channels, 2).Draw(t, "scale"), floats(channels, 2).Draw(t, "mean")
		variance := rapid.SliceOfN(rapid.Float32Range(.01, 9), channels, channels).Draw(t, "variance")
		folded := slices.Clone(w)
		shifted := FoldBatchNorm(folded, folded, run, bias, scale, mean, variance)
		for i, v := range w {
			c := i / run % channels
			factor := float64(scale[c]) / math.Sqrt(float64(variance[c])+1e-5)
			near(t, "weight", float64(folded[i]), float64(v)*factor)
			near(t, "bias", float64(shifted[c]), float64(bias[c])-float64(mean[c])*factor)
		}
	})
	x := []float32{3}
	BatchNorm(x, 1, []float32{1}, []float32{1}, []float32{1}, []float32{0})
	near(t, "variance 0", float64(x[0]), 1+2/math.Sqrt(1e-5))
}

func TestSoftmax(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.SliceOfN(rapid.Float32Range(-200, 200), 1, 12).Draw(t, "x")
		temperature := rapid.Float32Range(.25, 4).Draw(t, "temperature")
		out := make([]float32, len(x))
		Softmax(x, out, temperature)
		largest := float64(slices.Max(x)) / float64(temperature)
		var sum, total float64
		for _, v := range x {
			sum += math.Exp(float64(v)/float64(temperature) - largest)
		}
		for i, v := range x {
			near(t, "softmax", float64(out[i]), math.Exp(float64(v)/float64(temperature)-largest)/sum)
			total += float64(out[i])
		}
		near(t, "sum", total, 1)
		Softmax(x, x, temperature)
		if !slices.Equal(x, out) {
			t.Fatalf("in place %v, want %v", x, out)
		}
	})
}

func TestBlur(t *testing.T) {
	for mode, taps := range map[int][]float64{1: {1, 2, 1}, 2: {1, 1}} {
		b := NewBlur(mode, 1, 1)
		var sum float32
		for _, v := range b.Taps {
			sum += v
		}
		if sum != 1 || len(b.Taps) != b.Size*b.Size || b.Size != len(taps) {
			t.Errorf("antialiasing=%d: %d taps of sum %v for size %d", mode, len(b.Taps), sum, b.Size)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		mode := rapid.IntRange(1, 2).Draw(t, "mode")
		b := NewBlur(mode, rapid.IntRange(1, 3).Draw(t, "stride x"), rapid.IntRange(1, 3).Draw(t, "stride y"))
		channels, h, w := rapid.IntRange(1, 3).Draw(t, "channels"), rapid.IntRange(2, 7).Draw(t, "h"), rapid.IntRange(2, 7).Draw(t, "w")
		in := pattern(channels * h * w)
		outH, outW := b.OutputSize(h, w)
		out := slices.Repeat([]float32{float32(math.NaN())}, channels*outH*outW)
		b.Apply(in, channels, h, w, out)
		for i, got := range out {
			c, y, x := i/(outH*outW), i/outW%outH*b.StrideY, i%outW*b.StrideX
			at := func(dy, dx int) float64 {
				if y+dy < 0 || y+dy >= h || x+dx < 0 || x+dx >= w {
					return 0
				}
				return float64(in[(c*h+y+dy)*w+x+dx])
			}
			want := (at(0, 0) + at(0, 1) + at(1, 0) + at(1, 1)) / 4
			if mode == 1 {
				want = (4*at(0, 0) + 2*(at(0, 1)+at(1, 0)+at(0, -1)+at(-1, 0)) + at(1, 1) + at(-1, -1) + at(1, -1) + at(-1, 1)) / 16
			}
			near(t, "blur", float64(got), want)
		}
	})
}
