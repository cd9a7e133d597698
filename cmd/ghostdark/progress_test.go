package main

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spf13/cobra"
)

// TestProgressLines holds what is told of long work where there is no terminal: a line now and then, with what is known.
func TestProgressLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told bytes.Buffer
		cmd := &cobra.Command{}
		cmd.SetErr(&told)
		counted := make(chan int, 1)
		p := newProgress(cmd, "detect", "picture", counted)
		p.skip(100)
		for i := range 40 {
			time.Sleep(500 * time.Millisecond)
			if i == 15 {
				counted <- 1234
			}
			p.step()
			p.share()
		}
		want := `detect: 110 pictures, 2 a second
detect: 120 of 1,234 pictures, 2 a second, 9m17s left
detect: 130 of 1,234 pictures, 2 a second, 9m12s left
detect: 140 of 1,234 pictures, 2 a second, 9m7s left
`
		if told.String() != want {
			t.Errorf("told:\n%s\nwant:\n%s", &told, want)
		}

		// Nothing is told of short work, and of an unknown total only what is done.
		told.Reset()
		close(counted)
		p = newProgress(cmd, "classify", "picture", counted)
		for range 7 {
			p.step()
		}
		time.Sleep(4 * time.Second)
		p.clear()
		if told.Len() > 0 {
			t.Errorf("told %s", &told)
		}
		time.Sleep(2 * time.Second)
		p.step()
		if want := "classify: 8 pictures, 1.33 a second\n"; told.String() != want {
			t.Errorf("told %q, want %q", &told, want)
		}

		// Each stage counts its own steps.
		told.Reset()
		s := &stagesProgress{cmd: cmd}
		for i := range 3 {
			s.show("first", i, 3)
			time.Sleep(3 * time.Second)
		}
		for i := range 2 {
			s.show("second", i, 2)
			time.Sleep(5 * time.Second)
		}
		s.clear()
		want = "first: 2 of 3 steps, 0.333 a second, 3s left\nsecond: 1 of 2 steps, 0.2 a second, 5s left\n"
		if told.String() != want {
			t.Errorf("told %q, want %q", &told, want)
		}
	})
}
