package checkpoint

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

// maxHeader bounds the JSON text at the beginning of a safetensors file, and the index of a TensorFlow checkpoint. A tensor takes
// about 100 bytes of it.
const maxHeader = 8 << 20

// safeTypes are the names of types in safetensors.
var safeTypes = map[string]Type{
	"F32": Float32, "F64": Float64, "F16": Float16, "BF16": BFloat16, "BOOL": Int8, "I8": Int8, "U8": Int8, "I16": Int16, "U16": Int16,
	"I32": Int32, "U32": Int32, "I64": Int64, "U64": Int64,
}

// piece is a storage at a known place.
type piece struct{ offset, bytes int64 }

func (p piece) locate() (offset, bytes int64, err error) { return p.offset, p.bytes, nil }

// readSafetensors reads a file that consists of the length of a header in 8 bytes, the header, which is
// JSON, and the tensors' values without gaps.
func (f *File) readSafetensors() error {
	f.Format = "safetensors"
	var prefix [8]byte
	if _, err := f.r.ReadAt(prefix[:], 0); err != nil {
		return err
	}
	length := binary.LittleEndian.Uint64(prefix[:])
	switch {
	case length > maxHeader:
		return fmt.Errorf("a header of %d bytes, more than %d: this is no safetensors file, or it is damaged", length, maxHeader)
	case int64(length) > f.size-8:
		return io.ErrUnexpectedEOF
	}
	header := make([]byte, length)
	if _, err := f.r.ReadAt(header, 8); err != nil && err != io.EOF {
		return err
	}
	if err := f.readTable(header, 8+int64(length)); err != nil {
		return err
	}
	return f.checkCover(8 + int64(length))
}

// readTable reads the header. Values begin at offset data.
func (f *File) readTable(header []byte, data int64) error {
	d := json.NewDecoder(bytes.NewReader(header))
	damaged := func(err error) error { return fmt.Errorf("the header is damaged: %v", err) } // not that the file ends
	if start, err := d.Token(); err != nil || start != json.Delim('{') {
		return errors.New("the header is damaged: it is no JSON object")
	}
	seen := map[string]bool{}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return damaged(err)
		}
		name := key.(string) // keys of objects are
		if seen[name] {
			return fmt.Errorf("the header is damaged: there are two tensors %s", printable(name))
		}
		seen[name] = true
		if name == "__metadata__" {
			var texts map[string]string
			if err := d.Decode(&texts); err != nil {
				return damaged(err)
			}
			continue
		}
		var entry struct {
			Type    *string `json:"dtype"`
			Dims    []int   `json:"shape"`
			Offsets []int64 `json:"data_offsets"`
		}
		if err := d.Decode(&entry); err != nil {
			return damaged(err)
		}
		if entry.Type == nil || entry.Dims == nil || len(entry.Offsets) != 2 {
			return fmt.Errorf("the header is damaged: tensor %s lacks dtype, shape or two data_offsets", printable(name))
		}
		typ, known := safeTypes[*entry.Type]
		if !known {
			return fmt.Errorf("tensor %s: values of type %s can't be read", printable(name), printable(*entry.Type))
		}
		begin, end, limit := entry.Offsets[0], entry.Offsets[1], f.size-data
		if begin < 0 || end < begin || end > limit {
			return fmt.Errorf("tensor %s: lies at bytes %d to %d of the %d that are there: the file is damaged, or its download was interrupted", printable(name), begin, end, limit)
		}
		n, err := count(entry.Dims, limit)
		if err != nil {
			return fmt.Errorf("tensor %s: has %w", printable(name), err)
		}
		if want := n * int64(typ.Size()); want != end-begin {
			return fmt.Errorf("tensor %s: %d %s values take %d bytes, not %d", printable(name), n, typ, want, end-begin)
		}
		err = f.add(&Tensor{Name: name, Type: typ, Dims: entry.Dims, strides: contiguous(entry.Dims), storage: piece{data + begin, end - begin}})
		if err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return damaged(err)
	}
	if rest := bytes.TrimSpace(header[d.InputOffset():]); len(rest) > 0 {
		return errors.New("the header is damaged: something follows its JSON object")
	}
	return nil
}

// checkCover checks that the tensors share no bytes and leave none out.
func (f *File) checkCover(data int64) error {
	byPlace := slices.Clone(f.Tensors)
	slices.SortStableFunc(byPlace, func(a, b *Tensor) int {
		p, q := a.storage.(piece), b.storage.(piece)
		return cmp.Or(cmp.Compare(p.offset, q.offset), cmp.Compare(p.bytes, q.bytes))
	})
	at := data
	for _, t := range byPlace {
		p := t.storage.(piece)
		if p.offset != at {
			return fmt.Errorf("tensor %s: begins at byte %d instead of %d: the header is damaged", printable(t.Name), p.offset-data, at-data)
		}
		at += p.bytes
	}
	if at != f.size {
		return fmt.Errorf("%d bytes behind the last tensor: the file is damaged", f.size-at)
	}
	return nil
}
