package weights

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
)

// smallFile returns a good file of smallNet: 36 values, 164 bytes.
func smallFile(t *testing.T, h Header) []byte {
	t.Helper()
	slots := smallNet()
	Randomize(slots, 7)
	return encode(t, h, slots)
}

// withValue returns the file with value number i replaced.
func withValue(file []byte, i int, v float32) []byte {
	file = bytes.Clone(file)
	binary.LittleEndian.PutUint32(file[current.Size()+4*i:], math.Float32bits(v))
	return file
}

func TestReadErrors(t *testing.T) {
	good := smallFile(t, current)
	at := func(values int) int { return current.Size() + 4*values }
	narrow := smallFile(t, Header{Minor: 1})
	asWide := bytes.Clone(narrow)
	copy(asWide, good[:12])
	asNarrow := bytes.Clone(good)
	copy(asNarrow, narrow[:12])
	strange := append(binary.LittleEndian.AppendUint32(nil, 77777), good[4:at(9)]...)

	tests := []struct {
		name   string
		file   []byte
		cutoff int
		want   string
	}{
		{"empty", nil, 0, `x.weights: the file is empty`},
		{"inside the version", good[:7], 0, `x.weights: the file ends inside its header, after 7 bytes`},
		{"inside the header", good[:19], 0, `x.weights: the file ends inside its header, after 19 bytes`},
		{"header only", good[:20], 0, `x.weights: the network wants 36 floats, the file holds 0: it ends after its header; ` +
			`the copy or download was cut short, or these are the weights of another network or of other classes=`},
		{"inside an array", good[:at(14)], 0, `x.weights: the network wants 36 floats, the file holds 14: it ends inside the weights of ` +
			`layer 0 [convolutional] (line 8): 2 of 6 values; ` +
			`the copy or download was cut short, or these are the weights of another network or of other classes=`},
		{"between arrays", good[:at(3)], 0, `x.weights: the network wants 36 floats, the file holds 3: it ends before the scales of ` +
			`layer 0 [convolutional] (line 8); ` +
			`the copy or download was cut short, or these are the weights of another network or of other classes=`},
		{"between layers", good[:at(18)], 0, `x.weights: the network wants 36 floats, the file holds 18: it ends exactly after layer 0; ` +
			`if it is a partial file (as name.conv.1) pass --cutoff 1`},
		{"between later layers", good[:at(26)], 0, `x.weights: the network wants 36 floats, the file holds 26: it ends exactly after layer 2; ` +
			`if it is a partial file (as name.conv.3) pass --cutoff 3`},
		{"short of the cutoff", good[:at(16)], 1, `x.weights: the network wants 18 floats, the file holds 16: it ends inside the weights of ` +
			`layer 0 [convolutional] (line 8): 4 of 6 values; ` +
			`the copy or download was cut short, or these are the weights of another network or of other classes=`},
		{"torn", good[:at(14)+1], 0, `x.weights: the network wants 36 floats, the file holds 14 and 1 byte: it ends inside the weights of ` +
			`layer 0 [convolutional] (line 8): 2 of 6 values; 77 bytes is no whole number of floats, so the file is torn: copy or download it again`},
		{"torn between layers", good[:at(18)+2], 0, `x.weights: the network wants 36 floats, the file holds 18 and 2 bytes: it ends inside the biases of ` +
			`layer 2 [convolutional] (line 24): 0 of 2 values; 94 bytes is no whole number of floats, so the file is torn: copy or download it again`},
		{"too long", append(bytes.Clone(good), make([]byte, 8)...), 0, `x.weights: the network wants 36 floats, the file holds 38: 2 floats (8 bytes) too many; ` +
			`these may be the weights of another network or of other classes=`},
		{"too long for the cutoff", good, 3, `x.weights: the network wants 26 floats, the file holds 36: 10 floats (40 bytes) too many; ` +
			`these may be the weights of another network or of other classes=`},
		{"narrow taken for wide", asWide, 0, `x.weights: the network wants 36 floats, the file holds 35: it ends inside the weights of ` +
			`layer 3 [connected] (line 32): 7 of 8 values; ` +
			`it would fit with a header of 16 bytes instead of 20, so the version 0.2.5 in the header may be wrong`},
		{"wide taken for narrow", asNarrow, 0, `x.weights: the network wants 36 floats, the file holds 37: 1 float (4 bytes) too many; ` +
			`it would fit with a header of 20 bytes instead of 16, so the version 0.1.0 in the header may be wrong`},
		{"strange version", strange, 0, `x.weights: the network wants 36 floats, the file holds 9: it ends before the rolling_variance of ` +
			`layer 0 [convolutional] (line 8); its header says version 77777.2.5, which no darknet writes: is it a weights file at all?`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			slots := smallNet()
			_, err := Read(bytes.NewReader(tt.file), "x.weights", int64(len(tt.file)), slots, ReadOptions{Cutoff: tt.cutoff})
			var wrong *SizeError
			if !errors.As(err, &wrong) {
				t.Fatalf("error %v, want a *SizeError", err)
			}
			if err.Error() != tt.want {
				t.Errorf("message\n%s\nwant\n%s", err, tt.want)
			}
			if wrong.Short() != (wrong.Have < wrong.Want) {
				t.Errorf("%d of %d bytes: short is %v", wrong.Have, wrong.Want, wrong.Short())
			}
			for _, s := range slots {
				if s.Data != nil {
					t.Fatalf("the %s of %s were allocated for a file that does not fit", s.Name, s.Owner)
				}
			}

			_, err = Read(bytes.NewReader(tt.file), "x.weights", -1, slots, ReadOptions{Cutoff: tt.cutoff})
			if !errors.As(err, &wrong) {
				t.Fatalf("as a stream: error %v, want a *SizeError", err)
			}
			if wrong.Have >= 0 && err.Error() != tt.want {
				t.Errorf("as a stream: message\n%s\nwant\n%s", err, tt.want)
			}
		})
	}
}

