package ghostnet

import (
	"fmt"
	"slices"
	"strings"
)

// faults are tensors that are missing, have other extents than the network wants, or belong to no part of it.
type faults struct{ missing, misshapen, unknown []string }

// maxNamed is how many tensors of each kind a message names.
const maxNamed = 8

// err returns an error with what is wrong, each kind on a line of its own, or nil.
func (f *faults) err() error {
	slices.Sort(f.unknown)
	var lines []string
	add := func(kind string, names []string) {
		if len(names) == 0 {
			return
		}
		shown := names[:min(maxNamed, len(names))]
		line := fmt.Sprintf("%d %s: %s", len(names), kind, strings.Join(shown, ", "))
		if more := len(names) - len(shown); more > 0 {
			line += fmt.Sprintf(" and %d more", more)
		}
		lines = append(lines, line)
	}
	add("missing", f.missing)
	add("of other extents", f.misshapen)
	add("unknown", f.unknown)
	if len(lines) == 0 {
		return nil
	}
	return fmt.Errorf("the tensors are not those of a GhostNet%s\n  %s", f.reason(), strings.Join(lines, "\n  "))
}

// reason tells what such a checkpoint is likely to be.
func (f *faults) reason() string {
	for _, name := range f.unknown {
		switch {
		case strings.Contains(name, ".short_conv."):
			return ", but of GhostNetV2, whose attention darknet's sections can't express:"
		case strings.Contains(name, "_rpr_"):
			return ", but of GhostNetV3 before its branches are merged:"
		}
	}
	return ":"
}
