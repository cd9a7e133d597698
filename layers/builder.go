package layers

import (
	"fmt"
	"math"
	"slices"

	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/kernels"
	"github.com/ghostdark/ghostdark/tensor"
	"github.com/ghostdark/ghostdark/weights"
)

// Limits on what a cfg may ask for; they keep every later product of extents inside an int and
// refuse absurd sizes before any memory is taken.
const (
	MaxExtent = 1 << 20       // of a width, height, channel or filter count
	MaxValues = math.MaxInt32 // of one layer's output for one image, and of one array of weights
	maxWindow = 1 << 10       // of a kernel or pooling window's side
	maxStride = 1 << 10       // of a stride
	maxBoxes  = 1 << 10       // of a head's anchors, or boxes in each cell
	MaxLayers = 20_000        // of a network

	maxFindings = 10_000 // of a network, beyond which only errors are reported
)

// OpenFile gives the contents of a file that a section names (a softmax tree).
type OpenFile func(name string) ([]byte, error)

// Builder is what a Kind's Build function reads from and reports to: the options of its
// section, the layers before it, and the description of the layer being made.
type Builder struct {
	*cfg.Options
	// Net is the network's [net] section.
	Net *Net
	// In is the shape of the previous layer's output, or of the network's input.
	In tensor.Shape

	layer    *Layer
	label    string // of the layer, "" until a slot needs it
	before   []*Layer
	openFile OpenFile
	diags    *cfg.Diagnostics
	missing  *cfg.Diagnostics
	// A doubtful layer reads a layer that has errors: its shapes are guesses, so what doesn't
	// fit about them is not worth reporting.
	doubtful bool
	failed   bool
}

// Errorf reports an error at an option (or at the section header when it isn't given). The
// hint says how to mend it.
func (b *Builder) Errorf(option, hint, format string, args ...any) {
	b.failed = true
	b.report(cfg.Error, option, hint, format, args...)
}

// Warnf reports a warning at an option, unless there are far too many already.
func (b *Builder) Warnf(option, hint, format string, args ...any) {
	if len(*b.diags) < maxFindings {
		b.report(cfg.Warning, option, hint, format, args...)
	}
}

// Mismatchf reports an error about shapes, unless they are mere guesses because of an error
// further up.
func (b *Builder) Mismatchf(option, hint, format string, args ...any) {
	b.failed = true
	if !b.doubtful {
		b.report(cfg.Error, option, hint, format, args...)
	}
}

// Missingf reports what the network can be checked without but not run without: a warning
// here, and an error as soon as somebody loads it.
func (b *Builder) Missingf(option, hint, format string, args ...any) {
	d := b.diagnostic(cfg.Warning, option, hint, format, args...)
	*b.diags = append(*b.diags, d)
	d.Severity = cfg.Error
	*b.missing = append(*b.missing, d)
}

func (b *Builder) report(s cfg.Severity, option, hint, format string, args ...any) {
	*b.diags = append(*b.diags, b.diagnostic(s, option, hint, format, args...))
}

func (b *Builder) diagnostic(s cfg.Severity, option, hint, format string, args ...any) cfg.Diagnostic {
	r := b.layer.Section.Range
	if option != "" {
		r = b.Range(option)
	}
	return cfg.Diagnostic{
		Severity: s, Range: r, Section: b.layer.Section.Index,
		Message: b.layer.Label() + ": " + fmt.Sprintf(format, args...), Hint: hint,
	}
}

// relate quotes other layers' headers with the diagnostic reported last.
func (b *Builder) relate(layers ...*Layer) {
	if len(*b.diags) == 0 || b.doubtful {
		return
	}
	last := &(*b.diags)[len(*b.diags)-1]
	for _, l := range layers {
		last.Related = append(last.Related, cfg.Related{Range: l.Section.Range,
			Message: fmt.Sprintf("layer %d gives %v", l.Index, l.Output)})
	}
}

// Within reads a whole number that must lie between low and high.
func (b *Builder) Within(option string, low, high int) int {
	v := b.Int(option)
	if v < low || v > high {
		b.Errorf(option, fmt.Sprintf("Give a number from %d to %d.", low, high), "%s=%d is out of range", option, v)
		return low
	}
	return v
}

