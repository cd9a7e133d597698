package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/spf13/cobra"

	"github.com/ghostdark/ghostdark/net"
)

// repeats are the flags that say how often a network is run to be measured.
type repeats struct {
	warmup  int
	reps    int
	seconds float64
}

const (
	minRuns = 3
	maxRuns = 10_000 // each keeps a time for each layer
)

func (o *repeats) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.IntVar(&o.warmup, "warmup", 2, "runs before the measurement")
	flags.Float64Var(&o.seconds, "seconds", 2, fmt.Sprintf("measure for about so long, but at least %d runs", minRuns))
	flags.IntVar(&o.reps, "reps", 0, "measure exactly so many runs instead")
}

// check checks the numbers.
func (o *repeats) check(cmd *cobra.Command) error {
	switch given := cmd.Flags().Changed; {
	case given("seconds") && given("reps"):
		return usagef("give --seconds or --reps, not both")
	case given("seconds"): // --reps may have another default than none
		o.reps = 0
	}
	const day = 24 * 60 * 60
	return checkRanges(
		numberFlag{"warmup", float64(o.warmup), 0, maxRuns},
		numberFlag{"reps", float64(o.reps), 0, maxRuns},
		numberFlag{"seconds", o.seconds, 0, day},
	)
}

// numberFlag is a flag's value with its bounds.
type numberFlag struct {
	flag         string
	value        float64
	least, limit float64
}

// checkRanges refuses the first value beyond its bounds.
func checkRanges(flags ...numberFlag) error {
	for _, f := range flags {
		if !(f.value >= f.least && f.value <= f.limit) {
			return usagef("--%s=%v is out of range: give %.0f to %.0f", f.flag, f.value, f.least, f.limit)
		}
	}
	return nil
}

// warm runs the network before it is measured.
func (o *repeats) warm(ctx context.Context, session *net.Session, input []float32) error {
	for range o.warmup {
		if err := session.Run(ctx, input); err != nil {
			return err
		}
	}
	return nil
}

// randomInput gives n values of 0 … 1, the same on each call.
func randomInput(n int) []float32 {
	rng := rand.New(rand.NewPCG(1, 2))
	input := make([]float32, n)
	for i := range input {
		input[i] = rng.Float32()
	}
	return input
}

// benchRuns are the times of the measured runs.
type benchRuns struct {
	warmup int
	total  []time.Duration   // of each run
	layers [][]time.Duration // [layer][run]
	wall   time.Duration     // from the first to the last
}

// measure runs the network as often as the flags say.
func (o *repeats) measure(ctx context.Context, session *net.Session, input []float32) (*benchRuns, error) {
	runs := &benchRuns{warmup: o.warmup, layers: make([][]time.Duration, len(session.Times()))}
	begin, limit := time.Now(), time.Duration(o.seconds*float64(time.Second))
	more := func(done int) bool {
		if o.reps > 0 {
			return done < o.reps
		}
		return done < minRuns || done < maxRuns && time.Since(begin) < limit
	}
	for more(len(runs.total)) {
		start := time.Now()
		if err := session.Run(ctx, input); err != nil {
			return nil, err
		}
		runs.total = append(runs.total, time.Since(start))
		for i, took := range session.Times() {
			runs.layers[i] = append(runs.layers[i], took)
		}
	}
	return runs, nil
}
