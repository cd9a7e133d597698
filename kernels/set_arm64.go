//go:build !noasm

package kernels

// available needs not ask: NEON is part of arm64.
func available() []*Set { return []*Set{&neon} }
