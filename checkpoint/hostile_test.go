package checkpoint

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"io"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// What reading a file of n bytes may allocate: allocBase + n·allocPerByte. A pickle's shortest
// instruction that makes a value takes a byte.
const (
	allocBase    = 1 << 20
	allocPerByte = 400
)

// allocated returns how many bytes f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// packed makes a zip file whose state is compressed: a small file that would become a large one.
func packed() []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, 9) })
	w, err := z.Create("archive/data.pkl")
	if err == nil {
		_, err = w.Write(bytes.Repeat([]byte("("), 64<<20))
	}
	if err != nil {
		panic(err)
	}
	z.Close()
	return b.Bytes()
}

// badFiles are damaged or hostile files, each with a part of the error.
func badFiles() map[string]struct {
	data []byte
	want string
} {
	type bad = struct {
		data []byte
		want string
	}
	state := func(p *pickle) []byte { return zipped(p.end(), map[string][]byte{"0": make([]byte, 24)}) }
	tensor := func(values, offset int, dims, strides []int) []byte {
		return state(newPickle().raw("}").text("x").tensor("0", values, offset, dims, strides).raw("s"))
	}
	u32 := func(n uint32) string { return string(binary.LittleEndian.AppendUint32(nil, n)) }
	const huge64 = "\xff\xff\xff\xff\xff\xff\xff\x7f"
	sound := zipped(newPickle().state(samples).end(), storagesOf(samples))
	flipped := bytes.Clone(sound)
	flipped[bytes.Index(flipped, samples[0].bytes())+5] ^= 1
	nan := safe(`{"x": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}`, binary.LittleEndian.AppendUint32(nil, math.Float32bits(float32(math.NaN()))))
	header := func(entry string) []byte { return safe(`{"x": `+entry+`}`, make([]byte, 8)) }
	return map[string]bad{
		"empty":             {nil, "the file is empty"},
		"text":              {[]byte("conv_stem.weight = 1\n"), "neither a PyTorch file"},
		"web page":          {[]byte("<!DOCTYPE html><html>"), "a web page"},
		"LFS pointer":       {[]byte("version https://git-lfs.github.com/spec/v1\n"), "git lfs pull"},
		"other zip":         {zipOf("readme.txt"), "it has no NAME/data.pkl"},
		"TorchScript":       {zipOf("m/data.pkl", "m/constants.pkl"), "TorchScript"},
		"two models":        {zipOf("m/data.pkl", "n/data.pkl"), "more than one model"},
		"same name twice":   {zipOf("m/data.pkl", "m/data.pkl"), "twice"},
		"zip bomb":          {packed(), "compressed"},
		"flipped bit":       {flipped, "wrong checksum"},
		"no dict":           {state(newPickle().raw("]")), "instead of a dict of tensors"},
		"whole model":       {state(newPickle().raw("cghost\nGhostNet\n)\x81}b")), "holds ghost.GhostNet instead of a dict"},
		"nothing in it":     {state(newPickle().raw("}").text("epoch").number(1).raw("s")), "holds no tensors by name"},
		"protocol 9":        {state(new(pickle).raw("\x80\x09}")), "protocol 9"},
		"instruction 255":   {state(newPickle().raw("\xff")), "unknown instruction 0xff"},
		"empty stack":       {state(newPickle().raw("R")), "lacks its operands"},
		"stack below mark":  {state(newPickle().raw("}(0s")), "lacks its operands"},
		"no mark":           {state(newPickle().raw("}u")), "lacks its operands"},
		"odd items":         {state(newPickle().raw("}(}u")), "lacks its operands"},
		"unknown memo":      {state(newPickle().raw("h\x07")), "value 7, which it hasn't made"},
		"add to a number":   {state(newPickle().number(1).raw("}a")), "can't hold any"},
		"text of 4 GiB":     {state(newPickle().raw("X\xff\xff\xff\xff")), "ends too early"},
		"text of 2^63":      {state(newPickle().raw("\x8d" + huge64)), "ends too early"},
		"text below 0":      {state(newPickle().raw("\x8d\xff\xff\xff\xff\xff\xff\xff\xff")), "ends too early"},
		"bytes of 2^63":     {state(newPickle().raw("\x8e" + huge64)), "ends too early"},
		"number of 2 GiB":   {state(newPickle().raw("\x8b\xff\xff\xff\x7f")), "a number of 2147483647 bytes"},
		"digits":            {state(newPickle().raw("I" + strings.Repeat("9", 60_000) + "\n")), "should be a number"},
		"endless line":      {state(newPickle().raw("c" + strings.Repeat("m", 1<<17))), "a line of more than"},
		"frame of 2^63":     {state(newPickle().raw("\x95" + huge64 + "}")), "holds no tensors"},
		"deep":              {state(newPickle().raw(strings.Repeat("]", 100_000) + strings.Repeat("a", 99_999))), "instead of a dict"},
		"instructions":      {state(newPickle().raw(strings.Repeat("N0", maxInstructions))), "more than 1048576 instructions"},
		"memo 2^32":         {state(newPickle().raw("}r" + u32(math.MaxUint32))), "holds no tensors"},
		"no storage":        {zipped(newPickle().raw("}").text("x").tensor("7", 1, 0, nil, nil).raw("s").end(), nil), "storage 7: its values are not in the file"},
		"storage of 2^31":   {tensor(math.MaxInt32, 0, []int{1}, []int{1}), "larger than the file"},
		"storage too short": {tensor(7, 0, []int{7}, []int{1}), "has 24 bytes, too few for 7"},
		"huge extents":      {tensor(6, 0, []int{1 << 30, 1 << 30, 1 << 30}, []int{0, 0, 0}), "too many for the 6 values"},
		"repeated value":    {tensor(6, 0, []int{1 << 30}, []int{0}), "too many for the 6 values"},
		"many dimensions":   {tensor(6, 0, make([]int, 9), make([]int, 9)), "make no sense"},
		"negative extent":   {tensor(6, 0, []int{-1}, []int{1}), "negative"},
		"negative stride":   {tensor(6, 5, []int{2}, []int{-1}), "strides"},
		"huge stride":       {tensor(6, 0, []int{2, 3}, []int{math.MaxInt32, 1}), "strides"},
		"beyond the end":    {tensor(6, 4, []int{3}, []int{1}), "ends beyond the 6 values"},
		"negative offset":   {tensor(6, -1, []int{3}, []int{1}), "make no sense"},

		"legacy, other pickle":   {newPickle().raw("}").end(), "not one of PyTorch"},
		"legacy, no state":       {legacyHead().Bytes(), "ends too early"},
		"legacy, unknown key":    {legacyHead().raw("\x80\x02}.\x80\x02](").text("0").raw("e.").Bytes(), "the list of storages is damaged"},
		"legacy, huge storage":   {legacyHead().raw("\x80\x02}").text("x").tensor("0", 4, 0, []int{1}, []int{1}).raw("s.\x80\x02](").text("0").raw("e." + huge64).Bytes(), "storage 0: has 9223372036854775807 values"},
		"legacy, no such stored": {legacyHead().raw("\x80\x02}").text("x").tensor("0", 4, 0, []int{1}, []int{1}).raw("s.\x80\x02].").Bytes(), "its values are not in the file"},
		"legacy, big-endian":     {bytes.Replace(legacy(samples), []byte("little_endian\x88"), []byte("little_endian\x89"), 1), "big-endian"},

		"safetensors, header of 4 GiB":  {append([]byte("\xff\xff\xff\xff\x00\x00\x00\x00{"), make([]byte, 64)...), "a header of 4294967295 bytes"},
		"safetensors, header too long":  {append([]byte("\xff\x00\x00\x00\x00\x00\x00\x00{"), make([]byte, 64)...), "ends too early"},
		"safetensors, no JSON":          {safe(`{"x"`, nil), "the header is damaged"},
		"safetensors, deep JSON":        {safe(`{"x":`+strings.Repeat("[", 100_000), nil), "the header is damaged"},
		"safetensors, no tensors":       {safe(`{}`, nil), "holds no tensors"},
		"safetensors, more JSON":        {safe(`{}{}`, nil), "something follows"},
		"safetensors, without extents":  {header(`{"dtype": "F32", "data_offsets": [0, 8]}`), "lacks dtype, shape"},
		"safetensors, unknown type":     {header(`{"dtype": "F4", "shape": [2], "data_offsets": [0, 8]}`), "type F4 can't be read"},
		"safetensors, huge extents":     {header(`{"dtype": "F32", "shape": [4294967296, 4294967296, 2], "data_offsets": [0, 8]}`), "too many"},
		"safetensors, negative extent":  {header(`{"dtype": "F32", "shape": [-2], "data_offsets": [0, 8]}`), "negative"},
		"safetensors, other length":     {header(`{"dtype": "F32", "shape": [3], "data_offsets": [0, 8]}`), "3 float32 values take 12 bytes, not 8"},
		"safetensors, beyond the end":   {header(`{"dtype": "F32", "shape": [3], "data_offsets": [0, 12]}`), "lies at bytes 0 to 12 of the 8"},
		"safetensors, turned offsets":   {header(`{"dtype": "F32", "shape": [2], "data_offsets": [8, 0]}`), "lies at bytes 8 to 0"},
		"safetensors, a gap":            {header(`{"dtype": "F32", "shape": [1], "data_offsets": [4, 8]}`), "begins at byte 4 instead of 0"},
		"safetensors, surplus":          {header(`{"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}`), "4 bytes behind the last tensor"},
		"safetensors, overlap":          {header(`{"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}, "y": {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]}`), "begins at byte 4 instead of 8"},
		"safetensors, same name":        {header(`{"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}, "x": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}`), "two tensors x"},
		"safetensors, name with escape": {safe(`{"\u001b[2J": {"dtype": "F32", "shape": [], "data_offsets": [0, 4]}}`, make([]byte, 4)), "the name of a tensor is no text"},
		"safetensors, NaN":              {nan, "tensor x: value 0 of 1 is NaN"},
	}
}

