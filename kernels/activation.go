package kernels

import "math"

// Activation names one of darknet's activation functions, or one of ghostdark's extensions.
type Activation uint8

// The activations, in the order of their table below.
const (
	Linear Activation = iota
	Logistic
	Loggy
	ReLU
	ReLU6
	ELU
	SELU
	GELU
	ReLIE
	Ramp
	Leaky
	RevLeaky
	Tanh
	PLSE
	Stair
	HardTan
	LHTan
	Swish
	Mish
	HardMish
	HardSigmoid
	NormChannels
	NormChannelsSoftmax
	NormChannelsSoftmaxMax

	activationCount
)

// activations gives each function's cfg name and its formula for one value; the
// normalizations over channels have none, since they need all of a pixel's values.
var activations = [...]struct {
	name string
	at   func(float32) float32
}{
	Linear:      {"linear", func(x float32) float32 { return x }},
	Logistic:    {"logistic", logistic},
	Loggy:       {"loggy", func(x float32) float32 { return 2/(1+exp(-x)) - 1 }},
	ReLU:        {"relu", func(x float32) float32 { return max(x, 0) }},
	ReLU6:       {"relu6", func(x float32) float32 { return min(max(x, 0), 6) }},
	ELU:         {"elu", func(x float32) float32 { return elu(x, 1, 1) }},
	SELU:        {"selu", func(x float32) float32 { return elu(x, 1.0507, 1.0507*1.6732) }},
	GELU:        {"gelu", gelu},
	ReLIE:       {"relie", func(x float32) float32 { return leaky(x, .01) }},
	Ramp:        {"ramp", func(x float32) float32 { return max(x, 0) + float32(.1*x) }},
	Leaky:       {"leaky", func(x float32) float32 { return leaky(x, .1) }},
	RevLeaky:    {"revleaky", func(x float32) float32 { return leaky(x, .1) }},
	Tanh:        {"tanh", tanh},
	PLSE:        {"plse", plse},
	Stair:       {"stair", stair},
	HardTan:     {"hardtan", func(x float32) float32 { return min(max(x, -1), 1) }},
	LHTan:       {"lhtan", lhtan},
	Swish:       {"swish", func(x float32) float32 { return x * logistic(x) }},
	Mish:        {"mish", func(x float32) float32 { return x * tanh(softplus(x)) }},
	HardMish:    {"hard_mish", hardMish},
	HardSigmoid: {"hard_sigmoid", func(x float32) float32 { return min(max(x+3, 0), 6) / 6 }},

	NormChannels:           {name: "normalize_channels"},
	NormChannelsSoftmax:    {name: "normalize_channels_softmax"},
	NormChannelsSoftmaxMax: {name: "normalize_channels_softmax_maxval"},
}

// String returns the name that cfg files use.
func (a Activation) String() string { return activations[a].name }

// ParseActivation finds an activation by its cfg name.
func ParseActivation(name string) (a Activation, known bool) {
	for i := range activations {
		if activations[i].name == name {
			return Activation(i), true
		}
	}
	return ReLU, false
}

// Extension reports whether darknet doesn't know the activation.
func (a Activation) Extension() bool { return a == HardSigmoid }

// ActivationNames lists every name that ParseActivation knows.
func ActivationNames() []string {
	names := make([]string, len(activations))
	for i := range activations {
		names[i] = activations[i].name
	}
	return names
}

// Apply replaces the values of one image, made of planes of the given length, in place.
// Formulas and thresholds are those of darknet's activations.c; ReLU6, for which its CPU code
// returns zero, is min(max(x, 0), 6), and HardSigmoid min(max(x+3, 0), 6)/6.
func (a Activation) Apply(x []float32, plane int) {
	switch a {
	case Linear:
	case NormChannels:
		normalizeChannels(x, plane, func(v, _ float32) float32 { return max(v, 0) })
	case NormChannelsSoftmax:
		normalizeChannels(x, plane, func(v, _ float32) float32 { return exp(v) })
	case NormChannelsSoftmaxMax:
		normalizeChannels(x, plane, func(v, largest float32) float32 { return exp(v - largest) })
	default:
		at := activations[a].at
		for i, v := range x {
			x[i] = at(v)
		}
	}
}

// normalizeChannels divides f of each value by 1e-4 + the sum of f over the channels of its
// pixel; f also gets the largest of the pixel's values.
func normalizeChannels(x []float32, plane int, f func(v, largest float32) float32) {
	for p := range plane {
		largest := float32(-math.MaxFloat32)
		for i := p; i < len(x); i += plane {
			largest = max(largest, x[i])
		}
		sum := float32(1e-4)
		for i := p; i < len(x); i += plane {
			x[i] = f(x[i], largest)
			sum += x[i]
		}
		for i := p; i < len(x); i += plane {
			x[i] /= sum
		}
	}
}

func logistic(x float32) float32 { return 1 / (1 + exp(-x)) }

// tanh is darknet's 2/(1+e^-2x) - 1, not the library's.
func tanh(x float32) float32 { return 2/(1+exp(-2*x)) - 1 }

func leaky(x, slope float32) float32 {
	if x > 0 {
		return x
	}
	return slope * x
}

func elu(x, positive, negative float32) float32 {
	if x >= 0 {
		return positive * x
	}
	return negative * (exp(x) - 1)
}

func gelu(x float32) float32 {
	inner := float32(.797885*x) + float32(.035677*float32(x*float32(x*x)))
	return .5 * x * (1 + float32(math.Tanh(float64(inner))))
}

func plse(x float32) float32 {
	switch {
	case x < -4:
		return .01 * (x + 4)
	case x > 4:
		return float32(.01*(x-4)) + 1
	}
	return float32(.125*x) + .5
}

func stair(x float32) float32 {
	n := math.Floor(float64(x))
	half := float32(math.Floor(float64(x) / 2))
	if odd := math.Abs(math.Mod(n, 2)) == 1; odd {
		return (x - float32(n)) + half
	}
	return half
}

func lhtan(x float32) float32 {
	switch {
	case x < 0:
		return .001 * x
	case x > 1:
		return float32(.001*(x-1)) + 1
	}
	return x
}

func softplus(x float32) float32 {
	switch {
	case x > 20:
		return x
	case x < -20:
		return exp(x)
	}
	return float32(math.Log(float64(exp(x) + 1)))
}

func hardMish(x float32) float32 {
	switch {
	case x > 0:
		return x
	case x > -2:
		return float32(x*x/2) + x
	}
	return 0
}
