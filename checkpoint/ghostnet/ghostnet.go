// Package ghostnet makes a cfg and weights of a GhostNet that PyTorch or TensorFlow has trained, from a checkpoint in
// the naming of the official repository. timm shares that for PyTorch.
package ghostnet

import (
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/checkpoint"
	"github.com/ghostdark/ghostdark/net"
	"github.com/ghostdark/ghostdark/weights"
)

// Options choose what a checkpoint leaves open.
type Options struct {
	// Stock asks for a cfg that darknet runs without any extension: the gates of squeeze-and-excite
	// blocks are put together of other layers, and so is the normalization of the input.
	Stock bool
	// Mean and Std are what the network's pictures were normalized with, one value for each channel. With a mean
	// of 0 and a deviation of 1 there is no normalization.
	Mean, Std []float32
}

// ImageNet's mean and standard deviation, for pictures in 0 … 1, which the official network was trained with.
var (
	Mean = []float32{.485, .456, .406}
	Std  = []float32{.229, .224, .225}
)

// InputSize is the width and height of the official network's input. Another one may be chosen in the cfg.
const InputSize = 224

// CropPct is the part of a scaled picture's shorter side that is cut out of its middle in official evaluations: 224
// of 256.
const CropPct = .875

// Network is a converted network: the text of its cfg, and a graph whose slots have their values.
type Network struct {
	Layout Layout
	Cfg    []byte
	Graph  *net.Graph
	header weights.Header
}

// WriteWeights writes the network's weights file.
func (n *Network) WriteWeights(w io.Writer) error {
	return weights.Write(w, n.header, n.Graph.Slots())
}

// Convert reads a GhostNet from a checkpoint. name is that of the cfg, for messages and comments. The error names all
// tensors that are missing, unknown or of other extents than the network wants.
func Convert(f *checkpoint.File, name string, opt Options) (*Network, error) {
	n, arrays, err := convert(f, name, opt)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	if err := n.fill(f, arrays); err != nil {
		return nil, err
	}
	return n, nil
}

// convert makes the network without its values, and lists where each layer's come from.
func convert(f *checkpoint.File, name string, opt Options) (*Network, []arrays, error) {
	t, err := newTensors(f)
	if err != nil {
		return nil, nil, err
	}
	layout, err := readLayout(t)
	if err != nil {
		return nil, nil, err
	}
	w := &writer{tensors: t, options: opt}
	w.network(layout)
	t.findUnknown()
	if err := t.faults.err(); err != nil {
		return nil, nil, err
	}
	if err := opt.check(layout.Channels); err != nil {
		return nil, nil, err
	}
	file, diags := cfg.Parse(name, w.text.Bytes())
	n := &Network{Layout: *layout, Cfg: w.text.Bytes(), Graph: net.Build(file, diags, net.Options{}), header: weights.CurrentHeader(0)}
	if err := n.Graph.Err(); err != nil {
		return nil, nil, fmt.Errorf("the network can't be built: %w", err)
	}
	return n, w.arrays, nil
}

// check reports normalization that doesn't fit the network's input.
func (o *Options) check(channels int) error {
	if len(o.Mean) != channels || len(o.Std) != channels {
		return fmt.Errorf("the network reads %d channels, but there are %d means and %d standard deviations for them", channels, len(o.Mean), len(o.Std))
	}
	if slices.Contains(o.Std, 0) {
		return fmt.Errorf("one of the standard deviations is 0")
	}
	for i, mean := range o.Mean {
		std := float64(o.Std[i])
		if v := float64(mean) / std; math.IsNaN(v) || math.Abs(v) > math.MaxFloat32 || 1/math.Abs(std) > math.MaxFloat32 || math.IsInf(std, 0) {
			return fmt.Errorf("nothing can be normalized with a mean of %v and a standard deviation of %v", mean, o.Std[i])
		}
	}
	return nil
}

// normalizes reports whether the input is normalized.
func (o *Options) normalizes() bool {
	return slices.ContainsFunc(o.Mean, func(v float32) bool { return v != 0 }) || slices.ContainsFunc(o.Std, func(v float32) bool { return v != 1 })
}

// fill gives each slot of the weights file the values of its array. arrays are listed by layer.
func (n *Network) fill(f *checkpoint.File, arrays []arrays) error {
	for i, l := range n.Graph.Layers {
		for _, s := range l.Slots {
			values, err := arrays[i].read(f, s.Name)
			if err != nil {
				return err
			}
			if len(values) != s.Len() {
				panic(fmt.Sprintf("BUG: ghostnet: %s wants %d %s and gets %d", s.Owner, s.Len(), s.Name, len(values)))
			}
			s.Data = values
		}
	}
	return nil
}
