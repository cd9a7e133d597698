package design

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Options choose what the network of a kind looks like. What is left zero is as the kind has
// it. The names of the options, as Kind.Takes and OptionError give them, are those in brackets.
type Options struct {
	// Layout [layout] says whose GhostNet it is.
	Layout Layout
	// WidthMult [width-mult] scales all numbers of maps but those of the classes and of the layer
	// before them; 1 unless given.
	WidthMult float64
	// Ratio [ratio] is s, all maps of a ghost module to those that it convolves; 2 unless given.
	// Numbers of maps are rounded up to a multiple of it.
	Ratio int
	// DW [dw] is d, the side of the cheap depthwise kernels, odd; 3 unless given.
	DW int
	// Dense [dense] writes an ordinary convolution in place of each ghost module.
	Dense bool
	// Size [size] is the extent of the input, a multiple of Kind.Stride.
	Size Size
	// Classes [classes] is how many things the network tells apart.
	Classes int
	// NoSE [no-se] leaves out squeeze-and-excite blocks.
	NoSE bool
	// Gate [gate] is the function of squeeze-and-excite; Logistic unless given.
	Gate Gate
	// Heads [heads] is 2 or 3, at strides 32, 16 and 8; 2 unless given.
	Heads int
	// Anchors [anchors] are widths and heights in pixels of the input, in turn, the smallest
	// anchor first. The heads divide them evenly. Unless given they are those of YOLOv3 for
	// three heads and of its tiny form for two, scaled from 416×416 to Size.
	Anchors []float64
}

// Size is the extent of an image in pixels.
type Size struct{ W, H int }

// String gives the extent as the option size has it, such as 416 or 608x352.
func (s Size) String() string {
	if s.W == s.H {
		return strconv.Itoa(s.W)
	}
	return fmt.Sprintf("%dx%d", s.W, s.H)
}

// Layout tells apart GhostNets whose weights don't fit each other.
type Layout string

const (
	// Official is the layout of the paper and of its PyTorch code.
	Official Layout = "official"
	// Darknet is the layout of the GhostNet cfg that was published for darknet, in which ratios,
	// cheap kernels, expansions and shortcuts differ.
	Darknet Layout = "darknet"
)

// Layouts lists the layouts.
func Layouts() []Layout { return []Layout{Official, Darknet} }

// Gate is the function by which squeeze-and-excite weighs a map, of what its two convolutions
// make of the means of all maps.
type Gate string

const (
	// Logistic is 1/(1 + e^-z), which darknet has.
	Logistic Gate = "logistic"
	// HardSigmoid is min(max(z + 3, 0), 6)/6, as in the official code. ghostdark has it, darknet
	// hasn't.
	HardSigmoid Gate = "hard_sigmoid"
	// HardTan is 1 + min(max(z, -1), 1), twice the hard sigmoid of 3z, in sections that darknet has.
	HardTan Gate = "hardtan"
)

// Gates lists the gates.
func Gates() []Gate { return []Gate{Logistic, HardSigmoid, HardTan} }

// OptionError says what is wrong with an option.
type OptionError struct {
	Option  string // its name
	Value   string // "" for those that are only given or not
	Problem string // what is wrong, and what to give
}

func (e *OptionError) Error() string {
	if e.Value == "" {
		return e.Option + " " + e.Problem
	}
	return e.Option + "=" + e.Value + " " + e.Problem
}

// Bounds of the options.
const (
	minWidth, maxWidth = 0.1, 10
	maxRatio           = 16
	maxKernel          = 15
	maxSide            = 16384
	maxClasses         = 100000
	maxPerHead         = 10 // anchors
)

// setting is an option that was given.
type setting struct{ name, value string }

// String gives the setting as a flag.
func (s setting) String() string { return strings.TrimSpace("--" + s.name + " " + s.value) }

// given lists the options that aren't zero.
func (o Options) given() []setting {
	var all []setting
	add := func(given bool, name string, value any) {
		if given {
			all = append(all, setting{name, fmt.Sprint(value)})
		}
	}
	add(o.Layout != "", "layout", o.Layout)
	add(o.WidthMult != 0, "width-mult", o.WidthMult)
	add(o.Ratio != 0, "ratio", o.Ratio)
	add(o.DW != 0, "dw", o.DW)
	add(o.Dense, "dense", "")
	add(o.Size != Size{}, "size", o.Size)
	add(o.Classes != 0, "classes", o.Classes)
	add(o.NoSE, "no-se", "")
	add(o.Gate != "", "gate", o.Gate)
	add(o.Heads != 0, "heads", o.Heads)
	add(o.Anchors != nil, "anchors", numbers(o.Anchors, func(int) string { return "," }))
	return all
}

// numbers joins numbers; between gives what stands before number i.
func numbers(all []float64, between func(i int) string) string {
	var text strings.Builder
	for i, v := range all {
		if i > 0 {
			text.WriteString(between(i))
		}
		text.WriteString(strconv.FormatFloat(v, 'g', -1, 64))
	}
	return text.String()
}

