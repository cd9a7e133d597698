package net

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"time"

	"github.com/ghostdark/ghostdark/tensor"
)

// How long Tune measures: two plans in turn, at least minRounds times each, and up to maxRounds
// times as long as roundsTime lasts. A turn is one run, or as many as turnTime has room for.
const (
	minRounds  = 5
	maxRounds  = 25
	roundsTime = time.Second
	turnTime   = 10 * time.Millisecond
)

// tuneGain is how much less time a choice must take than the rules' to be preferred.
const tuneGain = .03

// Tune measures which kernels compute the network fastest on this machine, with the threads and
// kernels of a session with these options, and gives what is better done otherwise than by the
// rules of a plan. The batch doesn't matter, nor do Choices in the options. For Reference, and
// where there are no kernels, there is nothing to choose. progress, unless nil, is told the part
// of the work that is done, from 0 to 1. Two plans with their packed weights and arenas are in
// memory at a time; Tune fails if they exceed the network's limit, and when ctx ends.
func (n *Network) Tune(ctx context.Context, opt SessionOptions, progress func(done float64)) (*Choices, error) {
	opt.Choices = nil
	if err := opt.check(n.Graph); err != nil {
		return nil, err
	}
	key, err := n.TuningKey(opt)
	if err != nil {
		return nil, err
	}
	if opt.Reference {
		return &Choices{Key: key}, nil
	}
	t := &tuner{network: n, opt: opt, key: key, progress: progress}
	if t.rules, err = newPlan(n.Graph, opt); err != nil {
		return nil, err
	}
	if err := t.ask(); err != nil {
		return nil, err
	}
	choices, err := t.answer(ctx)
	debug.FreeOSMemory() // which the session to come will need
	return choices, err
}

// tuner is the work of Tune.
type tuner struct {
	network   *Network
	opt       SessionOptions
	key       string
	rules     *plan
	questions []*question
	progress  func(done float64)
	raced     int // plans that were measured against the rules'
	races     int // that will be
}

// question is one choice between the rules' way and others. It is about the time that layers
// first to last take together.
type question struct {
	first, last int
	others      []*Choices
	best        *Choices // nil for the rules' way
	ratio       float64  // of the times of best and rules
}

// ask finds the questions.
func (t *tuner) ask() error {
	if t.rules.set == nil {
		return nil
	}
	apart := t.opt
	apart.Disable = append(slices.Clone(apart.Disable), chainPass)
	p, err := newPlan(t.network.Graph, apart)
	if err != nil {
		return err
	}
	for _, u := range p.units {
		if u.conv != nil {
			t.askMethod(p, u)
		}
	}
	if slices.Contains(t.opt.Disable, chainPass) {
		return nil
	}
	for i := 0; i < len(p.units); {
		stages, ends := p.chainable(i)
		i = ends[len(ends)-1]
		for part := stages; len(part) == maxStages; { // more may follow the last one
			part, ends = p.chainable(i - 1)
			stages, i = append(stages, part[1:]...), ends[len(ends)-1]
		}
		if len(stages) > 1 {
			t.askChains(stages)
		}
	}
	return nil
}

// askMethod asks by which method to compute a convolution, but for those that go channel by channel:
// a product of matrices has a granule of filters for each channel and takes longer, whatever the
// shape, and can't be part of a chain.
func (t *tuner) askMethod(p *plan, u *unit) {
	spec := p.convSpec(u)
	methods := p.convMethods(u, &spec)
	if len(methods) == 1 || methods[0] == byDepthwise || methods[0] == byCombine {
		return
	}
	q := &question{first: u.first(), last: u.layer.Index}
	for _, m := range methods[1:] {
		q.others = append(q.others, &Choices{Methods: map[int]string{u.first(): string(m)}})
	}
	t.questions = append(t.questions, q)
}

// askChains asks how to divide units that could follow each other in chains: each by itself, or
// chains of the same length from the first unit on or from a later one.
func (t *tuner) askChains(units []*unit) {
	byRule := t.chainsByRule(units)
	seen := [][]int{byRule}
	q := &question{first: units[0].first(), last: units[len(units)-1].layer.Index}
	for length := 1; length <= maxStages; length++ {
		for offset := range length {
			division := divide(len(units), length, offset)
			if slices.ContainsFunc(seen, func(d []int) bool { return slices.Equal(d, division) }) {
				continue
			}
			seen = append(seen, division)
			c := &Choices{Chains: map[int]int{}}
			at := 0
			for _, part := range division {
				c.Chains[units[at].first()] = part
				at += part
			}
			q.others = append(q.others, c)
		}
	}
	t.questions = append(t.questions, q)
}

// chainsByRule is how the rules divide units: the lengths of the chains.
func (t *tuner) chainsByRule(units []*unit) []int {
	var division []int
	for at := 0; at < len(units); {
		length := 1
		for _, u := range t.rules.units {
			if u.stages != nil && u.first() == units[at].first() {
				length = len(u.stages)
			}
		}
		division = append(division, length)
		at += length
	}
	return division
}

// divide divides n into parts of a length, of which the first is shorter if there is an offset,
// and the last if something is left.
func divide(n, length, offset int) []int {
	var parts []int
	for at := 0; at < n; {
		part := length
		if at == 0 && offset > 0 {
			part = offset
		}
		part = min(part, n-at)
		parts = append(parts, part)
		at += part
	}
	return parts
}

