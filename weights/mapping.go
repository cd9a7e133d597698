package weights

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"time"
	"unsafe"
)

// mapping is a weights file as memory: the pages of the operating system's file cache, of which
// a page is copied when it is written to. It lasts as long as a slot that is a view of it.
type mapping struct {
	name     string
	file     *os.File
	data     []byte // the whole file
	modified time.Time
}

// newMapping maps a file. Not every system and every file offers that.
func newMapping(f *os.File, name string, info os.FileInfo) (*mapping, error) {
	size := int(info.Size())
	if !nativeLittleEndian || !info.Mode().IsRegular() || size == 0 || int64(size) != info.Size() {
		return nil, fmt.Errorf("%s: can't be mapped", name)
	}
	data, err := mapFile(f, size)
	if err != nil {
		return nil, err
	}
	m := &mapping{name: name, file: f, data: data, modified: info.ModTime()}
	runtime.AddCleanup(m, unmapFile, data)
	return m, nil
}

// read is Read from a mapping.
func (m *mapping) read(slots []*Slot, opt ReadOptions) (Header, error) {
	h, inFile, _, err := begin(m.file, m.name, int64(len(m.data)), slots, opt)
	if err != nil {
		return h, err
	}
	if err := m.fill(inFile, h); err != nil {
		return h, err
	}
	for _, s := range slots {
		s.fill()
	}
	return h, nil
}

// fill makes the slots views of the file's arrays. Those that lie transposed in it get memory
// of their own.
func (m *mapping) fill(slots []*Slot, h Header) error {
	for _, s := range slots {
		s.mapping = m
	}
	rest := m.data[h.Size():]
	err := Guard(slots, func() {
		for _, s := range slots {
			stored := rest[:4*s.Len()]
			rest = rest[len(stored):]
			if s.transposed(h) {
				s.Data = make([]float32, s.Len())
				_, _ = readTransposed(bytes.NewReader(stored), s.Data, s.Rows, s.Cols)
			} else {
				s.Data = asFloats(stored)
			}
		}
	})
	if err != nil {
		return err
	}
	return checkAll(m.name, slots)
}

// Guard runs f, which reads the Data of slots, and returns an error when a file that they are
// views of has become shorter meanwhile, where the program would crash otherwise. Goroutines
// that f starts are not guarded.
func Guard(slots []*Slot, f func()) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		failure := recover()
		if failure == nil {
			return
		}
		if fault, ok := failure.(interface{ Addr() uintptr }); ok {
			for _, s := range slots {
				if s.mapping.holds(fault.Addr()) {
					err = s.mapping.changed()
					return
				}
			}
		}
		panic(failure)
	}()
	f()
	return nil
}

// holds reports whether an address lies in the mapping, which may be nil.
func (m *mapping) holds(addr uintptr) bool {
	if m == nil {
		return false
	}
	start := uintptr(unsafe.Pointer(unsafe.SliceData(m.data)))
	return addr >= start && addr-start < uintptr(len(m.data))
}

// Unchanged returns an error when a file that slots are views of was written to since it was
// read.
func Unchanged(slots []*Slot) error {
	var last *mapping
	for _, s := range slots {
		m := s.mapping
		if m == nil || m == last {
			continue
		}
		last = m
		info, err := m.file.Stat()
		if err != nil || info.Size() != int64(len(m.data)) || !info.ModTime().Equal(m.modified) {
			return m.changed()
		}
	}
	return nil
}

func (m *mapping) changed() error {
	return fmt.Errorf("%s: the file was changed while it was in use; load it again", m.name)
}
