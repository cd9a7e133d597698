package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"

	"github.com/ghostdark/ghostdark/internal/atomicfile"
	"github.com/ghostdark/ghostdark/tensor"
)

// dumpFormats are the forms in which values are written to files.
var dumpFormats = map[string]func(io.Writer, tensor.Tensor) error{"f32": writeF32, "npy": writeNPY}

// dump writes values to the file layer-NN.FORMAT in a folder, which is made if need be. It
// returns the file's path.
func dump(folder, format string, layer int, t tensor.Tensor) (path string, err error) {
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return "", err
	}
	path = filepath.Join(folder, fmt.Sprintf("layer-%02d.%s", layer, format))
	return path, atomicfile.Write(path, func(w io.Writer) error { return dumpFormats[format](w, t) })
}

// writeF32 writes the values alone, as little-endian float32.
func writeF32(w io.Writer, t tensor.Tensor) error {
	var word [4]byte
	for _, v := range t.Data {
		binary.LittleEndian.PutUint32(word[:], math.Float32bits(v))
		if _, err := w.Write(word[:]); err != nil {
			return err
		}
	}
	return nil
}

// writeNPY writes NumPy's format 1.0: a magic string, the length of the header, the header, as
// a Python dictionary padded to a multiple of 64 bytes, and the values.
func writeNPY(w io.Writer, t tensor.Tensor) error {
	header := fmt.Sprintf("{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d, %d, %d), }", t.N, t.Shape.C, t.Shape.H, t.Shape.W)
	const before, align = 10, 64 // bytes of magic string, version and length
	header += strings.Repeat(" ", align-1-(before+len(header))%align) + "\n"
	magic := binary.LittleEndian.AppendUint16([]byte("\x93NUMPY\x01\x00"), uint16(len(header)))
	if _, err := w.Write(append(magic, header...)); err != nil {
		return err
	}
	return writeF32(w, t)
}

// readF32 reads a file of little-endian float32 values that holds one or several inputs of
// the given shape, and at most limit bytes.
func readF32(path string, shape tensor.Shape, limit int64) (tensor.Tensor, error) {
	f, err := os.Open(path)
	if err != nil {
		return tensor.Tensor{}, err
	}
	defer f.Close()
	check := func(size int64) error {
		one := 4 * int64(shape.Len())
		switch {
		case size > limit:
			return fmt.Errorf("%s: larger than --max-memory", path)
		case size == 0 || size%one != 0:
			return fmt.Errorf("%s: %s bytes, but the network's input is %v = %s float32 values (%s bytes), or a multiple of that for a batch",
				path, thousands(size), shape, thousands(one/4), thousands(one))
		}
		return nil
	}
	info, err := f.Stat()
	switch {
	case err != nil:
		return tensor.Tensor{}, err
	case info.IsDir():
		return tensor.Tensor{}, fmt.Errorf("%s: is a folder, not a file of float32 values", path)
	case info.Mode().IsRegular():
		if err := check(info.Size()); err != nil {
			return tensor.Tensor{}, err
		}
	}
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return tensor.Tensor{}, err
	}
	if err := check(int64(len(data))); err != nil {
		return tensor.Tensor{}, err
	}
	t := tensor.New(len(data)/4/shape.Len(), shape)
	for i := range t.Data {
		v := math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
		if v-v != 0 {
			return tensor.Tensor{}, fmt.Errorf("%s: value %d is %v; every value must be finite", path, i, v)
		}
		t.Data[i] = v
	}
	return t, nil
}
