package report

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Format is a form for the results of many pictures in one file. What its methods return is written in the
// order of their calls: Begin once, Add for each picture, End once.
type Format interface {
	Begin() string
	Add(*Picture) (string, error)
	End() string
}

// Resumer is a Format in which there is something of every picture, so that an earlier file tells which are done.
type Resumer interface {
	Format
	// Earlier reads a file that this format wrote and gives its pictures to each, in their order, until
	// that returns an error.
	Earlier(r io.Reader, each func(json.RawMessage) error) error
	// Again is Add for a picture of an earlier file.
	Again(json.RawMessage) (string, error)
}

// jsonArray is an array of pictures, indented.
type jsonArray struct{ count int }

// JSON is an array with a Picture for each, indented by a blank.
func JSON() Resumer { return &jsonArray{} }

func (a *jsonArray) Begin() string { return "[" }
func (a *jsonArray) End() string   { return "\n]\n" }

func (a *jsonArray) Add(p *Picture) (string, error) {
	element, err := json.MarshalIndent(p, " ", " ")
	return a.separate(string(element)), err
}

func (a *jsonArray) separate(element string) string {
	a.count++
	if a.count == 1 {
		return "\n " + element
	}
	return ",\n " + element
}

func (a *jsonArray) Earlier(r io.Reader, each func(json.RawMessage) error) error {
	d := json.NewDecoder(r)
	if open, err := d.Token(); err != nil || open != json.Delim('[') {
		return fmt.Errorf("no array of pictures, as --json writes it")
	}
	for d.More() {
		var element json.RawMessage
		if err := d.Decode(&element); err != nil {
			return err
		}
		if err := each(element); err != nil {
			return err
		}
	}
	_, err := d.Token()
	return err
}

func (a *jsonArray) Again(element json.RawMessage) (string, error) {
	return a.separate(string(element)), nil
}

// lines is a JSON object on each line.
type lines struct{}

// Lines is JSON lines: a Picture on each line.
func Lines() Resumer { return lines{} }

func (lines) Begin() string { return "" }
func (lines) End() string   { return "" }

func (lines) Add(p *Picture) (string, error) {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(p)
	return b.String(), err
}

func (lines) Earlier(r io.Reader, each func(json.RawMessage) error) error {
	in := bufio.NewReader(r)
	for count := 1; ; count++ {
		line, err := in.ReadBytes('\n')
		if line = bytes.TrimSpace(line); len(line) > 0 {
			if !json.Valid(line) {
				return fmt.Errorf("line %d is no JSON", count)
			}
			if err := each(line); err != nil {
				return fmt.Errorf("line %d: %w", count, err)
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (lines) Again(element json.RawMessage) (string, error) { return string(element) + "\n", nil }

// table is CSV.
type table struct {
	heading []string
	rows    func(*Picture) [][]string
}

// CSV has a row for each object, with its box in pixels, or for each class of a classifier.
func CSV(classifier bool) Format {
	if classifier {
		return table{[]string{"filename", "frame", "class_id", "name", "probability"}, classRows}
	}
	return table{[]string{"filename", "frame", "class_id", "name", "confidence", "left", "top", "width", "height", "image_width", "image_height"}, objectRows}
}

func (t table) Begin() string                  { s, _ := csvText([][]string{t.heading}); return s }
func (t table) End() string                    { return "" }
func (t table) Add(p *Picture) (string, error) { return csvText(t.rows(p)) }

func csvText(rows [][]string) (string, error) {
	var b strings.Builder
	w := csv.NewWriter(&b)
	err := w.WriteAll(rows)
	return b.String(), err
}

func objectRows(p *Picture) [][]string {
	var rows [][]string
	for _, o := range p.Objects {
		b := o.Absolute
		rows = append(rows, []string{
			p.Filename, frameNumber(p), strconv.Itoa(o.ClassID), o.Name, number(o.Confidence),
			number(b.Left), number(b.Top), number(b.Width), number(b.Height), strconv.Itoa(p.Image.Width), strconv.Itoa(p.Image.Height),
		})
	}
	return rows
}

func classRows(p *Picture) [][]string {
	var rows [][]string
	for _, c := range p.Classes {
		rows = append(rows, []string{p.Filename, frameNumber(p), strconv.Itoa(c.ClassID), c.Name, number(c.Probability)})
	}
	return rows
}

// frameNumber is empty for a picture.
func frameNumber(p *Picture) string {
	if p.Frame == 0 {
		return ""
	}
	return strconv.Itoa(p.Frame)
}

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