// answer measures. Questions are about different layers, so one plan tries an answer to each of
// them at the same time.
func (t *tuner) answer(ctx context.Context) (*Choices, error) {
	byRule := &Choices{Key: t.key}
	for _, q := range t.questions {
		t.races = max(t.races, len(q.others))
	}
	if t.races == 0 {
		return byRule, nil
	}
	others := t.races
	t.races++ // the last is with what was best
	rules, err := t.execute(t.rules, 0)
	if err != nil {
		return nil, err
	}
	defer rules.close()
	for k := range others {
		c := &Choices{Key: t.key}
		for _, q := range t.questions {
			if k < len(q.others) {
				c.add(q.others[k])
			}
		}
		r, err := t.race(ctx, rules, c)
		if err != nil {
			return nil, err
		}
		for _, q := range t.questions {
			if k < len(q.others) {
				q.judge(r, q.others[k])
			}
		}
	}
	best := &Choices{Key: t.key}
	for _, q := range t.questions {
		if q.best != nil {
			best.add(q.best)
		}
	}
	if best.Len() == 0 {
		return byRule, nil
	}
	r, err := t.race(ctx, rules, best)
	if err != nil {
		return nil, err
	}
	if r.ratio(0, len(t.network.Layers)-1) >= 1 {
		return byRule, nil
	}
	return best, nil
}

// judge takes an answer if it was clearly faster than the rules' way, and than the best so far.
func (q *question) judge(r *race, other *Choices) {
	first, last := r.extent(q.first, q.last)
	if ratio := r.ratio(first, last); ratio < 1-tuneGain && (q.best == nil || ratio < q.ratio) {
		q.best, q.ratio = other, ratio
	}
}

// race is what two plans took in turn: the rules' and another.
type race struct {
	plans [2]*plan
	// took is by plan, round and layer.
	took [2][][]time.Duration
}

// extent widens a range of layers until no unit of either plan is partly in it.
func (r *race) extent(first, last int) (int, int) {
	for _, p := range r.plans {
		for _, u := range p.units {
			if u.layer.Index >= first && u.first() <= last && !u.turn {
				first, last = min(first, u.first()), max(last, u.layer.Index)
			}
		}
	}
	return first, last
}

// ratio is how many times as long as with the rules' plan layers first to last took with the
// other: as usual for each of them or at best, whichever is more. What disturbs a run hits few
// layers of it, so sums of what is usual for each tell more than what is usual for sums.
func (r *race) ratio(first, last int) float64 {
	var usual, least [2]time.Duration
	for k, rounds := range r.took {
		for layer := first; layer <= last; layer++ {
			var times []time.Duration
			for _, took := range rounds {
				times = append(times, took[layer])
			}
			slices.Sort(times)
			usual[k] += times[len(times)/2]
			least[k] += times[0]
		}
	}
	of := func(sums [2]time.Duration) float64 { return float64(sums[1]) / float64(max(sums[0], 1)) }
	return max(of(usual), of(least))
}

// race runs the plan with some choices and that by the rules in turn.
func (t *tuner) race(ctx context.Context, rules *planned, c *Choices) (*race, error) {
	opt := t.opt
	opt.Choices = c
	p, err := newPlan(t.network.Graph, opt)
	if err != nil {
		return nil, err
	}
	other, err := t.execute(p, rules.plan.bytes())
	if err != nil {
		return nil, err
	}
	defer other.close()
	r := &race{plans: [2]*plan{rules.plan, p}}
	input := t.input()
	start := time.Now()
	for round := 0; round < minRounds || round < maxRounds && time.Since(start) < roundsTime; round++ {
		for i := range 2 {
			k := (round + i) % 2 // who begins changes
			took, err := turn(ctx, [2]*planned{rules, other}[k], input)
			if err != nil {
				return nil, err
			}
			r.took[k] = append(r.took[k], took)
		}
		t.tell(float64(round+1) / maxRounds)
	}
	t.raced++
	t.tell(0)
	return r, nil
}

// tell tells how much is done, with a part of the present race.
func (t *tuner) tell(part float64) {
	if t.progress != nil {
		t.progress((float64(t.raced) + part) / float64(t.races))
	}
}

// turn runs a plan once, or for some time, and gives the least that each layer took.
func turn(ctx context.Context, x *planned, input tensor.Tensor) ([]time.Duration, error) {
	var least []time.Duration
	for start := time.Now(); least == nil || time.Since(start) < turnTime; {
		if err := x.run(ctx, input, len(x.kept)-1); err != nil {
			return nil, err
		}
		if least == nil {
			least = slices.Clone(x.took)
		}
		for i, d := range x.took {
			least[i] = min(least[i], d)
		}
	}
	return least, nil
}

// input is values of 0 … 1 for one run.
func (t *tuner) input() tensor.Tensor {
	input := tensor.New(1, t.network.Net.Input())
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range input.Data {
		input.Data[i] = rng.Float32()
	}
	return input
}

// execute prepares a plan to run beside what takes so much memory. Its packed weights don't stay
// with the network.
func (t *tuner) execute(p *plan, beside int64) (*planned, error) {
	n := t.network
	if need := sumBytes(p.bytes(), beside); need > n.options.maxMemory() {
		return nil, fmt.Errorf("%s: measuring its kernels needs %s of memory, more than the limit of %s; raise it with --max-memory",
			n.File.Name, formatBytes(need), formatBytes(n.options.maxMemory()))
	}
	debug.FreeOSMemory() // of the plan before
	if err := p.prepare(); err != nil {
		return nil, err
	}
	return execute(n, p, 1)
}