// complete checks the options and fills in what isn't given.
func (k *Kind) complete(o Options) (Options, error) {
	for _, s := range o.given() {
		if !slices.Contains(k.Takes, s.name) {
			return o, &OptionError{s.name, s.value, fmt.Sprintf("is no option of %s, which has %s", k.Name, strings.Join(k.Takes, ", "))}
		}
		if problem := o.problem(k, s); problem != "" {
			return o, &OptionError{s.name, s.value, problem}
		}
	}
	o.Layout = cmp.Or(o.Layout, Official)
	o.WidthMult = cmp.Or(o.WidthMult, 1)
	o.Ratio = cmp.Or(o.Ratio, 2)
	o.DW = cmp.Or(o.DW, 3)
	o.Size = cmp.Or(o.Size, k.defaults.Size)
	o.Classes = cmp.Or(o.Classes, k.defaults.Classes)
	o.Gate = cmp.Or(o.Gate, Logistic)
	o.Heads = cmp.Or(o.Heads, k.defaults.Heads)
	if k.defaults.Heads > 0 && o.Anchors == nil {
		o.Anchors = defaultAnchors(o.Heads, o.Size)
	}
	return o, nil
}

// problem tells what is wrong with an option that was given, or "".
func (o Options) problem(k *Kind, s setting) string {
	between := func(low, value, high int) string {
		if value < low || value > high {
			return fmt.Sprintf("is out of range: give %d to %d", low, high)
		}
		return ""
	}
	if o.Layout == Darknet && slices.Contains([]string{"width-mult", "ratio", "dw", "dense"}, s.name) {
		return "doesn't go with layout=darknet, where each module has a width, ratio and kernel of its own"
	}
	switch s.name {
	case "layout":
		return oneOf(o.Layout, Layouts())
	case "gate":
		if o.NoSE {
			return "doesn't go with no-se: without squeeze-and-excite there is no gate"
		}
		return oneOf(o.Gate, Gates())
	case "width-mult":
		if !(o.WidthMult >= minWidth && o.WidthMult <= maxWidth) {
			return fmt.Sprintf("is out of range: give %v to %v", minWidth, maxWidth)
		}
	case "ratio":
		if o.Ratio == 1 {
			return fmt.Sprintf("makes no ghosts: give 2 to %d, or dense for ordinary convolutions", maxRatio)
		}
		if o.Dense {
			return "doesn't go with dense: ordinary convolutions have no ghosts"
		}
		return between(2, o.Ratio, maxRatio)
	case "dw":
		if o.Dense {
			return "doesn't go with dense: ordinary convolutions have no ghosts"
		}
		if o.DW%2 == 0 {
			return fmt.Sprintf("is even, so a kernel has no middle: give an odd number from 1 to %d", maxKernel)
		}
		return between(1, o.DW, maxKernel)
	case "size":
		return o.Size.problem(k)
	case "classes":
		return between(1, o.Classes, maxClasses)
	case "heads":
		return between(2, o.Heads, 3)
	case "anchors":
		return anchorsProblem(o.Anchors, cmp.Or(o.Heads, k.defaults.Heads))
	}
	return ""
}

func oneOf[T ~string](value T, all []T) string {
	if slices.Contains(all, value) {
		return ""
	}
	names := make([]string, len(all))
	for i, v := range all {
		names[i] = string(v)
	}
	return "is unknown: choose one of " + strings.Join(names, ", ")
}

func (s Size) problem(k *Kind) string {
	for _, side := range []int{s.W, s.H} {
		if side < 1 || side > maxSide {
			return fmt.Sprintf("is out of range: give %d to %d", k.Stride, maxSide)
		}
	}
	down := Size{max(s.W/k.Stride, 1) * k.Stride, max(s.H/k.Stride, 1) * k.Stride}
	up := Size{(s.W + k.Stride - 1) / k.Stride * k.Stride, (s.H + k.Stride - 1) / k.Stride * k.Stride}
	switch {
	case up != s && down == up:
		return fmt.Sprintf("is too small for %s, which divides it by %d: give %v or more", k.Name, k.Stride, up)
	case up != s:
		return fmt.Sprintf("can't be divided by %d, the stride of %s: give %v or %v", k.Stride, k.Name, down, up)
	case k.Name == "ghostnet-v2" && s.W/k.Stride%2 != s.H/k.Stride%2:
		const square = 2 * 32
		return fmt.Sprintf("has attention over maps of %dx%d, of which one extent only can be halved: give multiples of %d, or a square",
			s.W/k.Stride, s.H/k.Stride, square)
	}
	return ""
}

func anchorsProblem(anchors []float64, heads int) string {
	if n := len(anchors); n == 0 || n%(2*heads) != 0 || n > 2*heads*maxPerHead {
		return fmt.Sprintf("are %d numbers: give a width and a height for each anchor, and each of the %d heads as many anchors, up to %d",
			n, heads, maxPerHead)
	}
	last := 0.0
	for i := 0; i < len(anchors); i += 2 {
		w, h := anchors[i], anchors[i+1]
		if !(w > 0 && h > 0 && math.Max(w, h) <= maxSide) {
			return fmt.Sprintf("have one of %v by %v: give pixels, above 0 and up to %d", w, h, maxSide)
		}
		if w*h < last {
			return fmt.Sprintf("have %v,%v behind a larger one: give the smallest first, since the heads divide them in this order", w, h)
		}
		last = w * h
	}
	return ""
}
