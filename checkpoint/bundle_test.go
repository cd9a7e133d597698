package checkpoint

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

// table is a sorted table in the making, with so many entries in each block.
type table struct {
	bytes.Buffer
	perBlock    int
	compression byte
	places      []entryOf
	block       []entryOf
}

type entryOf struct{ key, value string }

// blockOf makes a block of entries, every 16th of which has a whole key.
func blockOf(entries []entryOf) []byte {
	var b []byte
	var whole []int
	previous := ""
	for i, e := range entries {
		shared := 0
		if i%16 == 0 {
			whole = append(whole, len(b))
		} else {
			for shared < min(len(previous), len(e.key)) && previous[shared] == e.key[shared] {
				shared++
			}
		}
		for _, n := range []int{shared, len(e.key) - shared, len(e.value)} {
			b = binary.AppendUvarint(b, uint64(n))
		}
		b = append(append(b, e.key[shared:]...), e.value...)
		previous = e.key
	}
	for _, at := range whole {
		b = binary.LittleEndian.AppendUint32(b, uint32(at))
	}
	return binary.LittleEndian.AppendUint32(b, uint32(len(whole)))
}

// write appends a block and returns its place.
func (t *table) write(block []byte) string {
	place := binary.AppendUvarint(binary.AppendUvarint(nil, uint64(t.Len())), uint64(len(block)))
	block = append(bytes.Clone(block), t.compression)
	t.Write(binary.LittleEndian.AppendUint32(block, maskedSum(block)))
	return string(place)
}

func (t *table) flush() {
	if len(t.block) > 0 {
		t.places = append(t.places, entryOf{t.block[len(t.block)-1].key, t.write(blockOf(t.block))})
		t.block = nil
	}
}

func (t *table) add(key, value string) {
	if t.block = append(t.block, entryOf{key, value}); len(t.block) == t.perBlock {
		t.flush()
	}
}

func (t *table) end() []byte {
	t.flush()
	places := t.write(blockOf(nil)) + t.write(blockOf(t.places))
	t.WriteString(places + strings.Repeat("\x00", footerSize-8-len(places)))
	t.Write(binary.LittleEndian.AppendUint64(nil, tableMagic))
	return t.Bytes()
}

// message is a protobuf message in the making.
type message []byte

func (m message) number(field protowire.Number, v int) message {
	if v == 0 {
		return m
	}
	return protowire.AppendVarint(protowire.AppendTag(m, field, protowire.VarintType), uint64(v))
}

func (m message) inner(field protowire.Number, v message) message {
	return protowire.AppendBytes(protowire.AppendTag(m, field, protowire.BytesType), v)
}

func (m message) sum(v uint32) message {
	return protowire.AppendFixed32(protowire.AppendTag(m, 6, protowire.Fixed32Type), v)
}

// bundleHeader is that of a checkpoint whose values are in so many files.
func bundleHeader(files int) message {
	return message{}.number(1, files).inner(3, message{}.number(1, 1))
}

// bundleEntry describes a tensor of float32 values.
func bundleEntry(dims []int, offset, size int, values []byte) message {
	var shape message
	for _, d := range dims {
		shape = shape.inner(2, message{}.number(1, d))
	}
	return message{}.number(1, 1).inner(2, shape).number(4, offset).number(5, size).sum(maskedSum(values))
}

// bundle makes the index and the values of a checkpoint of the samples; strided ones are left out.
func bundle(samples []sample, perBlock int) (index, values []byte) {
	sorted := slices.Clone(samples)
	slices.SortFunc(sorted, func(a, b sample) int { return strings.Compare(a.name, b.name) })
	t := &table{perBlock: perBlock}
	t.add("", string(bundleHeader(1)))
	for _, s := range sorted {
		if s.strides == nil {
			t.add(s.name, string(bundleEntry(s.dims, len(values), len(s.bytes()), s.bytes())))
			values = append(values, s.bytes()...)
		}
	}
	return t.end(), values
}

func section(data []byte) *io.SectionReader {
	return io.NewSectionReader(bytes.NewReader(data), 0, int64(len(data)))
}

// readBundled reads a checkpoint with the values of its tensors.
func readBundled(index, values []byte) (*File, error) {
	return withValues(ReadBundle(section(index), section(values), "net.index"))
}

