// Command ghostdark reads darknet cfg and weights files and runs the networks on the CPU.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func main() {
	collectLate()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := execute(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// collectLate puts off the first collection of garbage from 4 MiB of memory, which Go begins
// with and which takes loading a small network and a picture several times, to 32 MiB. Then
// all goes on as usual.
func collectLate() {
	if os.Getenv("GOGC") != "" {
		return
	}
	usual := debug.SetGCPercent(800)
	collected := new(*int) // anything that nobody refers to
	runtime.AddCleanup(collected, func(percent int) { debug.SetGCPercent(percent) }, usual)
}

// execute runs the command line and returns the exit code. Results go to stdout, everything
// else to stderr.
func execute(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	results := &sink{w: stdout}
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(results)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if results.err != nil {
		err = failure{fmt.Errorf("the results can't be written: %w", plain(results.err))}
	}
	return report(err, stderr)
}

// sink remembers the first error of writing to w, since hardly any caller of fmt.Fprint looks
// at it.
type sink struct {
	w   io.Writer
	err error
}

func (s *sink) Write(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	n, err := s.w.Write(p)
	s.err = err
	return n, err
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "ghostdark",
		Short: "Run darknet networks on the CPU",
		Long: `ghostdark reads any darknet .cfg and .weights and runs the network on the CPU:
detectors (YOLOv1 to v7, tiny ones, Yolo-Fastest, Ghost-YOLO), classifiers and
plain networks. It needs nothing else installed.

` + exitCodes,
		Example: `  ghostdark detect
  ghostdark detect yolov4-tiny.cfg yolov4-tiny.weights street.jpg
  ghostdark validate-cfg my-network.cfg`,
		Version:       version(),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          refuseUnknown,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },

		SuggestionsMinimumDistance: 2, // letters to change
	}
	root.SetFlagErrorFunc(explainFlag)
	root.AddCommand(newDetect(), newClassify(), newValidate(), newEvaluate(), newLabels(), newAnchors(), newBench(), newRun(), newImport(), newExport(), newNew(), newGhostify(), newFeatures(), newAnalyze())
	return root
}

// refuseUnknown refuses what is no command.
func refuseUnknown(root *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if near := root.SuggestionsFor(args[0]); len(near) > 0 {
		return fmt.Errorf("unknown command %q; did you mean %s?", args[0], strings.Join(near, " or "))
	}
	var names []string
	for _, c := range root.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	return fmt.Errorf("unknown command %q; the commands are %s", args[0], strings.Join(names, ", "))
}

// explainFlag words the error of a flag's value without the names of parsing functions.
func explainFlag(_ *cobra.Command, err error) error {
	var bad *pflag.InvalidValueError
	if !errors.As(err, &bad) {
		return err
	}
	want := map[string]string{
		"int": "a whole number", "uint64": "a whole number from 0 on", "intSlice": "a whole number, or several with commas",
		"float32": "a number", "float64": "a number", "float32Slice": "a list of numbers with commas", "bool": "true or false",
	}
	kind := bad.GetFlag().Value.Type()
	return fmt.Errorf("--%s: %q is not %s", bad.GetFlag().Name, bad.GetValue(), cmp.Or(want[kind], "a "+kind))
}
