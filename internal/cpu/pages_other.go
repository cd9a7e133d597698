//go:build !linux

package cpu

// HugePages does nothing where the system chooses the size of pages itself.
func HugePages([]byte) {}
