package main

import (
	"time"

	"github.com/spf13/cobra"
)

func newEvaluate() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "evaluate",
		Short: "Measure how well a network does on labelled pictures",
		Long:  "Measure how well a network does on labelled pictures.\n\n" + exitCodes,
		Args:  refuseUnknown,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newEvaluateDetect(), newEvaluateClassify())
	return cmd
}

// twoOperands checks operands [CFG WEIGHTS].
func twoOperands(_ *cobra.Command, args []string) error {
	if len(args) != 0 && len(args) != 2 {
		return usagef("give CFG WEIGHTS, MODEL, or nothing for the embedded model")
	}
	return nil
}

// progress tells from time to time how many of many pictures are done.
type progress struct {
	cmd    *cobra.Command
	total  int
	start  time.Time
	spoken time.Time
}

// pace is how long to be silent.
const pace = 5 * time.Second

func newProgress(cmd *cobra.Command, total int) *progress {
	now := time.Now()
	return &progress{cmd, total, now, now}
}

func (p *progress) done(n int) {
	now := time.Now()
	if now.Sub(p.spoken) < pace || n == p.total {
		return
	}
	p.spoken = now
	tell(p.cmd, "%s of %s, %.1f a second", thousands(int64(n)), counted(p.total, "picture"), float64(n)/now.Sub(p.start).Seconds())
}