// TestBundle reads checkpoints whose indices have blocks of several lengths.
func TestBundle(t *testing.T) {
	many := slices.Clone(samples)
	for i := range 100 {
		many = append(many, sample{name: fmt.Sprintf("MobileNetV2/Conv2d_%d/bn/gamma", i), dims: []int{i % 5, 2}})
	}
	for _, perBlock := range []int{1, 2, 20, 1000} {
		index, values := bundle(many, perBlock)
		f, err := ReadBundle(section(index), section(values), "net.index")
		if err != nil {
			t.Fatal(err)
		}
		if f.Format != "TensorFlow" || len(f.Tensors) != len(many)-1 {
			t.Errorf("%d entries in a block: %s, %d tensors", perBlock, f.Format, len(f.Tensors))
		}
		for _, tensor := range f.Tensors {
			i := slices.IndexFunc(many, func(s sample) bool { return s.name == tensor.Name })
			got, err := f.Float32s(tensor)
			if err != nil || !slices.Equal(tensor.Dims, many[i].dims) || !slices.Equal(got, many[i].want()) {
				t.Errorf("%d entries in a block: %s %v %v, want %v; %v", perBlock, tensor.Name, tensor.Dims, got, many[i].want(), err)
			}
		}
	}
}

// TestPermuted reads a tensor by a view with other axes.
func TestPermuted(t *testing.T) {
	index, values := bundle([]sample{{name: "W", dims: []int{2, 3, 4}}}, 8)
	f, err := ReadBundle(section(index), section(values), "net.index")
	if err != nil {
		t.Fatal(err)
	}
	view := f.Tensors[0].Permuted([]int{2, 0, 1})
	got, err := f.Float32s(view)
	if err != nil || !slices.Equal(view.Dims, []int{4, 2, 3}) {
		t.Fatal(view.Dims, err)
	}
	for i, v := range got {
		if a, b, c := i/6, i/3%2, i%3; v != float32(b*12+c*4+a) {
			t.Errorf("(%d, %d, %d) is %g", a, b, c, v)
		}
	}
}

