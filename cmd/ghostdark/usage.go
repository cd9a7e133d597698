package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ghostdark/ghostdark/cfg"
)

// darknetCommands says how what darknet's own program is called with is done here.
var darknetCommands = map[string]string{
	"detector":   "darknet's `detector test DATA CFG WEIGHTS IMAGE` is `ghostdark detect CFG WEIGHTS IMAGE --data DATA`",
	"yolo":       "darknet's `yolo test CFG WEIGHTS IMAGE` is `ghostdark detect CFG WEIGHTS IMAGE`",
	"classifier": "darknet's `classifier predict DATA CFG WEIGHTS IMAGE` is `ghostdark classify CFG WEIGHTS IMAGE --data DATA`",
}

// refuseUnknown refuses what is no command below another one.
func refuseUnknown(parent *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if hint := darknetCommands[args[0]]; hint != "" && !parent.HasParent() {
		return fmt.Errorf("unknown command %q; %s", args[0], hint)
	}
	near := parent.SuggestionsFor(args[0])
	for c := range commands(parent) {
		if c.Name() == args[0] && c.IsAvailableCommand() { // further below
			near = append(near, strings.TrimPrefix(c.CommandPath(), parent.CommandPath()+" "))
		}
	}
	if len(near) > 0 {
		return fmt.Errorf("unknown command %q; did you mean %s?", args[0], strings.Join(near, " or "))
	}
	var names []string
	for _, c := range parent.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	if parent.HasParent() {
		return fmt.Errorf("unknown command %q; %s has %s", args[0], parent.Name(), strings.Join(names, ", "))
	}
	return fmt.Errorf("unknown command %q; the commands are %s", args[0], strings.Join(names, ", "))
}

// explainFlag words the error of a flag so that it says what to do.
func explainFlag(cmd *cobra.Command, err error) error {
	var bad *pflag.InvalidValueError
	if errors.As(err, &bad) {
		return fmt.Errorf("--%s: %q is not %s", bad.GetFlag().Name, bad.GetValue(), kindOf(bad.GetFlag()))
	}
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return err
	}
	word := unknown.GetSpecifiedName()
	if whole := unknown.GetSpecifiedShortnames(); whole != "" { // darknet's flags have one dash
		word, _, _ = strings.Cut(whole, "=")
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	near := cfg.Nearest(word, names)
	if slices.Contains(names, word) && len(word) > 1 {
		near = word
	}
	if near == "" {
		return err
	}
	return fmt.Errorf("%w; did you mean --%s?", err, near)
}
