package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/ghostdark/ghostdark/net"
)

// engineOptions are the flags that say how a network is computed.
type engineOptions struct {
	threads   int
	cpu       string
	reference bool
	disable   []string
}

func (o *engineOptions) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.IntVar(&o.threads, "threads", 0, "use so many CPU cores (default: all)")
	flags.BoolVar(&o.reference, "reference", false, "compute with the plain definitions of the layers instead of the fast kernels")
	o.addPlan(cmd)
}

// addPlan adds the flags that a plan depends on.
func (o *engineOptions) addPlan(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.cpu, "cpu", "", "kernels to use: generic, or avx2, avx512, neon (default: $GHOSTDARK_CPU, or the best this processor has)")
	cmd.Flags().StringSliceVar(&o.disable, "disable-pass", nil, "leave out optimizations: "+strings.Join(net.Passes(), ", "))
	complete(cmd, "disable-pass", net.Passes()...)
}

// session gives the options of a session, after checking the flags.
func (o *engineOptions) session() (net.SessionOptions, error) {
	s := net.SessionOptions{Threads: o.threads, CPU: o.cpu, Reference: o.reference, Disable: o.disable}
	if err := s.Check(); err != nil {
		return s, usageError{err}
	}
	return s, nil
}

// open makes a session for one picture at a time.
func (o *engineOptions) open(m *model) (*net.Session, error) {
	how, err := o.session()
	if err != nil {
		return nil, err
	}
	return m.NewSession(how)
}