// TestOpenBundle opens a checkpoint by each name that people may give.
func TestOpenBundle(t *testing.T) {
	stem := filepath.Join(t.TempDir(), "model.ckpt-7")
	index, values := bundle(samples, 8)
	if err := os.WriteFile(stem+indexSuffix, index, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(stem); err == nil || !strings.Contains(err.Error(), "model.ckpt-7.data-00000-of-00001, which isn't there") {
		t.Error(err)
	}
	if err := os.WriteFile(stem+valuesSuffix, values, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{stem, stem + indexSuffix, stem + valuesSuffix, stem + ".data-00001-of-00002"} {
		f, err := Open(name)
		if err != nil {
			t.Error(err)
			continue
		}
		if f.Name != stem+indexSuffix || len(f.Tensors) != 3 {
			t.Errorf("%s: %s, %d tensors", name, f.Name, len(f.Tensors))
		}
		if _, err := f.Float32s(f.Tensors[0]); err != nil {
			t.Error(err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
	for name, c := range map[string]struct {
		content []byte
		want    string
	}{
		"checkpoint": {[]byte("model_checkpoint_path: \"model.ckpt-7\"\n"), "TensorFlow's list of checkpoints: give the .index file"},
		"renamed":    {index, "name it NAME.index"},
		"cut.index":  {index[:len(index)-9], "neither a PyTorch file"},
	} {
		path := filepath.Join(filepath.Dir(stem), name)
		if err := os.WriteFile(path, c.content, 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(path); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	if err := os.Remove(stem + indexSuffix); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(stem + valuesSuffix); !os.IsNotExist(err) {
		t.Error(err)
	}
}

// badIndices are damaged or hostile indices beside 24 bytes of values, each with a part of the error.
func badIndices() map[string]struct {
	index []byte
	want  string
} {
	type bad = struct {
		index []byte
		want  string
	}
	values := make([]byte, 24)
	indexOf := func(entries ...entryOf) []byte {
		t := &table{perBlock: 8}
		for _, e := range entries {
			t.add(e.key, e.value)
		}
		return t.end()
	}
	with := func(entries ...entryOf) []byte {
		return indexOf(append([]entryOf{{"", string(bundleHeader(1))}}, entries...)...)
	}
	one := func(m message) []byte { return with(entryOf{"x", string(m)}) }
	good := string(bundleEntry([]int{6}, 0, 24, values))
	raw := func(block []byte) []byte { // an index whose only block of entries is this
		t := &table{}
		t.places = []entryOf{{"x", t.write(block)}}
		return t.end()
	}
	sound := one(message(good))
	all := map[string]bad{
		"empty":               {nil, "no index of a TensorFlow checkpoint"},
		"cut":                 {sound[:len(sound)-1], "no index of a TensorFlow checkpoint"},
		"large":               {append(make([]byte, maxHeader), sound...), "format V1"},
		"no header":           {indexOf(entryOf{"x", good}), "doesn't begin with the checkpoint's header"},
		"only a header":       {with(), "holds no tensors"},
		"nothing":             {indexOf(), "holds no tensors"},
		"header is no header": {indexOf(entryOf{"", "\xff\xff"}, entryOf{"x", good}), "format V1"},
		"big endian":          {indexOf(entryOf{"", string(message{}.number(1, 1).number(2, 1))}, entryOf{"x", good}), "big-endian"},
		"newer":               {indexOf(entryOf{"", string(message{}.number(1, 1).inner(3, message{}.number(2, 2)))}, entryOf{"x", good}), "version 2"},
		"shards":              {indexOf(entryOf{"", string(bundleHeader(3))}, entryOf{"x", good}), "in 3 files instead of one"},
		"twice":               {with(entryOf{"x", good}, entryOf{"x", good}), "x comes behind x"},
		"unsorted":            {with(entryOf{"y", good}, entryOf{"x", good}), "x comes behind y"},
		"no text":             {with(entryOf{"x\n", good}), "no text"},
		"long name":           {with(entryOf{strings.Repeat("x", maxName+1), good}), "a name of 513 bytes"},
		"no message":          {one(message("\x08")), "tensor x: the index is damaged: its entry is no message"},
		"bad shape":           {one(message{}.number(1, 1).inner(2, message("\x12\x7f"))), "its entry is no message"},
		"bad extent":          {one(message{}.number(1, 1).inner(2, message{}.inner(2, message("\x08")))), "its entry is no message"},
		"complex":             {one(message{}.number(1, 8)), "TensorFlow's type 8"},
		"no type":             {one(message{}.number(5, 24)), "TensorFlow's type 0"},
		"slices":              {one(message(good).inner(7, nil)), "slices"},
		"another file":        {one(message(good).number(3, 1)), "file 1 of 1"},
		"beyond":              {one(bundleEntry([]int{6}, 4, 24, values)), "its 24 bytes from byte 4 on are beyond the 24"},
		"far beyond":          {one(bundleEntry([]int{6}, -24, 24, values)), "of the file of values"},
		"huge":                {one(bundleEntry([]int{6}, 0, -1, values)), "of the file of values"},
		"many values":         {one(bundleEntry([]int{1 << 40, 1 << 40}, 0, 24, values)), "too many for the 24 values"},
		"negative":            {one(bundleEntry([]int{-6}, 0, 24, values)), "negative"},
		"dimensions":          {one(bundleEntry(make([]int, 100), 0, 24, values)), "9 dimensions"},
		"short":               {one(bundleEntry([]int{5}, 0, 24, values)), "5 float32 values take 20 bytes, not 24"},
		"other values":        {one(bundleEntry([]int{6}, 0, 24, values[1:])), "tensor x: its values have a wrong checksum"},
		"overlap":             {with(entryOf{"x", good}, entryOf{"y", good}), "they overlap"},
		"empty block":         {raw(nil), "doesn't fit in its block"},
		"whole keys":          {raw([]byte("\xff\xff\xff\xff")), "doesn't fit in its block"},
		"shared":              {raw([]byte("\x01\x00\x00\x00\x00\x00\x00")), "doesn't fit in its block"},
		"further":             {raw([]byte("\x00\x05\x00\x00\x00\x00\x00")), "doesn't fit in its block"},
		"value":               {raw([]byte("\x00\x00\x05\x00\x00\x00\x00")), "doesn't fit in its block"},
		"overflow":            {raw([]byte("\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00\x00\x00\x00")), "doesn't fit in its block"},
		"endless":             {raw([]byte("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00\x00\x00\x00")), "doesn't fit in its block"},
	}
	for name, place := range map[string]piece{"block beyond": {0, 1 << 40}, "block far beyond": {1 << 62, 1}, "block at the end": {40, 1000}} {
		t := &table{}
		t.places = []entryOf{{"x", string(binary.AppendUvarint(binary.AppendUvarint(nil, uint64(place.offset)), uint64(place.bytes)))}}
		all[name] = bad{t.end(), "it has a block at bytes"}
	}
	t := &table{}
	place := t.write(blockOf([]entryOf{{"", string(bundleHeader(1))}}))
	for range 1000 {
		t.places = append(t.places, entryOf{"x", place})
	}
	all["blocks overlap"] = bad{t.end(), "comes behind"} // the header, again
	t = &table{}
	place = t.write(append([]byte(strings.Repeat("\x00", 5000)), blockOf(nil)...))
	for range 1000 {
		t.places = append(t.places, entryOf{"", place})
	}
	all["empty names"] = bad{t.end(), "damaged"}
	for compression, want := range map[byte]string{1: "Snappy", 7: "in a way 7"} {
		t := &table{compression: compression}
		t.add("", string(bundleHeader(1)))
		all[fmt.Sprint("compression ", compression)] = bad{t.end(), want}
	}
	return all
}

// TestBadIndices checks that bad indices give their error and take little memory.
func TestBadIndices(t *testing.T) {
	for name, bad := range badIndices() {
		var err error
		taken := allocated(func() { _, err = readBundled(bad.index, make([]byte, 24)) })
		if err == nil || !strings.HasPrefix(err.Error(), "net.index: ") || !strings.Contains(err.Error(), bad.want) {
			t.Errorf("%s: %v, want %q", name, err, bad.want)
		}
		if limit := uint64(allocBase + allocPerByte*len(bad.index)); taken > limit {
			t.Errorf("%s: %d bytes allocated for an index of %d", name, taken, len(bad.index))
		}
	}
}

// TestIndexDamage changes each byte of a sound checkpoint, and cuts it short at each: nothing but an error may come of it. Only
// the padding of the footer isn't looked at.
func TestIndexDamage(t *testing.T) {
	index, values := bundle(samples, 2)
	if _, err := readBundled(index, values); err != nil {
		t.Fatal(err)
	}
	footer := index[len(index)-footerSize : len(index)-8]
	padding := len(index) - 8 - len(footer) + len(bytes.TrimRight(footer, "\x00")) // where it begins
	for i := range index {
		changed := bytes.Clone(index)
		changed[i] ^= 0x41
		_, err := readBundled(changed, values)
		if isPadding := i >= padding && i < len(index)-8; err == nil && !isPadding {
			t.Errorf("byte %d of %d may be another one", i, len(index))
		}
		if _, err := readBundled(index[:i], values); err == nil {
			t.Errorf("%d of %d bytes of the index are enough", i, len(index))
		}
	}
	for i := range values {
		changed := bytes.Clone(values)
		changed[i] ^= 1
		if _, err := readBundled(index, changed); err == nil {
			t.Errorf("byte %d of %d values may be another one", i, len(values))
		}
		if _, err := readBundled(index, values[:i]); err == nil {
			t.Errorf("%d of %d bytes of the values are enough", i, len(values))
		}
	}
}

// FuzzBundle reads any pair of files: no panic, and memory in proportion to their size.
func FuzzBundle(f *testing.F) {
	index, values := bundle(samples, 2)
	f.Add(index, values)
	for _, bad := range badIndices() {
		if len(bad.index) < 1<<12 {
			f.Add(bad.index, make([]byte, 24))
		}
	}
	f.Fuzz(func(t *testing.T, index, values []byte) {
		taken := allocated(func() { _, _ = readBundled(index, values) })
		if limit := uint64(2*allocBase + allocPerByte*(len(index)+len(values))); taken > limit {
			t.Errorf("%d bytes allocated for files of %d and %d", taken, len(index), len(values))
		}
	})
}

// FuzzIndexEntries reads any block of entries, which FuzzBundle hardly gets to because of checksums.
func FuzzIndexEntries(f *testing.F) {
	f.Add(blockOf([]entryOf{{"", string(bundleHeader(1))}, {"x", string(bundleEntry([]int{6}, 0, 24, make([]byte, 24)))}}))
	f.Fuzz(func(t *testing.T, block []byte) {
		b := &table{}
		b.places = []entryOf{{"x", b.write(block)}}
		index := b.end()
		taken := allocated(func() { _, _ = readBundled(index, make([]byte, 24)) })
		if limit := uint64(2*allocBase + allocPerByte*len(index)); taken > limit {
			t.Errorf("%d bytes allocated for an index of %d", taken, len(index))
		}
	})
}
