package atomicfile

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWrite(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "file")
	text := func(s string) func(io.Writer) error {
		return func(w io.Writer) error {
			_, err := io.WriteString(w, s)
			return err
		}
	}
	for _, s := range []string{"first", "second"} {
		if err := Write(path, text(s)); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != s {
			t.Errorf("%q, %v, want %q", got, err, s)
		}
	}
	full := errors.New("no space")
	err := Write(path, func(w io.Writer) error { io.WriteString(w, "torn"); return full })
	if !errors.Is(err, full) || !strings.HasPrefix(err.Error(), path+": not written: ") {
		t.Error(err)
	}
	if got, _ := os.ReadFile(path); string(got) != "second" {
		t.Errorf("after an error the file holds %q", got)
	}
	if left, _ := os.ReadDir(folder); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
	for path, want := range map[string]string{
		folder:                                "exists and is not a regular file",
		filepath.Join(folder, "none", "file"): "does not exist; create it first",
		filepath.Join(path, "file"):           "file",
	} {
		if err := Write(path, text("x")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", path, err, want)
		}
	}
}

// TestWriteAll checks that of files that belong together none changes when one can't be written.
func TestWriteAll(t *testing.T) {
	folder := t.TempDir()
	first, second := filepath.Join(folder, "first"), filepath.Join(folder, "second")
	text := func(s string) func(io.Writer) error {
		return func(w io.Writer) error {
			_, err := io.WriteString(w, s)
			return err
		}
	}
	if err := WriteAll(File{first, text("1")}, File{second, text("2")}); err != nil {
		t.Fatal(err)
	}
	full := errors.New("no space")
	if err := WriteAll(File{first, text("other")}, File{second, func(io.Writer) error { return full }}); !errors.Is(err, full) {
		t.Error(err)
	}
	for path, want := range map[string]string{first: "1", second: "2"} {
		if got, err := os.ReadFile(path); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v, want %q", path, got, err, want)
		}
	}
	if left, _ := os.ReadDir(folder); len(left) != 2 {
		t.Errorf("left behind: %v", left)
	}
}

// TestPending checks files that are written bit by bit: they appear when they are complete, and not at all otherwise.
func TestPending(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "film.mp4")
	for _, end := range []struct {
		name string
		end  func(*Writer) error
		want []string
	}{
		{"discarded", func(w *Writer) error { w.Discard(); return nil }, nil},
		{"abandoned", func(w *Writer) error { Abandon(); w.Discard(); return nil }, nil},
		{"committed", (*Writer).Commit, []string{"film.mp4"}},
		{"committed and discarded", func(w *Writer) error { err := w.Commit(); w.Discard(); return err }, []string{"film.mp4"}},
	} {
		w, err := Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if filepath.Ext(w.Temporary) != ".mp4" || filepath.Dir(w.Temporary) != folder {
			t.Errorf("written as %s", w.Temporary)
		}
		if _, err := io.WriteString(w, "text"); err != nil {
			t.Fatal(err)
		}
		if err := end.end(w); err != nil {
			t.Errorf("%s: %v", end.name, err)
		}
		var left []string
		entries, _ := os.ReadDir(folder)
		for _, e := range entries {
			left = append(left, e.Name())
		}
		if strings.Join(left, " ") != strings.Join(end.want, " ") {
			t.Errorf("%s: the folder holds %v, want %v", end.name, left, end.want)
		}
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "text" {
		t.Errorf("%q, %v", got, err)
	}
	w, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w.file.Close() // as if nothing more could be written
	io.WriteString(w, "text")
	if err := w.Commit(); err == nil || err.Error() != path+": not written: file already closed" {
		t.Errorf("a file that can't be written: %v", err)
	}
	p, err := Begin(path)
	if err != nil {
		t.Fatal(err)
	}
	os.Remove(p.Temporary)
	if err := p.Commit(); err == nil || !strings.HasPrefix(err.Error(), path+": not written: ") {
		t.Errorf("a file that is gone was committed: %v", err)
	}
}