func TestStreamTooLong(t *testing.T) {
	file := append(smallFile(t, current), 0)
	_, err := Read(bytes.NewReader(file), "x.weights", -1, smallNet(), ReadOptions{})
	const want = `x.weights: the network wants 36 floats, the file holds more; these may be the weights of another network or of other classes=`
	if err == nil || err.Error() != want {
		t.Errorf("message\n%v\nwant\n%s", err, want)
	}
}

func TestReadDamagedValues(t *testing.T) {
	good := smallFile(t, current)
	tests := []struct {
		index int
		value float32
		want  string
	}{
		{14, float32(math.NaN()), `x.weights: value 2 of 6 in the weights of layer 0 [convolutional] (line 8) is NaN, ` +
			`no finite number: the file is damaged, belongs to another network or comes from a training that diverged`},
		{35, float32(math.Inf(-1)), `x.weights: value 7 of 8 in the weights of layer 3 [connected] (line 32) is -Inf, ` +
			`no finite number: the file is damaged, belongs to another network or comes from a training that diverged`},
		{9, float32(math.Inf(-1)), `x.weights: value 0 of 3 in the rolling_variance of layer 0 [convolutional] (line 8) is -Inf, ` +
			`no finite number: the file is damaged, belongs to another network or comes from a training that diverged`},
		{10, -0.5, `x.weights: value 1 of 3 in the rolling_variance of layer 0 [convolutional] (line 8) is -0.5: ` +
			`a variance cannot be negative; the file is damaged or belongs to another network`},
	}
	for _, tt := range tests {
		_, err := Read(bytes.NewReader(withValue(good, tt.index, tt.value)), "x.weights", int64(len(good)), smallNet(), ReadOptions{})
		var damaged *ValueError
		if !errors.As(err, &damaged) {
			t.Errorf("value %d = %v: error %v, want a *ValueError", tt.index, tt.value, err)
		} else if err.Error() != tt.want {
			t.Errorf("message\n%s\nwant\n%s", err, tt.want)
		}
	}
	if _, err := Read(bytes.NewReader(withValue(good, 9, 0)), "x.weights", -1, smallNet(), ReadOptions{}); err != nil {
		t.Errorf("a variance of 0: %v", err)
	}
}

