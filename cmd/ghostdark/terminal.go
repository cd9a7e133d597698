package main

import (
	"cmp"
	"io"
	"os"
	"runtime"

	"golang.org/x/term"

	"github.com/ghostdark/ghostdark/cfg"
)

// isTerminal reports whether what is written to w is shown on a terminal.
func isTerminal(w io.Writer) bool {
	if s, ok := w.(*sink); ok {
		w = s.w
	}
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// inColour reports whether what is written to w should have colours: on terminals that have
// them, unless the user doesn't want any (https://no-color.org).
func inColour(w io.Writer) bool {
	kind := os.Getenv("TERM")
	if runtime.GOOS == "windows" { // whose older consoles show the sequences as they are
		kind = cmp.Or(kind, os.Getenv("WT_SESSION"), "dumb")
	}
	return os.Getenv("NO_COLOR") == "" && kind != "dumb" && isTerminal(w)
}

// render writes findings about a cfg, on a terminal in colour.
func render(w io.Writer, file *cfg.File, ds cfg.Diagnostics) error {
	if inColour(w) {
		return file.RenderInColour(w, ds...)
	}
	return file.Render(w, ds...)
}
