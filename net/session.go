package net

import (
	"context"
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/ghostdark/ghostdark/detect"
	"github.com/ghostdark/ghostdark/kernels"
	"github.com/ghostdark/ghostdark/layers"
	"github.com/ghostdark/ghostdark/tensor"
	"github.com/ghostdark/ghostdark/weights"
)

// Session is one caller's use of a Network: its buffers, and the state of recurrent layers. A
// Session must not be used from two goroutines at once.
type Session struct {
	network *Network
	batch   int
	exec    executor
	ran     int // layers computed by the last run
}

// executor computes layers. The plain one defines the results; any other must agree with it.
type executor interface {
	// run computes layers 0 to last from a batch of inputs.
	run(ctx context.Context, input tensor.Tensor, last int) error
	// output returns what a layer gave in the last run, as a view that the next run overwrites;
	// ok is false when it was not kept.
	output(layer int) (t tensor.Tensor, ok bool)
	// times are what each layer of the last run took.
	times() []time.Duration
	// reset makes the state of all layers zero.
	reset()
	// close ends its threads.
	close()
}

// SessionOptions choose how a session runs.
type SessionOptions struct {
	// Batch is the number of images of each run; 0 means 1.
	Batch int
	// KeepAll keeps every layer's output for Output. Otherwise memory is reused, and only the
	// results, the heads and the layers in Keep can be read.
	KeepAll bool
	Keep    []int
	// Threads is how many threads compute each run; 0 means as many as Go may use at a time.
	Threads int
	// Reference computes with the layers' own plain definitions instead of the fast kernels.
	Reference bool
	// CPU chooses the kernels by the name of an instruction set, see kernels.Find; "" means the
	// environment variable GHOSTDARK_CPU, or else the best that the processor has.
	CPU string
	// Disable lists Passes to leave out.
	Disable []string
	// Choices that Tune has measured take the place of the plan's rules; nil for none. Those for
	// other options, or for another network, are refused. Reference sessions take no notice.
	Choices *Choices
}

// Each gives the options of one of several sessions that divide the threads among them, at least
// one for each.
func (o SessionOptions) Each(sessions int) SessionOptions {
	o.Threads = max(o.threads()/sessions, 1)
	return o
}

