package checkpoint

import (
	"archive/zip"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
)

// archive is a PyTorch file of the newer format: a zip archive with the state as NAME/data.pkl and
// each storage as NAME/data/KEY, none of them compressed.
type archive struct {
	file    *File
	prefix  string // NAME/
	entries map[string]*zip.File
	sound   map[*zip.File]bool // whose checksum was found right
	budget  int64              // bytes that may still be summed up
	buffer  []byte             // for summing up
}

// readZip reads the table of such a file.
func (f *File) readZip() error {
	f.Format = "PyTorch"
	z, err := zip.NewReader(f.r, f.size)
	if err != nil {
		return fmt.Errorf("the archive is damaged, or its download was interrupted: %w", err)
	}
	a := &archive{file: f, entries: map[string]*zip.File{}, sound: map[*zip.File]bool{}, budget: f.size, buffer: make([]byte, 1<<15)}
	if err := a.list(z.File); err != nil {
		return err
	}
	if order, given := a.entries[a.prefix+"byteorder"]; given {
		text, err := a.text(order)
		if err != nil {
			return err
		}
		if text != "little" {
			return errors.New("was written on a big-endian machine; load it in Python and save it again on another one")
		}
	}
	offset, size, err := a.stored(a.entries[a.prefix+"data.pkl"])
	if err != nil {
		return err
	}
	t := torchReader{file: f, instructions: maxInstructions, place: a.place}
	state, err := t.run(newSource(io.NewSectionReader(f.r, offset, size)))
	if err != nil {
		return err
	}
	return f.readState(state)
}

// list fills entries and prefix.
func (a *archive) list(files []*zip.File) error {
	found := false
	for _, e := range files {
		if a.entries[e.Name] != nil {
			return fmt.Errorf("the archive has %s twice", printable(e.Name))
		}
		a.entries[e.Name] = e
		prefix, isState := strings.CutSuffix(e.Name, "data.pkl")
		if !isState || prefix != "" && strings.Index(prefix, "/") != len(prefix)-1 {
			continue
		}
		if found {
			return errors.New("the archive holds more than one model")
		}
		a.prefix, found = prefix, true
	}
	switch {
	case !found:
		return errors.New("a zip archive, but not one of PyTorch: it has no NAME/data.pkl")
	case a.entries[a.prefix+"constants.pkl"] != nil:
		return errors.New("holds a TorchScript program; load it in Python with torch.jit.load and save model.state_dict()")
	}
	return nil
}

// stored returns where an entry's content lies in the file.
func (a *archive) stored(e *zip.File) (offset, size int64, err error) {
	offset, err = e.DataOffset()
	if err != nil {
		return 0, 0, err
	}
	size = int64(e.UncompressedSize64)
	switch {
	case e.Method != zip.Store || e.Flags&1 != 0:
		return 0, 0, fmt.Errorf("%s is compressed or encrypted, as PyTorch never has it; unpack the archive and pack it again without compression", printable(e.Name))
	case e.CompressedSize64 != e.UncompressedSize64 || size < 0 || size > a.file.size-offset:
		return 0, 0, fmt.Errorf("%s is larger than the file: it is damaged", printable(e.Name))
	}
	if !a.sound[e] {
		if a.budget -= size; a.budget < 0 {
			return 0, 0, errors.New("the archive's files overlap: it is damaged")
		}
		sum := crc32.NewIEEE()
		if _, err := io.CopyBuffer(sum, io.NewSectionReader(a.file.r, offset, size), a.buffer); err != nil {
			return 0, 0, err
		}
		if sum.Sum32() != e.CRC32 {
			return 0, 0, fmt.Errorf("%s has a wrong checksum: the file is damaged", printable(e.Name))
		}
		a.sound[e] = true
	}
	return offset, size, nil
}

// text reads a short entry.
func (a *archive) text(e *zip.File) (string, error) {
	offset, size, err := a.stored(e)
	if err != nil {
		return "", err
	}
	b := make([]byte, min(size, 64))
	if _, err := a.file.r.ReadAt(b, offset); err != nil && err != io.EOF {
		return "", err
	}
	return strings.TrimSpace(string(b)), nil
}

// place finds a storage.
func (a *archive) place(s *torchStorage) (offset, bytes int64, err error) {
	e := a.entries[a.prefix+"data/"+s.key]
	if e == nil {
		return 0, 0, errors.New("its values are not in the file")
	}
	return a.stored(e)
}
