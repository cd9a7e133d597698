package main

import (
	"fmt"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
)

// progress shows on standard error how far a long work is: a bar on a terminal, a line now and then elsewhere.
type progress struct {
	w       io.Writer
	stage   string
	thing   string                   // what is counted, in the singular
	shared  bool                     // the terminal also shows results
	bar     *progressbar.ProgressBar // nil for lines
	counted <-chan int               // gives the total once, or is closed if it can't be known
	total   int                      // 0 while it isn't known
	done    int
	skipped int // of those done, without work
	start   time.Time
	told    time.Time
}

// tellEvery is the time between lines.
const tellEvery = 5 * time.Second

// newProgress begins to show how many things of a stage are done; their total comes later. The bar is drawn below results, if
// they go to a terminal, too.
func newProgress(cmd *cobra.Command, stage, thing string, counted <-chan int) *progress {
	w, now := cmd.ErrOrStderr(), time.Now()
	p := &progress{w: w, stage: stage, thing: thing, counted: counted, start: now, told: now}
	if isTerminal(w) {
		p.shared = isTerminal(cmd.OutOrStdout())
		pause := 100 * time.Millisecond
		if p.shared { // each result takes the bar away
			pause = 0
		}
		p.bar = progressbar.NewOptions(-1,
			progressbar.OptionSetWriter(w), progressbar.OptionSetDescription(stage), progressbar.OptionShowCount(),
			progressbar.OptionShowIts(), progressbar.OptionSetItsString(thing+"s"), progressbar.OptionSetElapsedTime(true),
			progressbar.OptionSetPredictTime(true), progressbar.OptionClearOnFinish(), progressbar.OptionUseANSICodes(true),
			progressbar.OptionFullWidth(), progressbar.OptionThrottle(pause))
	}
	return p
}

// known is a total that is known from the start.
func known(total int) <-chan int {
	c := make(chan int, 1)
	c <- total
	return c
}

// clear makes room for a line on standard error; the next step draws the bar again.
func (p *progress) clear() {
	if p != nil && p.bar != nil {
		_ = p.bar.Clear()
	}
}

// share makes room for a result.
func (p *progress) share() {
	if p != nil && p.shared {
		p.clear()
	}
}

// skip counts what needs no work.
func (p *progress) skip(n int) {
	if p != nil {
		p.skipped += n
		p.done += n
	}
}

// step counts one more.
func (p *progress) step() {
	if p != nil {
		p.reach(p.done + 1)
	}
}

// reach says how many are done.
func (p *progress) reach(done int) {
	p.done = done
	select {
	case total, ok := <-p.counted:
		p.counted = nil
		if ok && total > 0 {
			p.total = total
			if p.bar != nil {
				p.bar.ChangeMax(total)
			}
		}
	default:
	}
	if p.bar != nil {
		if p.total > 0 && p.done > p.total { // more came than were counted
			p.bar.ChangeMax(p.done)
		}
		_ = p.bar.Set(p.done)
		return
	}
	if now := time.Now(); now.Sub(p.told) >= tellEvery {
		p.told = now
		fmt.Fprintln(p.w, p.line(now))
	}
}

// line says how far the work is.
func (p *progress) line(now time.Time) string {
	rate := float64(p.done-p.skipped) / now.Sub(p.start).Seconds()
	text := fmt.Sprintf("%s: %s", p.stage, counted(p.done, p.thing))
	if p.total > 0 {
		text = fmt.Sprintf("%s: %s of %s", p.stage, thousands(int64(p.done)), counted(p.total, p.thing))
	}
	text += fmt.Sprintf(", %.3g a second", rate)
	if left := p.total - p.done; left > 0 && rate > 0 {
		text += fmt.Sprintf(", %v left", time.Duration(float64(left)/rate*float64(time.Second)).Round(time.Second))
	}
	return text
}

// stagesProgress shows how far stages are that follow each other, each with steps of its own.
type stagesProgress struct {
	cmd *cobra.Command
	now *progress
}

// show says how many steps of a stage are done.
func (s *stagesProgress) show(stage string, done, total int) {
	if s.now == nil || s.now.stage != stage {
		s.clear()
		s.now = newProgress(s.cmd, stage, "step", known(total))
	}
	s.now.reach(done)
}

func (s *stagesProgress) clear() { s.now.clear() }
