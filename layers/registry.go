package layers

import (
	"fmt"
	"slices"

	"github.com/ghostdark/ghostdark/cfg"
)

// Kind is a section type: the row of the registry that makes a section name mean something.
type Kind struct {
	// Names are the names that cfg files may use; the first is the canonical one.
	Names []string
	// Origin tells who knows the type, if it is not AlexeyAB's darknet.
	Origin cfg.Origin
	// Doc says in a sentence what the layer computes.
	Doc string
	// Schema lists the options, without those that every section may have (CommonOptions).
	Schema cfg.Schema
	// Build reads the options of one section and describes the layer to b. What it returns is
	// used only when no error was reported. Kind [net] has no Build: see ReadNet.
	Build func(b *Builder) Op
}

// Name returns the canonical section name.
func (k *Kind) Name() string { return k.Names[0] }

var registry = map[string]*Kind{}

// register adds a section type; every section file calls it once, in a package variable.
func register(k Kind) *Kind {
	for _, name := range k.Names {
		if registry[name] != nil {
			panic(fmt.Sprintf("BUG: layers: section type %q is registered twice", name))
		}
		registry[name] = &k
	}
	return &k
}

// Lookup finds a section type by any of its names, which are case-sensitive, or returns nil.
func Lookup(name string) *Kind { return registry[name] }

// Kinds lists all section types by their canonical name.
func Kinds() []*Kind {
	var kinds []*Kind
	for name, k := range registry {
		if name == k.Name() {
			kinds = append(kinds, k)
		}
	}
	slices.SortFunc(kinds, func(a, b *Kind) int {
		if a.Name() < b.Name() {
			return -1
		}
		return 1
	})
	return kinds
}

// CommonOptions are the options that darknet accepts in every layer's section.
var CommonOptions = cfg.Schema{
	{Name: "dontload", Type: cfg.Flag, Default: "0", Note: "the weights file holds nothing for this layer; it keeps random weights"},
	{Name: "dontloadscales", Type: cfg.Flag, Default: "0", Note: "the weights file holds no batch-norm arrays for this layer (scales 1, mean 0, variance 0)"},
	{Name: "clip", Type: cfg.Float, Default: "0", Effect: cfg.Training},
	{Name: "onlyforward", Type: cfg.Flag, Default: "0", Effect: cfg.Training},
	{Name: "dont_update", Type: cfg.Flag, Default: "0", Effect: cfg.Training},
	{Name: "burnin_update", Type: cfg.Int, Default: "0", Effect: cfg.Training},
	{Name: "stopbackward", Type: cfg.Flag, Default: "0", Effect: cfg.Training},
	{Name: "train_only_bn", Type: cfg.Flag, Default: "0", Effect: cfg.Training},
	{Name: "learning_rate", Type: cfg.Float, Default: "1", Effect: cfg.Training},
}
