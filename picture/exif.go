package picture

import (
	"bytes"
	"encoding/binary"
)

// The orientation in EXIF data says how a picture must be turned for viewing: 1 not at all,
// 2 to 8 as upright documents. Missing, damaged or nonsensical data counts as 1: it must never keep
// a picture from being read.

const exifIntro = "Exif\x00\x00"

func noOrientation([]byte) int { return 1 }

// jpegOrientation looks through a JPEG's segments before the image data for EXIF in an APP1.
func jpegOrientation(data []byte) int {
	const (
		soi, eoi, sos, app1 = 0xd8, 0xd9, 0xda, 0xe1
		tem, rst0, rst7     = 0x01, 0xd0, 0xd7
	)
	for p := 2; p+4 <= len(data) && data[p] == 0xff; {
		switch marker := data[p+1]; {
		case marker == 0xff: // padding
			p++
			continue
		case marker == tem || marker >= rst0 && marker <= soi: // segments without a length
			p += 2
			continue
		case marker == sos || marker == eoi:
			return 1
		case marker == app1:
			n := int(binary.BigEndian.Uint16(data[p+2:]))
			body := data[p+4 : min(max(p+2+n, p+4), len(data))]
			if rest, ok := bytes.CutPrefix(body, []byte(exifIntro)); ok {
				return tiffOrientation(rest)
			}
		}
		p += 2 + int(binary.BigEndian.Uint16(data[p+2:]))
	}
	return 1
}

// pngOrientation looks for an eXIf chunk.
func pngOrientation(data []byte) int {
	const signature, head, crc = 8, 8, 4
	for p := signature; p+head <= len(data); {
		n := int64(binary.BigEndian.Uint32(data[p:]))
		end := int64(p+head) + n
		if end > int64(len(data)) {
			return 1
		}
		if string(data[p+4:p+8]) == "eXIf" {
			return tiffOrientation(data[p+head : end])
		}
		p = int(end) + crc
	}
	return 1
}

// webpOrientation looks for an EXIF chunk; some writers put JPEG's intro before the data.
func webpOrientation(data []byte) int {
	const intro, head = 12, 8
	for p := intro; p+head <= len(data); {
		n := int64(binary.LittleEndian.Uint32(data[p+4:]))
		end := int64(p+head) + n
		if end > int64(len(data)) {
			return 1
		}
		if string(data[p:p+4]) == "EXIF" {
			return tiffOrientation(bytes.TrimPrefix(data[p+head:end], []byte(exifIntro)))
		}
		p = int(end + n&1)
	}
	return 1
}

// tiffOrientation reads the Orientation tag of TIFF data, the form of a TIFF file and of
// EXIF in the other formats.
func tiffOrientation(data []byte) int {
	const orientation = 274
	if v := tiffTag(data, orientation); v >= 1 && v <= 8 {
		return v
	}
	return 1
}

// tiffTile reads the size of a TIFF file's tiles, 0 where there are none.
func tiffTile(data []byte) (w, h int) {
	const tileWidth, tileLength = 322, 323
	return tiffTag(data, tileWidth), tiffTag(data, tileLength)
}

// tiffTag returns the first value of a tag in the first directory of TIFF data if it is a
// byte, short or long, else 0.
func tiffTag(data []byte, tag uint16) int {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(data, []byte("II*\x00")):
		order = binary.LittleEndian
	case bytes.HasPrefix(data, []byte("MM\x00*")):
		order = binary.BigEndian
	default:
		return 0
	}
	const directoryAt, entrySize = 4, 12
	directory, ok := tail(data, directoryAt, 4)
	if !ok {
		return 0
	}
	entries, ok := tail(data, order.Uint32(directory), 2)
	if !ok {
		return 0
	}
	count := order.Uint16(entries)
	entries = entries[2:]
	for range count {
		if len(entries) < entrySize {
			return 0
		}
		if order.Uint16(entries) == tag {
			return tiffValue(data, entries[:entrySize], order)
		}
		entries = entries[entrySize:]
	}
	return 0
}

// tiffValue returns the first value of a directory entry.
func tiffValue(data, entry []byte, order binary.ByteOrder) int {
	const asByte, asShort, asLong = 1, 3, 4
	kind, count, value := order.Uint16(entry[2:]), order.Uint32(entry[4:]), entry[8:]
	size, known := map[uint16]uint64{asByte: 1, asShort: 2, asLong: 4}[kind]
	if !known || count == 0 {
		return 0
	}
	if size*uint64(count) > 4 { // does not fit into the entry, which then says where it is
		var ok bool
		if value, ok = tail(data, order.Uint32(value), int(size)); !ok {
			return 0
		}
	}
	switch kind {
	case asByte:
		return int(value[0])
	case asShort:
		return int(order.Uint16(value))
	}
	return int(order.Uint32(value))
}

// tail returns data from an offset on if it holds at least n bytes there.
func tail(data []byte, at uint32, n int) ([]byte, bool) {
	if uint64(at)+uint64(n) > uint64(len(data)) {
		return nil, false
	}
	return data[at:], true
}
