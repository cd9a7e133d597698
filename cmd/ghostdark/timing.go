package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/ghostdark/ghostdark/report"
)

// stageTimes are what the stages of one picture took. Draw and Encode, which includes writing
// the file, are 0 where no annotated picture is made.
type stageTimes struct {
	Decode      time.Duration
	Preprocess  time.Duration
	Inference   time.Duration
	Postprocess time.Duration
	Draw        time.Duration
	Encode      time.Duration
}

// json gives the stages in milliseconds.
func (t stageTimes) json() *report.Times {
	return &report.Times{
		Decode: milliseconds(t.Decode), Preprocess: milliseconds(t.Preprocess), Inference: milliseconds(t.Inference),
		Postprocess: milliseconds(t.Postprocess), Draw: milliseconds(t.Draw), Encode: milliseconds(t.Encode),
	}
}

// stages lists the times in the order in which a picture goes through.
func (t *stageTimes) stages() [6]*time.Duration {
	return [6]*time.Duration{&t.Decode, &t.Preprocess, &t.Inference, &t.Postprocess, &t.Draw, &t.Encode}
}

// milliseconds rounds to a microsecond.
func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// lap returns the time since *since and sets it to now.
func lap(since *time.Time) time.Duration {
	now := time.Now()
	d := now.Sub(*since)
	*since = now
	return d
}

// timeTable collects what the stages of pictures took.
type timeTable struct {
	start time.Time
	rows  []timeRow // of the first ones
	count int
	total stageTimes
}

type timeRow struct {
	picture string
	took    stageTimes
}

// mostRows bounds a table's memory and length.
const mostRows = 200

func newTimeTable() *timeTable { return &timeTable{start: time.Now()} }

// add adds a picture.
func (t *timeTable) add(picture string, took stageTimes) {
	if t.count++; t.count <= mostRows {
		t.rows = append(t.rows, timeRow{picture, took})
	}
	for i, d := range took.stages() {
		*t.total.stages()[i] += *d
	}
}

// tell writes the table, with totals below several pictures.
func (t *timeTable) tell(cmd *cobra.Command) {
	elapsed := time.Since(t.start)
	out := table{headings: []string{"times in ms", ">decode", ">preprocess", ">inference", ">postprocess", ">draw", ">encode", ">sum"}}
	add := func(name string, took stageTimes) {
		cells, sum := []string{name}, time.Duration(0)
		for _, d := range took.stages() {
			cells, sum = append(cells, fmt.Sprintf("%.2f", milliseconds(*d))), sum+*d
		}
		out.add(append(cells, fmt.Sprintf("%.2f", milliseconds(sum)))...)
	}
	for _, row := range t.rows {
		add(row.picture, row.took)
	}
	if more := t.count - len(t.rows); more > 0 {
		out.add(fmt.Sprintf("… and %s", counted(more, "picture")))
	}
	if t.count > 1 {
		add(counted(t.count, "picture"), t.total)
	}
	_ = out.write(cmd.ErrOrStderr()) // as with tell, there is nowhere to say that it failed
	if t.count > 1 {
		tell(cmd, "in %.2f ms, since pictures are read and written while the network runs on others", milliseconds(elapsed))
	}
}
