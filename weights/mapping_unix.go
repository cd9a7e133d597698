//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package weights

import (
	"os"
	"syscall"
)

func mapFile(f *os.File, size int) ([]byte, error) {
	return syscall.Mmap(int(f.Fd()), 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE)
}

func unmapFile(data []byte) { _ = syscall.Munmap(data) }
