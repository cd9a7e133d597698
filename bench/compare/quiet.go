package main

import (
	"bufio"
	"os"
	"strconv"
	"strings"
	"time"
)

// A turn is repeated while other processes took more than othersLimit of one processor
// meanwhile, but only so often.
const (
	othersLimit = .1
	maxRepeats  = 100
	pause       = 3 * time.Second // before a turn is repeated
)

// busyTime is how long all processors together have worked, or waited for their host, since
// the machine was started; ok is false where the system doesn't tell.
func busyTime() (busy time.Duration, ok bool) {
	f, err := os.Open("/proc/stat")
	if err != nil {
		return 0, false
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Scan()
	return parseBusy(lines.Text())
}

// parseBusy reads the line of /proc/stat that begins with cpu: ticks of 10 ms as user, nice,
// system, idle, waiting for disks, interrupts, soft interrupts, stolen by the host.
func parseBusy(line string) (busy time.Duration, ok bool) {
	words := strings.Fields(line)
	if len(words) < 9 || words[0] != "cpu" {
		return 0, false
	}
	for _, i := range []int{1, 2, 3, 6, 7, 8} {
		ticks, err := strconv.ParseInt(words[i], 10, 64)
		if err != nil {
			return 0, false
		}
		busy += time.Duration(ticks) * 10 * time.Millisecond
	}
	return busy, true
}

// others is how much of one processor went elsewhere while do ran, which returns the processor
// time that it took itself; 0 where the system doesn't tell.
func others(do func() time.Duration) float64 {
	before, ok := busyTime()
	start := time.Now()
	own := do()
	wall := time.Since(start)
	after, _ := busyTime()
	if !ok {
		return 0
	}
	return max((after-before-own).Seconds()/wall.Seconds(), 0)
}
