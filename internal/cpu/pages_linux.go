package cpu

import "golang.org/x/sys/unix"

// HugePages asks the system to put memory, which should begin where a large page can, into
// large pages. Nothing is lost when there are none.
func HugePages(memory []byte) { _ = unix.Madvise(memory, unix.MADV_HUGEPAGE) }
