package source

import (
	"context"

	"github.com/ghostdark/ghostdark/video"
)

// Count returns how many items there will be, without opening pictures, and whether that can be known: not
// for cameras, streams, and lists that come from standard input.
func (in *Inputs) Count(ctx context.Context) (items int, known bool) {
	c := &counter{known: true}
	w := &walk{ctx: ctx, options: in.options, count: c}
	for _, operand := range in.operands {
		if !w.operand(operand, nil) {
			break
		}
	}
	return c.items, c.known && ctx.Err() == nil
}

// counter counts items. Its methods return false when there is no sense in counting on.
type counter struct {
	items int
	known bool
}

func (c *counter) add(items int) bool {
	c.items += items
	return true
}

func (c *counter) unknown() bool {
	c.known = false
	return false
}

func (c *counter) film(ctx context.Context, name string, live bool, every int) bool {
	if live {
		return c.unknown()
	}
	about, err := video.Probe(ctx, name)
	if err != nil {
		return c.add(1) // an item that says so
	}
	if about.Frames == 0 {
		return c.unknown()
	}
	return c.add(kept(about.Frames, every))
}
