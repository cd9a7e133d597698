package picture

import (
	"bytes"
	"encoding/binary"
)

// Markers of JPEG segments.
const (
	jpegFrame       = 0xc0 // of a baseline picture
	jpegHuffman     = 0xc4
	jpegRestart     = 0xd0 // the first of 8
	jpegEnd         = 0xd9
	jpegScan        = 0xda
	jpegQuantizer   = 0xdb
	jpegInterval    = 0xdd
	jpegApplication = 0xe0 // the first of 16
	jpegAdobe       = 0xee
	jpegComment     = 0xfe
)

// scan describes the data of an ordinary JPEG: baseline, 8 bits, grey or YCbCr, all of it in a
// single scan, every segment as the standard (ITU-T T.81) has it.
type scan struct {
	components []byte // their names
	columns    int    // of units, which hold a block of each component, or four or two of Y
	units      int
	interval   int        // units between restart markers
	tables     [2][2]bool // Huffman tables that are defined, by class and number
	ends       []int      // where the data of each interval ends in the file
}

// readScan reads the segments of an ordinary JPEG. ok is false for other files.
func readScan(data []byte) (s scan, ok bool) {
	for p := 2; p+4 <= len(data) && data[p] == 0xff; {
		marker := data[p+1]
		if marker == 0xff { // padding
			p++
			continue
		}
		end := p + 2 + int(binary.BigEndian.Uint16(data[p+2:]))
		if end < p+4 || end > len(data) {
			return s, false
		}
		body := data[p+4 : end]
		switch {
		case marker == jpegScan:
			return s, s.head(body) && s.findEnds(data, end)
		case marker == jpegFrame && s.units == 0:
			ok = s.frame(body)
		case marker == jpegHuffman:
			ok = s.huffman(body)
		case marker == jpegInterval:
			if ok = len(body) == 2; ok {
				s.interval = int(binary.BigEndian.Uint16(body))
			}
		case marker == jpegAdobe && bytes.HasPrefix(body, []byte("Adobe")):
			const transform, ycbcr = 11, 1
			ok = len(body) > transform && body[transform] == ycbcr
		default:
			ok = marker == jpegQuantizer || marker == jpegComment || marker >= jpegApplication && marker < jpegApplication+16
		}
		if !ok {
			return s, false
		}
		p = end
	}
	return s, false
}

// frame takes frames of one component, or of three of which the first may have twice as many
// samples as the others on either axis.
func (s *scan) frame(body []byte) bool {
	const bits, height, width, count, first, size = 0, 1, 3, 5, 6, 3
	if len(body) < first || body[bits] != 8 || len(body) != first+size*int(body[count]) {
		return false
	}
	var sampling string
	for c := body[first:]; len(c) > 0; c = c[size:] {
		if bytes.IndexByte(s.components, c[0]) >= 0 {
			return false
		}
		s.components, sampling = append(s.components, c[0]), sampling+string(c[1:2])
	}
	unitW, unitH := 8, 8
	switch sampling {
	case "\x11", "\x11\x11\x11":
	case "\x21\x11\x11":
		unitW = 16
	case "\x12\x11\x11":
		unitH = 16
	case "\x22\x11\x11":
		unitW, unitH = 16, 16
	default:
		return false
	}
	w, h := int(binary.BigEndian.Uint16(body[width:])), int(binary.BigEndian.Uint16(body[height:]))
	s.columns = (w + unitW - 1) / unitW
	s.units = s.columns * ((h + unitH - 1) / unitH)
	return s.units > 0 && string(s.components) != "RGB"
}

// huffman reads tables, of which there are two of each class, 0 for the first coefficients of
// blocks and 1 for the others.
func (s *scan) huffman(body []byte) bool {
	const lengths, largest = 16, 11
	for len(body) > lengths {
		class, number, codes := body[0]>>4, body[0]&15, 0
		for _, n := range body[1 : 1+lengths] {
			codes += int(n)
		}
		body = body[1+lengths:]
		if class > 1 || number > 1 || codes == 0 || codes > len(body) {
			return false
		}
		for _, bits := range body[:codes] {
			if class == 0 && bits > largest {
				return false
			}
		}
		s.tables[class][number] = true
		body = body[codes:]
	}
	return len(body) == 0
}

// head checks the head of the scan: all components in the frame's order, each with two tables,
// and all coefficients at full precision.
func (s *scan) head(body []byte) bool {
	n := len(s.components)
	if n == 0 || len(body) != 1+2*n+3 || int(body[0]) != n || string(body[1+2*n:]) != "\x00\x3f\x00" {
		return false
	}
	for i, name := range s.components {
		at := body[1+2*i:]
		first, others := at[1]>>4, at[1]&15
		if at[0] != name || first > 1 || others > 1 || !s.tables[0][first] || !s.tables[1][others] {
			return false
		}
	}
	return true
}

// findEnds finds the ends of the intervals in the data that begins at from. It is false unless
// all restart markers are there, one after the other, and then the end of the picture.
func (s *scan) findEnds(data []byte, from int) bool {
	intervals := 1
	if s.interval > 0 {
		intervals = (s.units + s.interval - 1) / s.interval
	}
	for {
		next := bytes.IndexByte(data[from:], 0xff)
		if next < 0 || from+next+1 >= len(data) {
			return false
		}
		at := from + next
		from = at + 2
		marker := data[at+1]
		if marker == 0 {
			continue
		}
		s.ends = append(s.ends, at)
		if n := len(s.ends); n == intervals {
			return marker == jpegEnd
		} else if marker != jpegRestart+byte(n-1)&7 {
			return false
		}
	}
}

// last returns the unit that ends interval i.
func (s *scan) last(i int) int {
	if s.interval == 0 {
		return s.units - 1
	}
	return min((i+1)*s.interval, s.units) - 1
}
