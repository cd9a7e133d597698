package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"

	"github.com/ghostdark/ghostdark/cfg"
)

// settings is a file of settings: a mapping of names of flags to values, and of names of commands
// to mappings for these only.
type settings struct {
	path    string
	top     *yaml.Node // nil for an empty file
	running *cobra.Command
}

// maxSettings bounds a file of settings.
const maxSettings = 1 << 20

// openSettings reads a file of settings.
func openSettings(path string) (*settings, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxSettings+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxSettings {
		return nil, fmt.Errorf("%s: more than 1 MiB is too big for a file of settings", path)
	}
	return parseSettings(path, text)
}

// parseSettings reads the text of a file of settings.
func parseSettings(path string, text []byte) (*settings, error) {
	s := &settings{path: path}
	var document yaml.Node
	in := yaml.NewDecoder(bytes.NewReader(text))
	switch err := in.Decode(&document); {
	case errors.Is(err, io.EOF):
		return s, nil
	case err != nil:
		return nil, fmt.Errorf("%s: %s", path, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if err := in.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: has a second document; settings are one", path)
	}
	top := document.Content[0]
	switch {
	case top.Tag == "!!null":
	case top.Kind != yaml.MappingNode:
		return nil, s.errorf(top, "settings are lines of NAME: VALUE")
	default:
		s.top = top
	}
	return s, nil
}

// errorf makes an error about a place in the file.
func (s *settings) errorf(at *yaml.Node, format string, args ...any) error {
	return fmt.Errorf("%s:%d:%d: %s", s.path, at.Line, at.Column, fmt.Sprintf(format, args...))
}

// apply sets the flags of the command that is about to run, and those of all others, so that everything in the file is
// checked whatever runs.
func (s *settings) apply(running *cobra.Command) error {
	if s == nil || s.top == nil {
		return nil
	}
	s.running = running
	for c := range commands(running.Root()) {
		c.InheritedFlags() // merges them into Flags
	}
	return s.applyTo(running.Root(), s.top)
}

// applyTo sets flags of a command and of those below it. What is for all of them comes before what is for one.
func (s *settings) applyTo(c *cobra.Command, mapping *yaml.Node) error {
	type section struct {
		command *cobra.Command
		mapping *yaml.Node
	}
	var sections []section
	seen := map[string]*yaml.Node{}
	for i := 0; i < len(mapping.Content); i += 2 {
		key, value := mapping.Content[i], mapping.Content[i+1]
		if value.Kind == yaml.AliasNode {
			value = value.Alias
		}
		if earlier := seen[key.Value]; earlier != nil {
			return s.errorf(key, "%s was set in line %d already", key.Value, earlier.Line)
		}
		seen[key.Value] = key
		below := subcommand(c, key.Value)
		switch {
		case below != nil && value.Kind == yaml.MappingNode:
			sections = append(sections, section{below, value})
			continue
		case below != nil && !slices.ContainsFunc(slices.Collect(commands(c)), func(each *cobra.Command) bool { return each.Flags().Lookup(key.Value) != nil }):
			return s.errorf(key, "%s is a command: its settings are lines below it, further to the right", key.Value)
		}
		if err := s.set(c, key, value); err != nil {
			return err
		}
	}
	for _, below := range sections {
		if err := s.applyTo(below.command, below.mapping); err != nil {
			return err
		}
	}
	return nil
}

// subcommand finds a command by its name.
func subcommand(c *cobra.Command, name string) *cobra.Command {
	for _, below := range c.Commands() {
		if below.Name() == name && !slices.Contains(unsettable, name) {
			return below
		}
	}
	return nil
}

// set sets a flag of a command and of those below it that have it.
func (s *settings) set(c *cobra.Command, key, value *yaml.Node) error {
	found := false
	all := slices.Collect(commands(c))
	if i := slices.Index(all, s.running); i > 0 { // what is wrong for the command that runs is told first
		all[0], all[i] = all[i], all[0]
	}
	for _, each := range all {
		f := each.Flags().Lookup(key.Value)
		if f == nil || slices.Contains(unsettable, f.Name) {
			continue
		}
		found = true
		shared := each.LocalNonPersistentFlags().Lookup(f.Name) == nil
		if f.Changed || shared && each != s.running {
			continue
		}
		name := f.Name
		if each != c && each != s.running {
			name += " of" + strings.TrimPrefix(each.CommandPath(), s.running.Root().Name())
		}
		if err := s.setFlag(f, name, value); err != nil {
			return err
		}
		noteSource(f, fmt.Sprintf("%s, line %d", s.path, key.Line))
	}
	if found {
		return nil
	}
	what := "setting of" + strings.TrimPrefix(c.CommandPath(), c.Root().Name())
	if c == c.Root() {
		what = "command or flag"
	}
	if near := cfg.Nearest(key.Value, s.names(c)); near != "" {
		return s.errorf(key, "%q is no %s; did you mean %s?", key.Value, what, near)
	}
	return s.errorf(key, "%q is no %s", key.Value, what)
}

// names lists what can be set for a command.
func (s *settings) names(c *cobra.Command) (names []string) {
	for each := range commands(c) {
		if each.Parent() == c && !slices.Contains(unsettable, each.Name()) {
			names = append(names, each.Name())
		}
		each.Flags().VisitAll(func(f *pflag.Flag) {
			if !slices.Contains(unsettable, f.Name) {
				names = append(names, f.Name)
			}
		})
	}
	return names
}

// setFlag gives a flag a value, or a list of them. The name is for errors.
func (s *settings) setFlag(f *pflag.Flag, name string, value *yaml.Node) error {
	list, isList := f.Value.(pflag.SliceValue)
	switch {
	case value.Tag == "!!null":
		return s.errorf(value, "%s has no value", name)
	case value.Kind == yaml.SequenceNode && isList:
		var items []string
		for _, item := range value.Content {
			if item.Kind != yaml.ScalarNode {
				return s.errorf(item, "%s is a list of single values", name)
			}
			items = append(items, item.Value)
		}
		if list.Replace(items) != nil {
			return s.errorf(value, "%s: %s is not %s", name, strings.Join(items, ","), kindOf(f))
		}
		return nil
	case value.Kind != yaml.ScalarNode:
		return s.errorf(value, "%s has a single value", name)
	}
	if isList {
		_ = list.Replace(nil) // else what is set now would be added to what was set before
	}
	if f.Value.Set(value.Value) != nil {
		return s.errorf(value, "%s: %q is not %s", name, value.Value, kindOf(f))
	}
	return nil
}
