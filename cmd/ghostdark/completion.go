package main

import "github.com/spf13/cobra"

// complete makes the shell offer these values for a flag.
func complete(cmd *cobra.Command, flag string, values ...string) {
	if err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic("BUG: ghostdark: " + err.Error())
	}
}
