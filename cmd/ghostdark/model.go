package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/cfgs"
	"github.com/ghostdark/ghostdark/detect"
	"github.com/ghostdark/ghostdark/layers"
	"github.com/ghostdark/ghostdark/net"
	"github.com/ghostdark/ghostdark/source"
	"github.com/ghostdark/ghostdark/weights"
)

// modelOptions are the flags of every command that builds a network.
type modelOptions struct {
	width, height int
	maxMemory     string
	cutoff        int
	allowExtra    bool
}

// addShape adds the flags that act on a network's shapes, and the limit for what is made of these.
func (o *modelOptions) addShape(cmd *cobra.Command) {
	o.addExtents(cmd)
	o.addMemory(cmd)
}

// addExtents adds the flags for the input's width and height.
func (o *modelOptions) addExtents(cmd *cobra.Command) {
	cmd.Flags().IntVar(&o.width, "width", 0, "input width in pixels (default: the cfg's)")
	cmd.Flags().IntVar(&o.height, "height", 0, "input height in pixels (default: the cfg's)")
}

// defaultMemory is the limit of memory unless told otherwise.
const defaultMemory = "8GiB"

// addMemory adds the limit of memory.
func (o *modelOptions) addMemory(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.maxMemory, "max-memory", defaultMemory, "most memory for weights, and again for the buffers of a run")
}

// addWeights adds the flags that say how to read a weights file.
func (o *modelOptions) addWeights(cmd *cobra.Command) {
	cmd.Flags().IntVar(&o.cutoff, "cutoff", 0, "the weights file holds only the layers before this one, as name.conv.15 does with 15")
	cmd.Flags().BoolVar(&o.allowExtra, "allow-extra", false, "ignore surplus bytes at the end of the weights file")
}

func (o *modelOptions) read() weights.ReadOptions {
	return weights.ReadOptions{Cutoff: o.cutoff, AllowExtra: o.allowExtra, Map: true}
}

// netOptions checks the shape flags.
func (o *modelOptions) netOptions() (net.Options, error) {
	limit, err := parseBytes(o.maxMemory)
	if err != nil {
		return net.Options{}, usagef("--max-memory: %v", err)
	}
	if o.width < 0 || o.width > layers.MaxExtent || o.height < 0 || o.height > layers.MaxExtent {
		return net.Options{}, usagef("--width and --height must be from 1 to %d, or 0 for the cfg's", layers.MaxExtent)
	}
	if o.cutoff < 0 {
		return net.Options{}, usagef("--cutoff must not be negative")
	}
	return net.Options{Width: o.width, Height: o.height, MaxMemory: limit}, nil
}

// parseBytes reads a size such as 500MB, 8GiB or 1000000.
func parseBytes(s string) (int64, error) {
	units := []struct {
		suffix string
		factor float64
	}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"K", 1 << 10}, {"M", 1 << 20}, {"G", 1 << 30}, {"B", 1}, {"", 1}}
	for _, u := range units {
		number, ok := strings.CutSuffix(s, u.suffix)
		if !ok {
			continue
		}
		var v float64
		if _, err := fmt.Sscanf(number+"\n", "%g\n", &v); err != nil || !(v > 0) || v*u.factor > 1<<62 {
			break
		}
		return int64(v * u.factor), nil
	}
	return 0, fmt.Errorf("%q is not a size such as 500MiB or 8GiB", s)
}

// model is a loaded network and where it came from.
type model struct {
	*net.Network
	cfgPath  string
	embedded *cfgs.Model // nil for files
	loadTime time.Duration
}

// tree returns the hierarchy of the network's classes, nil when they are independent.
func (m *model) tree() *detect.Tree {
	for _, l := range slices.Backward(m.Layers) {
		if c, ok := l.Op.(layers.Classifier); ok {
			return c.Tree()
		}
	}
	return nil
}

// chosenLayers turns the numbers of --layer into indexes, each once.
func (m *model) chosenLayers(numbers []int) ([]int, error) {
	var chosen []int
	for _, given := range numbers {
		index := given
		if index < 0 {
			index += len(m.Layers)
		}
		if index < 0 || index >= len(m.Layers) {
			return nil, usagef("--layer %d: %s has layers 0 to %d, or -1 to -%d counted from the end", given, m.cfgPath, len(m.Layers)-1, len(m.Layers))
		}
		if !slices.Contains(chosen, index) {
			chosen = append(chosen, index)
		}
	}
	return chosen, nil
}

