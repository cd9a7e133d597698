package main

import (
	"encoding/json"
	"io"
)

// writeJSON writes a JSON value over several lines.
func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	return e.Encode(v)
}

// jsonArray writes the elements of a JSON array one by one, as they come.
type jsonArray struct {
	w     io.Writer
	count int
	err   error
}

func newJSONArray(w io.Writer) *jsonArray {
	a := &jsonArray{w: w}
	a.text("[")
	return a
}

func (a *jsonArray) text(s string) {
	if a.err == nil {
		_, a.err = io.WriteString(a.w, s)
	}
}

// add writes the next element.
func (a *jsonArray) add(v any) error {
	separator := "\n"
	if a.count > 0 {
		separator = ",\n"
	}
	a.count++
	element, err := json.MarshalIndent(v, " ", " ")
	if err != nil {
		return err
	}
	a.text(separator + " ")
	a.text(string(element))
	return a.err
}

// close ends the array.
func (a *jsonArray) close() error {
	a.text("\n]\n")
	return a.err
}
