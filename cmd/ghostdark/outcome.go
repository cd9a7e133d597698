package main

import (
	"context"

	"github.com/spf13/cobra"
)

// fail tells why a picture has no result.
func (r *pictureRun) fail(err error) {
	r.failed++
	r.progress.clear()
	tell(r.cmd, "ghostdark: %v", err)
}

// outcome tells how the run ended.
func (r *pictureRun) outcome() error {
	if r.skipped > 0 {
		note(r.cmd, "%s done before", counted(r.skipped, "picture"))
	}
	stopped := r.cmd.Context().Err() != nil
	tellFailed(r.cmd, r.failed, r.done)
	switch {
	case context.Cause(r.cmd.Context()) == errUnwritten:
		return errStopped
	case stopped:
		tell(r.cmd, "ghostdark: stopped after %s%s", counted(r.done+r.skipped, "picture"), r.howOn())
		return errStopped
	case r.failed > 0:
		return errReported
	}
	return nil
}

// tellFailed tells how many of several pictures failed.
func tellFailed(cmd *cobra.Command, failed, pictures int) {
	if failed > 0 && pictures > 1 {
		tell(cmd, "ghostdark: %d of %s failed", failed, counted(pictures, "picture"))
	}
}

// howOn tells how a run that was stopped can go on.
func (r *pictureRun) howOn() string {
	again := r.o.outputs
	again.resume = true
	if again.check(r.o.target.wanted() && r.o.target.folder) != nil {
		return ""
	}
	return "; the same command with --resume goes on from there"
}