// NewSession allocates the buffers for running the network.
func (n *Network) NewSession(opt SessionOptions) (*Session, error) {
	if err := opt.check(n.Graph); err != nil {
		return nil, err
	}
	var err error
	s := &Session{network: n, batch: max(opt.Batch, 1)}
	if opt.Reference {
		s.exec, err = newPlain(n, s.batch, opt)
	} else {
		s.exec, err = newPlanned(n, s.batch, opt)
	}
	if err != nil {
		return nil, err
	}
	// The weights may have been laid out anew just now.
	if err := weights.Unchanged(n.Slots()); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// Check refuses options that no network could be run with.
func (o *SessionOptions) Check() error {
	if o.Batch < 0 || o.Batch > layers.MaxExtent {
		return fmt.Errorf("a batch of %d images is out of range", o.Batch)
	}
	if o.Threads < 0 || o.Threads > MaxThreads {
		return fmt.Errorf("%d threads are out of range: give 1 to %d", o.Threads, MaxThreads)
	}
	for _, name := range o.Disable {
		if !slices.Contains(Passes(), name) {
			return fmt.Errorf("there is no pass %q; there are %s", name, strings.Join(Passes(), ", "))
		}
	}
	_, err := o.kernels()
	return err
}

// check is Check, and refuses layers that the graph doesn't have.
func (o *SessionOptions) check(g *Graph) error {
	for _, i := range o.Keep {
		if err := g.noLayer(i); err != nil {
			return err
		}
	}
	if err := o.Check(); err != nil || o.Choices == nil || o.Reference {
		return err
	}
	return o.Choices.check(g, *o)
}

// kernels finds the set that the options choose.
func (o *SessionOptions) kernels() (*kernels.Set, error) {
	name := o.CPU
	if name == "" {
		name = os.Getenv("GHOSTDARK_CPU")
	}
	return kernels.Find(name)
}

// PeakGFLOPS measures the most that the chosen kernels reach with the chosen number of threads,
// 0 when there are none. See kernels.Set.Peak.
func (o *SessionOptions) PeakGFLOPS() float64 {
	set, err := o.kernels()
	if err != nil || set == nil || o.Reference {
		return 0
	}
	return set.Peak() * float64(min(o.threads(), runtime.NumCPU()))
}

// MaxThreads bounds the threads of a session, and the sessions of a Pool.
const MaxThreads = 1024

// threads is how many threads compute a run.
func (o *SessionOptions) threads() int {
	if o.Threads > 0 {
		return o.Threads
	}
	return runtime.GOMAXPROCS(0)
}

// Close ends the session's threads. A session that is dropped without it is cleaned up by the
// garbage collector.
func (s *Session) Close() { s.exec.close() }

// Network returns what the session runs.
func (s *Session) Network() *Network { return s.network }

// Run computes the network on a batch of images, image after image in the shape of the
// network's input. It stops between layers when ctx ends.
func (s *Session) Run(ctx context.Context, input []float32) error {
	return s.RunTo(ctx, input, len(s.network.Layers)-1)
}

// RunTo computes the layers up to and including last.
func (s *Session) RunTo(ctx context.Context, input []float32, last int) error {
	shape := s.network.Net.Input()
	if want := s.batch * shape.Len(); len(input) != want {
		return fmt.Errorf("the input has %d values, the network needs %d (%d × %v)", len(input), want, s.batch, shape)
	}
	if err := s.network.noLayer(last); err != nil {
		return err
	}
	s.ran = 0
	if err := s.exec.run(ctx, tensor.Tensor{N: s.batch, Shape: shape, Data: input}, last); err != nil {
		return err
	}
	s.ran = last + 1
	return nil
}

// Output returns what a layer gave in the last run, as a view that the next run overwrites.
func (s *Session) Output(layer int) (tensor.Tensor, error) {
	if err := s.network.noLayer(layer); err != nil {
		return tensor.Tensor{}, err
	}
	if layer >= s.ran {
		return tensor.Tensor{}, fmt.Errorf("layer %d was not computed", layer)
	}
	t, ok := s.exec.output(layer)
	if !ok {
		return tensor.Tensor{}, fmt.Errorf("the output of layer %d was not kept: ask for it in SessionOptions", layer)
	}
	return t, nil
}

// noLayer is the error of an index that names no layer.
func (g *Graph) noLayer(i int) error {
	if i < 0 || i >= len(g.Layers) {
		return fmt.Errorf("there is no layer %d: the network has layers 0 to %d", i, len(g.Layers)-1)
	}
	return nil
}

// Result returns the network's output: that of the last layer that is not a [cost].
func (s *Session) Result() (tensor.Tensor, error) { return s.Output(s.network.Result()) }

// FiniteOutput is Output, with an error when it holds a NaN or an infinity.
func (s *Session) FiniteOutput(layer int) (tensor.Tensor, error) {
	t, err := s.Output(layer)
	if err == nil {
		err = s.network.checkFinite(s.network.Layers[layer], t.Data)
	}
	return t, err
}

// checkFinite refuses what no sound network computes from a sound input.
func (g *Graph) checkFinite(l *layers.Layer, values []float32) error {
	for i, v := range values {
		if !finite(v) {
			return fmt.Errorf("%s: %s: value %d of the output is %v; are these the weights of this network?", g.File.Name, l.Label(), i, v)
		}
	}
	return nil
}

// checkBoxes refuses boxes without a place or an end, which heads may decode from finite but
// senseless output. Those that nothing was found in don't matter.
func (g *Graph) checkBoxes(l *layers.Layer, found []detect.Candidate) error {
	for _, c := range found {
		b := c.Box
		if slices.Max(c.Prob) > 0 && !(finite(b.X) && finite(b.Y) && finite(b.W) && finite(b.H)) {
			return fmt.Errorf("%s: %s: a box has centre %v, %v and size %v×%v; are these the weights of this network?",
				g.File.Name, l.Label(), b.X, b.Y, b.W, b.H)
		}
	}
	return nil
}

// finite reports whether v is neither an infinity nor NaN.
func finite(v float32) bool { return v-v == 0 }

// Times are what each layer of the last run took. Layers that are computed along with an
// earlier one took no time of their own.
func (s *Session) Times() []time.Duration { return s.exec.times() }

// Reset makes recurrent layers forget earlier runs.
func (s *Session) Reset() { s.exec.reset() }

// Candidates decodes what all heads found in one image of the batch, in the order of the
// heads. Boxes are relative to the picture that fit describes.
func (s *Session) Candidates(image int, thresh float32, fit detect.Fit) ([]detect.Candidate, error) {
	if image < 0 || image >= s.batch {
		return nil, fmt.Errorf("there is no image %d in a batch of %d", image, s.batch)
	}
	var all []detect.Candidate
	for _, l := range s.network.Heads() {
		out, err := s.Output(l.Index)
		if err != nil {
			return nil, err
		}
		values := out.Image(image)
		if err := s.network.checkFinite(l, values); err != nil {
			return nil, err
		}
		head := l.Op.(layers.Head)
		found := head.Candidates(values, thresh)
		if !head.Stretched() {
			for i := range found {
				found[i].Box = fit.Correct(found[i].Box)
			}
		}
		if err := s.network.checkBoxes(l, found); err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// Suppression returns the non-maximum suppression that the cfg asks for, at the given overlap:
// the nms_kind of the last head.
func (g *Graph) Suppression(thresh float32) detect.Suppression {
	s := detect.Suppression{Thresh: thresh}
	if heads := g.Heads(); len(heads) > 0 {
		s.Kind, s.Beta = heads[len(heads)-1].Op.(layers.Head).Suppression()
	}
	return s
}

// Classes returns the number of classes that the network tells apart: the largest of its
// heads, or the length of its result.
func (g *Graph) Classes() int {
	classes := 0
	for _, l := range g.Heads() {
		classes = max(classes, l.Op.(layers.Head).Classes())
	}
	if classes == 0 {
		classes = g.Shape(g.Result()).Len()
	}
	return classes
}

// sumBytes adds sizes, saturating.
func sumBytes(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}
