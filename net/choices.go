package net

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
)

// Choices are what a plan does otherwise than by its rules: how convolutions are computed, and
// which of them make a chain, a unit that is computed by strips of lines. Tune measures them.
type Choices struct {
	// Key is the Graph.TuningKey of what they are for.
	Key string `json:"key"`
	// Methods are by layer, for convolutions: matrix, winograd, depthwise or combine. One that can't
	// compute the convolution is passed over.
	Methods map[int]string `json:"methods,omitempty"`
	// Chains are by the first layer of a chain: of how many convolutions, or a scaling and
	// convolutions, it is made at most; 1 for a layer that begins none.
	Chains map[int]int `json:"chains,omitempty"`
}

// Len is how many choices there are.
func (c *Choices) Len() int { return len(c.Methods) + len(c.Chains) }

// add takes over what other holds.
func (c *Choices) add(other *Choices) {
	if c.Methods == nil {
		c.Methods, c.Chains = map[int]string{}, map[int]int{}
	}
	maps.Copy(c.Methods, other.Methods)
	maps.Copy(c.Chains, other.Chains)
}

// method is the choice for a convolution, "" for none.
func (c *Choices) method(u *unit) string {
	if c == nil {
		return ""
	}
	return c.Methods[u.first()]
}

// chain is the choice for a chain that begins with the unit, 0 for none.
func (c *Choices) chain(u *unit) int {
	if c == nil {
		return 0
	}
	return c.Chains[u.first()]
}

// check refuses choices that are for something else, or that can't be any.
func (c *Choices) check(g *Graph, opt SessionOptions) error {
	key, err := g.TuningKey(opt)
	if err != nil {
		return err
	}
	if c.Key != key {
		return fmt.Errorf("%s: the choices of kernels are for another network, input size, instruction set, number of threads or version of ghostdark; measure them anew", g.File.Name)
	}
	for layer, method := range c.Methods {
		if err := g.noLayer(layer); err != nil {
			return fmt.Errorf("choices of kernels: %w", err)
		}
		if !slices.Contains([]convMethod{byMatrix, byWinograd, byDepthwise, byCombine}, convMethod(method)) {
			return fmt.Errorf("choices of kernels: layer %d can't be computed by %q", layer, method)
		}
	}
	for layer, length := range c.Chains {
		if err := g.noLayer(layer); err != nil {
			return fmt.Errorf("choices of kernels: %w", err)
		}
		if length < 1 || length > maxStages {
			return fmt.Errorf("choices of kernels: no chain has %d convolutions, as that of layer %d would", length, layer)
		}
	}
	return nil
}

// TuningKey names what Choices depend on: the layers with their options and shapes, the
// instruction set, the threads, the outputs that are kept, the passes left out, and the version of
// ghostdark. It doesn't tell one processor from another with the same instruction set.
func (g *Graph) TuningKey(opt SessionOptions) (string, error) {
	set, err := opt.kernels()
	if err != nil {
		return "", err
	}
	h := sha256.New()
	fmt.Fprintln(h, moduleVersion(), setName(set), opt.threads(), opt.Disable, g.keep(opt), g.Net.Input())
	for _, l := range g.Layers {
		fmt.Fprintf(h, "%q %v %v", l.Section.Name, l.Inputs, l.Output)
		for _, o := range l.Section.Options {
			fmt.Fprintf(h, " %q=%q", o.Key, o.Value)
		}
		fmt.Fprintln(h)
	}
	return hex.EncodeToString(h.Sum(nil)[:16]), nil
}

// moduleVersion is the version of this module as it was built into the program, which names the
// commit where it was built in a repository.
func moduleVersion() string {
	const path = "github.com/ghostdark/ghostdark"
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, m := range append(info.Deps, &info.Main) {
		if m.Path == path {
			return m.Version
		}
	}
	return ""
}
