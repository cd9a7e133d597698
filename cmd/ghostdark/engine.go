package main

import (
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ghostdark/ghostdark/layers"
	"github.com/ghostdark/ghostdark/net"
)

// engineOptions are the flags that say how a network is computed.
type engineOptions struct {
	threads   int
	sessions  int
	fewest    int // sessions that may be chosen: 1, or asSuits
	cpu       string
	reference bool
	autotune  bool
	disable   []string
}

func (o *engineOptions) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.IntVar(&o.threads, "threads", 0, "use so many CPU cores (default: all)")
	flags.BoolVar(&o.reference, "reference", false, "compute with the plain definitions of the layers instead of the fast kernels")
	flags.BoolVar(&o.autotune, "autotune", false, "choose kernels by measuring them, the first time that the network is run so on this machine")
	o.addPlan(cmd)
}

// addSessions adds the flag for several sessions at the same time.
func (o *engineOptions) addSessions(cmd *cobra.Command, byDefault int, usage string) {
	cmd.Flags().IntVar(&o.sessions, "sessions", byDefault, usage)
	o.fewest = byDefault
}

// asSuits is a number of sessions that leaves it to open how many there are.
const asSuits = 0

// addPlan adds the flags that a plan depends on.
func (o *engineOptions) addPlan(cmd *cobra.Command) {
	o.sessions = 1
	cmd.Flags().StringVar(&o.cpu, "cpu", "", "kernels to use: generic, or avx2, avx512, neon (default: $GHOSTDARK_CPU, or the best this processor has)")
	cmd.Flags().StringSliceVar(&o.disable, "disable-pass", nil, "leave out optimizations: "+strings.Join(net.Passes(), ", "))
	complete(cmd, "cpu", "generic", "avx2", "avx512", "neon")
	complete(cmd, "disable-pass", net.Passes()...)
}

// session gives the options of a session, after checking the flags.
func (o *engineOptions) session() (net.SessionOptions, error) {
	s := net.SessionOptions{Threads: o.threads, CPU: o.cpu, Reference: o.reference, Disable: o.disable}
	if err := s.Check(); err != nil {
		return s, usageError{err}
	}
	if o.sessions < o.fewest || o.sessions > net.MaxThreads {
		return s, usagef("--sessions=%d is out of range: give 1 to %d", o.sessions, net.MaxThreads)
	}
	if o.autotune && o.reference {
		return s, usagef("--autotune is for kernels, which --reference does without")
	}
	return s, nil
}

// open makes the sessions for one picture, or for several, which run one at a time.
func (o *engineOptions) open(cmd *cobra.Command, m *model, several bool) (*net.Pool, error) {
	how, err := o.session()
	if err != nil {
		return nil, err
	}
	sessions := 1
	switch {
	case several && o.sessions == asSuits:
		sessions = o.suitable(m, how)
	case several:
		sessions = o.sessions
	}
	if how, err = o.tune(cmd, m, how, sessions); err != nil {
		return nil, err
	}
	return m.NewPool(sessions, how)
}

// suitable is how many sessions look at a list of pictures: as many as there are cores, since threads that share a
// picture wait for each other, while those around have pictures to read and write. Each session takes memory, though,
// and a network that remembers earlier images can have but one.
func (o *engineOptions) suitable(m *model, how net.SessionOptions) int {
	const most, mostMemory = 8, 512 << 20
	if how.Reference || slices.ContainsFunc(m.Layers, func(l *layers.Layer) bool { return l.State > 0 }) {
		return 1
	}
	plan, err := m.Plan(how.Each(most))
	if err != nil {
		return 1 // the session tells why
	}
	fit := int(mostMemory / max(plan.ArenaBytes, 1))
	return max(1, min(o.cores(), most, fit))
}

// cores is how many of them are used.
func (o *engineOptions) cores() int {
	if o.threads > 0 {
		return o.threads
	}
	return runtime.GOMAXPROCS(0)
}
