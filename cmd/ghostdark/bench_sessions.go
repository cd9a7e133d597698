package main

import (
	"cmp"
	"context"
	"sync"
	"time"

	"github.com/ghostdark/ghostdark/net"
)

// measureAll runs the network with all sessions at the same time, first to warm up, then as
// often as the options say, and gives the times of all of them.
func (o *benchOptions) measureAll(ctx context.Context, pool *net.Pool, input []float32) (runs *benchRuns, err error) {
	err = o.together(ctx, pool, func(_ int, s *net.Session) error { return o.repeats.warm(ctx, s, input) })
	if err != nil {
		return nil, err
	}
	if o.profile != "" {
		stop, fault := startProfile(o.profile)
		if fault != nil {
			return nil, fault
		}
		defer func() { err = stop(err) }()
	}
	each := make([]*benchRuns, o.engine.sessions)
	begin := time.Now()
	err = o.together(ctx, pool, func(i int, s *net.Session) (err error) {
		each[i], err = o.repeats.measure(ctx, s, input)
		return err
	})
	if err != nil {
		return nil, err
	}
	all := each[0]
	all.wall = time.Since(begin)
	for _, runs := range each[1:] {
		all.total = append(all.total, runs.total...)
		for i := range all.layers {
			all.layers[i] = append(all.layers[i], runs.layers[i]...)
		}
	}
	return all, nil
}

// together does the same with each session of the pool at the same time.
func (o *benchOptions) together(ctx context.Context, pool *net.Pool, work func(i int, s *net.Session) error) error {
	errs := make([]error, o.engine.sessions)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() {
			errs[i] = pool.Do(ctx, func(s *net.Session) error { return work(i, s) })
		})
	}
	all.Wait()
	return cmp.Or(errs...)
}

// images is how many are computed at a time.
func (r *benchResult) images() int { return r.Batch * r.Sessions }

// throughput is the number of images in a second. Times of single runs don't tell it when
// sessions take turns on the cores.
func (r *benchResult) throughput(runs *benchRuns) float64 {
	if r.Sessions == 1 {
		return perSecond(float64(r.Batch), median(runs.total))
	}
	return perSecond(float64(r.Batch*len(runs.total)), runs.wall)
}
