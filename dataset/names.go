package dataset

import (
	"bytes"
	"fmt"
	"os"
	"strings"
)

// maxText bounds texts that are read whole: names, lists, .data files and label files.
const maxText = 256 << 20

// readText reads a file of lines, without a byte order mark. things are what it should hold.
func readText(path, things string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: not a file of %s", path, things)
	}
	if info.Size() > maxText {
		return nil, fmt.Errorf("%s: %d bytes are too many for a file of %s", path, info.Size(), things)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if bytes.IndexByte(text, 0) >= 0 {
		return nil, fmt.Errorf("%s: not a text file of %s", path, things)
	}
	return bytes.TrimPrefix(text, []byte("\ufeff")), nil
}

// ReadNames reads one class name from each line; blank lines at the end don't count.
func ReadNames(path string) ([]string, error) {
	text, err := readText(path, "class names")
	if err != nil {
		return nil, err
	}
	text = bytes.TrimRight(text, "\r\n\t ")
	if len(text) == 0 {
		return nil, fmt.Errorf("%s: holds no class names", path)
	}
	var names []string
	for line := range strings.Lines(string(text)) {
		names = append(names, strings.TrimSpace(line))
	}
	return names, nil
}
