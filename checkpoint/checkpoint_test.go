package checkpoint

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ghostdark/ghostdark/internal/testkit"
)

// TestFormats reads the same tensors from all formats.
func TestFormats(t *testing.T) {
	wrapped := newPickle().raw("}(").text("epoch").number(3).text("state_dict").state(samples).
		text("args").raw("cargparse\nNamespace\n)R}").text("lr").raw("G12345678sbu").end()
	for format, data := range map[string][]byte{
		"PyTorch":             zipped(newPickle().state(samples).end(), storagesOf(samples)),
		"PyTorch, before 1.6": legacy(samples),
		"safetensors":         safeOf(samples),
		"PyTorch wrapped":     zipped(wrapped, storagesOf(samples)),
	} {
		f, err := read(data)
		if err != nil {
			t.Errorf("%s: %v", format, err)
			continue
		}
		if want, _, _ := strings.Cut(format, " wrapped"); f.Format != want {
			t.Errorf("format %q, want %q", f.Format, want)
		}
		if wrapped := strings.HasSuffix(format, "wrapped"); wrapped != slices.Contains(f.Foreign, "argparse.Namespace") {
			t.Errorf("%s: foreign calls %v", format, f.Foreign)
		}
		k := 0
		for _, s := range samples {
			if format == "safetensors" && s.strides != nil {
				continue
			}
			if k >= len(f.Tensors) {
				t.Fatalf("%s: no tensor %s", format, s.name)
			}
			got := f.Tensors[k]
			k++
			values, err := f.Float32s(got)
			if err != nil || got.Name != s.name || !slices.Equal(got.Dims, s.dims) || !slices.Equal(values, s.want()) {
				t.Errorf("%s: %s %v %v, want %s %v %v; %v", format, got.Name, got.Dims, values, s.name, s.dims, s.want(), err)
			}
		}
	}
}

// TestSharedCheckpoint reads what PyTorch wrote, in both formats.
func TestSharedCheckpoint(t *testing.T) {
	tables := map[string]map[string][]float32{}
	for _, ext := range []string{"pth", "safetensors"} {
		f, err := Open(testkit.Shared(t, "golden", "import", "ghostnet-0.35x."+ext))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		tables[ext] = map[string][]float32{}
		for _, tensor := range f.Tensors {
			if tensor.Type != Float32 {
				continue
			}
			if tables[ext][tensor.Name], err = f.Float32s(tensor); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(tables["pth"]) != 432 {
		t.Errorf("%d tensors", len(tables["pth"]))
	}
	for name, want := range tables["safetensors"] {
		if got := tables["pth"][name]; !slices.Equal(got, want) {
			t.Errorf("%s differs", name)
		}
	}
}

// TestTypes reads values of each floating-point type.
func TestTypes(t *testing.T) {
	le := binary.LittleEndian
	for _, c := range []struct {
		name  string
		bytes []byte
		want  []float32
	}{
		{"F32", le.AppendUint32(nil, math.Float32bits(-1.5)), []float32{-1.5}},
		{"F64", le.AppendUint64(nil, math.Float64bits(.1)), []float32{.1}},
		{"BF16", le.AppendUint16(nil, 0x3fc0), []float32{1.5}},
		{"F16", le.AppendUint16(le.AppendUint16(le.AppendUint16(nil, 0xc100), 1), 0x7bff), []float32{-2.5, 1. / (1 << 24), 65504}},
	} {
		n := len(c.want)
		entry := `{"x": {"dtype": "` + c.name + `", "shape": [` + string(rune('0'+n)) + `], "data_offsets": [0, ` + string(rune('0'+len(c.bytes))) + `]}}`
		f := mustRead(t, safe(entry, c.bytes))
		if got, err := f.Float32s(f.Tensors[0]); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v; %v", c.name, got, c.want, err)
		}
	}
	for bits, want := range map[uint16]float64{0x7c00: math.Inf(1), 0xfc00: math.Inf(-1), 0x7e00: math.NaN()} {
		if got := float64(half(bits)); got != want && !math.IsNaN(want) || math.IsNaN(got) != math.IsNaN(want) {
			t.Errorf("half(%#x) = %v, want %v", bits, got, want)
		}
	}
}

// TestOpen checks what can go wrong with files before their content matters.
func TestOpen(t *testing.T) {
	folder := t.TempDir()
	if _, err := Open(folder); err == nil || !strings.Contains(err.Error(), "is a folder; give the checkpoint in it") {
		t.Error(err)
	}
	if _, err := Open(filepath.Join(folder, "none")); !os.IsNotExist(err) {
		t.Error(err)
	}
	good := filepath.Join(folder, "good")
	if err := os.WriteFile(good, safeOf(samples), 0o666); err != nil {
		t.Fatal(err)
	}
	f, err := Open(good)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if _, err := f.Float32s(f.Tensors[0]); err == nil {
		t.Error("a closed file can be read")
	}
}

// TestEveryByteMissing cuts sound files short: nothing but an error may come of it, except where only the end of an
// archive's table of contents is left out.
func TestEveryByteMissing(t *testing.T) {
	for name, data := range map[string][]byte{
		"zip": zipped(newPickle().state(samples).end(), storagesOf(samples)), "legacy": legacy(samples), "safetensors": safeOf(samples),
	} {
		for n := range data {
			if _, err := readAll(bytes.Clone(data[:n])); err == nil {
				t.Errorf("%s: %d of %d bytes are enough", name, n, len(data))
			}
		}
	}
}