// Activation reads an activation option. A name that darknet doesn't know is relu there, so
// it is here, with a warning.
func (b *Builder) Activation(option string) kernels.Activation {
	name := b.String(option)
	a, known := kernels.ParseActivation(name)
	if !known {
		hint := "darknet takes an unknown name as relu, and so does ghostdark."
		if near := cfg.Nearest(name, kernels.ActivationNames()); near != "" {
			hint = fmt.Sprintf("Did you mean `%s`? %s", near, hint)
		}
		if name == "silu" {
			hint = "darknet's name for it is `swish`. An unknown name is taken as relu."
		}
		b.Warnf(option, hint, "unknown activation `%s` is taken as relu", name)
	}
	return a
}

// Layer returns an earlier layer by its index.
func (b *Builder) Layer(index int) *Layer { return b.before[index] }

// ShapeOf returns the output shape of an earlier layer, or the input's for NetworkInput.
func (b *Builder) ShapeOf(index int) tensor.Shape {
	if index == NetworkInput {
		return b.Net.Input()
	}
	return b.before[index].Output
}

// Refs reads an option that lists layers: negative numbers count back from this layer, others
// are absolute. A number out of range is reported and ends the list.
func (b *Builder) Refs(option string) []int {
	if !b.Has(option) {
		b.Errorf(option, fmt.Sprintf("Add a line such as `%s = -1`.", option), "has no %s=", option)
		return nil
	}
	var refs []int
	for _, given := range b.Ints(option) {
		i, ok := b.resolve(option, given)
		if !ok {
			break
		}
		refs = append(refs, i)
	}
	return refs
}

// Ref reads an option that names one layer; ok is false when it was reported to be wrong.
func (b *Builder) Ref(option string) (index int, ok bool) {
	if !b.Has(option) {
		b.Errorf(option, fmt.Sprintf("Add a line such as `%s = -1`.", option), "has no %s=", option)
		return 0, false
	}
	return b.resolve(option, b.Int(option))
}

func (b *Builder) resolve(option string, given int) (index int, ok bool) {
	if index, ok = b.mention(option, given); ok {
		return index, true
	}
	hint := fmt.Sprintf("Layers 0 to %d come before it: write those numbers, or -1 to -%d counted back from here. [net] is not counted.",
		b.layer.Index-1, b.layer.Index)
	switch b.layer.Index {
	case 0:
		hint = "It is the first layer, so there is none to refer to."
	case 1:
		hint = "Only layer 0 comes before it: write 0, or -1 counted back from here. [net] is not counted."
	}
	b.Errorf(option, hint, "%s=%d points at no earlier layer", option, given)
	return 0, false
}

// mention finds out which layer a number of an option means, and notes it among the layer's
// Refs; ok is false when there is no such layer before this one.
func (b *Builder) mention(option string, given int) (index int, ok bool) {
	index = given
	if given < 0 {
		index += b.layer.Index
	}
	if index < 0 || index >= b.layer.Index {
		return 0, false
	}
	refs := &b.layer.Refs
	if last := len(*refs) - 1; last < 0 || (*refs)[last].Option != option {
		*refs = append(*refs, Ref{Option: option})
	}
	r := &(*refs)[len(*refs)-1]
	r.Given, r.Layers = append(r.Given, given), append(r.Layers, index)
	return index, true
}

// Reads says which layers the Op reads, if not the previous one.
func (b *Builder) Reads(layers ...int) {
	b.layer.Inputs = layers
	b.doubtful = b.dependsOnGuess()
}

// Previous is the index of the layer before this one, NetworkInput for the first.
func (b *Builder) Previous() int { return b.layer.Index - 1 }

