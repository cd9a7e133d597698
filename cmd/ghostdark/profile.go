package main

import (
	"runtime/pprof"

	"github.com/ghostdark/ghostdark/internal/atomicfile"
)

// startProfile takes a CPU profile until stop is called, which writes it to a file.
func startProfile(path string) (stop func() error, err error) {
	w, err := atomicfile.Create(path)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(w); err != nil {
		w.Discard()
		return nil, err
	}
	return func() error {
		pprof.StopCPUProfile()
		return w.Commit()
	}, nil
}
