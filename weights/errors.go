package weights

import (
	"fmt"
	"strings"
)

// FormatError tells of a file that is of another format.
type FormatError struct {
	File  string
	Looks string // what the file looks like, with an article: "a web page"
}

func (e *FormatError) Error() string {
	return fmt.Sprintf("%s: this is no weights file, it looks like %s", e.File, e.Looks)
}

// SizeError tells of a file that holds more or less than the network wants.
type SizeError struct {
	File string
	Want int64 // bytes of header and arrays
	Have int64 // bytes in the file; -1 when it goes on beyond Want for an unknown length
	// Slot is the array inside or before which a short file ends, nil when the file ends
	// within the header or is too long.
	Slot *Slot
	Got  int64 // whole values of Slot that are in the file
	// Cutoff is the number of layers that a short file covers completely when it ends between
	// two layers, as a partial file does; 0 otherwise.
	Cutoff int
	// Hints are likely reasons and remedies, each a phrase.
	Hints []string

	header Header
}

// Short reports whether the file holds less than the network wants.
func (e *SizeError) Short() bool { return e.Have >= 0 && e.Have < e.Want }

func (e *SizeError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: ", e.File)
	switch {
	case e.Have == 0:
		b.WriteString("the file is empty")
	case e.Short() && e.Slot == nil:
		fmt.Fprintf(&b, "the file ends inside its header, after %s", count(e.Have, "byte"))
	case e.Short():
		fmt.Fprintf(&b, "the network wants %s, the file holds %s: it ends %s",
			count(e.floats(e.Want), "float"), e.holds(), e.place())
	case e.Have < 0:
		fmt.Fprintf(&b, "the network wants %s, the file holds more", count(e.floats(e.Want), "float"))
	default:
		surplus := count(e.Have-e.Want, "byte")
		if floats := (e.Have - e.Want) / 4; floats > 0 {
			surplus = count(floats, "float") + " (" + surplus + ")"
		}
		fmt.Fprintf(&b, "the network wants %s, the file holds %s: %s too many",
			count(e.floats(e.Want), "float"), e.holds(), surplus)
	}
	for _, h := range e.Hints {
		b.WriteString("; ")
		b.WriteString(h)
	}
	return b.String()
}

// floats returns the number of whole values in a file of this many bytes.
func (e *SizeError) floats(bytes int64) int64 { return (bytes - int64(e.header.Size())) / 4 }

func (e *SizeError) holds() string {
	if torn := e.Have % 4; torn != 0 {
		return fmt.Sprintf("%d and %s", e.floats(e.Have), count(torn, "byte"))
	}
	return fmt.Sprint(e.floats(e.Have))
}

// place tells where a short file ends.
func (e *SizeError) place() string {
	s := e.Slot
	switch {
	case e.Cutoff > 0:
		return fmt.Sprintf("exactly after layer %d", e.Cutoff-1)
	case e.Have == int64(e.header.Size()):
		return "after its header"
	case e.Got == 0 && e.Have%4 == 0:
		return fmt.Sprintf("before the %s of %s", s.Name, s.Owner)
	}
	return fmt.Sprintf("inside the %s of %s: %d of %d values", s.Name, s.Owner, e.Got, s.Len())
}

// ValueError tells of a value that no network can compute with.
type ValueError struct {
	File  string
	Slot  *Slot
	Index int // in Slot.Data
	Value float32
}

func (e *ValueError) Error() string {
	at := fmt.Sprintf("%s: value %d of %d in the %s of %s is %v", e.File, e.Index, e.Slot.Len(), e.Slot.Name, e.Slot.Owner, e.Value)
	if e.Value < 0 && e.Slot.Name == rollingVariance && !isSpecial(e.Value) {
		return at + ": a variance cannot be negative; the file is damaged or belongs to another network"
	}
	return at + ", no finite number: the file is damaged, belongs to another network or comes from a training that diverged"
}

// count writes a number with its unit.
func count(n int64, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}
