package cfg

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Severity says how bad a [Diagnostic] is.
type Severity uint8

// The severities, worst first.
const (
	Error   Severity = iota // the network can't be built
	Warning                 // it can, but perhaps not as its author meant
	Note                    // worth knowing
)

// String returns "error", "warning" or "note".
func (s Severity) String() string {
	return nameOf(s, "error", "warning", "note")
}

// MarshalText returns the same word as String.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// nameOf returns the name at position v of an enumeration.
func nameOf[E ~uint8](v E, names ...string) string {
	if int(v) < len(names) {
		return names[v]
	}
	return fmt.Sprintf("%T(%d)", v, uint8(v))
}

// Range is a span of one source line. Line and columns count from 1, columns in
// runes of the original text; a byte that isn't UTF-8 counts as one rune.
type Range struct {
	File   string
	Line   int // 0 when there is no position
	Column int
	End    int // column just behind the span
}

// String returns "file:line:column", or only the file without a position.
func (r Range) String() string {
	if r.Line == 0 {
		return r.File
	}
	return fmt.Sprintf("%s:%d:%d", r.File, r.Line, r.Column)
}

// Related is another place that explains a [Diagnostic].
type Related struct {
	Range   Range
	Message string
}

// Diagnostic is one finding about a cfg file.
type Diagnostic struct {
	Severity Severity
	Range    Range
	Section  int       // index in File.Sections, -1 when it concerns none; layer i is section i+1
	Message  string    // short summary, lower case, no full stop
	Hint     string    // sentences with the remedy
	Related  []Related // other places worth quoting
}

// String returns "file:line:column: severity: message (hint)" on one line.
func (d Diagnostic) String() string {
	var b strings.Builder
	if place := d.Range.String(); place != "" {
		b.WriteString(place + ": ")
	}
	b.WriteString(d.Severity.String() + ": " + d.Message)
	if d.Hint != "" {
		b.WriteString(" (" + d.Hint + ")")
	}
	return printable(b.String())
}

// MarshalJSON writes the fields severity, file, line, column, section, message,
// and, where present, hint and related.
func (d Diagnostic) MarshalJSON() ([]byte, error) {
	type place struct {
		File    string `json:"file"`
		Line    int    `json:"line"`
		Column  int    `json:"column"`
		Message string `json:"message"`
	}
	related := make([]place, len(d.Related))
	for i, r := range d.Related {
		related[i] = place{r.Range.File, r.Range.Line, r.Range.Column, r.Message}
	}
	return json.Marshal(struct {
		Severity Severity `json:"severity"`
		File     string   `json:"file"`
		Line     int      `json:"line"`
		Column   int      `json:"column"`
		Section  int      `json:"section"`
		Message  string   `json:"message"`
		Hint     string   `json:"hint,omitempty"`
		Related  []place  `json:"related,omitempty"`
	}{d.Severity, d.Range.File, d.Range.Line, d.Range.Column, d.Section, d.Message, d.Hint, related})
}

// Diagnostics is a list of findings. As an error it speaks only of its errors;
// use Err to obtain an error that is nil when there are none.
type Diagnostics []Diagnostic

// Error returns one line per error: file:line:column: error: message (hint).
func (ds Diagnostics) Error() string {
	var lines []string
	for _, d := range ds.Errors() {
		lines = append(lines, d.String())
	}
	if lines == nil {
		return "no errors"
	}
	return strings.Join(lines, "\n")
}

// Err returns the list as an error, or nil when it holds no errors.
func (ds Diagnostics) Err() error {
	if !ds.HasErrors() {
		return nil
	}
	return ds
}

// HasErrors reports whether any of the findings is an error.
func (ds Diagnostics) HasErrors() bool { return ds.Count(Error) > 0 }

// HasErrorIn reports whether any of the findings is an error about the section of that index.
func (ds Diagnostics) HasErrorIn(section int) bool {
	return slices.ContainsFunc(ds, func(d Diagnostic) bool { return d.Severity == Error && d.Section == section })
}

// Errors returns the errors among the findings.
func (ds Diagnostics) Errors() Diagnostics { return ds.only(Error) }

// Warnings returns the warnings among the findings.
func (ds Diagnostics) Warnings() Diagnostics { return ds.only(Warning) }

func (ds Diagnostics) only(sev Severity) Diagnostics {
	var out Diagnostics
	for _, d := range ds {
		if d.Severity == sev {
			out = append(out, d)
		}
	}
	return out
}

// Count returns the number of findings of one severity.
func (ds Diagnostics) Count(sev Severity) int {
	n := 0
	for _, d := range ds {
		if d.Severity == sev {
			n++
		}
	}
	return n
}

// Sort orders the findings by line and column; those without a position come first.
func (ds Diagnostics) Sort() {
	slices.SortStableFunc(ds, func(a, b Diagnostic) int {
		return cmp.Or(cmp.Compare(a.Range.Line, b.Range.Line), cmp.Compare(a.Range.Column, b.Range.Column))
	})
}

// Limit returns ds when it has at most n findings. Otherwise it keeps n of them
// in their order, the severe ones before the others, and adds a note that counts
// the rest.
func (ds Diagnostics) Limit(n int) Diagnostics {
	if len(ds) <= n {
		return ds
	}
	left := n
	var keep, dropped [Note + 1]int
	for sev := range keep {
		total := ds.Count(Severity(sev))
		keep[sev] = min(left, total)
		dropped[sev] = total - keep[sev]
		left -= keep[sev]
	}
	out := make(Diagnostics, 0, n+1)
	for _, d := range ds {
		if keep[d.Severity] > 0 {
			keep[d.Severity]--
			out = append(out, d)
		}
	}
	return append(out, Diagnostic{
		Severity: Note,
		Range:    Range{File: ds[0].Range.File},
		Section:  -1,
		Message: fmt.Sprintf("%d errors, %d warnings and %d notes more are not listed",
			dropped[Error], dropped[Warning], dropped[Note]),
	})
}
