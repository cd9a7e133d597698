//go:build !amd64 || noasm

package kernels

func available() []*Set { return nil }