// zipOf makes an archive of empty files.
func zipOf(names ...string) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range names {
		if _, err := z.CreateHeader(&zip.FileHeader{Name: name}); err != nil {
			panic(err)
		}
	}
	z.Close()
	return b.Bytes()
}

// TestBadFiles checks that bad files give their error and take little memory.
func TestBadFiles(t *testing.T) {
	for name, bad := range badFiles() {
		var err error
		taken := allocated(func() { _, err = readAll(bad.data) })
		if err == nil || !strings.Contains(err.Error(), bad.want) {
			t.Errorf("%s: %v, want %q", name, err, bad.want)
		}
		if limit := uint64(allocBase + allocPerByte*len(bad.data)); taken > limit {
			t.Errorf("%s: %d bytes allocated for a file of %d", name, taken, len(bad.data))
		}
	}
}

// TestNothingRuns reads a pickle that would run a command in Python, in each way in which pickles can call something.
func TestNothingRuns(t *testing.T) {
	for name, call := range map[string]string{
		"REDUCE":     "cposix\nsystem\n(X\x04\x00\x00\x00exittR",
		"NEWOBJ":     "cposix\nsystem\n(X\x04\x00\x00\x00exitt\x81",
		"NEWOBJ_EX":  "cposix\nsystem\n)}\x92",
		"INST":       "(X\x04\x00\x00\x00exitiposix\nsystem\n",
		"OBJ":        "(cposix\nsystem\nX\x04\x00\x00\x00exito",
		"stack":      "X\x05\x00\x00\x00posixX\x06\x00\x00\x00system\x93(X\x04\x00\x00\x00exittR",
		"and build":  "cposix\nsystem\n)R}X\x01\x00\x00\x00aNsb",
		"and result": "cposix\nsystem\n)R)R",
	} {
		p := newPickle().raw("}").text("x").raw(call+"s").text("y").tensor("0", 6, 0, []int{2}, []int{1}).raw("s")
		f, err := readAll(zipped(p.end(), map[string][]byte{"0": make([]byte, 24)}))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !slices.Equal(f.Foreign, []string{"posix.system"}) || len(f.Tensors) != 1 {
			t.Errorf("%s: foreign calls %v, %d tensors", name, f.Foreign, len(f.Tensors))
		}
	}
}

