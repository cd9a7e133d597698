package kernels

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// useHugePages asks for large pages behind the values. Nothing is lost when there are none.
func useHugePages(values []float32) {
	bytes := unsafe.Slice((*byte)(unsafe.Pointer(&values[0])), 4*len(values)/(4*hugePage)*(4*hugePage))
	_ = unix.Madvise(bytes, unix.MADV_HUGEPAGE)
}
