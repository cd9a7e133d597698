// Package onnx writes networks as ONNX models, for runtimes other than ghostdark.
//
// Export turns a loaded network into a Model: batch norm is folded into the convolutions, each
// section becomes one or a few standard operators, and the outputs equal those of
// net.Session within rounding. Model.WriteTo encodes it as a file.
package onnx

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strconv"
)

// Opset is the version of ONNX's operators that models use, IRVersion that of the file format;
// both are old enough for runtimes since 2022.
const (
	Opset     = 17
	IRVersion = 8
)

// MaxFileSize is protobuf's limit for one file.
const MaxFileSize = math.MaxInt32

// Model is a graph of operators with its weights. All values are float32 but the Ints of
// Tensors.
type Model struct {
	Producer, ProducerVersion string
	// Name is the graph's.
	Name         string
	Nodes        []Node // each after those that it reads
	Initializers []Tensor
	Inputs       []Value
	Outputs      []Value
}

// Node is one operator, with one output. It reads inputs, initializers and outputs of other
// nodes by name; "" stands for an optional input that is left out.
type Node struct {
	Op, Name   string
	Inputs     []string
	Output     string
	Attributes []Attribute
}

// Attribute is a constant setting of a node: an int, a float32, a string or []int.
type Attribute struct {
	Name  string
	Value any
}

// Tensor is a constant. It has Floats or Ints, as many as the product of Dims, which is 1 for
// a scalar without Dims.
type Tensor struct {
	Name   string
	Dims   []int
	Floats []float32
	Ints   []int64
}

// Value is an input or output of the graph.
type Value struct {
	Name string
	Dims []Dim
}

// Dim is an extent: a number, or a name for one that is only known when the model runs.
type Dim struct {
	Size int
	Name string // "" if there is a number
}

// String returns the number or the name.
func (d Dim) String() string { return cmp.Or(d.Name, strconv.Itoa(d.Size)) }

// The element types of tensors, from onnx.proto's TensorProto.DataType.
const (
	typeFloat = 1
	typeInt64 = 7
)

// The types of attributes, from AttributeProto.AttributeType.
const (
	attributeFloat  = 1
	attributeInt    = 2
	attributeString = 3
	attributeInts   = 7
)

// Size is the number of bytes that WriteTo writes.
func (m *Model) Size() int64 {
	f := m.frame()
	return int64(len(f.head)) + f.graph
}

// WriteTo encodes the model. Weights are written as they are passed, so that they need no
// second copy in memory.
func (m *Model) WriteTo(w io.Writer) (int64, error) {
	f := m.frame()
	out := &counter{w: bufio.NewWriterSize(w, 1<<16)}
	out.bytes(f.head)
	out.bytes(f.nodes)
	for i := range m.Initializers {
		out.bytes(f.tensors[i])
		out.values(&m.Initializers[i])
	}
	out.bytes(f.ends)
	if out.err == nil {
		out.err = out.w.Flush()
	}
	return out.n, out.err
}

// frame is an encoded model without the bytes of its tensors, in the order of the file.
type frame struct {
	head    message   // ModelProto up to the length of its graph
	nodes   message   // GraphProto's name and nodes
	tensors []message // each up to its raw data
	ends    message   // GraphProto's inputs and outputs
	graph   int64     // bytes of the whole GraphProto
}

