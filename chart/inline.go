package chart

import (
	"bytes"
	"io"
)

// WriteInline writes a chart as an element <svg>, for a page of HTML.
func WriteInline(w io.Writer, c Chart) error {
	var file bytes.Buffer
	if err := writeSVG(&file, c); err != nil {
		return err
	}
	text := file.Bytes()
	_, err := w.Write(text[bytes.Index(text, []byte("<svg")):])
	return err
}
