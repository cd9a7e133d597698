package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"os"

	"github.com/ghostdark/ghostdark/internal/atomicfile"
)

// Sheet is a file in a Format. It appears when it is complete, unless it is written to a stream.
type Sheet struct {
	format Format
	path   string // of the file, empty for a stream
	w      io.Writer
	file   *atomicfile.Writer  // nil for a stream
	done   map[uint64]struct{} // pictures of the earlier file; nil unless it is resumed
}

// Stream writes a sheet to w as it grows.
func Stream(w io.Writer, f Format) (*Sheet, error) {
	s := &Sheet{format: f, w: w}
	return s, s.text(f.Begin())
}

// Create begins a sheet in a file.
func Create(path string, f Format) (*Sheet, error) {
	file, err := atomicfile.Create(path)
	if err != nil {
		return nil, err
	}
	s := &Sheet{format: f, path: path, w: file, file: file}
	if err := s.text(f.Begin()); err != nil {
		s.Discard()
		return nil, err
	}
	return s, nil
}

// Resume begins a sheet with what an earlier file holds, if there is one, but for pictures that failed.
func Resume(path string, f Resumer) (*Sheet, error) {
	s, err := Create(path, f)
	if err != nil {
		return nil, err
	}
	s.done = map[uint64]struct{}{}
	earlier, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err == nil {
		defer earlier.Close()
		if err = f.Earlier(earlier, s.again); err != nil {
			err = fmt.Errorf("%s: can't be continued: %w; mend the file, or begin anew without --resume", path, err)
		}
	}
	if err != nil {
		s.Discard()
		return nil, err
	}
	return s, nil
}

// again adds a picture of an earlier file.
func (s *Sheet) again(element json.RawMessage) error {
	var p Picture
	if err := json.Unmarshal(element, &p); err != nil {
		return err
	}
	if p.Image == nil || p.Error != "" {
		return nil
	}
	s.done[mark(p.Filename, p.Frame)] = struct{}{}
	text, err := s.format.(Resumer).Again(element)
	if err != nil {
		return err
	}
	return s.text(text)
}

// Resumed reports whether the sheet continues a file, or would if there were one.
func (s *Sheet) Resumed() bool { return s.done != nil }

// Has reports whether a picture is in the file that was resumed, by its name and frame.
func (s *Sheet) Has(filename string, frame int) bool {
	_, there := s.done[mark(filename, frame)]
	return there
}

// mark stands for a picture in memory.
func mark(filename string, frame int) uint64 {
	h := fnv.New64a()
	fmt.Fprint(h, frame, " ", filename)
	return h.Sum64()
}

// Add writes a picture.
func (s *Sheet) Add(p *Picture) error {
	text, err := s.format.Add(p)
	if err != nil {
		return err
	}
	return s.text(text)
}

func (s *Sheet) text(t string) error {
	if t == "" {
		return nil
	}
	_, err := io.WriteString(s.w, t)
	if err != nil && s.path != "" {
		err = fmt.Errorf("%s: not written: %w", s.path, err)
	}
	return err
}

// Close completes the sheet.
func (s *Sheet) Close() error {
	if err := s.text(s.format.End()); err != nil {
		s.Discard()
		return err
	}
	if s.file == nil {
		return nil
	}
	return s.file.Commit()
}

// Discard gives the sheet up: no file appears, and an earlier one stays as it was.
func (s *Sheet) Discard() {
	if s.file != nil {
		s.file.Discard()
	}
}
