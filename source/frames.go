package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/ghostdark/ghostdark/picture"
	"github.com/ghostdark/ghostdark/video"
)

// film yields the frames of a video, camera or stream.
func (w *walk) film(name, stem string, live bool) bool {
	if w.count != nil {
		return w.count.film(w.ctx, name, live, w.options.every())
	}
	r, err := video.Open(w.ctx, name, video.ReadOptions{Live: live})
	if err != nil {
		return w.broken(name, err)
	}
	defer r.Close()
	every := w.options.every()
	v := &Video{
		Name: name, Stem: w.stems.unique(stem), Live: live,
		FPS: r.FPS / float64(every), Frames: kept(r.Frames, every),
	}
	start := time.Now()
	for number := 1; ; number++ {
		frame, err := r.Next()
		if errors.Is(err, io.EOF) {
			return true
		}
		if err != nil {
			if w.ctx.Err() != nil {
				return false
			}
			return w.broken(name, err)
		}
		if (number-1)%every != 0 {
			continue
		}
		item := Item{
			Name: name, Stem: fmt.Sprintf("%s_%06d", v.Stem, number), Frame: number, Video: v,
			Time: time.Duration(float64(number-1) / r.FPS * float64(time.Second)),
			open: func(context.Context) (*picture.Image, error) { return frame, nil },
		}
		if live {
			item.Time = time.Since(start)
		}
		if !w.yield(item) {
			return false
		}
	}
}

func (o Options) every() int { return max(1, o.Every) }

// kept is how many of so many frames are yielded.
func kept(frames, every int) int { return (frames + every - 1) / every }
