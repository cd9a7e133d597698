package source

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"
)

// list yields what the lines of a file name. lists are those that it stands in.
func (w *walk) list(name string, lists []string) bool {
	if slices.Contains(lists, name) {
		return w.broken(name, fmt.Errorf("%s: the list names itself", name))
	}
	f, err := os.Open(name)
	if err != nil {
		return w.broken(name, err)
	}
	defer f.Close()
	return w.lines(f, name, filepath.Dir(name), append(slices.Clone(lists), name))
}

// maxLine bounds a line of a list.
const maxLine = 64 << 10

// lines yields what each line names. Blank lines don't count. Lines are read as they come, so that a
// program may write them one by one.
func (w *walk) lines(r io.Reader, name, beside string, lists []string) bool {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	count, found := 0, false
	for lines.Scan() {
		count++
		text := lines.Bytes()
		if count == 1 {
			text = bytes.TrimPrefix(text, []byte("\ufeff"))
		}
		if w.ctx.Err() != nil {
			return false
		}
		if bytes.IndexByte(text, 0) >= 0 || !utf8.Valid(text) {
			return w.broken(name, fmt.Errorf("%s: line %d is no text; a list names a picture on each line", name, count))
		}
		line := strings.TrimSpace(string(text))
		if line == "" {
			continue
		}
		found = true
		if !w.operand(seek(line, beside), lists) {
			return false
		}
	}
	switch err := lines.Err(); {
	case w.ctx.Err() != nil:
		return false
	case errors.Is(err, bufio.ErrTooLong):
		return w.broken(name, fmt.Errorf("%s: line %d is longer than %d bytes; a list names a picture on each line", name, count+1, maxLine))
	case err != nil:
		return w.broken(name, fmt.Errorf("%s: %w", name, err))
	case !found:
		return w.broken(name, fmt.Errorf("%s: names no picture", name))
	}
	return true
}

// seek finds the file that a line names: from the working folder, as darknet does, or beside the list.
func seek(line, beside string) string {
	if beside == "" || filepath.IsAbs(line) || strings.Contains(line, "://") {
		return line
	}
	there := filepath.Join(beside, line)
	if !begins(line) && begins(there) {
		return there
	}
	return line
}

// begins reports whether a file is there, or the folder in which a pattern begins.
func begins(path string) bool {
	_, err := os.Stat(path)
	if i := strings.IndexAny(path, meta); err != nil && i >= 0 {
		_, err = os.Stat(filepath.Dir(path[:i] + "x"))
	}
	return err == nil
}
