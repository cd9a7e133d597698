// Package testkit reads the reference data that tests of several packages share.
package testkit

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// Root is the project's folder.
func Root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..")
}

// Shared returns a path in the folder `shared` beside the project, which holds pictures,
// trained models and cfgs that can't be part of it. The test is skipped where it is absent.
func Shared(t testing.TB, elem ...string) string {
	t.Helper()
	dir := filepath.Join(Root(), "..", "shared")
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("needs the folder ../shared beside the project: %v", err)
	}
	return filepath.Join(append([]string{dir}, elem...)...)
}

// Float32s reads a file of little-endian float32 values.
func Float32s(t testing.TB, path string) []float32 {
	t.Helper()
	data := Bytes(t, path)
	if len(data)%4 != 0 {
		t.Fatalf("%s: %d bytes are no float32 values", path, len(data))
	}
	values := make([]float32, len(data)/4)
	for i := range values {
		values[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
	}
	return values
}

// Bytes reads a file.
func Bytes(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// JSON reads a JSON file into v.
func JSON(t testing.TB, path string, v any) {
	t.Helper()
	if err := json.Unmarshal(Bytes(t, path), v); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// Worst returns the index at which |got-want| - tolerance·(1+|want|) is largest, and whether
// it is above zero there. A NaN on one side only is worst of all.
func Worst(got, want []float32, tolerance float64) (index int, beyond bool) {
	largest := math.Inf(-1)
	for i := range want {
		a, b := float64(got[i]), float64(want[i])
		excess := math.Abs(a-b) - tolerance*(1+math.Abs(b))
		if a == b || a != a && b != b {
			excess = -tolerance
		} else if excess != excess {
			excess = math.Inf(1)
		}
		if excess > largest {
			index, largest = i, excess
		}
	}
	return index, largest > 0
}
