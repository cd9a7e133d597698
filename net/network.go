package net

import (
	"bytes"
	"fmt"
	"io"

	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/weights"
)

// Network is a Graph with its weights. It never changes, so any number of goroutines may share
// it, each with a Session of its own.
type Network struct {
	*Graph
	Header weights.Header // of the weights file

	plans planCache
}

// Read reads and checks a cfg file. The error is that of reading the file or, as
// cfg.Diagnostics, what is wrong in it; the Graph is returned with the latter too.
func Read(path string, opt Options) (*Graph, error) {
	file, diags, err := cfg.Read(path)
	if err != nil {
		return nil, err
	}
	g := Build(file, diags, opt)
	return g, g.Err()
}

// Open reads a cfg file and its weights.
func Open(cfgPath, weightsPath string, opt Options) (*Network, error) {
	g, err := Read(cfgPath, opt)
	if err != nil {
		return nil, err
	}
	return g.LoadFile(weightsPath, weights.ReadOptions{})
}

// LoadFile reads a weights file into the graph and makes it a Network. The graph must not be
// loaded a second time.
func (g *Graph) LoadFile(path string, opt weights.ReadOptions) (*Network, error) {
	return g.load(opt, func() (weights.Header, error) { return weights.ReadFile(path, g.Slots(), opt) })
}

// Load reads weights from r, whose size in bytes may be -1 for unknown; name is for messages.
func (g *Graph) Load(r io.Reader, name string, size int64, opt weights.ReadOptions) (*Network, error) {
	return g.load(opt, func() (weights.Header, error) { return weights.Read(r, name, size, g.Slots(), opt) })
}

// LoadBytes reads weights that are in memory already.
func (g *Graph) LoadBytes(data []byte, name string) (*Network, error) {
	return g.Load(bytes.NewReader(data), name, int64(len(data)), weights.ReadOptions{})
}

// Random gives the network random weights, the same for the same seed.
func (g *Graph) Random(seed uint64) (*Network, error) {
	return g.load(weights.ReadOptions{}, func() (weights.Header, error) {
		weights.Randomize(g.Slots(), seed)
		return weights.CurrentHeader(0), nil
	})
}

// Fill makes the graph a Network by a function that gives every array of Slots its Data.
func (g *Graph) Fill(header weights.Header, fill func() error) (*Network, error) {
	return g.load(weights.ReadOptions{}, func() (weights.Header, error) { return header, fill() })
}

func (g *Graph) load(opt weights.ReadOptions, fill func() (weights.Header, error)) (*Network, error) {
	if err := g.Err(); err != nil {
		return nil, err
	}
	if err := g.missing.Err(); err != nil {
		return nil, err
	}
	if need := g.weightBytes(); need > g.options.maxMemory() {
		return nil, fmt.Errorf("%s: the weights need %s of memory, more than the limit of %s; raise it with --max-memory",
			g.File.Name, formatBytes(need), formatBytes(g.options.maxMemory()))
	}
	header, err := fill()
	if err != nil {
		return nil, err
	}
	g.fillUnstored(opt.Cutoff)
	return &Network{Graph: g, Header: header}, nil
}

// fillUnstored gives values to the arrays that no file holds: their fill value, or random
// weights for layers that the file leaves out.
func (g *Graph) fillUnstored(cutoff int) {
	for _, l := range g.Layers {
		var random []*weights.Slot
		for _, s := range l.Unstored {
			if s.FanIn > 0 {
				random = append(random, s)
				continue
			}
			s.Data = make([]float32, s.Len())
			for i := range s.Data {
				s.Data[i] = s.Fill
			}
		}
		if cutoff > 0 && l.Index >= cutoff {
			random = append(random, l.Slots...)
		}
		weights.Randomize(random, uint64(l.Index)+1)
	}
}

// Save writes the weights as darknet does. With a cutoff above 0, only those of the layers
// before it.
func (n *Network) Save(path string, cutoff int) error {
	return weights.WriteFile(path, n.Header, n.Slots(), cutoff)
}

// formatBytes writes a size for people.
func formatBytes(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
}
