// Package checkpoint reads the tensors of models that other frameworks have saved: PyTorch's
// files, in both of its formats, safetensors, and checkpoints of TensorFlow.
//
// Such files come from strangers, and PyTorch's hold a pickle, which is a program. Nothing of it is run: a
// small machine follows its instructions, knows only what tables of tensors are made of,
// and puts a placeholder in the place of everything else. Tables are small and bounded; values are
// read only when they are asked for, and never more of them than the file has bytes.
package checkpoint

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"unicode"
)

// File is a checkpoint's table of tensors. It isn't safe for concurrent use.
type File struct {
	Name string // for messages
	// Format names the file's format for people.
	Format string
	// Tensors are in the order of the file. No two have the same name.
	Tensors []*Tensor
	// Foreign names what Python would have called to read the file besides what makes
	// tensors: `posix.system`. None of it was called. At most 16 are listed.
	Foreign []string

	r      io.ReaderAt
	size   int64
	budget int64 // bytes that may still be read
	close  func() error
}

// Tensor is an array of a checkpoint.
type Tensor struct {
	Name string
	Type Type
	// Dims are the extents, the slowest first; none for a single value. Their product is at most the
	// number of values in the file.
	Dims []int

	strides []int // distance of neighbours along each of Dims, in values
	offset  int   // of the first value in the storage, in values
	storage storage
	sum     uint32 // masked CRC-32C of all bytes of the storage, if summed
	summed  bool
}

// storage is the piece of a file where tensors have their values.
type storage interface {
	// locate returns where the storage begins in the file and how many bytes it has, when
	// they are sound.
	locate() (offset, bytes int64, err error)
}

// Len returns the number of values.
func (t *Tensor) Len() int {
	n := 1
	for _, d := range t.Dims {
		n *= d
	}
	return n
}

// Limits of tables. The largest published GhostNet has 512 tensors, the largest vision models a
// few thousand.
const (
	maxTensors = 1 << 14
	maxDims    = 8
	maxName    = 1 << 9 // bytes
)

// Open opens a checkpoint and reads its table. The file must not change until Close. A checkpoint of TensorFlow is two
// files; path may be either, or the name that they share.
func Open(path string) (*File, error) {
	path = indexOf(path)
	r, content, err := open(path)
	if err != nil {
		return nil, err
	}
	if isTable(r, content.Size()) {
		defer r.Close()
		return openBundle(content, path)
	}
	file, err := Read(r, content.Size(), path)
	if err != nil {
		r.Close()
		return nil, err
	}
	file.close = r.Close
	return file, nil
}

// open opens a file, which must not be a folder or a device.
func open(path string) (*os.File, *io.SectionReader, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	switch {
	case err == nil && info.IsDir():
		err = fmt.Errorf("%s: is a folder; give the checkpoint in it", path)
	case err == nil && !info.Mode().IsRegular():
		err = fmt.Errorf("%s: not a regular file", path)
	}
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return f, io.NewSectionReader(f, 0, info.Size()), nil
}

// Read reads the table of a checkpoint of so many bytes that is a single file. name is for messages.
func Read(r io.ReaderAt, size int64, name string) (*File, error) {
	f := &File{Name: name, r: r, size: size, budget: size}
	head := make([]byte, min(size, 512))
	if _, err := r.ReadAt(head, 0); err != nil && err != io.EOF {
		return nil, f.wrap(err)
	}
	var err error
	switch {
	case size == 0:
		err = errors.New("the file is empty")
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		err = f.readZip()
	case len(head) > 8 && head[8] == '{' && binary.LittleEndian.Uint64(head) < 1<<32:
		err = f.readSafetensors()
	case isPickle(head):
		err = f.readLegacy()
	case isTable(r, size):
		err = errors.New("the index of a TensorFlow checkpoint, whose values are in another file")
	default:
		err = errors.New("neither a PyTorch file (.pth, .pt, .bin) nor a safetensors file nor a TensorFlow checkpoint (.index)" + looks(head))
	}
	if err == nil && len(f.Tensors) == 0 {
		err = errors.New("holds no tensors")
	}
	if err != nil {
		return nil, f.wrap(err)
	}
	return f, nil
}

// looks says what a file that is no checkpoint might be.
func looks(head []byte) string {
	lower := bytes.ToLower(bytes.TrimSpace(head))
	switch {
	case bytes.HasPrefix(lower, []byte("version https://git-lfs")):
		return ", but a Git LFS pointer: run `git lfs pull` to get the file it stands for"
	case bytes.HasPrefix(lower, []byte("model_checkpoint_path:")):
		return ", but TensorFlow's list of checkpoints: give the .index file of one of them"
	case bytes.HasPrefix(lower, []byte("<")):
		return ", but a web page: was it downloaded from a page about the file?"
	case len(head) > 262 && string(head[257:262]) == "ustar":
		return ", but a tar archive, as PyTorch before 0.1.10 wrote them: load it with torch.load and save it again with torch.save"
	}
	return ""
}

