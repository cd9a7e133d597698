package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"

	"github.com/spf13/cobra"

	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/net"
)

// Exit codes.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2

	exitStopped = 130 // what shells say of programs that Ctrl-C ended
)

const exitCodes = `Exit codes: 0 done, 1 failed or faulty input, 2 wrong usage, 130 stopped by Ctrl-C.`

// failure is an error of a command that was called rightly.
type failure struct{ error }

func (f failure) Unwrap() error { return f.error }

// usageError is an error in how a command was called that shows only while it runs.
type usageError struct{ error }

// usagef makes a usageError.
func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// hinted is an error with what to do about it, in sentences.
type hinted struct {
	error
	hint string
}

func (h hinted) Unwrap() error { return h.error }

// errReported is a failure that the user has already been told about.
var errReported = errors.New("already reported")

// errStopped ends a run that was interrupted and has told so.
var errStopped = errors.New("stopped")

// errUnwritten is the cause of a stop when results can't be written, which execute tells.
var errUnwritten = errors.New("the results can't be written")

// running wraps a command's run function, so that its errors are told from those of parsing
// the command line.
func running(run func(cmd *cobra.Command, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		err := run(cmd, args)
		if _, usage := err.(usageError); err == nil || usage {
			return err
		}
		return failure{err}
	}
}

// conclude tells the user about a command's error and gives the exit code for it.
func conclude(cmd *cobra.Command, err error, stderr io.Writer) int {
	var failed failure
	switch {
	case err == nil:
		return exitDone
	case !errors.As(err, &failed):
		fmt.Fprintf(stderr, "ghostdark: %v\n%sRun the command with --help to see how it is used.\n", err, sources(cmd, err))
		return exitUsage
	case errors.Is(err, errStopped):
		return exitStopped
	case failed.error == context.Canceled:
		fmt.Fprintln(stderr, "ghostdark: stopped")
	case !errors.Is(err, errReported):
		fmt.Fprintf(stderr, "ghostdark: %v\n", plain(failed.error))
		var h hinted
		if errors.As(err, &h) {
			fmt.Fprintf(stderr, "  = hint: %s\n", h.hint)
		}
	}
	if errors.Is(err, context.Canceled) {
		return exitStopped
	}
	return exitFailed
}

// plain words an error of the file system as FILE: REASON, without the system call's name.
func plain(err error) error {
	if broken, ok := err.(*fs.PathError); ok {
		return fmt.Errorf("%s: %w", broken.Path, broken.Err)
	}
	return err
}

// tell writes a line about how things go.
func tell(cmd *cobra.Command, format string, args ...any) {
	fmt.Fprintf(cmd.ErrOrStderr(), format+"\n", args...)
}

// note writes a line that is no error, unless --quiet is given.
func note(cmd *cobra.Command, format string, args ...any) {
	if quiet, err := cmd.Flags().GetBool("quiet"); err != nil || !quiet {
		tell(cmd, format, args...)
	}
}

// How much a command shows of what is wrong with a cfg if that was not its task.
const (
	maxErrors   = 20
	maxWarnings = 3
)

// tellDiagnostics shows what keeps a cfg's network from running, in full, or its first
// warnings in short. It returns errReported when the network can't run.
func tellDiagnostics(cmd *cobra.Command, g *net.Graph) error {
	if missing := g.Missing(); !g.Diagnostics.HasErrors() && missing.HasErrors() {
		if err := render(cmd.ErrOrStderr(), g.File, missing); err != nil {
			return err
		}
		return errReported
	}
	return tellCfgFindings(cmd, g)
}

// tellCfgFindings shows what is wrong or doubtful in a cfg, whether or not files that its network
// needs for running are missing. It returns errReported when the cfg is faulty.
func tellCfgFindings(cmd *cobra.Command, g *net.Graph) error {
	if g.Diagnostics.HasErrors() {
		shown := leading(g.Diagnostics)
		if err := render(cmd.ErrOrStderr(), g.File, shown); err != nil {
			return err
		}
		tellMore(cmd, g, g.Diagnostics.Count(cfg.Error)-shown.Count(cfg.Error), "error")
		return errReported
	}
	warnings := g.Diagnostics.Warnings()
	for _, d := range warnings[:min(maxWarnings, len(warnings))] {
		tell(cmd, "%v", d)
	}
	tellMore(cmd, g, len(warnings)-maxWarnings, "warning")
	return nil
}

// leading returns the first errors, and before them the first warnings from further up: a
// value that is read otherwise than it was meant often is the cause.
func leading(ds cfg.Diagnostics) cfg.Diagnostics {
	first := slices.IndexFunc(ds, func(d cfg.Diagnostic) bool { return d.Severity == cfg.Error })
	warnings, errs := ds[:first].Warnings(), ds.Errors()
	return append(warnings[:min(maxWarnings, len(warnings))], errs[:min(maxErrors, len(errs))]...)
}

func tellMore(cmd *cobra.Command, g *net.Graph, more int, thing string) {
	if more > 0 {
		tell(cmd, "… and %s not shown here: see ghostdark validate-cfg %s", counted(more, thing), g.File.Name)
	}
}