// frame encodes with the field numbers of onnx.proto:
//
//	ModelProto      1 ir_version, 2 producer_name, 3 producer_version, 7 graph, 8 opset_import
//	OperatorSetId   1 domain, 2 version
//	GraphProto      1 node, 2 name, 5 initializer, 11 input, 12 output
func (m *Model) frame() frame {
	var f frame
	f.nodes.text(2, m.Name)
	for i := range m.Nodes {
		f.nodes.embed(1, m.Nodes[i].encode())
	}
	f.graph = int64(len(f.nodes))
	for i := range m.Initializers {
		t := &m.Initializers[i]
		start := t.encode()
		var whole message
		whole.length(5, len(start)+t.size())
		whole = append(whole, start...)
		f.tensors = append(f.tensors, whole)
		f.graph += int64(len(whole) + t.size())
	}
	for _, v := range m.Inputs {
		f.ends.embed(11, v.encode())
	}
	for _, v := range m.Outputs {
		f.ends.embed(12, v.encode())
	}
	f.graph += int64(len(f.ends))

	var opset message
	opset.text(1, "") // the domain of standard operators
	opset.integer(2, Opset)
	f.head.integer(1, IRVersion)
	f.head.text(2, m.Producer)
	f.head.text(3, m.ProducerVersion)
	f.head.embed(8, opset)
	f.head.length(7, int(f.graph))
	return f
}

// encode makes a NodeProto: 1 input, 2 output, 3 name, 4 op_type, 5 attribute.
func (n *Node) encode() message {
	var m message
	for _, name := range n.Inputs {
		m.text(1, name)
	}
	m.text(2, n.Output)
	m.text(3, n.Name)
	m.text(4, n.Op)
	for _, a := range n.Attributes {
		m.embed(5, a.encode())
	}
	return m
}

// encode makes an AttributeProto: 1 name, 2 f, 3 i, 4 s, 8 ints, 20 type.
func (a *Attribute) encode() message {
	var m message
	m.text(1, a.Name)
	switch v := a.Value.(type) {
	case float32:
		m.float(2, v)
		m.integer(20, attributeFloat)
	case int:
		m.integer(3, int64(v))
		m.integer(20, attributeInt)
	case string:
		m.text(4, v)
		m.integer(20, attributeString)
	case []int:
		for _, i := range v {
			m.integer(8, int64(i))
		}
		m.integer(20, attributeInts)
	default:
		panic(fmt.Sprintf("BUG: onnx: attribute %s is a %T", a.Name, v))
	}
	return m
}

// size is the number of bytes of the tensor's values.
func (t *Tensor) size() int { return 4*len(t.Floats) + 8*len(t.Ints) }

// encode makes a TensorProto up to the values of its last field: 1 dims, 2 data_type, 8 name,
// 9 raw_data (little endian).
func (t *Tensor) encode() message {
	var m message
	for _, d := range t.Dims {
		m.integer(1, int64(d))
	}
	if t.Ints != nil {
		m.integer(2, typeInt64)
	} else {
		m.integer(2, typeFloat)
	}
	m.text(8, t.Name)
	m.length(9, t.size())
	return m
}

// encode makes a ValueInfoProto (1 name, 2 type) of a TypeProto (1 tensor_type) of a
// TypeProto.Tensor (1 elem_type, 2 shape) with a TensorShapeProto (1 dim) of Dimensions
// (1 dim_value, 2 dim_param).
func (v *Value) encode() message {
	var shape, tensor, typ, m message
	for _, d := range v.Dims {
		var dim message
		if d.Name != "" {
			dim.text(2, d.Name)
		} else {
			dim.integer(1, int64(d.Size))
		}
		shape.embed(1, dim)
	}
	tensor.integer(1, typeFloat)
	tensor.embed(2, shape)
	typ.embed(1, tensor)
	m.text(1, v.Name)
	m.embed(2, typ)
	return m
}

// counter counts bytes and remembers the first error.
type counter struct {
	w   *bufio.Writer
	n   int64
	err error
}

func (c *counter) bytes(p []byte) {
	if c.err != nil {
		return
	}
	n, err := c.w.Write(p)
	c.n, c.err = c.n+int64(n), err
}

// values writes what a tensor holds.
func (c *counter) values(t *Tensor) {
	var word [8]byte
	for _, v := range t.Floats {
		binary.LittleEndian.PutUint32(word[:], math.Float32bits(v))
		c.bytes(word[:4])
	}
	for _, v := range t.Ints {
		binary.LittleEndian.PutUint64(word[:], uint64(v))
		c.bytes(word[:])
	}
}
