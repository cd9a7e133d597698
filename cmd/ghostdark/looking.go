package main

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/ghostdark/ghostdark/detect"
	"github.com/ghostdark/ghostdark/net"
	"github.com/ghostdark/ghostdark/picture"
	"github.com/ghostdark/ghostdark/report"
	"github.com/ghostdark/ghostdark/source"
	"github.com/ghostdark/ghostdark/tensor"
)

// job is a picture on its way through the stages.
type job struct {
	item  source.Item
	took  stageTimes
	err   error // why there is no result
	image *picture.Image
	input tensor.Tensor

	candidates []detect.Candidate // of a detector
	found      []detect.Detection
	lines      []string // what is printed
	report     report.Picture
	annotated  *picture.Image // of a frame, for the video
	drawn      *picture.Image // what files are made of, once something is drawn
}

// looker looks at pictures with a network.
type looker interface {
	// network is the one that looks.
	network() *model
	// prepare makes the network's input of a picture. Several goroutines may do so.
	prepare(j *job)
	// look runs the network on a picture; with several sessions, on several at a time.
	look(ctx context.Context, s *net.Session, j *job) error
}

// decode reads the picture, unless there is an error or the context is done.
func (j *job) decode(ctx context.Context) {
	if j.err == nil {
		j.err = ctx.Err()
	}
	if j.err != nil {
		return
	}
	at := time.Now()
	j.image, j.err = j.item.Open(ctx)
	j.err = plain(j.err)
	j.took.Decode = lap(&at)
}

// prepare makes the network's input of the picture.
func (j *job) prepare(m *model, way picture.Resize) {
	at := time.Now()
	j.input, j.err = m.prepare(j.image, way)
	j.took.Preprocess = lap(&at)
}

// run runs the network on the picture. The session's batch must be 1.
func (j *job) run(ctx context.Context, s *net.Session) error {
	at := time.Now()
	err := s.Run(ctx, j.input.Data)
	j.took.Inference = lap(&at)
	return err
}

// aside is how many pictures are read, and as many written, while the network runs on others. Each takes memory, so
// it doesn't grow with the cores for ever.
func aside() int { return min(max(2, runtime.GOMAXPROCS(0)), 8) }

// looking begins the stage in which a network runs on what was prepared. When the context is done it begins no more,
// but what was begun is finished.
func looking(ctx context.Context, prepared *stage[*job], pool *net.Pool, v looker) *stage[*job] {
	lasting := context.WithoutCancel(ctx)
	look := func(j *job) *job {
		if j.err == nil {
			j.err = ctx.Err()
		}
		if j.err == nil {
			j.err = pool.Do(lasting, func(s *net.Session) error { return v.look(lasting, s, j) })
		}
		j.input = tensor.Tensor{}
		return j
	}
	if n := pool.Sessions(); n > 1 {
		return parallel(prepared.all(), n, look)
	}
	return serial(prepared.all(), look) // in order, since some networks remember earlier images
}

// eachPicture has a network look at picture files, and shows what it found in each, in their order. What fails is told,
// and the others are still done.
func eachPicture(cmd *cobra.Command, paths []string, o *engineOptions, v looker, show func(index int, j *job)) error {
	pool, err := o.open(cmd, v.network(), len(paths) > 1)
	if err != nil {
		return err
	}
	defer pool.Close()
	ctx := cmd.Context()
	prepared := parallel(slices.Values(paths), aside()+pool.Sessions()-1, func(path string) *job {
		j := &job{item: source.File(path)}
		if j.decode(ctx); j.err == nil {
			v.prepare(j)
		}
		return j
	})
	progress := newProgress(cmd, cmd.Name(), "picture", known(len(paths)))
	defer progress.clear()
	index, failed := 0, 0
	for j := range looking(ctx, prepared, pool, v).all() {
		if errors.Is(j.err, context.Canceled) {
			return j.err
		}
		if j.err != nil {
			failed++
			progress.clear()
			tell(cmd, "ghostdark: %v", j.err)
		} else {
			show(index, j)
		}
		index++
		progress.step()
	}
	if failed > 0 {
		progress.clear()
		tellFailed(cmd, failed, index)
		return errReported
	}
	return nil
}
