// Command ghostdark reads darknet cfg and weights files and runs the networks on the CPU.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := execute(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// execute runs the command line and returns the exit code. Results go to stdout, everything
// else to stderr.
func execute(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	return report(root.ExecuteContext(ctx), stderr)
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
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.AddCommand(newDetect(), newClassify(), newValidate(), newBench(), newRun())
	return root
}
