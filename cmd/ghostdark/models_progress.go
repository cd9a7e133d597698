package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// pullProgress tells how a pull goes: on a terminal by a line that changes, elsewhere by one line
// for each file.
type pullProgress struct {
	cmd     *cobra.Command
	live    bool
	file    string
	began   time.Time // the file
	first   int64     // bytes that were there then
	shownAt time.Time
	shown   int // how many columns the changing line takes
}

func newPullProgress(cmd *cobra.Command) *pullProgress {
	return &pullProgress{cmd: cmd, live: isTerminal(cmd.ErrOrStderr())}
}

func (p *pullProgress) tell(line string) {
	p.clear()
	tell(p.cmd, "%s", line)
}

// clear removes the changing line.
func (p *pullProgress) clear() {
	if p.shown > 0 {
		fmt.Fprintf(p.cmd.ErrOrStderr(), "\r%s\r", strings.Repeat(" ", p.shown))
		p.shown = 0
	}
}

func (p *pullProgress) show(file string, done, total int64) {
	now := time.Now()
	if file != p.file {
		p.file, p.began, p.first = file, now, done
		if !p.live {
			of := ""
			if total > 0 {
				of = " of " + binaryBytes(total)
			}
			tell(p.cmd, "%s …%s", filepath.Base(file), of)
		}
	}
	const often = time.Second / 10
	if !p.live || now.Sub(p.shownAt) < often && done < total {
		return
	}
	p.shownAt = now
	line := fmt.Sprintf("%s  %s", file, binaryBytes(done))
	if total > 0 {
		line = fmt.Sprintf("%s  %3.0f %%  %s of %s", file, 100*float64(done)/float64(total), binaryBytes(done), binaryBytes(total))
	}
	if took := now.Sub(p.began).Seconds(); took > .5 {
		line += fmt.Sprintf("  %s/s", binaryBytes(int64(float64(done-p.first)/took)))
	}
	blanks := strings.Repeat(" ", max(0, p.shown-len(line)))
	fmt.Fprintf(p.cmd.ErrOrStderr(), "\r%s%s", line, blanks)
	p.shown = len(line) + len(blanks)
}
