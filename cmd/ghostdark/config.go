package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ghostdark/ghostdark/cfg"
)

// Users may give flags other defaults: by environment variables, and by a file of settings. A flag on
// the command line comes before a variable, a variable before the file. Since only defaults change, a flag that is
// set in one of these ways doesn't count as given.

const (
	settingsName = "ghostdark.yaml"
	noSettings   = "none" // in place of a file
	variables    = "GHOSTDARK_"
	// sourceNote is the annotation of a flag that names where its default comes from.
	sourceNote = "ghostdark_source"
)

// unsettable lists flags, and commands that cobra adds, that have no place among settings.
var unsettable = []string{"help", "version", "config", "completion"}

// configure makes all commands below root take settings.
func configure(root *cobra.Command) {
	root.PersistentFlags().String("config", "", "`FILE` of settings, or none (default: ghostdark.yaml here, or in ghostdark in the user's folder for configuration)")
	mustComplete(root.MarkPersistentFlagFilename("config", "yaml", "yml"))
	for c := range commands(root) {
		if c == root || c.Args == nil {
			continue
		}
		check := c.Args
		c.Args = func(cmd *cobra.Command, args []string) error {
			if err := applySettings(cmd); err != nil {
				return err
			}
			return check(cmd, args)
		}
	}
}

// commands yields a command and all below it.
func commands(c *cobra.Command) func(yield func(*cobra.Command) bool) {
	return func(yield func(*cobra.Command) bool) {
		var walk func(*cobra.Command) bool
		walk = func(c *cobra.Command) bool {
			return yield(c) && !slices.ContainsFunc(c.Commands(), func(below *cobra.Command) bool { return !walk(below) })
		}
		walk(c)
	}
}

// applySettings gives the flags of a command that is about to run their defaults.
func applySettings(cmd *cobra.Command) error {
	warnOfVariables(cmd)
	path := os.Getenv(variables + "CONFIG")
	if f := cmd.Flag("config"); f.Changed {
		path = f.Value.String()
	}
	s, err := readSettings(path)
	if err == nil {
		err = s.apply(cmd)
	}
	if err != nil {
		return failure{err}
	}
	return applyVariables(cmd)
}

// readSettings reads the file of that path, or the one that is there if it is "". It is nil when there is none.
func readSettings(path string) (*settings, error) {
	switch path {
	case noSettings:
		return nil, nil
	case "":
	default:
		return openSettings(path)
	}
	candidates := []string{settingsName}
	if folder, err := os.UserConfigDir(); err == nil {
		candidates = append(candidates, filepath.Join(folder, "ghostdark", settingsName))
	}
	for _, path := range candidates {
		if s, err := openSettings(path); !errors.Is(err, fs.ErrNotExist) {
			return s, err
		}
	}
	return nil, nil
}

// applyVariables sets the flags of a command for which there are environment variables.
func applyVariables(cmd *cobra.Command) (err error) {
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Changed || err != nil || slices.Contains(unsettable, f.Name) {
			return
		}
		for _, name := range variablesOf(cmd, f) {
			text := os.Getenv(name)
			if text == "" {
				continue
			}
			if name == variables+"CPU" { // which sessions look up themselves unless a flag names another
				text = f.DefValue
			}
			if f.Value.Set(text) != nil {
				err = usagef("%s: %q is not %s", name, text, kindOf(f))
			}
			noteSource(f, name)
			return
		}
	})
	return err
}

// variablesOf names the environment variables for a flag, the one that is for this command only first.
func variablesOf(cmd *cobra.Command, f *pflag.Flag) []string {
	variable := func(words string) string {
		return variables + strings.ToUpper(strings.NewReplacer(" ", "_", "-", "_").Replace(words))
	}
	command := strings.TrimPrefix(cmd.CommandPath(), cmd.Root().Name()+" ")
	return []string{variable(command + " " + f.Name), variable(f.Name)}
}

// warnOfVariables tells of environment variables that look like settings but are none.
func warnOfVariables(cmd *cobra.Command) {
	var odd []string
	for _, pair := range os.Environ() {
		if name, value, _ := strings.Cut(pair, "="); strings.HasPrefix(name, variables) && value != "" {
			odd = append(odd, name)
		}
	}
	if len(odd) == 0 {
		return
	}
	known := []string{variables + "CONFIG"}
	for c := range commands(cmd.Root()) {
		c.InheritedFlags() // merges them into Flags
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if !slices.Contains(unsettable, f.Name) {
				known = append(known, variablesOf(c, f)...)
			}
		})
	}
	for _, name := range odd {
		if slices.Contains(known, name) {
			continue
		}
		hint := ""
		if near := cfg.Nearest(name, known); near != "" {
			hint = "; did you mean " + near + "?"
		}
		tell(cmd, "warning: the environment variable %s sets nothing%s", name, hint)
	}
}

// kindOf tells what kind of value a flag takes.
func kindOf(f *pflag.Flag) string {
	want := map[string]string{
		"int": "a whole number", "uint64": "a whole number from 0 on", "intSlice": "a whole number, or several with commas",
		"float32": "a number", "float64": "a number", "float32Slice": "a list of numbers with commas", "bool": "true or false",
	}
	return cmp.Or(want[f.Value.Type()], "a "+f.Value.Type())
}

// noteSource remembers what has set a flag.
func noteSource(f *pflag.Flag, source string) {
	if f.Annotations == nil {
		f.Annotations = map[string][]string{}
	}
	f.Annotations[sourceNote] = []string{source}
}

// sources says where flags that an error is about were set, if not on the command line.
func sources(cmd *cobra.Command, err error) string {
	var b strings.Builder
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if from := f.Annotations[sourceNote]; len(from) > 0 && strings.Contains(err.Error(), "--"+f.Name) {
			fmt.Fprintf(&b, "--%s was set by %s.\n", f.Name, from[0])
		}
	})
	return b.String()
}
