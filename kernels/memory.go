package kernels

import (
	"sync"
	"unsafe"

	"github.com/ghostdark/ghostdark/internal/cpu"
)

// Aligned returns n zeroed values that begin at a cache line and are followed by Slack more.
func Aligned(n int) []float32 {
	return alignedTo(cacheLine, n)
}

// alignedTo aligns to so many values.
func alignedTo(unit, n int) []float32 {
	raw := make([]float32, n+Slack+unit)
	skip := (-int(uintptr(unsafe.Pointer(&raw[0]))/4)%unit + unit) % unit
	return raw[skip : skip+n : skip+n+Slack]
}

// hugePage is the size of a large page of memory, in values.
const hugePage = 2 << 20 / 4

// Huge is Aligned for memory that is read from end to end: it asks the system for large pages,
// where there are some. Streams of weights come a third faster from those, since the
// processor's prefetching stops at the end of a page.
func Huge(n int) []float32 {
	if n < hugePage {
		return Aligned(n)
	}
	values := alignedTo(hugePage, n)
	whole := n / hugePage * hugePage
	cpu.HugePages(unsafe.Slice((*byte)(unsafe.Pointer(&values[0])), 4*whole))
	return values
}

// Memory is a place for the packed weights of many convolutions.
type Memory struct {
	mu   sync.Mutex
	free []float32
}

// NewMemory makes room for n values in all.
func NewMemory(n int) *Memory { return &Memory{free: Huge(n)} }

// take is Aligned in that memory, or by itself when there is no room or no memory.
func (m *Memory) take(n int) []float32 {
	if m == nil {
		return Aligned(n)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	need := Room(n)
	if need > len(m.free) {
		return Aligned(n)
	}
	taken := m.free[: n : n+Slack]
	m.free = m.free[need:]
	return taken
}

// reach points at a value that may lie in the Slack behind the given ones: where channels are few, a granule has vectors
// of which no channel is used.
func reach(values []float32, i int) *float32 { return &values[:cap(values)][i] }

// Room is how much n values take that begin at a cache line and have Slack behind them.
func Room(n int) int { return (n + Slack + cacheLine - 1) / cacheLine * cacheLine }