// TestSharedStorage checks that tensors which share their bytes can't make a small file large.
func TestSharedStorage(t *testing.T) {
	const values, copies = 1 << 12, 1 << 8
	p := newPickle().raw("}")
	for i := range copies {
		p.text(strings.Repeat("x", i+1)).tensor("0", values, 0, []int{values}, []int{1}).raw("s")
	}
	data := zipped(p.end(), map[string][]byte{"0": make([]byte, 4*values)})
	var err error
	taken := allocated(func() { _, err = readAll(data) })
	if err == nil || !strings.Contains(err.Error(), "they overlap") {
		t.Error(err)
	}
	if taken > uint64(allocBase+8*len(data)) {
		t.Errorf("%d bytes allocated for a file of %d", taken, len(data))
	}
}

// FuzzRead reads any file: no panic, and memory in proportion to its size.
func FuzzRead(f *testing.F) {
	for _, bad := range badFiles() {
		if len(bad.data) < 1<<12 {
			f.Add(bad.data)
		}
	}
	f.Add(zipped(newPickle().state(samples).end(), storagesOf(samples)))
	f.Add(legacy(samples))
	f.Add(safeOf(samples))
	f.Fuzz(func(t *testing.T, data []byte) {
		taken := allocated(func() { _, _ = readAll(data) })
		if limit := uint64(2*allocBase + allocPerByte*len(data)); taken > limit {
			t.Errorf("%d bytes allocated for a file of %d", taken, len(data))
		}
	})
}

// FuzzPickle follows any pickle, which FuzzRead hardly gets to because of checksums.
func FuzzPickle(f *testing.F) {
	f.Add(newPickle().state(samples).end())
	f.Add(newPickle().raw("}(").text("state_dict").state(samples).raw("u").end())
	f.Add([]byte("(dS'x'\nctorch._utils\n_rebuild_tensor\n((S'storage'\nctorch\nHalfStorage\nS'0'\nS'cpu'\nI4\nNtQI0\n(I2\nI2\nt(I2\nI1\nttRs."))
	f.Add([]byte("\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\x93\x94)R."))
	f.Fuzz(func(t *testing.T, data []byte) {
		file := zipped(data, map[string][]byte{"0": make([]byte, 64), "1": make([]byte, 8), "2": make([]byte, 24), "3": make([]byte, 4)})
		taken := allocated(func() { _, _ = readAll(file) })
		if limit := uint64(2*allocBase + allocPerByte*len(file)); taken > limit {
			t.Errorf("%d bytes allocated for a pickle of %d", taken, len(data))
		}
	})
}
