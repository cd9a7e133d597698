// Command ghostdark reads darknet cfg and weights files and runs the networks on the CPU.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ghostdark/ghostdark/internal/atomicfile"
)

func main() { os.Exit(run()) }

// run runs the program's command line and returns the exit code.
func run() int {
	collectLate()
	ctx, stop := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	// A pipe that nobody reads any more is an error of writing like others, not the end of the program in the midst of its files.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	go func() { // the first one ends what goes on in good order, the second one at once
		<-signals
		stop()
		<-signals
		atomicfile.Abandon()
		os.Exit(exitStopped)
	}()
	return execute(ctx, os.Args[1:], os.Stdout, os.Stderr)
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
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	results := &sink{w: stdout, broken: func() { stop(errUnwritten) }}
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(results)
	root.SetErr(stderr)
	cmd, err := root.ExecuteContextC(ctx)
	if results.err != nil {
		err = failure{fmt.Errorf("%w: %w", errUnwritten, plain(results.err))}
	}
	return conclude(cmd, err, stderr)
}

// sink remembers the first error of writing to w, since hardly any caller of fmt.Fprint looks
// at it, and calls broken then: what is computed for nobody needn't go on.
type sink struct {
	w      io.Writer
	err    error
	broken func()
}

func (s *sink) Write(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	n, err := s.w.Write(p)
	if s.err = err; err != nil {
		s.broken()
	}
	return n, err
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "ghostdark",
		Short: "Run darknet networks on the CPU",
		Long: `ghostdark reads any darknet .cfg and .weights and runs the network on the CPU:
detectors (YOLOv1 to v7, tiny ones, Yolo-Fastest, Ghost-YOLO), classifiers and
plain networks. It needs nothing else installed.

The names of well-known models stand for their files, once ghostdark models pull
has fetched them. Flags get other defaults by a file ghostdark.yaml, as lines
FLAG: VALUE, or by environment variables GHOSTDARK_FLAG. NO_COLOR=1 turns
colours off.

` + exitCodes,
		Example: `  ghostdark detect
  ghostdark detect my.cfg my.weights street.jpg
  ghostdark models pull yolov4-tiny
  ghostdark detect yolov4-tiny street.jpg
  ghostdark validate-cfg my-network.cfg`,
		Version:       version(),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          refuseUnknown,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },

		SuggestionsMinimumDistance: 2, // letters to change
	}
	root.SetFlagErrorFunc(explainFlag)
	addCommands(root)
	root.SetGlobalNormalizationFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		if name == "out" { // as darknet's program has it
			name = "output"
		}
		return pflag.NormalizedName(name)
	})
	addModelsDir(root)
	configure(root)
	return root
}

// addCommands adds all commands, in groups as the help shows them.
func addCommands(root *cobra.Command) {
	for _, group := range []struct {
		id, title string
		commands  []*cobra.Command
	}{
		{"run", "Run a network:", []*cobra.Command{newDetect(), newClassify(), newRun(), newBench(), newModels()}},
		{"measure", "Measure how good it is:", []*cobra.Command{newEvaluate(), newLabels()}},
		{"see", "See what it is:", []*cobra.Command{newValidate(), newGraph(), newAnalyze(), newFeatures()}},
		{"make", "Make one:", []*cobra.Command{newNew(), newAnchors(), newGhostify(), newImport(), newExport()}},
		{"program", "The program itself:", []*cobra.Command{newMan()}},
	} {
		root.AddGroup(&cobra.Group{ID: group.id, Title: group.title})
		for _, cmd := range group.commands {
			cmd.GroupID = group.id
		}
		root.AddCommand(group.commands...)
	}
	root.SetHelpCommandGroupID("program")
	root.SetCompletionCommandGroupID("program")
}
