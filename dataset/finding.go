package dataset

import (
	"fmt"
	"slices"
	"strings"
)

// Severity of a Finding.
type Severity int

const (
	// Warning is what can be worked with and is hardly meant so.
	Warning Severity = iota
	// Error is what gives no object, or one of no class.
	Error
)

func (s Severity) String() string {
	if s == Error {
		return "error"
	}
	return "warning"
}

// Kind says what a Finding is about.
type Kind string

const (
	Unreadable Kind = "unreadable" // a file that can't be read, or is none of its format
	Columns    Kind = "columns"    // a line with more or fewer columns than a label has
	Number     Kind = "number"     // what should be a number and is none, or is NaN or infinite
	Class      Kind = "class"      // a class that there is not
	Size       Kind = "size"       // a box without width or height
	Range      Kind = "range"      // a centre or size outside the picture
	Edge       Kind = "edge"       // a box that reaches beyond the picture
	Duplicate  Kind = "duplicate"  // an object that is labelled twice, or a picture listed twice
	Missing    Kind = "missing"    // a label file that isn't there
	NoPicture  Kind = "picture"    // a picture that isn't there, or isn't listed
)

// Finding is something wrong with a labelled set.
type Finding struct {
	File     string
	Line     int // from 1; 0 when it is about the whole file
	Severity Severity
	Kind     Kind
	Message  string
}

// Error is FILE:LINE: MESSAGE.
func (f Finding) Error() string {
	if f.Line == 0 {
		return fmt.Sprintf("%s: %s", f.File, f.Message)
	}
	return fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Message)
}

// Findings are in the order of the files and lines.
type Findings []Finding

// add appends a Finding.
func (fs *Findings) add(file string, line int, severity Severity, kind Kind, format string, args ...any) {
	*fs = append(*fs, Finding{file, line, severity, kind, fmt.Sprintf(format, args...)})
}

// Errors are those that are no warnings.
func (fs Findings) Errors() Findings {
	return slices.DeleteFunc(slices.Clone(fs), func(f Finding) bool { return f.Severity != Error })
}

// Count tells how many are of a kind.
func (fs Findings) Count(kind Kind) int {
	n := 0
	for _, f := range fs {
		if f.Kind == kind {
			n++
		}
	}
	return n
}

// Error lists the findings, one on a line.
func (fs Findings) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.Error()
	}
	return strings.Join(lines, "\n")
}
