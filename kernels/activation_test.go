package kernels

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// formulas are the activations as darknet's activations.c defines them, in float64.
var formulas = map[string]func(x float64) float64{
	"linear":       func(x float64) float64 { return x },
	"logistic":     sigma,
	"loggy":        func(x float64) float64 { return 2*sigma(x) - 1 },
	"relu":         func(x float64) float64 { return piecewise(x > 0, x, 0) },
	"relu6":        func(x float64) float64 { return piecewise(x > 6, 6, piecewise(x > 0, x, 0)) },
	"elu":          func(x float64) float64 { return piecewise(x >= 0, x, math.Expm1(x)) },
	"selu":         func(x float64) float64 { return 1.0507 * piecewise(x >= 0, x, 1.6732*math.Expm1(x)) },
	"gelu":         func(x float64) float64 { return x / 2 * (1 + math.Tanh(.797885*x+.035677*x*x*x)) },
	"relie":        func(x float64) float64 { return piecewise(x > 0, x, .01*x) },
	"ramp":         func(x float64) float64 { return piecewise(x > 0, 1.1*x, .1*x) },
	"leaky":        func(x float64) float64 { return piecewise(x > 0, x, .1*x) },
	"revleaky":     func(x float64) float64 { return piecewise(x > 0, x, .1*x) },
	"tanh":         math.Tanh,
	"plse":         func(x float64) float64 { return piecewise(x < -4, .01*(x+4), piecewise(x > 4, 1+.01*(x-4), x/8+.5)) },
	"stair":        stairs,
	"hardtan":      func(x float64) float64 { return piecewise(x < -1, -1, piecewise(x > 1, 1, x)) },
	"lhtan":        func(x float64) float64 { return piecewise(x < 0, .001*x, piecewise(x > 1, 1+.001*(x-1), x)) },
	"swish":        func(x float64) float64 { return x * sigma(x) },
	"mish":         func(x float64) float64 { return x * math.Tanh(math.Log1p(math.Exp(x))) },
	"hard_mish":    func(x float64) float64 { return piecewise(x > 0, x, piecewise(x > -2, x*x/2+x, 0)) },
	"hard_sigmoid": func(x float64) float64 { return piecewise(x < -3, 0, piecewise(x > 3, 1, x/6+.5)) },
}

// overChannels are the activations that look at all channels of a pixel: what each value is
// replaced by before the division by 1e-4 + their sum.
var overChannels = map[string]func(x, largest float64) float64{
	"normalize_channels":                func(x, _ float64) float64 { return math.Max(x, 0) },
	"normalize_channels_softmax":        func(x, _ float64) float64 { return math.Exp(x) },
	"normalize_channels_softmax_maxval": func(x, largest float64) float64 { return math.Exp(x - largest) },
}

func sigma(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

func piecewise(condition bool, yes, no float64) float64 {
	if condition {
		return yes
	}
	return no
}

func stairs(x float64) float64 {
	n := math.Floor(x)
	return math.Floor(x/2) + piecewise(int64(n)%2 == 0, 0, x-n)
}

func TestActivationNames(t *testing.T) {
	for _, name := range ActivationNames() {
		a, known := ParseActivation(name)
		if !known || a.String() != name {
			t.Errorf("%s is parsed as %v, %v", name, a, known)
		}
		if formulas[name] == nil && overChannels[name] == nil {
			t.Errorf("%s has no formula in this test", name)
		}
	}
	for _, name := range []string{"silu", "Leaky", ""} {
		if a, known := ParseActivation(name); known || a != ReLU {
			t.Errorf("%q is parsed as %v, %v", name, a, known)
		}
	}
}

// sweep holds the places where some formula changes and their neighbours, zeros of both
// signs, and values up to where exponentials leave float32.
func sweep() []float32 {
	xs := []float32{float32(math.Copysign(0, -1)), 1e-30, -1e-30, 1e-8, -1e-8}
	for _, edge := range []float32{-4, -3, -2, -1, 0, 1, 2, 3, 4, 6, -20, 20, -88, 88, -104, 104, -1e4, 1e4, -1e9, 1e9, -3e38, 3e38} {
		xs = append(xs, math.Nextafter32(edge, -math.MaxFloat32), edge, math.Nextafter32(edge, math.MaxFloat32))
	}
	for x := float32(-25); x < 25; x += .0371 {
		xs = append(xs, x)
	}
	return xs
}

func TestActivationFormulas(t *testing.T) {
	for name, formula := range formulas {
		a, _ := ParseActivation(name)
		xs := sweep()
		got := sweep()
		a.Apply(got, len(got))
		for i, x := range xs {
			want := formula(float64(x))
			if math.Abs(float64(got[i])-want) > 1e-6*math.Max(1, math.Abs(want)) || got[i] != got[i] {
				t.Errorf("%s(%v) = %v, want %v", name, x, got[i], want)
			}
		}
	}
}

// TestActivationsOfNonNumbers wants infinities to give the function's limit wherever it has a
// plain one, and NaN to stay visible.
func TestActivationsOfNonNumbers(t *testing.T) {
	inf := float32(math.Inf(1))
	for name := range formulas {
		a, _ := ParseActivation(name)
		x := []float32{inf, -inf, float32(math.NaN())}
		a.Apply(x, 3)
		atInf, atMinusInf := float64(x[0]), float64(x[1])
		switch name {
		case "logistic", "loggy", "tanh", "hardtan", "hard_sigmoid":
			if atInf != 1 || atMinusInf != 0 && atMinusInf != -1 {
				t.Errorf("%s saturates at %v and %v", name, atInf, atMinusInf)
			}
		case "relu6":
			if atInf != 6 || atMinusInf != 0 {
				t.Errorf("%s saturates at %v and %v", name, atInf, atMinusInf)
			}
		default:
			if !math.IsInf(atInf, 1) {
				t.Errorf("%s(+Inf) = %v", name, atInf)
			}
		}
		if name != "hard_mish" && x[2] == x[2] { // darknet's comparisons send NaN to the last case there
			t.Errorf("%s(NaN) = %v", name, x[2])
		}
	}
}

func TestActivationsOverChannels(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		channels, plane := rapid.IntRange(1, 6).Draw(t, "channels"), rapid.IntRange(1, 9).Draw(t, "plane")
		x := floats(channels*plane, 20).Draw(t, "x")
		for name, f := range overChannels {
			a, _ := ParseActivation(name)
			got := append([]float32(nil), x...)
			a.Apply(got, plane)
			for i := range x {
				sum, largest := 1e-4, math.Inf(-1)
				for j := i % plane; j < len(x); j += plane {
					largest = math.Max(largest, float64(x[j]))
				}
				for j := i % plane; j < len(x); j += plane {
					sum += f(float64(x[j]), largest)
				}
				near(t, name, float64(got[i]), f(float64(x[i]), largest)/sum)
			}
		}
	})
}

// floats draws n values within ±limit.
func floats(n int, limit float32) *rapid.Generator[[]float32] {
	return rapid.SliceOfN(rapid.Float32Range(-limit, limit), n, n)
}

// near wants two results to agree to within float32 arithmetic.
func near(t rapid.TB, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= 2e-5*math.Max(1, math.Abs(want))) {
		t.Fatalf("%s: %v, want %v", what, got, want)
	}
}
