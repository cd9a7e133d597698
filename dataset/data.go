package dataset

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Data is what a darknet .data file says.
type Data struct {
	Path    string
	options map[string]option
}

type option struct {
	value string
	line  int
}

// ReadData reads a .data file: lines KEY = VALUE. Those that begin with # or ; are comments. Of
// repeated keys the first counts.
func ReadData(path string) (*Data, error) {
	text, err := readText(path, "darknet's .data lines KEY = VALUE")
	if err != nil {
		return nil, err
	}
	d := &Data{Path: path, options: map[string]option{}}
	line := 0
	for row := range strings.Lines(string(text)) {
		line++
		row = strings.TrimSpace(row)
		if row == "" || row[0] == '#' || row[0] == ';' {
			continue
		}
		key, value, found := strings.Cut(row, "=")
		if !found {
			return nil, fmt.Errorf("%s:%d: not a line KEY = VALUE, as a darknet .data file has", path, line)
		}
		key = strings.TrimSpace(key)
		if _, taken := d.options[key]; !taken {
			d.options[key] = option{strings.TrimSpace(value), line}
		}
	}
	return d, nil
}

// Has reports whether one of the keys has a value.
func (d *Data) Has(keys ...string) bool {
	_, found := d.find(keys)
	return found
}

func (d *Data) find(keys []string) (key string, found bool) {
	for _, key := range keys {
		if d.options[key].value != "" {
			return key, true
		}
	}
	return "", false
}

// File returns the file that the first of the keys with a value names, sought from the working
// folder as darknet does, then beside the .data file.
func (d *Data) File(keys ...string) (string, error) {
	key, found := d.find(keys)
	if !found {
		return "", fmt.Errorf("%s: has no line %s = FILE", d.Path, keys[0])
	}
	o := d.options[key]
	path, found := seek(o.value, filepath.Dir(d.Path))
	if !found {
		return "", fmt.Errorf("%s:%d: its %s = %s is there neither from the working folder nor beside it", d.Path, o.line, key, o.value)
	}
	return path, nil
}

// Int returns the whole number that a key gives, and whether there is one.
func (d *Data) Int(key string) (n int, found bool, err error) {
	o := d.options[key]
	if o.value == "" {
		return 0, false, nil
	}
	if n, err = strconv.Atoi(o.value); err != nil || n < 1 {
		return 0, false, fmt.Errorf("%s:%d: %s = %s is not a whole number from 1 on", d.Path, o.line, key, o.value)
	}
	return n, true, nil
}

// Names reads the names that a key gives. For classes that the paths of pictures tell these are
// labels=, elsewhere names=; the other one stands in where only that is there.
func (d *Data) Names(keys ...string) ([]string, error) {
	path, err := d.File(keys...)
	if err != nil {
		return nil, err
	}
	return ReadNames(path)
}

// List returns the pictures that a key's list names, one to a line. Each is sought from the
// working folder as darknet does, then beside the list, then beside the .data file.
func (d *Data) List(key string) (pictures []string, findings Findings, err error) {
	path, err := d.File(key)
	if err != nil {
		return nil, nil, err
	}
	return readList(path, filepath.Dir(d.Path))
}

// readList returns the pictures that a list names, one to a line. Each is sought from the working
// folder as darknet does, then beside the list, then from other folders.
func readList(path string, folders ...string) (pictures []string, findings Findings, err error) {
	text, err := readText(path, "paths of pictures")
	if err != nil {
		return nil, nil, err
	}
	folders = append([]string{filepath.Dir(path)}, folders...)
	line, seen := 0, map[string]int{}
	for row := range strings.Lines(string(text)) {
		line++
		name := strings.TrimSpace(row)
		if name == "" {
			continue
		}
		picture, found := seek(name, folders...)
		if !found {
			findings.add(path, line, Error, NoPicture, "the picture %s is there neither from the working folder nor beside the list", name)
			continue
		}
		if first := seen[picture]; first > 0 {
			findings.add(path, line, Warning, Duplicate, "%s stands in line %d, too", name, first)
		} else {
			seen[picture] = line
		}
		pictures = append(pictures, picture)
	}
	if line == 0 || len(pictures)+len(findings) == 0 {
		return nil, nil, fmt.Errorf("%s: lists no pictures", path)
	}
	return pictures, findings, nil
}

// seek looks for a file from the working folder, then from other folders.
func seek(name string, folders ...string) (path string, found bool) {
	if _, err := os.Stat(name); err == nil {
		return name, true
	}
	if filepath.IsAbs(name) {
		return name, false
	}
	for _, folder := range folders {
		path := filepath.Join(folder, name)
		if _, err := os.Stat(path); err == nil {
			return path, true
		}
	}
	return name, false
}