func TestReadOtherFormats(t *testing.T) {
	tests := []struct{ file, looks string }{
		{"<!DOCTYPE html>\n<html lang=en>", "a web page (was it downloaded from a page about the file?)"},
		{"\ufeff\n <HTML><body>not found", "a web page (was it downloaded from a page about the file?)"},
		{"<?xml version='1.0'?><net/>", "an XML text"},
		{`{"message": "not found"}`, "a JSON text"},
		{"404: Not Found", "a text"},
		{"Größe überschritten", "a text"},
		{"[net]\nwidth=416\n", "a cfg (are cfg and weights swapped?)"},
		{"# Ghost\n[net]\nwidth=416\n", "a cfg (are cfg and weights swapped?)"},
		{"version https://git-lfs.github.com/spec/v1\noid sha256:", "a Git LFS pointer (run `git lfs pull` to get the file it stands for)"},
		{"PK\x03\x04\x00\x00\x08\x08\x00\x00", "a zip archive (PyTorch saves its models as such)"},
		{"\x1f\x8b\x08\x00\x00\x00\x00\x00", "a gzip archive (unpack it first)"},
		{"\x80\x02\x8a\x0a\x6c\xfc", "a Python pickle (old PyTorch saves its models as such)"},
		{"\x89HDF\r\n\x1a\n\x00", "an HDF5 file (Keras saves its models as such)"},
		{"\x40\x9c\x00\x00\x00\x00\x00\x00{\"conv\":", "a safetensors model"},
		{"\x1c\x00\x00\x00TFL3\x00\x00", "a TensorFlow Lite model"},
		{"\x08\x07\x12\x07pytorch\x1a\x05", "an ONNX model"},
		{"\xff\xd8\xff\xe0\x00\x10JFIF", "a JPEG picture"},
	}
	for _, tt := range tests {
		_, err := Read(strings.NewReader(tt.file), "x.weights", int64(len(tt.file)), smallNet(), ReadOptions{})
		var other *FormatError
		if !errors.As(err, &other) {
			t.Errorf("%q: error %v, want a *FormatError", tt.file, err)
		} else if want := "x.weights: this is no weights file, it looks like " + tt.looks; err.Error() != want {
			t.Errorf("message\n%s\nwant\n%s", err, want)
		}
	}
}

// TestHeadersAreNotTakenForOtherFormats reads files that begin like those that darknet writes.
func TestHeadersAreNotTakenForOtherFormats(t *testing.T) {
	for major := range int32(1200) {
		for _, minor := range []int32{0, 1, 2, 1001} {
			head, err := Header{Major: major, Minor: minor, Revision: 5, Seen: 500_200 * 64}.bytes()
			if err != nil {
				t.Fatal(err)
			}
			if looks := sniff(append(head, 0, 0, 0x80, 0x3f)); looks != "" {
				t.Fatalf("version %d.%d looks like %s", major, minor, looks)
			}
		}
	}
}

// TestTruncation cuts a small file at every byte.
func TestTruncation(t *testing.T) {
	for _, h := range []Header{current, {Minor: 1}, {Major: 1001}} {
		file := smallFile(t, h)
		for n := range file {
			for _, size := range []int64{int64(n), int64(len(file)), -1} {
				_, err := Read(bytes.NewReader(file[:n]), "x.weights", size, smallNet(), ReadOptions{AllowExtra: true})
				var short *SizeError
				if !errors.As(err, &short) || !short.Short() || short.Have != int64(n) {
					t.Fatalf("version %d.%d, %d of %d bytes, size given as %d: error %v", h.Major, h.Minor, n, len(file), size, err)
				}
			}
		}
	}
}

func TestReadFileErrors(t *testing.T) {
	if _, err := ReadFile(filepath.Join(t.TempDir(), "none.weights"), smallNet(), ReadOptions{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	dir := t.TempDir()
	if _, err := ReadFile(dir, smallNet(), ReadOptions{}); err == nil || err.Error() != dir+": is a folder, not a weights file" {
		t.Errorf("a folder: %v", err)
	}
}

func TestReadPassesOnDeviceErrors(t *testing.T) {
	broken := errors.New("bad sector")
	file := smallFile(t, current)
	for _, n := range []int{0, 30} {
		r := io.MultiReader(bytes.NewReader(file[:n]), iotest.ErrReader(broken))
		if _, err := Read(r, "x.weights", -1, smallNet(), ReadOptions{}); !errors.Is(err, broken) || !strings.HasPrefix(err.Error(), "x.weights: ") {
			t.Errorf("after %d bytes: %v", n, err)
		}
	}
	big := []*Slot{{Owner: "layer 0 [local] (line 9)", Name: "weights", Rows: 1, Cols: 1000}}
	r := io.MultiReader(bytes.NewReader(make([]byte, 1000)), iotest.ErrReader(broken))
	if _, err := Read(r, "x.weights", -1, big, ReadOptions{}); err == nil ||
		err.Error() != "x.weights: reading the weights of layer 0 [local] (line 9): bad sector" {
		t.Errorf("inside an array: %v", err)
	}
}
