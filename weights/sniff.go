package weights

import (
	"bytes"
	"encoding/binary"
	"unicode"
	"unicode/utf8"
)

// sniffBytes is how much of a file's beginning is looked at to recognize other formats.
const sniffBytes = 512

// signatures are first bytes of other formats. None of them can begin a weights file, since
// as version numbers they would be in the millions.
var signatures = []struct{ prefix, looks string }{
	{"PK\x03\x04", "a zip archive (PyTorch saves its models as such)"},
	{"\x1f\x8b\x08", "a gzip archive (unpack it first)"},
	{"BZh", "a bzip2 archive (unpack it first)"},
	{"\xfd7zXZ\x00", "an xz archive (unpack it first)"},
	{"\x28\xb5\x2f\xfd", "a zstd archive (unpack it first)"},
	{"7z\xbc\xaf\x27\x1c", "a 7z archive (unpack it first)"},
	{"\x89HDF\r\n\x1a\n", "an HDF5 file (Keras saves its models as such)"},
	{"\x89PNG", "a PNG picture"},
	{"\xff\xd8\xff", "a JPEG picture"},
	{"GGUF", "a GGUF model"},
	{"%PDF", "a PDF document"},
}

// sniff names the format that a file beginning with head looks like, or returns "" for what
// may be weights.
func sniff(head []byte) string {
	for _, s := range signatures {
		if bytes.HasPrefix(head, []byte(s.prefix)) {
			return s.looks
		}
	}
	switch {
	case len(head) >= 3 && head[0] == 0x80 && head[1] >= 2 && head[1] <= 5 && head[2] != 0:
		return "a Python pickle (old PyTorch saves its models as such)"
	case isSafetensors(head):
		return "a safetensors model"
	case len(head) >= 8 && string(head[4:8]) == "TFL3":
		return "a TensorFlow Lite model"
	case isONNX(head):
		return "an ONNX model"
	case isText(head):
		return sniffText(head)
	}
	return ""
}

// sniffText names the kind of a text.
func sniffText(head []byte) string {
	text := bytes.ToLower(bytes.TrimSpace(bytes.TrimPrefix(head, []byte("\ufeff"))))
	starts := func(prefixes ...string) bool {
		for _, p := range prefixes {
			if bytes.HasPrefix(text, []byte(p)) {
				return true
			}
		}
		return false
	}
	switch {
	case starts("version https://git-lfs"):
		return "a Git LFS pointer (run `git lfs pull` to get the file it stands for)"
	case starts("<!doctype html", "<html", "<head", "<body"):
		return "a web page (was it downloaded from a page about the file?)"
	case starts("<?xml", "<"):
		return "an XML text"
	case starts("{"):
		return "a JSON text"
	case bytes.Contains(text, []byte("[net]")), bytes.Contains(text, []byte("[network]")):
		return "a cfg (are cfg and weights swapped?)"
	}
	return "a text"
}

// isSafetensors tells the 64-bit length of a JSON header followed by that header.
func isSafetensors(head []byte) bool {
	if len(head) < 10 {
		return false
	}
	length := binary.LittleEndian.Uint64(head)
	return string(head[8:10]) == `{"` && length >= 2 && length < 1<<32
}

// isONNX tells a protobuf message that begins with a small ir_version (field 1) and goes on
// with a string or message of one of ModelProto's next fields.
func isONNX(head []byte) bool {
	if len(head) < 4 || head[0] != 0x08 || head[1] == 0 || head[1] > 32 {
		return false
	}
	switch head[2] {
	case 0x12, 0x1a, 0x22, 0x32, 0x3a, 0x42: // producer_name, its version, domain, doc, graph, opset
		return true
	}
	return false
}

// isText reports whether head is printable UTF-8. Weights never are: their version numbers
// have zero bytes.
func isText(head []byte) bool {
	if len(head) < 4 {
		return false
	}
	for len(head) > 0 {
		r, n := utf8.DecodeRune(head)
		if r == utf8.RuneError && n == 1 {
			return !utf8.FullRune(head) // a character cut off by the end of head
		}
		if unicode.IsControl(r) && !unicode.IsSpace(r) {
			return false
		}
		head = head[n:]
	}
	return true
}
