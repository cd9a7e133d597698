package weights

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// mapped reads a file as a view and fails the test where it was copied.
func mapped(t *testing.T, path string, slots []*Slot) {
	t.Helper()
	if _, err := ReadFile(path, slots, ReadOptions{Map: true}); err != nil {
		t.Fatal(err)
	}
	if slots[0].mapping == nil {
		t.Skipf("%s maps no files", runtime.GOOS)
	}
}

// saved writes bytes to a file.
func saved(t *testing.T, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.weights")
	if err := os.WriteFile(path, content, 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestMappedEqualsRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.weights")
	rapid.Check(t, func(t *rapid.T) {
		h, slots := anyHeader(t), anySlots(t)
		Randomize(slots, rapid.Uint64().Draw(t, "seed"))
		opt := ReadOptions{Cutoff: rapid.IntRange(0, 3).Draw(t, "cutoff"), AllowExtra: rapid.Bool().Draw(t, "allow extra")}
		file := encode(t, h, slots)
		if rapid.Bool().Draw(t, "damaged") {
			// Any change and any length: what comes of it must be the same.
			at := rapid.IntRange(h.Size()-1, len(file)-1).Draw(t, "at")
			file[at] ^= rapid.Byte().Draw(t, "bits")
			file = append(file, 1, 2, 3, 4, 5)[:rapid.IntRange(0, len(file)+5).Draw(t, "length")]
		}
		if err := os.WriteFile(path, file, 0o666); err != nil {
			t.Fatal(err)
		}
		read, view := emptied(slots), emptied(slots)
		wantHeader, wantErr := ReadFile(path, read, opt)
		opt.Map = true
		gotHeader, gotErr := ReadFile(path, view, opt)
		if gotHeader != wantHeader {
			t.Fatalf("header %+v, want %+v", gotHeader, wantHeader)
		}
		switch {
		case wantErr == nil && gotErr == nil:
			sameData(t, view, read)
		case wantErr == nil || gotErr == nil || gotErr.Error() != wantErr.Error():
			t.Fatalf("error\n%v, want\n%v", gotErr, wantErr)
		}
	})
}

// TestFirstWrongValueIsTold damages values of many arrays, which are checked at the same time.
func TestFirstWrongValueIsTold(t *testing.T) {
	var slots []*Slot
	for range 200 {
		slots = append(slots, &Slot{Owner: "layer 0", Name: "weights", Rows: 1, Cols: 501})
	}
	Randomize(slots, 1)
	file := encode(t, current, slots)
	for k := 77; k < len(slots); k += 3 {
		at := current.Size() + 4*(501*k+k)
		binary.LittleEndian.PutUint32(file[at:], math.Float32bits(float32(math.Inf(1))))
	}
	slots[77].Name = "the first"
	_, err := ReadFile(saved(t, file), slots, ReadOptions{Map: true})
	if err == nil || !strings.Contains(err.Error(), "value 77 of 501 in the the first of layer 0 is +Inf") {
		t.Errorf("error %v", err)
	}
}

func TestAllFinite(t *testing.T) {
	inf := float32(math.Inf(1))
	for n := range 20 {
		values := make([]float32, n)
		for i := range values {
			values[i] = float32(math.Copysign(math.MaxFloat32, float64(i%2)-.5))
		}
		if !allFinite(values) {
			t.Errorf("%d finite values are not", n)
		}
		for i, v := range values {
			for _, wrong := range []float32{inf, -inf, float32(math.NaN())} {
				values[i] = wrong
				if allFinite(values) {
					t.Errorf("%d values with %v at %d are finite", n, wrong, i)
				}
			}
			values[i] = v
		}
	}
}

func TestWritingToViewLeavesFile(t *testing.T) {
	file := smallFile(t, current)
	path := saved(t, file)
	slots := smallNet()
	mapped(t, path, slots)
	Randomize(slots, 99)
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, file) {
		t.Errorf("the file changed, error %v", err)
	}
	again := smallNet()
	mapped(t, path, again)
	if again[4].Data[0] == slots[4].Data[0] {
		t.Error("what was written to one view is seen in another")
	}
}

func TestChangedFile(t *testing.T) {
	const want = "the file was changed while it was in use; load it again"
	path := saved(t, smallFile(t, current))
	slots := smallNet()
	mapped(t, path, slots)
	if err := Unchanged(slots); err != nil {
		t.Fatal(err)
	}
	// Another file in its place is no change.
	if err := os.Rename(saved(t, nil), path); err != nil && runtime.GOOS != "windows" {
		t.Fatal(err)
	}
	if err := Unchanged(slots); err != nil {
		t.Error(err)
	}

	path = saved(t, smallFile(t, current))
	mapped(t, path, slots)
	if err := os.Chtimes(path, time.Time{}, time.Now().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	if err := Unchanged(slots); err == nil || err.Error() != path+": "+want {
		t.Errorf("after writing: %v", err)
	}
}

// TestFileCutShort reads views of what has no file behind it any more.
func TestFileCutShort(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows doesn't let anybody shorten a mapped file")
	}
	big := []*Slot{{Owner: "layer 0", Name: "weights", Rows: 64, Cols: 1024}}
	Randomize(big, 1)
	path := saved(t, encode(t, current, big))
	mapped(t, path, big)
	sum := float32(0)
	read := func() {
		for _, v := range big[0].Data {
			sum += v
		}
	}
	if err := Guard(big, read); err != nil {
		t.Fatal(err)
	}
	m := big[0].mapping
	if err := os.Truncate(path, 100); err != nil {
		t.Fatal(err)
	}
	want := path + ": the file was changed while it was in use; load it again"
	for name, err := range map[string]error{
		"Guard": Guard(big, read), "check": checkAll(path, big), "fill": m.fill(big, Header{Major: 1001}), "Unchanged": Unchanged(big),
	} {
		if err == nil || err.Error() != want {
			t.Errorf("%s: error %v, want %s", name, err, want)
		}
	}
}

func TestGuardPassesOnOtherPanics(t *testing.T) {
	slots := smallNet()
	mapped(t, saved(t, smallFile(t, current)), slots)
	defer func() {
		if got := recover(); got != "BUG: something else" {
			t.Errorf("panic %v", got)
		}
	}()
	_ = Guard(slots, func() { panic("BUG: something else") })
}

// TestViewsLastAsLongAsSlots drops the slots of a view one after another.
func TestViewsLastAsLongAsSlots(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has /proc/self/maps")
	}
	path := saved(t, smallFile(t, current))
	isMapped := func() bool {
		for range 20 {
			runtime.GC() // cleanups run some time after a collection
			maps, err := os.ReadFile("/proc/self/maps")
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Contains(maps, []byte(path)) {
				return false
			}
			time.Sleep(5 * time.Millisecond)
		}
		return true
	}
	slots := smallNet()
	mapped(t, path, slots)
	last := slots[6]
	slots = nil
	if !isMapped() || last.Data[0] == 0 {
		t.Error("the mapping is gone, but a slot is there")
	}
	runtime.KeepAlive(last)
	last = nil
	if isMapped() {
		t.Error("the mapping stays without slots")
	}
}
