package main

import (
	"context"
	"iter"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ghostdark/ghostdark/cfgs"
	"github.com/ghostdark/ghostdark/source"
)

// inputsHelp tells in the help of commands what IMAGE may be.
const inputsHelp = `IMAGE is a picture (JPEG, PNG, GIF, BMP, WebP, TIFF), a folder of pictures, a pattern
such as 'photos/**/*.jpg', a list (.txt, .list: one path to a line), an address
(http, https), or - for a picture on standard input. With the program ffmpeg it may
also be a video, a stream (rtsp://…) or a camera (camera:0).`

// inputOptions are the flags that say how inputs are read.
type inputOptions struct {
	stdinList bool
	every     int
}

func (o *inputOptions) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVar(&o.stdinList, "stdin-list", false, "read inputs from standard input, one to a line")
	flags.IntVar(&o.every, "every", 1, "of a video take only every so many frames")
}

// inputs are the pictures to look at: an embedded model's own, or those that operands stand for.
type inputs struct {
	*source.Inputs
	several  bool        // whether there may be more than one
	embedded *cfgs.Model // whose picture it is; nil for operands
}

// open makes the inputs of operands; without any, the picture of the embedded model.
// Below folders, those that results go to are left out.
func (o *inputOptions) open(cmd *cobra.Command, operands []string, embedded *cfgs.Model, results ...string) (inputs, error) {
	if o.every < 1 {
		return inputs{}, usagef("--every must be at least 1")
	}
	for _, operand := range operands {
		switch ext := filepath.Ext(operand); strings.ToLower(ext) {
		case ".json", ".jsonl", ".csv":
			return inputs{}, usagef("%s is no picture; to write results to it give --%s=%s", operand, strings.ToLower(ext[1:]), operand)
		}
	}
	dash := 0
	for _, operand := range operands {
		if operand == "-" {
			dash++
		}
	}
	switch {
	case dash > 1:
		return inputs{}, usagef("- stands %d times: standard input can be read once", dash)
	case o.stdinList && len(operands) == 0:
		operands = []string{"-"}
	case o.stdinList && dash == 0:
		return inputs{}, usagef("--stdin-list goes with the input -, which is not among those given")
	}
	in := inputs{Inputs: source.New(operands, source.Options{Stdin: cmd.InOrStdin(), StdinList: o.stdinList, Skip: results, Every: o.every})}
	in.several = in.Several()
	if len(operands) == 0 {
		in.embedded = embedded
	}
	return in, nil
}

// all yields the items until the context is done.
func (in inputs) all(ctx context.Context) iter.Seq[source.Item] {
	if in.embedded != nil {
		return func(yield func(source.Item) bool) { yield(source.Bytes(in.embedded.PictureName, in.embedded.Picture)) }
	}
	return in.All(ctx)
}
