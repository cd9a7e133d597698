package atomicfile

import (
	"bufio"
	"crypto/rand"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// Pending is a file that lies under another name in the same folder until it is complete.
type Pending struct {
	Path      string
	Temporary string // with the same extension
}

// Begin makes a Pending, whose file is empty. It fails as Check does.
func Begin(path string) (*Pending, error) {
	w, err := Create(path)
	if err != nil {
		return nil, err
	}
	return w.Pending, w.file.Close()
}

// Commit gives the file its name.
func (p *Pending) Commit() error {
	if err := os.Rename(p.Temporary, p.Path); err != nil {
		p.Discard()
		return notWritten(p.Path, err)
	}
	pending.forget(p)
	return nil
}

// Discard removes the file unless Commit has given it its name.
func (p *Pending) Discard() {
	if pending.forget(p) {
		os.Remove(p.Temporary)
	}
}

// Writer writes a file bit by bit.
type Writer struct {
	*Pending
	file   *os.File
	buffer *bufio.Writer
}

// Create begins a file, which must be ended by Commit or Discard.
func Create(path string) (*Writer, error) {
	if err := Check(path); err != nil {
		return nil, err
	}
	name := filepath.Join(filepath.Dir(path), ".ghostdark-"+rand.Text()+".tmp"+filepath.Ext(path))
	// os.CreateTemp would make the file private to its owner, whatever the umask says.
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return nil, notWritten(path, err)
	}
	w := &Writer{Pending: &Pending{Path: path, Temporary: name}, file: f, buffer: bufio.NewWriterSize(f, 1<<16)}
	pending.add(w.Pending)
	return w, nil
}

func (w *Writer) Write(p []byte) (int, error) { return w.buffer.Write(p) }

// Commit completes the file and gives it its name.
func (w *Writer) Commit() error {
	if err := w.fill(func(io.Writer) error { return nil }); err != nil {
		return err
	}
	return w.Pending.Commit()
}

// Discard removes the file unless Commit has given it its name.
func (w *Writer) Discard() {
	w.file.Close()
	w.Pending.Discard()
}

// fill writes the rest of the content and closes the file. After an error it is gone.
func (w *Writer) fill(write func(io.Writer) error) error {
	err := write(w.buffer)
	if err == nil {
		err = w.buffer.Flush()
	}
	if closed := w.file.Close(); err == nil {
		err = closed
	}
	if err != nil {
		w.Pending.Discard()
		return notWritten(w.Path, err)
	}
	return nil
}

// notWritten words why a file isn't there, without the system's call and the name it had until then.
func notWritten(path string, err error) error {
	switch fault := err.(type) {
	case *fs.PathError:
		err = fault.Err
	case *os.LinkError:
		err = fault.Err
	}
	return fmt.Errorf("%s: not written: %w", path, err)
}

// Abandon removes all files that aren't complete, for a program that ends at once.
func Abandon() {
	pending.mu.Lock()
	defer pending.mu.Unlock()
	for p := range pending.files {
		os.Remove(p.Temporary)
	}
}

// set is the files that aren't complete.
type set struct {
	mu    sync.Mutex
	files map[*Pending]struct{}
}

var pending = set{files: map[*Pending]struct{}{}}

func (s *set) add(p *Pending) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.files[p] = struct{}{}
}

// forget takes a file out and reports whether it was there.
func (s *set) forget(p *Pending) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, there := s.files[p]
	delete(s.files, p)
	return there
}
