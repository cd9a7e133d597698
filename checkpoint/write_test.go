package checkpoint

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"maps"
	"math"
	"math/big"
	"slices"
	"strings"
	"testing"
)

// sample is a tensor for tests, with values 0, 1, 2 … in the order of its storage.
type sample struct {
	name    string
	dims    []int
	strides []int // nil for values one after another
}

var samples = []sample{{"a.weight", []int{2, 3, 1, 1}, nil}, {"a.bias", []int{2}, nil}, {"b.weight", []int{2, 3}, []int{1, 2}}, {"steps", nil, nil}}

func (s sample) len() int {
	n := 1
	for _, d := range s.dims {
		n *= d
	}
	return n
}

// want returns the values in the order of dims.
func (s sample) want() []float32 {
	values := make([]float32, s.len())
	for i := range values {
		values[i] = float32(i)
		if s.strides != nil { // two dimensions, turned
			values[i] = float32(i/s.dims[1]*s.strides[0] + i%s.dims[1]*s.strides[1])
		}
	}
	return values
}

// bytes returns the storage.
func (s sample) bytes() []byte {
	var b []byte
	for i := range s.len() {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(i)))
	}
	return b
}

// pickle is a pickle in the making, of protocol 2 unless a test writes other instructions.
type pickle struct{ bytes.Buffer }

func (p *pickle) text(s string) *pickle {
	p.WriteByte('X')
	p.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(s))))
	p.WriteString(s)
	return p
}

func (p *pickle) number(n int) *pickle {
	p.WriteByte('J')
	p.Write(binary.LittleEndian.AppendUint32(nil, uint32(int32(n))))
	return p
}

func (p *pickle) raw(s string) *pickle {
	p.WriteString(s)
	return p
}

// numbers makes a tuple.
func (p *pickle) numbers(list []int) *pickle {
	p.raw("(")
	for _, n := range list {
		p.number(n)
	}
	return p.raw("t")
}

// storage makes a storage of float32 values.
func (p *pickle) storage(key string, values int) *pickle {
	return p.raw("(").text("storage").raw("ctorch\nFloatStorage\n").text(key).text("cpu").number(values).raw("tQ")
}

// tensor makes a tensor of a storage.
func (p *pickle) tensor(key string, values, offset int, dims, strides []int) *pickle {
	p.raw("ctorch._utils\n_rebuild_tensor_v2\n(").storage(key, values).number(offset)
	return p.numbers(dims).numbers(strides).raw("\x89ccollections\nOrderedDict\n)RtR")
}

// state makes a dict of the samples, each in the storage of its number. The last one is a parameter.
func (p *pickle) state(samples []sample) *pickle {
	p.raw("ccollections\nOrderedDict\n)R(")
	for i, s := range samples {
		p.text(s.name)
		strides := s.strides
		if strides == nil {
			strides = contiguous(s.dims)
		}
		if parameter := i == len(samples)-1; parameter {
			p.raw("ctorch._utils\n_rebuild_parameter\n(").tensor(fmt.Sprint(i), s.len(), 0, s.dims, strides).raw("\x88ccollections\nOrderedDict\n)RtR")
		} else {
			p.tensor(fmt.Sprint(i), s.len(), 0, s.dims, strides)
		}
	}
	p.raw("u}") // the attributes of the dict
	return p.text("_metadata").raw("}sb")
}

func newPickle() *pickle { return new(pickle).raw("\x80\x02") }

func (p *pickle) end() []byte { return p.raw(".").Bytes() }

// zipped makes a PyTorch file of a state and storages by key.
func zipped(state []byte, storages map[string][]byte) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	add := func(name string, content []byte) {
		w, err := z.CreateRaw(&zip.FileHeader{
			Name: "archive/" + name, Method: zip.Store, CRC32: crc32.ChecksumIEEE(content),
			CompressedSize64: uint64(len(content)), UncompressedSize64: uint64(len(content)),
		})
		if err == nil {
			_, err = w.Write(content)
		}
		if err != nil {
			panic(err)
		}
	}
	add("data.pkl", state)
	for _, key := range slices.Sorted(maps.Keys(storages)) {
		add("data/"+key, storages[key])
	}
	add("byteorder", []byte("little"))
	if err := z.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// storagesOf lists the samples' storages.
func storagesOf(samples []sample) map[string][]byte {
	all := map[string][]byte{}
	for i, s := range samples {
		all[fmt.Sprint(i)] = s.bytes()
	}
	return all
}

// legacyHead are the pickles before the state in the older format.
func legacyHead() *pickle {
	magic, _ := new(big.Int).SetString(legacyMagic, 10)
	digits := magic.Bytes()
	p := newPickle().raw("\x8a" + string(rune(len(digits))))
	for i := range digits {
		p.WriteByte(digits[len(digits)-1-i])
	}
	return p.raw(".\x80\x02").number(legacyVersion).raw(".\x80\x02}").text("little_endian").raw("\x88s.")
}

// legacy makes a PyTorch file of the older format.
func legacy(samples []sample) []byte {
	p := legacyHead().raw("\x80\x02").state(samples).raw(".\x80\x02](")
	for i := range samples {
		p.text(fmt.Sprint(i))
	}
	p.raw("e.")
	for _, s := range samples {
		p.Write(binary.LittleEndian.AppendUint64(nil, uint64(s.len())))
		p.Write(s.bytes())
	}
	return p.Bytes()
}

// safe makes a safetensors file of a header and values.
func safe(header string, values []byte) []byte {
	return append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header...), values...)
}

// safeOf makes a safetensors file of the samples; strided ones are left out.
func safeOf(samples []sample) []byte {
	var entries []string
	var values []byte
	for _, s := range samples {
		if s.strides != nil {
			continue
		}
		begin := len(values)
		values = append(values, s.bytes()...)
		dims, _ := json.Marshal(append([]int{}, s.dims...))
		entries = append(entries, fmt.Sprintf(`%q: {"dtype": "F32", "shape": %s, "data_offsets": [%d, %d]}`, s.name, dims, begin, len(values)))
	}
	return safe(`{"__metadata__": {"format": "pt"}, `+strings.Join(entries, ", ")+"}", values)
}

// read reads a file in memory.
func read(data []byte) (*File, error) { return Read(bytes.NewReader(data), int64(len(data)), "file") }

// readAll reads a file with the values of all tensors that hold floating-point numbers.
func readAll(data []byte) (*File, error) { return withValues(read(data)) }

// withValues reads the values of a file's tensors, if there is no error already.
func withValues(f *File, err error) (*File, error) {
	if err != nil {
		return nil, err
	}
	for _, t := range f.Tensors {
		if t.Type.decoder() == nil {
			continue
		}
		if _, err := f.Float32s(t); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// mustRead reads a file that is sound.
func mustRead(t *testing.T, data []byte) *File {
	t.Helper()
	f, err := read(data)
	if err != nil {
		t.Fatal(err)
	}
	return f
}