func (f *File) wrap(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%s: the file ends too early: it is damaged, or its download was interrupted", f.Name)
	}
	return fmt.Errorf("%s: %w", f.Name, err)
}

// Close closes the file if Open opened it.
func (f *File) Close() error {
	if f.close == nil {
		return nil
	}
	return f.close()
}

// add appends a tensor to the table.
func (f *File) add(t *Tensor) error {
	switch {
	case len(f.Tensors) >= maxTensors:
		return fmt.Errorf("more than %d tensors", maxTensors)
	case len(t.Name) > maxName || strings.ContainsFunc(t.Name, func(r rune) bool { return !unicode.IsPrint(r) }):
		return fmt.Errorf("the name of a tensor is no text: %s", printable(t.Name))
	}
	f.Tensors = append(f.Tensors, t)
	return nil
}

// Float32s reads a tensor's values, the last of Dims running fastest. float64 values are rounded. It is an
// error if the tensor has no floating-point values, if its bytes are not in the file, if one value
// isn't finite as a float32, or if, with all that was read before, more bytes are wanted than the
// file has, as is only possible where tensors share them.
func (f *File) Float32s(t *Tensor) ([]float32, error) {
	values, err := f.float32s(t)
	if err != nil {
		return nil, f.wrap(fmt.Errorf("tensor %s: %w", t.Name, err))
	}
	return values, nil
}

func (f *File) float32s(t *Tensor) ([]float32, error) {
	decode := t.Type.decoder()
	if decode == nil {
		return nil, fmt.Errorf("holds %s values instead of floating-point ones", t.Type)
	}
	n := t.Len()
	if n == 0 {
		return nil, nil
	}
	start, available, err := t.storage.locate()
	if err != nil {
		return nil, err
	}
	size := int64(t.Type.Size())
	first, span := int64(t.offset)*size, int64(t.span())*size
	if first+span > available {
		return nil, fmt.Errorf("needs %d bytes of its storage, which has %d", first+span, available)
	}
	if f.budget -= span; f.budget < 0 {
		return nil, errors.New("the tensors take more bytes than the file has: they overlap")
	}
	raw := make([]byte, span)
	if _, err := f.r.ReadAt(raw, start+first); err != nil {
		return nil, err
	}
	if t.summed && maskedSum(raw) != t.sum {
		return nil, errors.New("its values have a wrong checksum: the file of values is damaged")
	}
	values := make([]float32, n)
	index := make([]int, len(t.Dims))
	at := 0
	for i := range values {
		v := decode(raw[at*int(size):])
		if v != v || math.IsInf(float64(v), 0) {
			return nil, fmt.Errorf("value %d of %d is %v, no finite number: the file is damaged or comes from a training that diverged", i, n, v)
		}
		values[i] = v
		for d := len(index) - 1; d >= 0; d-- {
			index[d]++
			at += t.strides[d]
			if index[d] < t.Dims[d] {
				break
			}
			at -= index[d] * t.strides[d]
			index[d] = 0
		}
	}
	return values, nil
}

// Permuted returns a view of the tensor with its extents, and so its values, in another order: the i-th extent is that of
// axes[i] here.
func (t *Tensor) Permuted(axes []int) *Tensor {
	view := *t
	view.Dims, view.strides = make([]int, len(axes)), make([]int, len(axes))
	for i, axis := range axes {
		view.Dims[i], view.strides[i] = t.Dims[axis], t.strides[axis]
	}
	return &view
}

// span returns how many values of the storage lie from the first to the last one of the tensor,
// which must have one.
func (t *Tensor) span() int {
	n := 1
	for i, d := range t.Dims {
		n += (d - 1) * t.strides[i]
	}
	return n
}

// contiguous returns the strides of values that lie one after another.
func contiguous(dims []int) []int {
	strides := make([]int, len(dims))
	step := 1
	for i := len(dims) - 1; i >= 0; i-- {
		strides[i] = step
		step *= dims[i]
	}
	return strides
}

// count multiplies extents. It is an error if one is negative or the product is above limit.
func count(dims []int, limit int64) (int64, error) {
	if len(dims) > maxDims {
		return 0, fmt.Errorf("%d dimensions, more than %d", len(dims), maxDims)
	}
	n := int64(1)
	for _, d := range dims {
		if d < 0 {
			return 0, fmt.Errorf("the extents %v, of which one is negative", dims)
		}
		if d == 0 {
			return 0, nil
		}
		if int64(d) > limit/n {
			return 0, fmt.Errorf("the extents %v, too many for the %d values that are there", dims, limit)
		}
		n *= int64(d)
	}
	return n, nil
}

// printable makes text from a file fit for a message.
func printable(s string) string {
	const most = 80
	if len(s) > most {
		s = s[:most] + "…"
	}
	quoted := fmt.Sprintf("%q", s)
	if quoted == `"`+s+`"` && s != "" && !strings.ContainsAny(s, " ") {
		return s
	}
	return quoted
}
