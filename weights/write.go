package weights

import (
	"io"

	"github.com/ghostdark/ghostdark/internal/atomicfile"
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
func WriteFile(path string, h Header, slots []*Slot, cutoff int) error {
	if cutoff > 0 {
		slots = below(slots, cutoff)
	}
	return atomicfile.Write(path, func(w io.Writer) error { return Write(w, h, slots) })
}

// write writes s.Data.
func (s *Slot) write(w io.Writer, h Header) error {
	s.mustFit()
	if s.transposed(h) {
		return writeTransposed(w, s.Data, s.Rows, s.Cols)
	}
	return writeFloats(w, s.Data)
}
