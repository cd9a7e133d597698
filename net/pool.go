package net

import (
	"context"
	"fmt"
)

// Pool is several sessions of one network that divide the threads among them, for throughput:
// many images at once, each on few threads, take less time than one after another on all. Any
// number of goroutines may share a Pool.
type Pool struct {
	sessions []*Session
	free     chan *Session
}

// NewPool makes so many sessions. Each gets an equal part of the threads in opt, but at least
// one; the limit on memory counts the arenas of all. Networks that remember earlier runs can't
// have several sessions: what they give would depend on who ran before.
func (n *Network) NewPool(sessions int, opt SessionOptions) (*Pool, error) {
	if sessions < 1 || sessions > MaxThreads {
		return nil, fmt.Errorf("%d sessions are out of range: give 1 to %d", sessions, MaxThreads)
	}
	opt = opt.Each(sessions)
	if err := n.checkPool(sessions, opt); err != nil {
		return nil, err
	}
	p := &Pool{free: make(chan *Session, sessions)}
	for range sessions {
		s, err := n.NewSession(opt)
		if err != nil {
			p.Close()
			return nil, err
		}
		p.sessions = append(p.sessions, s)
		p.free <- s
	}
	return p, nil
}

// checkPool refuses what several sessions can't do.
func (n *Network) checkPool(sessions int, opt SessionOptions) error {
	if sessions == 1 {
		return nil
	}
	for _, l := range n.Layers {
		if l.State > 0 {
			return fmt.Errorf("%s: %s remembers earlier images, so several sessions can't share them: use one", n.File.Name, l.Label())
		}
	}
	plan, err := n.Plan(opt)
	if err != nil {
		return err
	}
	if need := int64(sessions) * plan.ArenaBytes; need > n.options.maxMemory() {
		return fmt.Errorf("%s: %d sessions need %s of memory, more than the limit of %s; use fewer, or raise it with --max-memory",
			n.File.Name, sessions, formatBytes(need), formatBytes(n.options.maxMemory()))
	}
	return nil
}

// Sessions returns how many there are.
func (p *Pool) Sessions() int { return len(p.sessions) }

// Do calls work with a session that nobody else uses meanwhile. It waits for one as long as ctx
// lasts, and returns what work returns.
func (p *Pool) Do(ctx context.Context, work func(*Session) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case s := <-p.free:
		defer func() { p.free <- s }()
		return work(s)
	}
}

// Close ends the threads of all sessions. Nobody may use the Pool any more.
func (p *Pool) Close() {
	for _, s := range p.sessions {
		s.Close()
	}
}
