package main

import (
	"cmp"
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
	machine      machine
}

// measurement is one network with one number of threads.
type measurement struct {
	network network
	threads int
	times   [][]float64 // [program][round] in milliseconds; none where the program failed
}

// ratio is how many times as long a program takes as another one, NaN where it failed.
func (m *measurement) ratio(program, as int) float64 {
	return median(m.times[program]) / median(m.times[as])
}

// summary is the measurement in a line.
func (m *measurement) summary(programs []*program) string {
	var words []string
	for i, p := range programs {
		name := strings.TrimSpace(p.name + " " + p.cpu)
		word := name + " failed"
		if len(m.times[i]) > 0 {
			word = fmt.Sprintf("%s %.2f ms", name, median(m.times[i]))
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

// write writes the tables as Markdown, with a section for each choice of ghostdark's kernels.
func (r *report) write(path string) error {
	var versions []string
	for i, p := range r.programs {
		if p.name != ghostdark || i == 0 {
			versions = append(versions, p.name+" "+p.version)
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, `# Times of a run

Milliseconds for one image (batch 1, float32): the median of %d rounds in which the programs take turns, each
measuring for %g s. In brackets how many times as long as ghostdark; – where a program can't read the model.
Each section is about one choice of ghostdark's kernels; the other programs use what they find in the processor.
[README.md](README.md) tells what is compared and how to repeat it.

* Date: %s
* Machine: %s, %d processors, %s/%s
* Programs: %s; %s
`, r.options.rounds, r.options.seconds, time.Now().UTC().Format("2006-01-02"),
		cmp.Or(r.machine.Processor, "unknown processor"), r.machine.Processors, runtime.GOOS, runtime.GOARCH, strings.Join(versions, ", "), runtime.Version())
	for _, ours := range r.ghostdarks() {
		fmt.Fprintf(&b, "\n## Kernels for %s\n", r.programs[ours].cpu)
		for _, threads := range r.options.threads {
			r.table(&b, threads, ours)
		}
	}
	r.estimates(&b)
	return os.WriteFile(path, []byte(b.String()), 0o666)
}

// ghostdarks are the indices of ghostdark's programs, which come first.
func (r *report) ghostdarks() []int {
	var list []int
	for i, p := range r.programs {
		if p.name == ghostdark {
			list = append(list, i)
		}
	}
	return list
}

// counted says how many threads there are.
func counted(threads int) string {
	if threads == 1 {
		return "1 thread"
	}
	return fmt.Sprintf("%d threads", threads)
}

// table writes the measurements with one number of threads: of the ghostdark with that index,
// and of all other programs.
func (r *report) table(b *strings.Builder, threads, ours int) {
	first := len(r.ghostdarks())
	fmt.Fprintf(b, "\n### %s\n\n| network | %s |", counted(threads), ghostdark)
	for _, p := range r.programs[first:] {
		fmt.Fprintf(b, " %s |", p.name)
	}
	fmt.Fprintf(b, "\n|---|--:|%s\n", strings.Repeat("--:|", len(r.programs)-first))
	logs := make([][]float64, len(r.programs))
	for _, m := range r.measurements {
		if m.threads != threads {
			continue
		}
		fmt.Fprintf(b, "| %s | %.2f |", m.network.name, median(m.times[ours]))
		for i := first; i < len(r.programs); i++ {
			ratio := m.ratio(i, ours)
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
	for _, list := range logs[first:] {
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
