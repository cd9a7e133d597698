package onnx

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ghostdark/ghostdark/layers"
	"github.com/ghostdark/ghostdark/net"
)

// InputName is the name of a model's only input, [batch, channels, height, width].
const InputName = "input"

// Options choose what a network leaves open.
type Options struct {
	// Batch is the number of images in each run; 0 leaves it to each run.
	Batch int
	// DynamicSize leaves width and height of the input to each run. Networks with a layer that
	// only fits one size are refused.
	DynamicSize bool
	// Decode makes boxes and scores of the outputs of detection heads.
	Decode bool
	// Version is that of the program, for the file's producer_version.
	Version string
}

// Export makes a model of the network. Its outputs are those of all detection heads in the
// order of the cfg, or else the network's result; they are named after their layer, such as
// yolo_16. Feature maps are [batch, channels, height, width], vectors [batch, values], and a
// [region] head gives [batch, cells·anchors, entries]. With Options.Decode the outputs are
// instead what all heads find, one after another: BoxesName and ScoresName.
//
// Layers that no output depends on are left out. The error names the first layer that has no
// counterpart in ONNX.
func Export(n *net.Network, opt Options) (*Model, error) {
	if size := n.Totals().WeightsBytes; size > MaxFileSize {
		return nil, fmt.Errorf("%s: %d bytes of weights; an ONNX file holds at most %d", n.File.Name, size, MaxFileSize)
	}
	e, err := newExporter(n, opt)
	if err != nil {
		return nil, err
	}
	outputs := e.outputs()
	for i, needed := range e.reachable(outputs) {
		if !needed {
			continue
		}
		e.layer = n.Layers[i]
		err := e.checkSize(e.layer)
		if err == nil {
			e.values[i], err = e.convert(e.layer)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", n.File.Name, e.layer.Label(), err)
		}
	}
	if opt.Decode {
		e.decode()
	} else {
		for _, i := range outputs {
			e.layer = n.Layers[i]
			e.output(e.values[i])
		}
	}
	if size := e.model.Size(); size > MaxFileSize {
		return nil, fmt.Errorf("%s: the model would have %d bytes; an ONNX file has at most %d", n.File.Name, size, MaxFileSize)
	}
	return e.model, nil
}

// exporter is a model in the making.
type exporter struct {
	net    *net.Network
	batch  int // open if each run may have another
	model  *Model
	layer  *layers.Layer // the one being converted, which gives nodes their names
	values []value       // what each layer gives
	names  map[string]bool

	sizedInput bool   // width and height of the input are open
	sized      []bool // those of each layer are, too
}

// value is what a node, an initializer or the input gives.
type value struct {
	name string
	dims []int
}

func newExporter(n *net.Network, opt Options) (*exporter, error) {
	e := &exporter{
		net: n, batch: opt.Batch, sized: make([]bool, len(n.Layers)),
		model:  &Model{Producer: "ghostdark", ProducerVersion: opt.Version, Name: filepath.Base(n.File.Name)},
		values: make([]value, len(n.Layers)), names: map[string]bool{InputName: true},
	}
	if e.batch == 0 {
		e.batch = open
	}
	if opt.Decode && len(n.Heads()) == 0 {
		return nil, fmt.Errorf("%s: has no detection head to decode", n.File.Name)
	}
	if opt.DynamicSize {
		if n.Net.Width*n.Net.Height*n.Net.Channels == 0 {
			return nil, fmt.Errorf("%s: the input is a vector of %d values, so that it has no width and height to leave open", n.File.Name, n.Net.Inputs)
		}
		e.sizedInput = true
		e.follow()
	}
	e.model.Inputs = []Value{{InputName, named(e.extents(layers.NetworkInput), "height", "width")}}
	return e, nil
}

// outputs lists the layers whose outputs are the model's.
func (e *exporter) outputs() []int {
	var indexes []int
	for _, l := range e.net.Heads() {
		indexes = append(indexes, l.Index)
	}
	if indexes == nil {
		indexes = []int{e.net.Result()}
	}
	return indexes
}

// reachable marks the given layers and all that they depend on.
func (e *exporter) reachable(outputs []int) []bool {
	needed := make([]bool, len(e.net.Layers))
	for _, i := range outputs {
		needed[i] = true
	}
	for i := len(needed) - 1; i >= 0; i-- {
		for _, from := range e.net.Layers[i].Inputs {
			if needed[i] && from != layers.NetworkInput {
				needed[from] = true
			}
		}
	}
	return needed
}

// output makes a value an output of the model, under the name of the layer.
func (e *exporter) output(v value) {
	if _, cells := e.layer.Op.(*layers.Region); !cells {
		v = e.reshape(v, e.outputDims()...)
	}
	name := prefix(e.layer)
	if len(v.dims) == 4 {
		e.result(v, name, name+".height", name+".width")
	} else {
		e.result(v, name, name+".boxes")
	}
}

