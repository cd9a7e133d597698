package main

import "github.com/spf13/cobra"

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
