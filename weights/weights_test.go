package weights

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"
)

var current = Header{Major: 0, Minor: 2, Revision: 5, Seen: 32_000_000}

// smallNet returns the arrays of two convolutions with a route between them and a connected
// layer behind: 3+3+3+3+6, 2+6 and 2+8 values in layers 0, 2 and 3.
func smallNet() []*Slot {
	conv0, conv2, fc := "layer 0 [convolutional] (line 8)", "layer 2 [convolutional] (line 24)", "layer 3 [connected] (line 32)"
	return []*Slot{
		{Layer: 0, Owner: conv0, Name: "biases", Rows: 1, Cols: 3},
		{Layer: 0, Owner: conv0, Name: "scales", Rows: 1, Cols: 3, Fill: 1},
		{Layer: 0, Owner: conv0, Name: "rolling_mean", Rows: 1, Cols: 3},
		{Layer: 0, Owner: conv0, Name: "rolling_variance", Rows: 1, Cols: 3, Fill: 1},
		{Layer: 0, Owner: conv0, Name: "weights", Rows: 3, Cols: 2, FanIn: 2},
		{Layer: 2, Owner: conv2, Name: "biases", Rows: 1, Cols: 2},
		{Layer: 2, Owner: conv2, Name: "weights", Rows: 2, Cols: 3, FanIn: 3, Order: Flipped},
		{Layer: 3, Owner: fc, Name: "biases", Rows: 1, Cols: 2},
		{Layer: 3, Owner: fc, Name: "weights", Rows: 2, Cols: 4, FanIn: 4, Order: FlippedByHeader},
	}
}

// emptied returns the slots without Data.
func emptied(slots []*Slot) []*Slot {
	out := make([]*Slot, len(slots))
	for i, s := range slots {
		c := *s
		c.Data = nil
		out[i] = &c
	}
	return out
}

// encode returns a file of the header and slots.
func encode(t rapid.TB, h Header, slots []*Slot) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, h, slots); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// sameData fails the test where got does not hold the values of want.
func sameData(t rapid.TB, got, want []*Slot) {
	t.Helper()
	for i := range want {
		for j, v := range want[i].Data {
			if math.Float32bits(got[i].Data[j]) != math.Float32bits(v) {
				t.Fatalf("value %d in the %s of %s is %v, want %v", j, want[i].Name, want[i].Owner, got[i].Data[j], v)
			}
		}
	}
}

func anyHeader(t *rapid.T) Header {
	version := rapid.SampledFrom([]int32{0, 1, 2, 5, 1001, 1002, -1})
	return Header{
		Major:    version.Draw(t, "major"),
		Minor:    version.Draw(t, "minor"),
		Revision: version.Draw(t, "revision"),
		Seen:     uint64(rapid.Uint32().Draw(t, "seen")),
	}
}

func anySlots(t *rapid.T) []*Slot {
	layer := 0
	slots := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) *Slot {
		layer += rapid.IntRange(0, 2).Draw(t, "step")
		return &Slot{
			Layer: layer,
			Owner: "a layer",
			Name:  rapid.SampledFrom([]string{"biases", "rolling_variance", "weights"}).Draw(t, "name"),
			Rows:  rapid.IntRange(0, 7).Draw(t, "rows"),
			Cols:  rapid.IntRange(0, 300).Draw(t, "cols"),
			Order: Order(rapid.IntRange(int(AsStored), int(FlippedByHeader)).Draw(t, "order")),
			FanIn: rapid.IntRange(0, 2).Draw(t, "fan in"),
		}
	}), 0, 8).Draw(t, "slots")
	for _, s := range slots {
		if s.Name == rollingVariance {
			s.FanIn = 0
		}
	}
	return slots
}

func TestWriteThenRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h, slots := anyHeader(t), anySlots(t)
		Randomize(slots, rapid.Uint64().Draw(t, "seed"))
		file := encode(t, h, slots)
		if int64(len(file)) != FileSize(h, slots) {
			t.Fatalf("%d bytes written, FileSize says %d", len(file), FileSize(h, slots))
		}
		size := int64(len(file))
		if rapid.Bool().Draw(t, "size unknown") {
			size = -1
		}
		back := emptied(slots)
		got, err := Read(bytes.NewReader(file), "x.weights", size, back, ReadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if got != h {
			t.Fatalf("header %+v, want %+v", got, h)
		}
		sameData(t, back, slots)
		if !bytes.Equal(encode(t, got, back), file) {
			t.Fatal("written again the file differs")
		}
	})
}

