package main

import (
	"bufio"
	"cmp"
	"fmt"
	"os"
	"runtime"
	"strings"
)

// machine is where something was measured.
type machine struct {
	Processor  string `json:"processor"` // "" where the system doesn't tell
	Processors int    `json:"processors"`
	OS         string `json:"os"`
	Arch       string `json:"arch"`
}

func thisMachine() machine {
	return machine{Processor: processor(), Processors: runtime.NumCPU(), OS: runtime.GOOS, Arch: runtime.GOARCH}
}

func (m machine) String() string {
	return fmt.Sprintf("%s, %s, %s/%s", cmp.Or(m.Processor, "unknown processor"), counted(m.Processors, "processor"), m.OS, m.Arch)
}

// processor is the processor's name as Linux tells it.
func processor() string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if key, value, _ := strings.Cut(lines.Text(), ":"); strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
