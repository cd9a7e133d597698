package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/ghostdark/ghostdark/ghostify"
	"github.com/ghostdark/ghostdark/net"
	"github.com/ghostdark/ghostdark/picture"
	"github.com/ghostdark/ghostdark/source"
	"github.com/ghostdark/ghostdark/tensor"
)

// fit gives the rewritten network weights.
func (g *ghostified) fit(cmd *cobra.Command, o *ghostifyOptions, m *model, opt net.Options) (*net.Network, error) {
	resize, err := o.choose(m.usualResize())
	if err != nil {
		return nil, err
	}
	var judge *judge
	if o.measures() {
		if judge, err = o.newJudge(cmd, m); err != nil {
			return nil, err
		}
	}
	images, err := o.calibrationImages(cmd, m, resize, g.mostImages(opt.MaxMemory))
	if err != nil {
		return nil, err
	}
	g.images = images.N
	progress := &stagesProgress{cmd: cmd}
	fitted, modules, err := g.Fit(cmd.Context(), m.Network, images, ghostify.FitOptions{Progress: progress.show})
	progress.clear()
	if err != nil {
		return nil, err
	}
	g.fitted = modules
	if judge != nil {
		g.measured, err = judge.compare(m, fitted)
	}
	return fitted, err
}

// mostImages is how many pictures fit into the memory.
func (g *ghostified) mostImages(limit int64) int {
	each := g.Memory(1) - g.Memory(0)
	return int(max(limit-g.Memory(0), 0) / max(each, 1))
}

// calibrationImages reads the pictures to fit on as a batch of inputs.
func (o *ghostifyOptions) calibrationImages(cmd *cobra.Command, m *model, resize picture.Resize, most int) (tensor.Tensor, error) {
	ctx := cmd.Context()
	if most < 1 {
		return tensor.Tensor{}, fmt.Errorf("%s: fitting it on a single picture takes more memory than --max-memory allows: raise that, or choose a smaller --width and --height", m.cfgPath)
	}
	inputs := source.New(o.calibrate, source.Options{Stdin: cmd.InOrStdin()})
	there, known := inputs.Count(ctx)
	wanted := o.most
	if known {
		wanted = min(wanted, there)
	}
	if wanted > most {
		tell(cmd, "fitting on %s: more would take more than --max-memory", counted(most, "picture"))
		wanted = most
	}
	batch := tensor.New(wanted, m.Net.Input())
	taken, number := 0, 0
	for item := range inputs.All(ctx) {
		if taken == wanted {
			break
		}
		// Evenly from all, or the first ones where nobody knows how many there are.
		if number++; known && number-1 < taken*there/wanted {
			continue
		}
		input, err := m.input(ctx, item, resize)
		if err != nil {
			return tensor.Tensor{}, err
		}
		copy(batch.Image(taken), input.Data)
		taken++
	}
	if err := ctx.Err(); err != nil {
		return tensor.Tensor{}, err
	}
	if taken == 0 {
		return tensor.Tensor{}, fmt.Errorf("no pictures to fit on")
	}
	batch.N = taken
	batch.Data = batch.Data[:taken*batch.Shape.Len()]
	return batch, nil
}
