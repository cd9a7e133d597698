package main

import (
	"encoding/json"
	"io"

	"github.com/ghostdark/ghostdark/report"
)

// writeJSONLine writes a JSON value on a line of its own.
func writeJSONLine(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// round keeps so many decimal places.
var round = report.Round
