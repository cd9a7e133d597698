package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ghostdark/ghostdark/net"
	"github.com/ghostdark/ghostdark/picture"
	"github.com/ghostdark/ghostdark/source"
	"github.com/ghostdark/ghostdark/tensor"
)

// pictureOptions are the flags that say how a picture becomes a network's input.
type pictureOptions struct{ resize string }

func (o *pictureOptions) add(cmd *cobra.Command, byDefault string, ways ...string) {
	last := len(ways) - 1
	cmd.Flags().StringVar(&o.resize, "resize", "auto", strings.Join(ways[:last], ", ")+" or "+ways[last]+"; auto is "+byDefault)
	complete(cmd, "resize", append(ways, "auto")...)
}

// choose gives the way to resize; auto is the one for the value "auto".
func (o *pictureOptions) choose(auto picture.Resize) (picture.Resize, error) {
	if o.resize == "auto" {
		return auto, nil
	}
	r, err := picture.ParseResize(o.resize)
	if err != nil {
		return 0, usagef("--resize: %v, or auto", err)
	}
	return r, nil
}

// prepare makes the network's input of a picture.
func (m *model) prepare(img *picture.Image, way picture.Resize) (tensor.Tensor, error) {
	input, err := m.resize(img, way)
	if err != nil {
		return input, fmt.Errorf("%s: %w", m.cfgPath, err)
	}
	if len(m.Net.Mean)+len(m.Net.Std) > 0 {
		picture.Normalize(input, m.Net.Mean, m.Net.Std)
	}
	return input, nil
}

// resize makes the network's input of a picture, before it is normalized.
func (m *model) resize(img *picture.Image, way picture.Resize) (tensor.Tensor, error) {
	if pct := m.Net.CropPct; way == picture.ResizeCenterCrop && pct > 0 {
		return img.CenterCrop(m.Net.Input(), pct)
	}
	return img.Input(way, m.Net.Input())
}

// crop is how a classifier's pictures are brought to its input's size unless --resize says otherwise.
func (m *model) crop() picture.Resize {
	if m.Net.CropPct > 0 {
		return picture.ResizeCenterCrop
	}
	return picture.ResizeMinCrop
}

// usualResize is how the command that is for such networks brings pictures to the input's size.
func (m *model) usualResize() picture.Resize {
	switch {
	case m.Net.LetterBox:
		return picture.ResizeLetterbox
	case len(m.Heads()) > 0:
		return picture.ResizeStretch
	}
	return m.crop()
}

// input reads a picture and makes the network's input of it.
func (m *model) input(ctx context.Context, item source.Item, way picture.Resize) (tensor.Tensor, error) {
	img, err := item.Open(ctx)
	if err != nil {
		return tensor.Tensor{}, plain(err)
	}
	return m.prepare(img, way)
}

// infer reads a picture file and runs the network on it. The session's batch must be 1.
func (m *model) infer(ctx context.Context, s *net.Session, path string, way picture.Resize) error {
	input, err := m.input(ctx, source.File(path), way)
	if err != nil {
		return err
	}
	return s.Run(ctx, input.Data)
}