func TestFileOrder(t *testing.T) {
	inMemory := []float32{1, 2, 3, 4, 5, 6}
	asIs, flipped := inMemory, []float32{1, 4, 2, 5, 3, 6}
	transposing := Header{Major: 1001}
	tests := []struct {
		order  Order
		header Header
		want   []float32
	}{
		{AsStored, current, asIs},
		{AsStored, transposing, asIs},
		{Flipped, current, flipped},
		{Flipped, transposing, flipped},
		{FlippedByHeader, current, asIs},
		{FlippedByHeader, transposing, flipped},
	}
	for _, tt := range tests {
		slot := Slot{Rows: 2, Cols: 3, Order: tt.order, Data: inMemory}
		file := encode(t, tt.header, []*Slot{&slot})
		got := make([]float32, 6)
		if _, err := readFloatsPortable(bytes.NewReader(file[tt.header.Size():]), got); err != nil {
			t.Fatal(err)
		}
		for i := range got {
			if got[i] != tt.want[i] {
				t.Errorf("order %d with version %d: the file has %v, want %v", tt.order, tt.header.Major, got, tt.want)
				break
			}
		}
	}
}

// TestTransposeInTiles goes through arrays around and above the extent of a tile.
func TestTransposeInTiles(t *testing.T) {
	for _, extent := range [][2]int{
		{1, 1}, {1, chunkFloats + 1}, {chunkFloats - 1, 2}, {chunkFloats, 2}, {chunkFloats + 1, 3}, {257, 600}, {3, chunkFloats / 2},
	} {
		rows, cols := extent[0], extent[1]
		want := make([]float32, rows*cols)
		for i := range want {
			want[i] = float32(i)
		}
		var file bytes.Buffer
		if err := writeTransposed(&file, want, rows, cols); err != nil {
			t.Fatal(err)
		}
		stored := make([]float32, rows*cols)
		if _, err := readFloats(bytes.NewReader(file.Bytes()), stored); err != nil {
			t.Fatal(err)
		}
		got := make([]float32, rows*cols)
		if n, err := readTransposed(&file, got, rows, cols); err != nil || n != int64(4*rows*cols) {
			t.Fatalf("%d×%d: %d bytes read, error %v", rows, cols, n, err)
		}
		for i := range want {
			if r, c := i/cols, i%cols; got[i] != want[i] || stored[c*rows+r] != want[i] {
				t.Fatalf("%d×%d: row %d, column %d is %v, in the file %v, want %v", rows, cols, r, c, got[i], stored[c*rows+r], want[i])
			}
		}
	}
}

func TestPortableFloatsEqualNative(t *testing.T) {
	for _, n := range []int{0, 1, chunkFloats - 1, chunkFloats, 2*chunkFloats + 3} {
		want := make([]float32, n)
		for i := range want {
			want[i] = float32(i) - 0.3
		}
		var native, portable bytes.Buffer
		if err := writeFloats(&native, want); err != nil {
			t.Fatal(err)
		}
		if err := writeFloatsPortable(&portable, want); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(native.Bytes(), portable.Bytes()) {
			t.Fatalf("%d values are written differently", n)
		}
		for name, read := range map[string]func([]float32) (int64, error){
			"native":   func(dst []float32) (int64, error) { return readFloats(&native, dst) },
			"portable": func(dst []float32) (int64, error) { return readFloatsPortable(&portable, dst) },
		} {
			got := make([]float32, n)
			if bytesRead, err := read(got); err != nil || bytesRead != int64(4*n) {
				t.Fatalf("%s: %d of %d values: %d bytes, error %v", name, n, n, bytesRead, err)
			}
			for i := range want {
				if got[i] != want[i] {
					t.Fatalf("%s: value %d is %v, want %v", name, i, got[i], want[i])
				}
			}
		}
	}
}

func TestHeader(t *testing.T) {
	tests := []struct {
		h                Header
		wide, transposed bool
	}{
		{Header{Major: 0, Minor: 2, Revision: 5}, true, false},
		{Header{Major: 0, Minor: 1}, false, false},
		{Header{Revision: 7}, false, false},
		{Header{Major: 1}, true, false},
		{Header{Major: 1001}, true, true},
		{Header{Minor: 1001}, true, true},
		{Header{Major: 1000}, true, false},
		{Header{Major: math.MaxInt32, Minor: math.MaxInt32}, true, true},
		{Header{Major: math.MinInt32, Minor: math.MinInt32}, false, false},
	}
	for _, tt := range tests {
		if tt.h.WideSeen() != tt.wide || tt.h.Transposed() != tt.transposed || tt.h.Size() != map[bool]int{false: 16, true: 20}[tt.wide] {
			t.Errorf("%+v: wide %v, transposed %v, size %d", tt.h, tt.h.WideSeen(), tt.h.Transposed(), tt.h.Size())
		}
		tt.h.Seen = 4_000_000_000
		b := encode(t, tt.h, nil)
		if got, err := ReadHeader(bytes.NewReader(append(b, 7))); err != nil || got != tt.h {
			t.Errorf("%+v came back as %+v, %v", tt.h, got, err)
		}
	}
	if err := Write(&bytes.Buffer{}, Header{Seen: 1 << 32}, nil); err == nil {
		t.Error("a count of 33 bits was written in 32")
	}
}

func TestPartialFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "small.conv.2")
	full := smallNet()
	Randomize(full, 1)
	if err := WriteFile(path, current, full, 2); err != nil {
		t.Fatal(err)
	}
	part := smallNet()
	part[6].Data = []float32{1, 2, 3, 4, 5, 6} // given by the caller and not in the file
	h, err := ReadFile(path, part, ReadOptions{Cutoff: 2})
	if err != nil || h != current {
		t.Fatalf("header %+v, error %v", h, err)
	}
	sameData(t, part[:5], full[:5])
	for i, v := range part[6].Data {
		if v != float32(i+1) {
			t.Errorf("the caller's values became %v", part[6].Data)
			break
		}
	}
	for _, s := range part {
		if len(s.Data) != s.Len() {
			t.Errorf("the %s of %s have %d values", s.Name, s.Owner, len(s.Data))
		}
	}

	above := smallNet()
	above[8].Fill = 0.5
	if _, err := ReadFile(path, above, ReadOptions{Cutoff: 2}); err != nil {
		t.Fatal(err)
	}
	for _, v := range above[8].Data {
		if v != 0.5 {
			t.Fatalf("an array beyond the cutoff has %v, want its Fill", above[8].Data)
		}
	}
}

func TestExtraBytes(t *testing.T) {
	slots := smallNet()
	Randomize(slots, 2)
	file := append(encode(t, current, slots), "surplus"...)
	for _, size := range []int64{int64(len(file)), -1} {
		back := smallNet()
		if _, err := Read(bytes.NewReader(file), "x.weights", size, back, ReadOptions{AllowExtra: true}); err != nil {
			t.Fatal(err)
		}
		sameData(t, back, slots)
	}
}

func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "small.weights")
	slots := smallNet()
	Randomize(slots, 3)
	for range 2 { // the second time it replaces the first file
		if err := WriteFile(path, current, slots, 0); err != nil {
			t.Fatal(err)
		}
	}
	back := smallNet()
	if _, err := ReadFile(path, back, ReadOptions{}); err != nil {
		t.Fatal(err)
	}
	sameData(t, back, slots)

	if err := WriteFile(path, Header{Seen: 1 << 40}, slots, 0); err == nil {
		t.Error("an impossible header was written")
	}
	if err := WriteFile(dir, current, slots, 0); err == nil {
		t.Error("a folder was replaced")
	}
	if err := WriteFile(filepath.Join(dir, "missing", "small.weights"), current, slots, 0); err == nil {
		t.Error("a file was written to a folder that is not there")
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("the folder holds %v, %v, want one file", entries, err)
	}
	again := smallNet()
	if _, err := ReadFile(path, again, ReadOptions{}); err != nil {
		t.Errorf("after failed writing: %v", err)
	}
}

func TestRandomize(t *testing.T) {
	slots, again, other := smallNet(), smallNet(), smallNet()
	Randomize(slots, 4)
	Randomize(again, 4)
	Randomize(other, 5)
	sameData(t, again, slots)
	if slots[4].Data[0] == other[4].Data[0] {
		t.Error("two seeds give the same weights")
	}
	const firstWeight = 0.38464236
	if got := slots[4].Data[0]; math.Abs(float64(got-firstWeight)) > 1e-6 {
		t.Errorf("first weight %v, want %v on every machine", got, firstWeight)
	}
	for _, s := range slots {
		limit, middle := 0.1, float64(s.Fill)
		switch {
		case s.FanIn > 0:
			limit = math.Sqrt(2 / float64(s.FanIn))
		case s.Name == "rolling_variance":
			limit = 0.25
		}
		for _, v := range s.Data {
			if math.Abs(float64(v)-middle) > limit+1e-6 {
				t.Errorf("%s: %v is beyond %v±%v", s.Name, v, middle, limit)
			}
		}
	}
}

// TestGoldenFiles reads the files of the reference program as one long array each and writes
// them again. It needs ../../shared.
func TestGoldenFiles(t *testing.T) {
	files, _ := filepath.Glob("../../shared/golden/dev/*/net.weights")
	if len(files) == 0 {
		t.Skip("../../shared/golden/dev is not there")
	}
	for _, file := range files {
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		h, err := ReadHeader(bytes.NewReader(want))
		if err != nil {
			t.Fatal(err)
		}
		body := len(want) - h.Size()
		slots := []*Slot{{Owner: "layer 0", Name: "weights", Rows: 1, Cols: body / 4}}
		if _, err := ReadFile(file, slots, ReadOptions{AllowExtra: true}); err != nil {
			t.Error(err)
			continue
		}
		if got := encode(t, h, slots); !bytes.Equal(got, want[:len(want)-body%4]) {
			t.Errorf("%s: written again the file differs", file)
		}
	}
}

func TestWrongDataIsABug(t *testing.T) {
	slots := smallNet()
	Randomize(slots, 6)
	slots[3].Data = slots[3].Data[:1]
	defer func() {
		if recover() == nil {
			t.Error("an array of a wrong length was written")
		}
	}()
	_ = Write(&bytes.Buffer{}, current, slots)
}
