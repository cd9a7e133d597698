package weights

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
)

// ReadOptions say how much a file may differ from the network's list of arrays.
type ReadOptions struct {
	// Cutoff, when above 0, makes the file a partial one, as darknet's .conv.15: it holds only
	// the arrays of layers with an index below Cutoff. The others keep their Data, or have
	// their Fill where Data is nil; net.Graph.LoadFile gives them random weights instead.
	Cutoff int
	// AllowExtra ignores surplus bytes at the end, as darknet does.
	AllowExtra bool
	// Map lets ReadFile make Data a view of the file, where the system can do that, instead of
	// a copy: it takes no time and no memory of its own. In return the file must stay as it is
	// while Data is used; deleting it or moving another in its place does no harm, writing to
	// it does. Views last as long as their Slots.
	Map bool
}

// Read fills the slots' Data from r, in their order, allocating it where it is nil. Messages
// call the file name; size is its length in bytes, or -1 when that is not known.
//
// A file that does not fit gives a *SizeError, before any array is allocated if size is known.
// A file of another format gives a *FormatError, one with NaN, infinite or negative variances
// a *ValueError. After an error the contents of the slots are unspecified.
func Read(r io.Reader, name string, size int64, slots []*Slot, opt ReadOptions) (Header, error) {
	h, inFile, rest, err := begin(r, name, size, slots, opt)
	if err != nil {
		return h, err
	}
	have := int64(h.Size())
	for _, s := range inFile {
		n, err := s.read(rest, h)
		have += n
		if isEOF(err) {
			return h, sizeError(name, h, inFile, have)
		}
		if err != nil {
			return h, fmt.Errorf("%s: reading the %s of %s: %w", name, s.Name, s.Owner, err)
		}
		if err := check(name, s); err != nil {
			return h, err
		}
	}
	if !opt.AllowExtra {
		if n, _ := io.ReadFull(rest, make([]byte, 1)); n > 0 {
			return h, sizeError(name, h, inFile, -1)
		}
	}
	for _, s := range slots {
		s.fill()
	}
	return h, nil
}

// begin reads the header and compares the size with what the slots need. It returns those slots
// that the file holds, and a reader of their arrays.
func begin(r io.Reader, name string, size int64, slots []*Slot, opt ReadOptions) (h Header, inFile []*Slot, rest io.Reader, err error) {
	head := make([]byte, sniffBytes)
	n, err := io.ReadFull(r, head)
	if err != nil && !isEOF(err) {
		return h, nil, nil, fmt.Errorf("%s: %w", name, err)
	}
	head = head[:n]
	if looks := sniff(head); looks != "" {
		return h, nil, nil, &FormatError{File: name, Looks: looks}
	}
	h, err = ReadHeader(bytes.NewReader(head))
	if err != nil {
		return h, nil, nil, &SizeError{File: name, Have: int64(n), Want: max(int64(n)+1, FileSize(h, slots))}
	}
	inFile = slots
	if opt.Cutoff > 0 {
		inFile = below(slots, opt.Cutoff)
	}
	want := FileSize(h, inFile)
	if size >= 0 && (size < want || size > want && !opt.AllowExtra) {
		return h, nil, nil, sizeError(name, h, inFile, size)
	}
	return h, inFile, io.MultiReader(bytes.NewReader(head[h.Size():]), r), nil
}

// ReadFile is Read from a file. With Map, Data that slots have already is replaced.
func ReadFile(path string, slots []*Slot, opt ReadOptions) (Header, error) {
	f, info, err := open(path)
	if err != nil {
		return Header{}, err
	}
	if opt.Map {
		if m, err := newMapping(f, path, info); err == nil {
			return m.read(slots, opt) // it keeps the file open
		}
	}
	defer f.Close()
	size := int64(-1)
	if info.Mode().IsRegular() {
		size = info.Size()
	}
	return Read(f, path, size, slots, opt)
}

// open opens what isn't a folder.
func open(path string) (*os.File, os.FileInfo, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = fmt.Errorf("%s: is a folder, not a weights file", path)
	}
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return f, info, nil
}

// read fills s.Data from r and returns the number of bytes read.
func (s *Slot) read(r io.Reader, h Header) (int64, error) {
	s.allocate()
	if s.transposed(h) {
		return readTransposed(r, s.Data, s.Rows, s.Cols)
	}
	return readFloats(r, s.Data)
}

// allocate makes s.Data where there is none.
func (s *Slot) allocate() {
	if s.Data == nil {
		s.Data = make([]float32, s.Len())
	}
	s.mustFit()
}

// mustFit holds callers to Data of the right length.
func (s *Slot) mustFit() {
	if len(s.Data) != s.Len() {
		panic(fmt.Sprintf("BUG: weights: %d values for the %s of %s, which has %d×%d", len(s.Data), s.Name, s.Owner, s.Rows, s.Cols))
	}
}

// fill gives s its Fill value where it has no Data.
func (s *Slot) fill() {
	if s.Data != nil {
		return
	}
	s.allocate()
	if s.Fill != 0 {
		for i := range s.Data {
			s.Data[i] = s.Fill
		}
	}
}

// below returns the slots of layers with an index below cutoff.
func below(slots []*Slot, cutoff int) []*Slot {
	var b []*Slot
	for _, s := range slots {
		if s.Layer < cutoff {
			b = append(b, s)
		}
	}
	return b
}

func isEOF(err error) bool { return err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) }