// Output sets the layer's output shape, which must be neither empty nor beyond the limits.
func (b *Builder) Output(s tensor.Shape) {
	switch {
	case s.C < 1 || s.H < 1 || s.W < 1:
		b.Mismatchf("", fmt.Sprintf("Its input is %v: use a larger network input, a smaller size= or a smaller stride=.", b.In),
			"the output would be empty (%v)", s)
		s = tensor.Shape{C: max(s.C, 1), H: max(s.H, 1), W: max(s.W, 1)}
	case s.Len() > MaxValues:
		b.Mismatchf("", fmt.Sprintf("At most %d values (8 GiB) are possible: use a smaller network input or fewer filters.", MaxValues),
			"the output would be %v, too large", s)
		s = tensor.Shape{C: 1, H: 1, W: 1}
	}
	b.layer.Output = s
}

// Slot adds the next array of the weights file: rows × cols values. It returns the slot,
// whose Data is filled when the network is loaded.
func (b *Builder) Slot(name string, rows, cols int) *weights.Slot {
	s := b.newSlot(name, rows, cols)
	if b.Flag("dontload") {
		b.layer.Unstored = append(b.layer.Unstored, s)
	} else {
		b.layer.Slots = append(b.layer.Slots, s)
	}
	return s
}

// UnstoredSlot makes an array that the weights file does not hold: it keeps its fill value.
func (b *Builder) UnstoredSlot(name string, rows, cols int, fill float32) *weights.Slot {
	s := b.newSlot(name, rows, cols)
	s.Fill = fill
	b.layer.Unstored = append(b.layer.Unstored, s)
	return s
}

func (b *Builder) newSlot(name string, rows, cols int) *weights.Slot {
	if n := tensor.Product(rows, cols); n > MaxValues {
		b.Mismatchf("", "Use fewer filters, a smaller kernel or more groups.", "would have %d×%d %s, too many", rows, cols, name)
		rows, cols = 1, 1
	}
	if b.label == "" {
		b.label = b.layer.Label()
	}
	return &weights.Slot{Layer: b.layer.Index, Owner: b.label, Name: name, Rows: rows, Cols: cols}
}

// Cost adds to the layer's cost.
func (b *Builder) Cost(c Cost) { b.layer.Cost.add(c) }

// Scratch asks for at least n values of working memory in each Pass.
func (b *Builder) Scratch(n int) { b.layer.Scratch = max(b.layer.Scratch, n) }

// State asks for n values for each image that are kept from call to call.
func (b *Builder) State(n int) { b.layer.State = n }

func label(index int, s *cfg.Section) string {
	return fmt.Sprintf("layer %d [%s] (line %d)", index, s.Name, s.Range.Line)
}

// Build makes the layer of one section. before holds all the layers above it, also those that
// had errors. What is wrong is appended to diags; what is only missing for running, to missing
// as well. A layer that had errors has a nil Op and a shape that is the best guess.
func Build(s *cfg.Section, kind *Kind, net *Net, before []*Layer, open OpenFile, diags, missing *cfg.Diagnostics) *Layer {
	l := &Layer{Index: len(before), Kind: kind, Section: s, Output: net.Input()}
	b := &Builder{
		Options: s.Read(slices.Concat(kind.Schema, CommonOptions), diags),
		Net:     net, In: net.Input(),
		layer: l, before: before, openFile: open, diags: diags, missing: missing,
	}
	if l.Index > 0 {
		previous := before[l.Index-1]
		b.In, l.Output = previous.Output, previous.Output
	}
	l.Inputs = []int{b.Previous()}
	b.doubtful = b.dependsOnGuess()
	op := kind.Build(b)
	if b.Flag("dontload") && len(l.Unstored) > 0 {
		b.Warnf("dontload", "Remove dontload=1 if the weights file has them.", "runs on random weights, since the weights file holds none for it")
	}
	if len(l.Slots) == 0 {
		b.Flag("dontloadscales")
	}
	b.Finish()
	if !b.failed && !b.dependsOnGuess() {
		l.Op = op
	}
	return l
}

// dependsOnGuess reports whether an input of the layer had errors.
func (b *Builder) dependsOnGuess() bool {
	return slices.ContainsFunc(b.layer.Inputs, func(i int) bool {
		if i == NetworkInput {
			return b.Net.Guess
		}
		return b.before[i].Op == nil
	})
}
