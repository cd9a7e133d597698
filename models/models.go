// Package models knows well-known public darknet models and fetches their files.
//
// A Model names a cfg, a weights file and a list of class names: where they lie, how large they are, their SHA-256
// where it is known, and their licence. A Puller brings them into a folder of its own for each model, where Paths
// finds them again.
package models

import (
	"os"
	"path/filepath"
)

// Task is what a model was trained for.
type Task string

// The tasks.
const (
	Detector   Task = "detector"
	Classifier Task = "classifier"
)

// Model is a model that others have published.
type Model struct {
	Name    string `json:"name"`
	Task    Task   `json:"task"`
	Data    string `json:"trained_on"` // the data set
	Licence string `json:"licence"`
	Page    string `json:"page"` // where its publishers tell of it
	Cfg     File   `json:"cfg"`
	Weights File   `json:"weights"`
	Names   File   `json:"names"` // one class name on each line
}

// File is a published file.
type File struct {
	URLs   []string `json:"urls"`            // all of them give the same file; the first is tried first
	Bytes  int64    `json:"bytes,omitempty"` // 0 when not known: then 1 MiB at most
	Less   int64    `json:"-"`               // so many bytes less are possible, too
	SHA256 string   `json:"sha256,omitempty"`
	Lines  int      `json:"-"` // keep only so many lines of a text; 0 keeps all
}

// maxText bounds a file whose size is not known.
const maxText = 1 << 20

// limit is the most bytes that the file may have.
func (f File) limit() int64 {
	if f.Bytes == 0 {
		return maxText
	}
	return f.Bytes
}

// fits reports whether a file of n bytes may be this one.
func (f File) fits(n int64) bool {
	if f.Bytes == 0 {
		return 0 < n && n <= maxText
	}
	return n == f.Bytes || n == f.Bytes-f.Less
}

// Paths are where a model's files lie once they are there.
type Paths struct {
	Folder  string `json:"folder"`
	Cfg     string `json:"cfg"`
	Weights string `json:"weights"`
	Names   string `json:"names"`
}

// In gives the paths of a model's files below the folder of all models.
func (m Model) In(dir string) Paths {
	folder := filepath.Join(dir, m.Name)
	base := filepath.Join(folder, m.Name)
	return Paths{Folder: folder, Cfg: base + ".cfg", Weights: base + ".weights", Names: base + ".names"}
}

// Present reports whether all the files are there.
func (p Paths) Present() bool {
	for _, path := range []string{p.Cfg, p.Weights, p.Names} {
		if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
			return false
		}
	}
	return true
}

// Begun reports whether there is an unfinished weights file, with which the next Pull goes on.
func (p Paths) Begun() bool { return size(p.Weights+part) > 0 }

// DefaultDir is the folder of all models unless another one is chosen: ghostdark/models in the
// user's folder for caches. The error says that the system names no such folder.
func DefaultDir() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(cache, "ghostdark", "models"), nil
}
