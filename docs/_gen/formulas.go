package main

// formulas say what the activations compute. σ is the logistic function; sums run over the
// channels of one pixel.
var formulas = map[string]string{
	"linear":       "x",
	"logistic":     "σ(x) = 1/(1 + e⁻ˣ)",
	"loggy":        "2/(1 + e⁻ˣ) − 1",
	"relu":         "max(x, 0)",
	"relu6":        "min(max(x, 0), 6)",
	"elu":          "x for x ≥ 0, else eˣ − 1",
	"selu":         "1.0507·x for x ≥ 0, else 1.0507·1.6732·(eˣ − 1)",
	"gelu":         "½·x·(1 + tanh(0.797885·x + 0.035677·x³))",
	"relie":        "x for x > 0, else 0.01·x",
	"ramp":         "max(x, 0) + 0.1·x",
	"leaky":        "x for x > 0, else 0.1·x",
	"revleaky":     "x for x > 0, else 0.1·x",
	"tanh":         "2/(1 + e⁻²ˣ) − 1",
	"plse":         "0.01·(x + 4) for x < −4, 0.01·(x − 4) + 1 for x > 4, else 0.125·x + 0.5",
	"stair":        "with n = ⌊x⌋: ⌊x/2⌋ for even n, else x − n + ⌊x/2⌋",
	"hardtan":      "min(max(x, −1), 1)",
	"lhtan":        "0.001·x for x < 0, 0.001·(x − 1) + 1 for x > 1, else x",
	"swish":        "x·σ(x)",
	"mish":         "x·tanh(ln(1 + eˣ))",
	"hard_mish":    "x for x > 0, x²/2 + x for −2 < x ≤ 0, else 0",
	"hard_sigmoid": "min(max(x + 3, 0), 6)/6 (an extension of ghostdark)",

	"normalize_channels":                "max(x, 0)/(10⁻⁴ + Σ max(x, 0))",
	"normalize_channels_softmax":        "eˣ/(10⁻⁴ + Σ eˣ)",
	"normalize_channels_softmax_maxval": "eˣ⁻ᵐ/(10⁻⁴ + Σ eˣ⁻ᵐ), m being the largest of the pixel's values",
}
