// Command compare measures ghostdark beside other runtimes on the same networks and machine and
// writes the results as a table. Run it from the project's folder:
//
//	go run ./bench/compare
//
// It builds ghostdark, writes the networks as ONNX models to a temporary folder, and runs the
// programs in turn, round after round, so that a change of the machine meets all of them. A turn
// that other processes disturb is repeated.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

type options struct {
	rounds   int
	seconds  float64
	threads  []int
	cpus     []string // of ghostdark; "" for the best
	networks *regexp.Regexp
	peers    string
	ort      string
	output   string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	o, err := parseOptions(os.Args[1:])
	if err == nil {
		err = run(ctx, o)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "compare: %v\n", err)
		os.Exit(1)
	}
}

func parseOptions(args []string) (*options, error) {
	o := &options{}
	flags := flag.NewFlagSet("compare", flag.ExitOnError)
	flags.IntVar(&o.rounds, "rounds", 5, "how often each program has its turn")
	flags.Float64Var(&o.seconds, "seconds", 2, "how long each turn measures")
	threads := flags.String("threads", "1,2", "numbers of threads")
	cpus := flags.String("cpu", "", "kernels of ghostdark, each for a section of the results, such as avx512,avx2 (default: the best for this processor)")
	networks := flags.String("networks", ".", "regular expression for the names of networks")
	flags.StringVar(&o.peers, "peers", filepath.Join(os.TempDir(), "ghostdark-peers"), "folder for the other runtimes")
	flags.StringVar(&o.ort, "ort", "1.30.0", "version of npm's onnxruntime-node, installed if the folder has none")
	flags.StringVar(&o.output, "o", filepath.Join("bench", "RESULTS.md"), "file to write")
	flags.Parse(args)
	if flags.NArg() > 0 || o.rounds < 1 || !(o.seconds > 0) {
		return nil, fmt.Errorf("takes no operands, at least 1 round, and more than 0 seconds")
	}
	for _, word := range strings.Split(*threads, ",") {
		n, err := strconv.Atoi(word)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("-threads %s: %q is no number of threads", *threads, word)
		}
		if n > runtime.NumCPU() {
			tell("%s: skipped, the machine has %d processors", counted(n), runtime.NumCPU())
			continue
		}
		o.threads = append(o.threads, n)
	}
	o.cpus = strings.Split(*cpus, ",")
	var err error
	if o.networks, err = regexp.Compile(*networks); err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(allNetworks, o.chosen) {
		return nil, fmt.Errorf("-networks %s: there is no such network", *networks)
	}
	return o, nil
}

// chosen reports whether a network is to be measured.
func (o *options) chosen(n network) bool { return o.networks.MatchString(n.name) }

func run(ctx context.Context, o *options) error {
	if _, err := os.Stat(filepath.Join("bench", "compare", "main.go")); err != nil {
		return fmt.Errorf("run it from the project's folder: %w", err)
	}
	work, err := os.MkdirTemp("", "ghostdark-compare-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	programs, err := setUp(ctx, o, work)
	if err != nil {
		return err
	}
	r := &report{options: o, programs: programs}
	for _, n := range allNetworks {
		if !o.chosen(n) {
			continue
		}
		if err := n.missing(); err != nil {
			tell("%s: skipped: %v", n.name, err)
			continue
		}
		if err := r.measure(ctx, n, filepath.Join(work, "model.onnx")); err != nil {
			return fmt.Errorf("%s: %w", n.name, err)
		}
	}
	return r.write(o.output)
}

// measure gives the programs their turns with one network.
func (r *report) measure(ctx context.Context, n network, model string) error {
	if err := r.programs[0].export(ctx, n, model); err != nil {
		return err
	}
	var input [3]int
	for _, threads := range r.options.threads {
		m := measurement{network: n, threads: threads, times: make([][]float64, len(r.programs))}
		for round := range r.options.rounds {
			for i, p := range r.programs {
				t, err := p.undisturbed(ctx, n, model, input, threads, r.options.seconds)
				switch {
				case ctx.Err() != nil:
					return ctx.Err()
				case err != nil && (p.name == ghostdark || err == errDisturbed):
					return err
				case err != nil:
					if round == 0 {
						tell("%s: %s: %v", n.name, p.name, err)
					}
					continue
				}
				m.times[i] = append(m.times[i], t.MedianMS)
				if p.name == ghostdark {
					input, p.cpu, r.machine = t.Input, t.CPU, t.Machine
				}
			}
		}
		r.measurements = append(r.measurements, m)
		tell("%s, %s: %s", n.name, counted(threads), m.summary(r.programs))
	}
	return nil
}

// tell shows how things go.
func tell(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
