package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/ghostdark/ghostdark/internal/testkit"
	"github.com/ghostdark/ghostdark/tensor"
)

// TestRunGolden runs small networks of the reference and compares every layer's file and the
// printed output.
func TestRunGolden(t *testing.T) {
	const tolerance = 1e-5
	for _, name := range []string{"softmax", "ghost-module", "csp-block", "lstm"} {
		t.Run(name, func(t *testing.T) {
			dir, folder := filepath.Join(testkit.Root(), "testdata", "golden", name), t.TempDir()
			var want struct {
				Layers []struct {
					Index int
					Type  string
					Out   [3]int
					File  string
				}
				OutputLayer int `json:"output_layer"`
			}
			testkit.JSON(t, filepath.Join(dir, "expect.json"), &want)
			var got runJSON
			if err := json.Unmarshal(invoke(t, "run", filepath.Join(dir, "net.cfg"), filepath.Join(dir, "net.weights"),
				"--input-f32", filepath.Join(dir, "input.f32"), "--dump", folder, "--json"), &got); err != nil {
				t.Fatal(err)
			}
			if got.Layer != want.OutputLayer || len(got.Layers) != len(want.Layers) {
				t.Fatalf("layer %d of %d, want %d of %d", got.Layer, len(got.Layers), want.OutputLayer, len(want.Layers))
			}
			for i, w := range want.Layers {
				if g := got.Layers[i]; g.Index != w.Index || g.Type != w.Type || g.Shape != w.Out || g.File != filepath.Join(folder, w.File) {
					t.Errorf("layer %+v, want %+v", g, w)
				}
				expected := testkit.Float32s(t, filepath.Join(dir, w.File))
				if at, beyond := testkit.Worst(testkit.Float32s(t, got.Layers[i].File), expected, tolerance); beyond {
					t.Errorf("layer %d differs from the reference at value %d", i, at)
				}
				if i == want.OutputLayer {
					if at, beyond := testkit.Worst(got.Output, expected, tolerance); beyond {
						t.Errorf("the output differs from the reference at value %d", at)
					}
				}
			}
		})
	}
}

// TestRunBatch runs two inputs at once, which must give what they give one by one.
func TestRunBatch(t *testing.T) {
	dir, folder := filepath.Join(testkit.Root(), "testdata", "golden", "softmax"), t.TempDir()
	one := testkit.Bytes(t, filepath.Join(dir, "input.f32"))
	reversed := make([]byte, 0, len(one))
	for i := len(one) - 4; i >= 0; i -= 4 {
		reversed = append(reversed, one[i:i+4]...)
	}
	run := func(input []byte) runJSON {
		file := filepath.Join(folder, "input.f32")
		if err := os.WriteFile(file, input, 0o666); err != nil {
			t.Fatal(err)
		}
		var r runJSON
		out := invoke(t, "run", filepath.Join(dir, "net.cfg"), filepath.Join(dir, "net.weights"), "--input-f32", file, "--json", "--logits")
		if err := json.Unmarshal(out, &r); err != nil {
			t.Fatal(err)
		}
		return r
	}
	a, b, both := run(one), run(reversed), run(append(append([]byte{}, one...), reversed...))
	if both.Batch != 2 || a.Batch != 1 {
		t.Errorf("batches of %d and %d", both.Batch, a.Batch)
	}
	for _, c := range []struct{ both, a, b []float32 }{{both.Output, a.Output, b.Output}, {both.Logits, a.Logits, b.Logits}} {
		if got, want := fmt.Sprint(c.both), fmt.Sprint(append(append([]float32{}, c.a...), c.b...)); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestRunNotFinite(t *testing.T) {
	folder := t.TempDir()
	write := func(name string, content []byte) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, content, 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	values := func(v ...float32) []byte {
		b, err := binary.Append(nil, binary.LittleEndian, v)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	cfg := write("net.cfg", []byte("[net]\nwidth=2\nheight=1\nchannels=1\n[upsample]\nscale=1e30\n[avgpool]\n"))
	header := write("net.weights", values(0, math.Float32frombits(2), math.Float32frombits(5), 0, 0))
	for _, c := range []struct {
		input []float32
		err   string
	}{
		{[]float32{1, float32(math.NaN())}, "value 1 is NaN; every value must be finite"},
		{[]float32{1e30, 0}, "layer 1 [avgpool] (line 7): value 0 of the output is +Inf"},
	} {
		for _, extra := range [][]string{nil, {"--json"}} {
			args := append([]string{"run", cfg, header, "--input-f32", write("input.f32", values(c.input...))}, extra...)
			var stdout, stderr bytes.Buffer
			if code := execute(context.Background(), args, &stdout, &stderr); code != exitFailed || stdout.Len() > 0 || !strings.Contains(stderr.String(), c.err) {
				t.Errorf("%v: exit code %d, %q, %q", c.input, code, &stdout, &stderr)
			}
		}
	}
}

func TestWriteNPY(t *testing.T) {
	for _, shape := range []tensor.Shape{{C: 1, H: 1, W: 1}, {C: 3, H: 4, W: 5}, {C: 255, H: 1, W: 1}} {
		x := tensor.New(2, shape)
		for i := range x.Data {
			x.Data[i] = float32(i) / 2
		}
		var b bytes.Buffer
		if err := writeNPY(&b, x); err != nil {
			t.Fatal(err)
		}
		file := b.Bytes()
		if string(file[:8]) != "\x93NUMPY\x01\x00" {
			t.Fatalf("begins with %q", file[:8])
		}
		length := int(binary.LittleEndian.Uint16(file[8:]))
		header := string(file[10 : 10+length])
		if (10+length)%64 != 0 || !regexp.MustCompile(`^\{'descr': '<f4', 'fortran_order': False, 'shape': \([0-9, ]+\), \} *\n$`).MatchString(header) {
			t.Errorf("header of %d bytes %q", length, header)
		}
		if want := fmt.Sprintf("(2, %d, %d, %d)", shape.C, shape.H, shape.W); !strings.Contains(header, want) {
			t.Errorf("header %q without %s", header, want)
		}
		values := make([]float32, len(x.Data))
		if n, err := binary.Decode(file[10+length:], binary.LittleEndian, values); err != nil || n != len(file)-10-length || fmt.Sprint(values) != fmt.Sprint(x.Data) {
			t.Errorf("values %v (%d bytes, %v)", values, n, err)
		}
	}
}
