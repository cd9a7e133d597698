package main

import (
	"bytes"
	"fmt"
	"os"
)

// peakRSS returns the most memory in bytes that the process has had in RAM, 0 when that is not
// known. Unlike getrusage, /proc leaves out what the parent used before it started the program.
func peakRSS() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(status, []byte("\nVmHWM:"))
	var kib int64
	if _, err := fmt.Sscan(string(rest), &kib); err != nil {
		return 0
	}
	return kib << 10
}
