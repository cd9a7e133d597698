package onnx

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"testing"
)

// field is a field of an encoded message: a number, or bytes.
type field struct {
	number, wire int
	value        uint64
	bytes        []byte
}

// fields takes a message apart.
func fields(t *testing.T, m []byte) []field {
	t.Helper()
	var list []field
	uvarint := func() uint64 {
		v, n := binary.Uvarint(m)
		if n <= 0 {
			t.Fatalf("no number at % x", m[:min(len(m), 10)])
		}
		m = m[n:]
		return v
	}
	for len(m) > 0 {
		key := uvarint()
		f := field{number: int(key >> 3), wire: int(key & 7)}
		size := 4
		switch f.wire {
		case wireVarint:
			f.value, size = uvarint(), 0
		case wireBytes:
			size = int(uvarint())
		case wireFixed4:
		default:
			t.Fatalf("field %d has wire type %d", f.number, f.wire)
		}
		if size > len(m) {
			t.Fatalf("field %d has %d bytes, of which only %d are there", f.number, size, len(m))
		}
		f.bytes, m = m[:size], m[size:]
		list = append(list, f)
	}
	return list
}

// decode reads a file back, and its format and operator versions.
func decode(t *testing.T, file []byte) (m *Model, ir, opset uint64) {
	m = &Model{}
	for _, f := range fields(t, file) {
		switch f.number {
		case 1:
			ir = f.value
		case 2:
			m.Producer = string(f.bytes)
		case 3:
			m.ProducerVersion = string(f.bytes)
		case 7:
			m.decodeGraph(t, f.bytes)
		case 8:
			for _, f := range fields(t, f.bytes) {
				switch f.number {
				case 1:
					if len(f.bytes) > 0 {
						t.Errorf("operators of domain %q", f.bytes)
					}
				case 2:
					opset = f.value
				}
			}
		default:
			t.Errorf("model: field %d", f.number)
		}
	}
	return m, ir, opset
}

func (m *Model) decodeGraph(t *testing.T, graph []byte) {
	for _, f := range fields(t, graph) {
		switch f.number {
		case 1:
			m.Nodes = append(m.Nodes, decodeNode(t, f.bytes))
		case 2:
			m.Name = string(f.bytes)
		case 5:
			m.Initializers = append(m.Initializers, decodeTensor(t, f.bytes))
		case 11:
			m.Inputs = append(m.Inputs, decodeValue(t, f.bytes))
		case 12:
			m.Outputs = append(m.Outputs, decodeValue(t, f.bytes))
		default:
			t.Errorf("graph: field %d", f.number)
		}
	}
}

func decodeNode(t *testing.T, node []byte) Node {
	var n Node
	for _, f := range fields(t, node) {
		switch text := string(f.bytes); f.number {
		case 1:
			n.Inputs = append(n.Inputs, text)
		case 2:
			n.Output = text
		case 3:
			n.Name = text
		case 4:
			n.Op = text
		case 5:
			n.Attributes = append(n.Attributes, decodeAttribute(t, f.bytes))
		default:
			t.Errorf("node: field %d", f.number)
		}
	}
	return n
}

func decodeAttribute(t *testing.T, attribute []byte) Attribute {
	var a Attribute
	var typ uint64
	for _, f := range fields(t, attribute) {
		switch f.number {
		case 1:
			a.Name = string(f.bytes)
		case 2:
			a.Value = math.Float32frombits(binary.LittleEndian.Uint32(f.bytes))
		case 3:
			a.Value = int(int64(f.value))
		case 4:
			a.Value = string(f.bytes)
		case 8:
			list, _ := a.Value.([]int)
			a.Value = append(list, int(int64(f.value)))
		case 20:
			typ = f.value
		default:
			t.Errorf("attribute: field %d", f.number)
		}
	}
	want := map[string]uint64{"float32": 1, "int": 2, "string": 3, "[]int": 7}
	if name := fmt.Sprintf("%T", a.Value); typ == 0 || typ != want[name] {
		t.Errorf("attribute %s holds %s, but its type is %d", a.Name, name, typ)
	}
	return a
}

func decodeTensor(t *testing.T, tensor []byte) Tensor {
	var d Tensor
	var typ uint64
	var raw []byte
	for _, f := range fields(t, tensor) {
		switch f.number {
		case 1:
			d.Dims = append(d.Dims, int(f.value))
		case 2:
			typ = f.value
		case 8:
			d.Name = string(f.bytes)
		case 9:
			raw = f.bytes
		default:
			t.Errorf("tensor: field %d", f.number)
		}
	}
	var values any
	switch typ {
	case 1:
		d.Floats = make([]float32, len(raw)/4)
		values = d.Floats
	case 7:
		d.Ints = make([]int64, len(raw)/8)
		values = d.Ints
	default:
		t.Fatalf("tensor %s has type %d", d.Name, typ)
	}
	if n, err := binary.Decode(raw, binary.LittleEndian, values); err != nil || n != len(raw) {
		t.Errorf("tensor %s: %d of %d bytes, %v", d.Name, n, len(raw), err)
	}
	return d
}

