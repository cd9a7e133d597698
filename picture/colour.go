package picture

import "math"

// rgb is one colour, R, G, B.
type rgb [3]uint8

var black, white = rgb{0, 0, 0}, rgb{255, 255, 255}

// classColour gives every class a colour of its own that never changes. Successive classes
// lie a golden angle apart on the hue circle of Oklab, where equal steps look equally large,
// and differ in lightness, so that neighbours of the same hue are told apart.
func classColour(class int) rgb {
	const goldenAngle, firstHue = 137.50776405, 28.0
	tones := [...]struct{ lightness, chroma float64 }{{0.68, 0.20}, {0.82, 0.16}, {0.55, 0.20}}
	// Reduced to one round of the circle, else a huge class number would lose its fraction.
	n := ((class % 3600) + 3600) % 3600
	hue := (firstHue + goldenAngle*float64(n)) * math.Pi / 180
	tone := tones[n%len(tones)]
	return oklab(tone.lightness, tone.chroma*math.Cos(hue), tone.chroma*math.Sin(hue))
}

// oklab converts from Oklab to sRGB, clipping what sRGB cannot show. The matrices are those
// of Björn Ottosson's definition of the space.
func oklab(lightness, a, b float64) rgb {
	cube := func(x float64) float64 { return x * x * x }
	l := cube(lightness + 0.3963377774*a + 0.2158037573*b)
	m := cube(lightness - 0.1055613458*a - 0.0638541728*b)
	s := cube(lightness - 0.0894841775*a - 1.2914855480*b)
	return rgb{
		gammaEncode(4.0767416621*l - 3.3077115913*m + 0.2309699292*s),
		gammaEncode(-1.2684380046*l + 2.6097574011*m - 0.3413193965*s),
		gammaEncode(-0.0041960863*l - 0.7034186147*m + 1.7076147010*s),
	}
}

func gammaEncode(linear float64) uint8 {
	v := 12.92 * linear
	if linear > 0.0031308 {
		v = 1.055*math.Pow(linear, 1/2.4) - 0.055
	}
	return uint8(math.Round(255 * min(max(v, 0), 1)))
}

// luminance is WCAG's relative luminance, 0 for black to 1 for white.
func (c rgb) luminance() float64 {
	linear := func(v uint8) float64 {
		x := float64(v) / 255
		if x <= 0.04045 {
			return x / 12.92
		}
		return math.Pow((x+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c[0]) + 0.7152*linear(c[1]) + 0.0722*linear(c[2])
}

// ink returns black or white, whichever stands out more on c by WCAG's contrast ratio.
func (c rgb) ink() rgb {
	const flare = 0.05
	l := c.luminance() + flare
	if l/flare >= (1+flare)/l {
		return black
	}
	return white
}
