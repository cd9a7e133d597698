package layers

import (
	"math"

	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/kernels"
	"github.com/ghostdark/ghostdark/tensor"
	"github.com/ghostdark/ghostdark/weights"
)

// Shortcut is a [shortcut] section: the previous layer plus other layers, then activation.
// Channels that only one side has are left alone or ignored. Of a source larger by a whole
// factor n every nth pixel is added; a smaller one is added to every nth pixel.
type Shortcut struct {
	Out        tensor.Shape
	Activation kernels.Activation
	// Weights scale the inputs, the previous layer's first: one weight for each input
	// (PerChannel: [input][channel]); nil means all are 1.
	Weights       *weights.Slot
	PerChannel    bool
	SoftmaxNormal bool // weights are normalized by softmax instead of relu
}

var _ = register(Kind{
	Names: []string{"shortcut"},
	Doc:   "Adds the outputs of other layers to the previous one's, then activation.",
	Schema: cfg.Schema{
		{Name: "from", Type: cfg.Ints, Note: "the layers to add; negative numbers count back"},
		{Name: "activation", Type: cfg.String, Default: "linear", Note: "applied last"},
		{Name: "weights_type", Type: cfg.String, Default: "none", Note: "none, per_feature (= per_layer: a weight for each input) or per_channel"},
		{Name: "weights_normalization", Type: cfg.String, Default: "none", Note: "relu (= avg_relu) or softmax; needed when there are weights"},
	},
	Build: func(b *Builder) Op {
		l := &Shortcut{Out: b.In, Activation: b.Activation("activation")}
		refs := b.Refs("from")
		b.Reads(append([]int{b.Previous()}, refs...)...)
		for _, i := range refs {
			switch from := b.ShapeOf(i); {
			case resampleStep(from, l.Out) == 0:
				b.unequal("from", "adds", b.Previous(), i)
			case from.W != l.Out.W:
				b.Warnf("from", "AlexeyAB's darknet aborts here; ghostdark adds every nth pixel of the common channels, as pjreddie's did. Give the layer a stride or the branch an [upsample] if that is not meant.",
					"adds %s with %v to %v", b.nameOf(i), from, l.Out)
			case from.C != l.Out.C:
				b.Warnf("from", "Only the common channels are added.", "adds %s with %d channels to %d channels", b.nameOf(i), from.C, l.Out.C)
			}
		}
		inputs := len(refs) + 1
		switch kind := b.String("weights_type"); kind {
		case "none":
		case "per_feature", "per_layer":
			l.Weights = b.Slot("weights", 1, inputs)
		case "per_channel":
			l.Weights, l.PerChannel = b.Slot("weights", inputs, l.Out.C), true
		default:
			b.Errorf("weights_type", "Write none, per_feature or per_channel.", "unknown weights_type=%s", kind)
		}
		if l.Weights != nil {
			l.Weights.Fill = 1
			switch normal := b.String("weights_normalization"); normal {
			case "relu", "avg_relu":
			case "softmax":
				l.SoftmaxNormal = true
			default:
				b.Errorf("weights_normalization", "Write relu or softmax, as darknet demands.", "weights_type= needs a weights_normalization=, not %q", normal)
			}
		}
		operations := float64(l.Out.Len()) * float64(len(refs))
		if l.Weights != nil {
			operations *= 2
		}
		b.Cost(Cost{BFLOPs: operations / 1e9})
		b.Output(l.Out)
		return l
	},
})

// resampleStep is the whole factor between two images (1 when they are equal), 0 when there
// is none.
func resampleStep(a, z tensor.Shape) int {
	if z.W > a.W {
		a, z = z, a
	}
	if step := ratio(a.W, z.W); step == ratio(a.H, z.H) {
		return step
	}
	return 0
}

// Forward implements Op.
func (l *Shortcut) Forward(p *Pass) {
	scale := l.scales(len(p.In))
	for i := range p.Out.N {
		out := p.Out.Image(i)
		plane := l.Out.Plane()
		copy(out, p.In[0].Image(i))
		if scale != nil {
			for j := range out {
				out[j] *= scale(0, j/plane)
			}
		}
		for n, in := range p.In[1:] {
			weight := func(int) float32 { return 1 }
			if scale != nil {
				weight = func(c int) float32 { return scale(n+1, c) }
			}
			l.add(out, in.Image(i), in.Shape, weight)
		}
		l.Activation.Apply(out, plane)
	}
}

// add adds one source to out, channel by channel with its weight.
func (l *Shortcut) add(out, in []float32, from tensor.Shape, weight func(channel int) float32) {
	inStep, outStep := 1, 1
	if step := resampleStep(from, l.Out); from.W > l.Out.W {
		inStep = step
	} else {
		outStep = step
	}
	for c := range min(from.C, l.Out.C) {
		w := weight(c)
		for y := range min(from.H, l.Out.H) {
			src := in[(c*from.H+y*inStep)*from.W:]
			dst := out[(c*l.Out.H+y*outStep)*l.Out.W:]
			for x := range min(from.W, l.Out.W) {
				dst[x*outStep] += float32(w * src[x*inStep])
			}
		}
	}
}

// scales returns the normalized weight of each input and channel, or nil when unweighted.
//
//	relu:    max(w, 0) / (1e-4 + Σ max(w, 0))
//	softmax: e^(w-max) / (1e-4 + Σ e^(w-max))     sums over the inputs
func (l *Shortcut) scales(inputs int) func(input, channel int) float32 {
	if l.Weights == nil {
		return nil
	}
	columns := l.Weights.Len() / inputs
	normal := make([]float32, l.Weights.Len())
	for c := range columns {
		largest := float32(-math.MaxFloat32)
		for n := range inputs {
			largest = max(largest, l.Weights.Data[n*columns+c])
		}
		sum := float32(1e-4)
		for n := range inputs {
			w := l.Weights.Data[n*columns+c]
			if l.SoftmaxNormal {
				w = float32(math.Exp(float64(w - largest)))
			} else {
				w = max(w, 0)
			}
			normal[n*columns+c] = w
			sum += w
		}
		for n := range inputs {
			normal[n*columns+c] /= sum
		}
	}
	return func(input, channel int) float32 {
		if !l.PerChannel {
			channel = 0
		}
		return normal[input*columns+channel]
	}
}
