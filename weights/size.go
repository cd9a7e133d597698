package weights

import "fmt"

// sizeError explains why a file of have bytes, or of an unknown length beyond what is wanted
// if have is negative, does not fit the slots.
func sizeError(name string, h Header, slots []*Slot, have int64) *SizeError {
	e := &SizeError{File: name, Want: FileSize(h, slots), Have: have, header: h}
	if e.Short() {
		e.locate(slots)
	}
	e.Hints = e.hints()
	return e
}

// locate finds the array at which a short file ends.
func (e *SizeError) locate(slots []*Slot) {
	left := e.floats(e.Have)
	last := -1 // index of the last layer that the file covers with at least one value
	for _, s := range slots {
		n := int64(s.Len())
		if left >= n && n > 0 {
			left -= n
			last = s.Layer
			continue
		}
		if n == 0 {
			continue
		}
		e.Slot, e.Got = s, left
		if left == 0 && e.Have%4 == 0 && last >= 0 && last != s.Layer {
			e.Cutoff = last + 1
		}
		return
	}
}

// hints returns likely reasons for a wrong size, the most telling first.
func (e *SizeError) hints() []string {
	var hints []string
	if e.Have > 0 && e.Have%4 != 0 {
		hints = append(hints, fmt.Sprintf("%s is no whole number of floats, so the file is torn: copy or download it again", count(e.Have, "byte")))
	}
	if e.Cutoff > 0 {
		hints = append(hints, fmt.Sprintf("if it is a partial file (as name.conv.%d) pass --cutoff %d", e.Cutoff, e.Cutoff))
	}
	h := e.header
	other := int64(narrowHeader + wideHeader - h.Size())
	switch {
	case e.Have >= 0 && e.Have-other == e.Want-int64(h.Size()):
		hints = append(hints, fmt.Sprintf("it would fit with a header of %d bytes instead of %d, so the version %d.%d.%d in the header may be wrong",
			other, h.Size(), h.Major, h.Minor, h.Revision))
	case !h.plausible():
		hints = append(hints, fmt.Sprintf("its header says version %d.%d.%d, which no darknet writes: is it a weights file at all?",
			h.Major, h.Minor, h.Revision))
	case e.Short() && e.Cutoff == 0 && e.Have%4 == 0:
		hints = append(hints, "the copy or download was cut short, or these are the weights of another network or of other classes=")
	case !e.Short():
		hints = append(hints, "these may be the weights of another network or of other classes=")
	}
	return hints
}
