package main

import "github.com/spf13/cobra"

func newExport() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Write a network in another form",
		Long:  "Write a network in another form.\n\n" + exitCodes,
		Args:  refuseUnknown,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newExportONNX(), newExportWeights())
	return cmd
}
