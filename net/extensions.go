package net

import (
	"fmt"

	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/kernels"
	"github.com/ghostdark/ghostdark/layers"
)

// noteExtensions notes what darknet doesn't know and so would run in another way: options and activations of
// ghostdark's own, each at the first place where it stands.
func (g *Graph) noteExtensions() {
	type use struct {
		section *cfg.Section
		option  *cfg.Option
		count   int
	}
	var names []string
	uses := map[string]*use{}
	note := func(name string, s *cfg.Section, o *cfg.Option) {
		if uses[name] == nil {
			names, uses[name] = append(names, name), &use{section: s, option: o}
		}
		uses[name].count++
	}
	for _, s := range g.File.Sections {
		kind := layers.Lookup(s.Name)
		if kind == nil {
			continue
		}
		for _, field := range kind.Schema {
			o := s.Option(field.Name)
			if o == nil {
				continue
			}
			if field.Origin == cfg.Ghostdark {
				note(field.Name+"=", s, o)
			}
			if a, known := kernels.ParseActivation(o.Value); field.Name == "activation" && known && a.Extension() {
				note("activation="+o.Value, s, o)
			}
		}
	}
	for _, name := range names {
		u := uses[name]
		hint, times := "darknet ignores it, so its results differ.", ""
		if u.option.Key == "activation" {
			hint = "darknet takes it as relu, so its results differ."
		}
		if u.count > 1 {
			times = fmt.Sprintf(", used %d times", u.count)
		}
		g.report(cfg.Note, u.section, hint, "%s is an extension of ghostdark%s", name, times)
		g.Diagnostics[len(g.Diagnostics)-1].Range = u.option.Range
	}
}
