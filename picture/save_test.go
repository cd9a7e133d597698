package picture

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSaveReadsBack(t *testing.T) {
	m := slope(30, 20)
	for ext, tolerance := range map[string]int{
		".png": 0, ".PNG": 0, ".bmp": 0, ".tif": 0, ".tiff": 0, ".jpg": 9, ".jpeg": 9, ".gif": 90,
	} {
		folder := t.TempDir()
		path := filepath.Join(folder, "out"+ext)
		for range 2 { // the second time it replaces the file
			if err := Save(path, m); err != nil {
				t.Fatal(err)
			}
		}
		got, err := Open(path, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		checkSame(t, got, m, tolerance)
		checkFiles(t, folder, "out"+ext)

		var buf bytes.Buffer
		if err := Encode(&buf, m, ext); err != nil {
			t.Error(err)
		}
		if file, err := os.ReadFile(path); err != nil || !bytes.Equal(file, buf.Bytes()) {
			t.Errorf("%s: Encode and Save differ (%v)", ext, err)
		}
	}
}

// checkFiles holds that a folder has just the named files.
func checkFiles(t *testing.T, folder string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if got := strings.Join(names, " "); got != strings.Join(want, " ") {
		t.Errorf("the folder holds %q, want %q", got, want)
	}
}

func TestSaveFaults(t *testing.T) {
	folder := t.TempDir()
	m := noise(3, 3)
	for path, say := range map[string]string{
		"out.webp":        ".png .jpg .jpeg .gif .bmp .tif .tiff",
		"out":             "extension",
		"none/deep/x.png": "does not exist; create it first",
		"taken.png":       "not a regular file",
	} {
		if path == "taken.png" {
			if err := os.Mkdir(filepath.Join(folder, path), 0o777); err != nil {
				t.Fatal(err)
			}
		}
		err := Save(filepath.Join(folder, path), m)
		if err == nil || !strings.Contains(err.Error(), say) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: got %v, want an error with %q", path, err, say)
		}
	}
	checkFiles(t, folder, "taken.png")
	if err := Encode(&bytes.Buffer{}, New(0, 0), ".png"); err == nil {
		t.Error("a picture without pixels was written")
	}
}

// TestSaveKeepsOldFile holds that a failing write leaves the earlier picture in place.
func TestSaveKeepsOldFile(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "out.jpg")
	if err := Save(path, slope(8, 8)); err != nil {
		t.Fatal(err)
	}
	if err := Save(path, New(70_000, 1)); err == nil {
		t.Fatal("JPEG took a picture wider than 65535")
	}
	if m, err := Open(path, Limits{}); err != nil || m.W != 8 {
		t.Errorf("the earlier picture is gone: %v", err)
	}
	checkFiles(t, folder, "out.jpg")
}

type fullDisk struct{ room int }

var errFull = errors.New("no space left")

func (d *fullDisk) Write(p []byte) (int, error) {
	if len(p) > d.room {
		return d.room, errFull
	}
	d.room -= len(p)
	return len(p), nil
}

func TestEncodeReportsWriteErrors(t *testing.T) {
	m := noise(40, 40)
	for _, e := range encoders {
		if err := Encode(&fullDisk{room: 100}, m, e.ext); !errors.Is(err, errFull) {
			t.Errorf("%s: got %v, want %v", e.ext, err, errFull)
		}
	}
}
