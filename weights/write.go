package weights

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
)

// Write writes the header and all slots, each in the order in which Read takes it. Every slot
// must have its Data.
func Write(w io.Writer, h Header, slots []*Slot) error {
	head, err := h.bytes()
	if err != nil {
		return err
	}
	if _, err := w.Write(head); err != nil {
		return err
	}
	for _, s := range slots {
		if err := s.write(w, h); err != nil {
			return err
		}
	}
	return nil
}

// WriteFile writes a weights file of all layers or, when cutoff is above 0, a partial one of
// the layers with an index below it. The file appears under its name only when it is complete;
// one that was there before is replaced.
func WriteFile(path string, h Header, slots []*Slot, cutoff int) (err error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%s: is there already and no regular file", path)
	}
	if cutoff > 0 {
		slots = below(slots, cutoff)
	}
	f, err := createBeside(path)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
			err = fmt.Errorf("%s: writing the weights: %w", path, err)
		}
	}()
	w := bufio.NewWriterSize(f, 4*chunkFloats)
	if err := Write(w, h, slots); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// createBeside creates a file of a new name in the folder of path, with the permissions of any
// other new file.
func createBeside(path string) (*os.File, error) {
	return os.OpenFile(fmt.Sprintf("%s.%08x.tmp", path, rand.Uint32()), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
}

// write writes s.Data.
func (s *Slot) write(w io.Writer, h Header) error {
	s.mustFit()
	if s.transposed(h) {
		return writeTransposed(w, s.Data, s.Rows, s.Cols)
	}
	return writeFloats(w, s.Data)
}