// result makes a value an output of the model, with names for the extents that are open.
func (e *exporter) result(v value, name string, extents ...string) {
	if !strings.HasPrefix(v.name, prefix(e.layer)+"/") {
		v = e.apply("Identity", v) // of another layer, or the input itself
	}
	e.rename(v.name, name)
	e.model.Outputs = append(e.model.Outputs, Value{name, named(v.dims, extents...)})
}

func (e *exporter) outputDims() []int {
	if s := e.layer.Output; !s.IsFlat() || e.sized[e.layer.Index] {
		return e.dims(s)
	}
	return []int{e.batch, e.layer.Output.Len()}
}

// rename changes a value's name where it is made and read.
func (e *exporter) rename(from, to string) {
	replace := func(name *string) {
		if *name == from {
			*name = to
		}
	}
	for i := range e.model.Nodes {
		n := &e.model.Nodes[i]
		replace(&n.Output)
		for k := range n.Inputs {
			replace(&n.Inputs[k])
		}
	}
	for i := range e.values {
		replace(&e.values[i].name)
	}
}

// input is what the layer's input number k gives, as a batch of images.
func (e *exporter) input(k int) value {
	return e.reshape(e.given(k), e.extents(e.layer.Inputs[k])...)
}

// given is what the layer's input number k gives, in the extents that it happens to have.
func (e *exporter) given(k int) value {
	if from := e.layer.Inputs[k]; from != layers.NetworkInput {
		return e.values[from]
	}
	return value{InputName, e.extents(layers.NetworkInput)}
}

// prefix begins the names of all that is made for a layer: its section and index.
func prefix(l *layers.Layer) string { return fmt.Sprintf("%s_%d", l.Kind.Name(), l.Index) }

// unique makes a name that is not yet taken.
func (e *exporter) unique(name string) string {
	tried := name
	for i := 1; e.names[tried]; i++ {
		tried = fmt.Sprintf("%s_%d", name, i)
	}
	e.names[tried] = true
	return tried
}

// attrs are the attributes of a node.
type attrs = []Attribute

// node adds an operator with one output, of the given extents.
func (e *exporter) node(op string, dims []int, a attrs, inputs ...string) value {
	name := e.unique(prefix(e.layer) + "/" + op)
	e.model.Nodes = append(e.model.Nodes, Node{Op: op, Name: name, Inputs: inputs, Output: name, Attributes: a})
	return value{name, dims}
}

// apply adds an operator whose output has the extents of its first input.
func (e *exporter) apply(op string, x value, rest ...string) value {
	return e.node(op, x.dims, nil, append([]string{x.name}, rest...)...)
}

// slice takes the elements from start up to but not including end of one axis.
func (e *exporter) slice(x value, axis, start, end int) value {
	if start == 0 && end == x.dims[axis] {
		return x
	}
	return e.node("Slice", with(x.dims, axis, end-start), nil, x.name, e.ints(start), e.ints(end), e.ints(axis))
}

// split cuts an axis into parts of the given sizes. It takes slices, since older runtimes don't
// know Split's present form.
func (e *exporter) split(x value, axis int, sizes ...int) []value {
	var parts []value
	start := 0
	for _, size := range sizes {
		parts = append(parts, e.slice(x, axis, start, start+size))
		start += size
	}
	return parts
}

// concat joins values along an axis.
func (e *exporter) concat(axis int, parts ...value) value {
	if len(parts) == 1 {
		return parts[0]
	}
	var names []string
	total := 0
	for _, p := range parts {
		names = append(names, p.name)
		if total != open {
			total += p.dims[axis]
		}
		if p.dims[axis] == open {
			total = open
		}
	}
	return e.node("Concat", with(parts[0].dims, axis, total), attrs{{"axis", axis}}, names...)
}

// with is a copy of dims in which one extent is replaced.
func with(dims []int, axis, extent int) []int {
	dims = slices.Clone(dims)
	dims[axis] = extent
	return dims
}

// weights adds an initializer under a name of the current layer, or another's that it shares
// weights with.
func (e *exporter) weights(name string, values []float32, dims ...int) string {
	if !e.names[name] {
		e.names[name] = true
		e.model.Initializers = append(e.model.Initializers, Tensor{Name: name, Dims: dims, Floats: values})
	}
	return name
}

// scalar is a constant.
func (e *exporter) scalar(v float32) string {
	return e.weights(fmt.Sprintf("constant %v", v), []float32{v})
}

// ints is a constant list of whole numbers: extents, axes, places.
func (e *exporter) ints(list ...int) string {
	name := strings.Trim(fmt.Sprint("constant ", list), "[]")
	if !e.names[name] {
		e.names[name] = true
		t := Tensor{Name: name, Dims: []int{len(list)}}
		for _, v := range list {
			t.Ints = append(t.Ints, int64(v))
		}
		e.model.Initializers = append(e.model.Initializers, t)
	}
	return name
}
