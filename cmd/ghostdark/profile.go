package main

import (
	"runtime/pprof"

	"github.com/ghostdark/ghostdark/internal/atomicfile"
)

// startProfile takes a CPU profile until stop is called, which writes it to a file unless what was measured failed.
func startProfile(path string) (stop func(failed error) error, err error) {
	w, err := atomicfile.Create(path)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(w); err != nil {
		w.Discard()
		return nil, err
	}
	return func(failed error) error {
		pprof.StopCPUProfile()
		if failed != nil {
			w.Discard()
			return failed
		}
		return w.Commit()
	}, nil
}
