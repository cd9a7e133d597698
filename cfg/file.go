package cfg

import (
	"cmp"
	"fmt"
	"io"
	"os"
)

// MaxFileSize is the size in bytes above which a file is not taken for a cfg.
const MaxFileSize = 16 << 20

const (
	maxLines       = 100_000 // of a file, so also of its sections
	maxLine        = 1 << 20 // bytes of one line
	maxOptions     = 1000    // of one section; ini.v1 searches them one by one
	maxDiagnostics = 100     // returned by Parse
)

// File is a cfg text cut into sections.
type File struct {
	Name     string // as given to Parse or Read
	Sections []*Section
	lines    []string // without line ends and byte order mark
}

// Section is a header line with the options below it.
type Section struct {
	// Name is the section's type: the header line without blanks and outer
	// brackets. Text behind the closing bracket belongs to it, as it does for
	// darknet: "[route]#x" has the name "route]#x".
	Name    string
	Index   int   // in File.Sections; [net] is 0, layer i is i+1
	Range   Range // the header
	Options []*Option
}

// Option is one line of a section, in the order of the source.
type Option struct {
	Key, Value string // without blanks
	HasValue   bool   // false for "key" and "key=", which count as not given
	KeyRange   Range
	Range      Range // the value; the key when there is none

	written string // the value as it stands in the source, blanks included
}

// Option returns the first option of that name that has a value, or nil.
func (s *Section) Option(key string) *Option {
	for _, o := range s.Options {
		if o.Key == key && o.HasValue {
			return o
		}
	}
	return nil
}

// text returns the option for quoting, as it was written.
func (o *Option) text() string { return o.Key + "=" + cmp.Or(o.written, o.Value) }

// Line returns source line n, counted from 1, without its line end; "" when
// there is no such line.
func (f *File) Line(n int) string {
	if f == nil || n < 1 || n > len(f.lines) {
		return ""
	}
	return f.lines[n-1]
}

// Read parses the file at path. The error is not nil only when the file can't be
// read or is bigger than MaxFileSize; the File is nil then.
func Read(path string) (*File, Diagnostics, error) {
	in, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer in.Close()
	src, err := io.ReadAll(io.LimitReader(in, MaxFileSize+1))
	if err != nil {
		return nil, nil, err
	}
	if len(src) > MaxFileSize {
		return nil, nil, fmt.Errorf("%s: more than %d MiB is too big for a cfg: give the text file that describes the network", path, MaxFileSize>>20)
	}
	f, diags := Parse(path, src)
	return f, diags, nil
}

// Parse cuts src into sections and reports everything about its form that stops
// darknet or that darknet would silently read otherwise than it looks. The File
// is returned also with errors, holding what could be read. The diagnostics are
// in the order of the source and at most about a hundred, errors first choice.
func Parse(name string, src []byte) (*File, Diagnostics) {
	f := &File{Name: name}
	if d := refuse(name, src); d != nil {
		return f, Diagnostics{*d}
	}
	x := &indexer{file: f}
	x.index(src)
	if err := readINI(f.Sections); err != nil {
		x.add(Error, Range{File: name}, -1, "the line index and the ini reader disagree: "+err.Error(),
			"This is a fault of the program: please report it together with the file.")
	}
	x.diags.Sort()
	return f, x.diags.Limit(maxDiagnostics)
}
