package weights

import (
	"bytes"
	"testing"
)

// FuzzRead reads anything as the weights of a small network: either it is written back as it
// was, or there is an error with a message.
func FuzzRead(f *testing.F) {
	slots := smallNet()
	Randomize(slots, 8)
	for _, h := range []Header{current, {Minor: 1}, {Major: 1001}} {
		file := encode(f, h, slots)
		f.Add(file, true, 0, false)
		f.Add(file[:len(file)-9], false, 0, true)
		f.Add(file[:h.Size()+4*18], true, 1, false)
	}
	f.Add([]byte("<html>"), true, 0, false)
	f.Fuzz(func(t *testing.T, file []byte, sizeKnown bool, cutoff int, allowExtra bool) {
		size := int64(-1)
		if sizeKnown {
			size = int64(len(file))
		}
		slots := smallNet()
		h, err := Read(bytes.NewReader(file), "x.weights", size, slots, ReadOptions{Cutoff: cutoff, AllowExtra: allowExtra})
		if err != nil {
			if err.Error() == "" {
				t.Fatal("an error without a message")
			}
			return
		}
		inFile := slots
		if cutoff > 0 {
			inFile = below(slots, cutoff)
		}
		if back := encode(t, h, inFile); !bytes.HasPrefix(file, back) || !allowExtra && len(back) != len(file) {
			t.Fatal("written again the file differs")
		}
	})
}
