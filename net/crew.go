package net

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ghostdark/ghostdark/kernels"
)

// crew runs the steps of a plan on several threads: the caller's own, and helpers that wait
// for tasks, at first busily and then asleep.
//
// ticket holds the number of the published step in its upper half and the number of tasks
// taken in its lower. A helper takes a task by adding to it, and so learns both at once: it can
// never mistake a task of one step for one of the next.
type crew struct {
	plan    *plan
	frame   *frame
	workers []*kernels.Worker // the first is the caller's

	ticket atomic.Uint64
	done   atomic.Int64 // tasks finished of the published step
	asleep atomic.Int32
	wake   chan struct{}
	quit   chan struct{}
	close  sync.Once
}

const idle = ^uint32(0) // a step number that stands for none

// busyWait is how long a helper looks for tasks before it sleeps.
const busyWait = 100 * time.Microsecond

func newCrew(p *plan, f *frame, threads int) *crew {
	c := &crew{plan: p, frame: f, wake: make(chan struct{}, threads), quit: make(chan struct{})}
	c.ticket.Store(uint64(idle) << 32)
	for range max(threads, 1) {
		c.workers = append(c.workers, kernels.NewWorker(p.set, p.scratch))
	}
	for _, w := range c.workers[1:] {
		go c.help(w)
	}
	return c
}

// stop ends the helpers.
func (c *crew) stop() { c.close.Do(func() { close(c.quit) }) }

// run computes one step.
func (c *crew) run(step int) {
	s := c.plan.steps[step]
	tasks := s.tasks()
	if len(c.workers) == 1 || !c.plan.parallel[step] {
		for t := range tasks {
			s.run(t, c.frame, c.workers[0])
		}
		return
	}
	c.done.Store(0)
	c.ticket.Store(uint64(step) << 32)
	for range c.asleep.Load() {
		select {
		case c.wake <- struct{}{}:
		default:
		}
	}
	c.work(c.workers[0])
	for c.done.Load() < int64(tasks) {
		runtime.Gosched()
	}
	c.ticket.Store(uint64(idle) << 32)
}

// work takes tasks of the published step until none is left. It tells whether it got any.
func (c *crew) work(w *kernels.Worker) bool {
	worked := false
	for {
		step := uint32(c.ticket.Load() >> 32)
		if step == idle || int(uint32(c.ticket.Load())) >= c.plan.steps[step].tasks() {
			return worked
		}
		mine := c.ticket.Add(1)
		step = uint32(mine >> 32)
		if step == idle {
			return worked
		}
		s := c.plan.steps[step]
		task := int(uint32(mine)) - 1
		if task >= s.tasks() {
			return worked
		}
		s.run(task, c.frame, w)
		c.done.Add(1)
		worked = true
	}
}

// help is what a helper does until the crew stops.
func (c *crew) help(w *kernels.Worker) {
	since := time.Now()
	for spin := 1; ; spin++ {
		if c.work(w) {
			since = time.Now()
			continue
		}
		if spin%64 != 0 {
			continue
		}
		select {
		case <-c.quit:
			return
		default:
		}
		if time.Since(since) < busyWait {
			runtime.Gosched()
			continue
		}
		c.asleep.Add(1)
		select {
		case <-c.quit:
			return
		case <-c.wake:
		}
		c.asleep.Add(-1)
		since = time.Now()
	}
}