// openModel reads a cfg and a weights file and shows what is wrong with them.
func (o *modelOptions) openModel(cmd *cobra.Command, cfgPath, weightsPath string) (*model, error) {
	start := time.Now()
	g, err := o.openGraph(cmd, cfgPath)
	if err != nil {
		return nil, err
	}
	network, err := g.LoadFile(weightsPath, o.read())
	if err != nil {
		return nil, pullable(weightsPath, err)
	}
	return &model{Network: network, cfgPath: cfgPath, loadTime: time.Since(start)}, nil
}

// openRandom reads a cfg file and gives the network random weights, the same ones each time.
func (o *modelOptions) openRandom(cmd *cobra.Command, cfgPath string) (*model, error) {
	start := time.Now()
	g, err := o.openGraph(cmd, cfgPath)
	if err != nil {
		return nil, err
	}
	network, err := g.Random(1)
	if err != nil {
		return nil, err
	}
	return &model{Network: network, cfgPath: cfgPath, loadTime: time.Since(start)}, nil
}

// openGraph reads a cfg file and shows what is wrong with it, or keeps its network from running.
func (o *modelOptions) openGraph(cmd *cobra.Command, cfgPath string) (*net.Graph, error) {
	return o.readGraph(cmd, cfgPath, tellDiagnostics)
}

// readGraph reads a cfg file and shows of its diagnostics what show does.
func (o *modelOptions) readGraph(cmd *cobra.Command, cfgPath string, show func(*cobra.Command, *net.Graph) error) (*net.Graph, error) {
	opt, err := o.netOptions()
	if err != nil {
		return nil, err
	}
	g, err := net.Read(cfgPath, opt)
	if g == nil {
		return nil, pullable(cfgPath, err)
	}
	return g, show(cmd, g)
}

// openEmbedded builds one of the models that the program brings along.
func (o *modelOptions) openEmbedded(cmd *cobra.Command, m cfgs.Model) (*model, error) {
	opt, err := o.netOptions()
	if err != nil {
		return nil, err
	}
	start := time.Now()
	file, diags := cfg.Parse(m.CfgName, m.Cfg)
	g := net.Build(file, diags, opt)
	if err := tellDiagnostics(cmd, g); err != nil {
		return nil, err
	}
	network, err := g.LoadBytes(m.Weights, m.Name+".weights")
	if err != nil {
		return nil, err
	}
	return &model{Network: network, cfgPath: m.CfgName, embedded: &m, loadTime: time.Since(start)}, nil
}

// openModelOr loads the network of the operands CFG WEIGHTS, or the embedded one when there are none.
func (o *modelOptions) openModelOr(cmd *cobra.Command, args []string, embedded func() cfgs.Model) (*model, error) {
	if len(args) == 0 {
		return o.openEmbedded(cmd, embedded())
	}
	return o.openModel(cmd, args[0], args[1])
}

// splitOperands divides the operands of detect and classify: CFG WEIGHTS IMAGE…, or only
// pictures for the embedded model. None need be given if they are listed elsewhere. withModel comes before it.
func splitOperands(args []string, listed bool) (cfgPath, weightsPath string, pictures []string, err error) {
	if len(args) == 0 || !strings.HasSuffix(strings.ToLower(args[0]), ".cfg") {
		if len(args) > 0 && strings.HasSuffix(strings.ToLower(args[0]), ".data") {
			return "", "", nil, usagef("%s comes first but is no .cfg: give CFG WEIGHTS IMAGE… in this order, and --data %s", args[0], args[0])
		}
		for _, a := range args {
			if strings.HasSuffix(strings.ToLower(a), ".cfg") || strings.HasSuffix(strings.ToLower(a), ".weights") {
				return "", "", nil, usagef("%s comes first but is no .cfg: give CFG WEIGHTS IMAGE… in this order", args[0])
			}
		}
		return "", "", args, nil
	}
	switch {
	case len(args) == 1, len(args) == 2 && source.HasPicture(args[1]):
		return "", "", nil, usagef("no weights file: give CFG WEIGHTS IMAGE…")
	case len(args) == 2 && !listed:
		return "", "", nil, usagef("no picture: give CFG WEIGHTS IMAGE…, or MODEL IMAGE…")
	}
	return args[0], args[1], args[2:], nil
}