func decodeValue(t *testing.T, info []byte) Value {
	var v Value
	for _, f := range fields(t, info) {
		switch f.number {
		case 1:
			v.Name = string(f.bytes)
		case 2:
			v.Dims = decodeType(t, f.bytes)
		default:
			t.Errorf("value: field %d", f.number)
		}
	}
	return v
}

// decodeType reads the extents of a tensor's type.
func decodeType(t *testing.T, typ []byte) (dims []Dim) {
	only := func(message []byte, number int) field {
		list := fields(t, message)
		if len(list) != 1 || list[0].number != number {
			t.Fatalf("fields %v, want one with number %d", list, number)
		}
		return list[0]
	}
	tensor := fields(t, only(typ, 1).bytes)
	if len(tensor) != 2 || tensor[0].number != 1 || tensor[0].value != 1 || tensor[1].number != 2 {
		t.Fatalf("type %v", tensor)
	}
	for _, dim := range fields(t, tensor[1].bytes) {
		switch list := fields(t, dim.bytes); {
		case len(list) == 1 && list[0].number == 1 && list[0].wire == wireVarint:
			dims = append(dims, Dim{Size: int(list[0].value)})
		case len(list) == 1 && list[0].number == 2 && list[0].wire == wireBytes:
			dims = append(dims, Dim{Name: string(list[0].bytes)})
		default:
			t.Fatalf("extent %v", list)
		}
	}
	return dims
}

// encoded writes a model to memory.
func encoded(t *testing.T, m *Model) []byte {
	t.Helper()
	var b bytes.Buffer
	n, err := m.WriteTo(&b)
	if err != nil || n != int64(b.Len()) || n != m.Size() {
		t.Fatalf("wrote %d of %d bytes, size %d, %v", n, b.Len(), m.Size(), err)
	}
	return b.Bytes()
}

func TestEncoding(t *testing.T) {
	long := make([]float32, 100)
	for i := range long {
		long[i] = float32(i) / 3
	}
	want := &Model{
		Producer: "tester", ProducerVersion: "1.2", Name: "graph",
		Nodes: []Node{
			{Op: "A", Name: "first", Inputs: []string{"in", "", "w"}, Output: "x"},
			{Op: "B", Name: "second", Inputs: []string{"x"}, Output: "y", Attributes: []Attribute{
				{"int", -1}, {"large", 1 << 40}, {"float", float32(.1)}, {"string", "mode"}, {"ints", []int{0, -2, 300}},
			}},
		},
		Initializers: []Tensor{
			{Name: "w", Dims: []int{10, 10}, Floats: long},
			{Name: "scalar", Floats: []float32{-7}},
			{Name: "shape", Dims: []int{3}, Ints: []int64{1, -1, 1 << 40}},
		},
		Inputs:  []Value{{"in", []Dim{{Name: "batch"}, {Size: 3}, {Size: 200}, {Name: "width"}}}},
		Outputs: []Value{{"y", []Dim{{Size: 1}, {Size: 2}}}, {"z", []Dim{{Size: 1}}}},
	}
	got, ir, opset := decode(t, encoded(t, want))
	if ir != IRVersion || opset != Opset {
		t.Errorf("IR version %d, opset %d", ir, opset)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

// TestKnownBytes pins one message to bytes that follow from the specification by hand.
func TestKnownBytes(t *testing.T) {
	n := Node{Op: "Elu", Name: "n", Inputs: []string{"x"}, Output: "y", Attributes: []Attribute{{"alpha", float32(1)}}}
	want := "\x0a\x01x" + "\x12\x01y" + "\x1a\x01n" + "\x22\x03Elu" + "\x2a\x0f" + "\x0a\x05alpha" + "\x15\x00\x00\x80\x3f" + "\xa0\x01\x01"
	if got := string(n.encode()); got != want {
		t.Errorf("got  % x\nwant % x", got, want)
	}
}

// TestWriteErrors checks that every failure to write is reported.
func TestWriteErrors(t *testing.T) {
	m := &Model{Initializers: []Tensor{{Name: "w", Dims: []int{1 << 16}, Floats: make([]float32, 1<<16)}}}
	full := errors.New("disk full")
	for room := int64(0); room < m.Size(); room += 1 << 15 {
		if _, err := m.WriteTo(&small{room: room, err: full}); !errors.Is(err, full) {
			t.Errorf("room for %d of %d bytes: %v", room, m.Size(), err)
		}
	}
	if _, err := m.WriteTo(io.Discard); err != nil {
		t.Error(err)
	}
}

// small is a writer with little room.
type small struct {
	room int64
	err  error
}

func (s *small) Write(p []byte) (int, error) {
	if int64(len(p)) > s.room {
		return int(s.room), s.err
	}
	s.room -= int64(len(p))
	return len(p), nil
}

func TestWrongAttributeIsABug(t *testing.T) {
	defer func() {
		if got := fmt.Sprint(recover()); got != "BUG: onnx: attribute axis is a float64" {
			t.Errorf("panic %q", got)
		}
	}()
	(&Attribute{"axis", 1.5}).encode()
}
