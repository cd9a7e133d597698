package main

import (
	"bufio"
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
)

// report is all that was measured.
type report struct {
	options      *options
	programs     []*program
	measurements []measurement
}

// measurement is one network with one number of threads.
type measurement struct {
	network network
	threads int
	times   [][]float64 // [program][round] in milliseconds; none where the program failed
}

// ratio is how many times as long as ghostdark a program takes, NaN where it failed.
func (m *measurement) ratio(program int) float64 {
	return median(m.times[program]) / median(m.times[0])
}

// summary is the measurement in a line.
func (m *measurement) summary(programs []*program) string {
	var words []string
	for i, p := range programs {
		word := p.name + " failed"
		if len(m.times[i]) > 0 {
			word = fmt.Sprintf("%s %.2f ms", p.name, median(m.times[i]))
		}
		words = append(words, word)
	}
	return strings.Join(words, ", ")
}

// median returns the middle of values, or the mean of the two in the middle; NaN of none.
func median(values []float64) float64 {
	n := len(values)
	if n == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// write writes the tables as Markdown.
func (r *report) write(path string) error {
	var versions []string
	for _, p := range r.programs {
		versions = append(versions, p.name+" "+p.version)
	}
	var b strings.Builder
	fmt.Fprintf(&b, `# Times of a run

Milliseconds for one image (batch 1, float32): the median of %d rounds in which the programs take turns, each
measuring for %g s. In brackets how many times as long as ghostdark; – where a program can't read the model.
[README.md](README.md) tells what is compared and how to repeat it.

* Date: %s
* Machine: %s, %d processors, %s/%s
* Programs: %s; %s
`, r.options.rounds, r.options.seconds, time.Now().UTC().Format("2006-01-02"),
		processor(), runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, strings.Join(versions, ", "), runtime.Version())
	for _, threads := range r.options.threads {
		r.table(&b, threads)
	}
	return os.WriteFile(path, []byte(b.String()), 0o666)
}

// counted says how many threads there are.
func counted(threads int) string {
	if threads == 1 {
		return "1 thread"
	}
	return fmt.Sprintf("%d threads", threads)
}

// table writes the measurements with one number of threads.
func (r *report) table(b *strings.Builder, threads int) {
	fmt.Fprintf(b, "\n## %s\n\n| network |", counted(threads))
	for _, p := range r.programs {
		fmt.Fprintf(b, " %s |", p.name)
	}
	fmt.Fprintf(b, "\n|---|%s\n", strings.Repeat("--:|", len(r.programs)))
	logs := make([][]float64, len(r.programs))
	for _, m := range r.measurements {
		if m.threads != threads {
			continue
		}
		fmt.Fprintf(b, "| %s | %.2f |", m.network.name, median(m.times[0]))
		for i := 1; i < len(r.programs); i++ {
			ratio := m.ratio(i)
			if math.IsNaN(ratio) {
				fmt.Fprintf(b, " – |")
				continue
			}
			logs[i] = append(logs[i], math.Log(ratio))
			fmt.Fprintf(b, " %.2f (%.2f×) |", median(m.times[i]), ratio)
		}
		fmt.Fprintln(b)
	}
	fmt.Fprintf(b, "| geometric mean of the ratios | |")
	for _, list := range logs[1:] {
		fmt.Fprintf(b, " %.2f× |", math.Exp(mean(list)))
	}
	fmt.Fprintln(b)
}

// mean is NaN of no values.
func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// processor is the processor's name where the system tells it.
func processor() string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return "unknown processor"
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if key, value, _ := strings.Cut(lines.Text(), ":"); strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown processor"
}
