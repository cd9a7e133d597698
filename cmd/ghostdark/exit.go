package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/ghostdark/ghostdark/net"
)

// Exit codes.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

const exitCodes = `Exit codes: 0 done, 1 failed or faulty input, 2 wrong usage.`

// failure is an error of a command that was called rightly.
type failure struct{ error }

func (f failure) Unwrap() error { return f.error }

// usageError is an error in how a command was called that shows only while it runs.
type usageError struct{ error }

// usagef makes a usageError.
func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// reported is a failure that the user has already been told about.
var errReported = errors.New("already reported")

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

// report tells the user about an error and gives the exit code for it.
func report(err error, stderr io.Writer) int {
	var failed failure
	switch {
	case err == nil:
		return exitDone
	case !errors.As(err, &failed):
		fmt.Fprintf(stderr, "ghostdark: %v\nRun the command with --help to see how it is used.\n", err)
		return exitUsage
	case !errors.Is(err, errReported):
		fmt.Fprintf(stderr, "ghostdark: %v\n", err)
	}
	return exitFailed
}

// tell writes a line about how things go.
func tell(cmd *cobra.Command, format string, args ...any) {
	fmt.Fprintf(cmd.ErrOrStderr(), format+"\n", args...)
}

// maxWarnings is how many warnings about a cfg a command shows that was not asked for them.
const maxWarnings = 3

// tellDiagnostics shows the errors of a cfg in full, or its first warnings in short. It
// returns errReported when there are errors.
func tellDiagnostics(cmd *cobra.Command, g *net.Graph) error {
	if errs := g.Diagnostics.Errors(); len(errs) > 0 {
		if err := g.File.Render(cmd.ErrOrStderr(), errs...); err != nil {
			return err
		}
		return errReported
	}
	warnings := g.Diagnostics.Warnings()
	for i, d := range warnings {
		if i == maxWarnings {
			tell(cmd, "… and %d more warnings: see ghostdark validate-cfg %s", len(warnings)-i, g.File.Name)
			break
		}
		tell(cmd, "%v", d)
	}
	return nil
}
