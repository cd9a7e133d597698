package ghostify

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"gonum.org/v1/gonum/mat"

	"github.com/ghostdark/ghostdark/ghost/cheap"
	"github.com/ghostdark/ghostdark/kernels"
	"github.com/ghostdark/ghostdark/layers"
	"github.com/ghostdark/ghostdark/net"
	"github.com/ghostdark/ghostdark/tensor"
)

// Fitted tells how well a module computes what its convolution did, on the pictures that it was
// fitted on. Errors are shares of the variance: 0 means the same values, 1 is no better than the
// mean of each map.
type Fitted struct {
	Layer     int     // of the convolution
	Chosen    float64 // share of the ghosts' variance that the choice of maps promises to explain, if all before were exact
	Intrinsic float64 // error of the intrinsic maps, which comes from the modules before
	Ghosts    float64 // error of the ghosts
	All       float64 // of both
}

// FitOptions say how to fit.
type FitOptions struct {
	// Progress is told what is being done, and how far that is; nil for nobody.
	Progress func(stage string, done, total int)
}

func (o FitOptions) tell(stage string, done, total int) {
	if o.Progress != nil {
		o.Progress(stage, done, total)
	}
}

// Memory is about how many bytes Fit takes for so many images, besides the weights.
func (r *Rewrite) Memory(images int) int64 {
	largest := 0
	for _, l := range r.Before.Layers {
		largest = max(largest, l.Output.Len())
	}
	moments := 0
	for _, m := range r.Modules {
		moments = min(moments+cheap.Memory(m.Filters, m.DW), statsMemory)
	}
	return int64(images)*(peak(r.Before)+peak(r.After)+4*int64(largest)) + int64(moments)
}

// Fit gives the rewritten network weights that make it compute about what the old one does on
// the images, a batch of inputs.
//
//  1. The old network runs, and for all pairs of maps of each convolution it is found out how
//     much of one map's variance a d×d operation on the other explains. With that the intrinsic
//     maps are chosen, and the one that each ghost is made from, and all channels get their new
//     order.
//  2. Both networks run side by side, layer by layer. Primary convolutions have the weights of
//     their maps; cheap ones are fitted by least squares, through the activation, from what the
//     new network's intrinsic maps are to what the old network's maps were. Behind the first
//     module all convolutions change, too, so that they make up for some of what changed before
//     them: their weights by a linear regression, then a scale and a bias for each map.
//
// old must have been made from r.Before. It isn't changed.
func (r *Rewrite) Fit(ctx context.Context, old *net.Network, images tensor.Tensor, opt FitOptions) (*net.Network, []Fitted, error) {
	o := newOrder(r.Before)
	var chosen []int
	for _, m := range r.Modules {
		chosen = append(chosen, m.Layer)
	}
	spaces := o.spaces(chosen)
	gains, err := r.gains(ctx, old, images, opt)
	if err != nil {
		return nil, nil, err
	}
	promised := map[int]float64{}
	var moved [][]int
	for k, s := range spaces {
		opt.tell("choosing maps", k, len(spaces))
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		selection, err := r.selection(s, gains)
		if err != nil {
			return nil, nil, err
		}
		moved = append(moved, selection.Order)
		for _, layer := range s.layers {
			promised[layer] = explained(gains[layer], selection)
		}
	}
	permuted := o.permutations(spaces, moved)
	fitted, err := r.transfer(old, permuted)
	if err != nil {
		return nil, nil, err
	}
	f := &fitter{
		Rewrite: r, old: newWalker(old, images), now: newWalker(fitted, images), permuted: permuted,
		changed: make([]bool, len(r.Before.Layers)), shared: sharing(r.Before),
	}
	modules, err := f.run(ctx, opt)
	for i := range modules {
		modules[i].Chosen = promised[modules[i].Layer]
	}
	return fitted, modules, err
}

const (
	statsMemory  = 2 << 30 // bytes for the moments of pairs of maps at a time
	choiceImages = 8       // that the choice of maps is made on
)

// gains finds out for each module how much of every map each other one explains.
func (r *Rewrite) gains(ctx context.Context, old *net.Network, images tensor.Tensor, opt FitOptions) (map[int]*mat.Dense, error) {
	found := map[int]*mat.Dense{}
	for done := 0; done < len(r.Modules); {
		group, need := r.Modules[done:], 0
		for k, m := range group {
			if need += cheap.Memory(m.Filters, m.DW); need > statsMemory && k > 0 {
				group = group[:k]
				break
			}
		}
		tell := func(image, of int) { opt.tell("comparing maps", done*of+image*len(group), len(r.Modules)*of) }
		stats, err := r.compare(ctx, old, images, group, tell)
		if err != nil {
			return nil, err
		}
		for k, m := range group {
			found[m.Layer] = stats[k].Gains()
		}
		done += len(group)
	}
	return found, nil
}

// compare collects the moments of the maps of some convolutions.
func (r *Rewrite) compare(ctx context.Context, old *net.Network, images tensor.Tensor, group []Module, tell func(image, of int)) ([]*cheap.Stats, error) {
	stats, layers := make([]*cheap.Stats, len(group)), make([]int, len(group))
	for k, m := range group {
		var err error
		if stats[k], err = cheap.New(m.Filters, m.DW); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", r.Before.File.Name, r.Before.Layers[m.Layer].Label(), err)
		}
		layers[k] = m.Layer
	}
	session, err := old.NewSession(net.SessionOptions{Keep: layers})
	if err != nil {
		return nil, err
	}
	defer session.Close()
	count := min(images.N, choiceImages)
	for i := range count {
		tell(i, count)
		if err := session.Run(ctx, images.Image(i*images.N/count)); err != nil {
			return nil, err
		}
		problems := make([]error, len(group))
		parallel(len(group), func(k int) {
			out, err := session.FiniteOutput(layers[k])
			if err == nil {
				err = stats[k].Add(out)
			}
			problems[k] = err
		})
		if err := errors.Join(problems...); err != nil {
			return nil, err
		}
	}
	return stats, nil
}

// selection chooses the maps of all layers of a space.
func (r *Rewrite) selection(s *space, gains map[int]*mat.Dense) (*cheap.Selection, error) {
	m := r.module(s.layers[0])
	sum := mat.NewDense(m.Filters, m.Filters, nil)
	for _, layer := range s.layers {
		// Each layer counts the same, however large its values are.
		if trace := mat.Trace(gains[layer]); trace > 0 {
			var share mat.Dense
			share.Scale(1/trace, gains[layer])
			sum.Add(sum, &share)
		}
	}
	return cheap.Select(sum, cheap.Layout{Maps: m.Filters, Intrinsic: m.Intrinsic, GhostsFirst: true, Cells: s.cells})
}

// explained is the share of the ghosts' variance that their pairs explain.
func explained(gains *mat.Dense, s *cheap.Selection) float64 {
	gain, all := 0., 0.
	for _, p := range s.Pairs() {
		gain += gains.At(p.Source, p.Target)
		all += gains.At(p.Target, p.Target)
	}
	if all == 0 {
		return 1
	}
	return gain / all
}

func (r *Rewrite) module(layer int) Module {
	for _, m := range r.Modules {
		if m.Layer == layer {
			return m
		}
	}
	panic("BUG: ghostify: no module")
}

// fitter walks through both networks and fits the new one's weights.
type fitter struct {
	*Rewrite
	old, now *walker
	permuted [][]int // by old layer: the old channel of each place
	changed  []bool  // old layers whose values are other ones in the new network
	shared   map[int]bool
}

func (f *fitter) run(ctx context.Context, opt FitOptions) ([]Fitted, error) {
	var modules []Fitted
	for i, l := range f.Before.Layers {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		opt.tell("fitting layers", i, len(f.Before.Layers))
		for _, in := range l.Inputs {
			f.changed[i] = f.changed[i] || in != layers.NetworkInput && f.changed[in]
		}
		first, isModule := f.first[i], f.first[i+1]-f.first[i] == moduleLayers
		order := f.permuted[i]
		if isModule {
			order = order[f.module(i).Ghosts():]
		}
		var want tensor.Tensor
		if conv, ok := l.Op.(*layers.Convolutional); ok && f.changed[i] && !f.shared[i] && mendable(conv) {
			want = f.mend(l, first, order)
		} else {
			want = f.old.step(i, l.Op)
			f.now.step(first, f.now.network.Layers[first].Op)
		}
		if isModule {
			modules = append(modules, f.fitModule(f.module(i), want))
			f.changed[i] = true
		}
	}
	return modules, nil
}

// mendable reports whether a convolution's output follows from its weights value by value.
func mendable(conv *layers.Convolutional) bool {
	return !conv.XNOR && conv.Blur == nil && conv.Activation < kernels.NormChannels
}

// mend computes a convolution in both networks, whose inputs differ. In the new one it first gets
// other weights, and then a scale and a bias for each map, that bring the maps as near as possible
// to those of the old one; order says to which. It returns the old network's maps.
func (f *fitter) mend(l *layers.Layer, layer int, order []int) (want tensor.Tensor) {
	conv := f.now.network.Layers[layer].Op.(*layers.Convolutional)
	want = f.old.step(l.Index, linear(l.Op.(*layers.Convolutional)))
	if conv.Groups == 1 {
		reconstruct(conv, f.now.output(f.now.network.Layers[layer].Inputs[0]), want, order)
	}
	activate(conv.Activation, want)
	out := f.now.step(layer, linear(conv))
	parallel(len(order), func(c int) {
		better, err := cheap.Refit(cheap.Fit{Kernel: []float32{1}}, conv.Activation, planes(out, c, want, order[c]))
		if err != nil {
			panic("BUG: ghostify: " + err.Error())
		}
		scale, bias := better.Kernel[0], better.Bias
		for k := range out.N {
			plane := plane(out, k, c)
			for j, v := range plane {
				plane[j] = float32(scale*v) + bias
			}
		}
		conv.Biases.Data[c] = float32(scale*conv.Biases.Data[c]) + bias
		if conv.Scales != nil {
			conv.Scales.Data[c] *= scale
			return
		}
		row := conv.Weights.Data[c*conv.Weights.Cols : (c+1)*conv.Weights.Cols]
		for j := range row {
			row[j] *= scale
		}
	})
	activate(conv.Activation, out)
	return want
}

// linear is a convolution without its activation.
func linear(conv *layers.Convolutional) *layers.Convolutional {
	bare := *conv
	bare.Activation = kernels.Linear
	return &bare
}

func activate(a kernels.Activation, t tensor.Tensor) {
	for k := range t.N {
		a.Apply(t.Image(k), t.Shape.Plane())
	}
}

// fitModule fits the cheap convolution of a module and computes its output.
func (f *fitter) fitModule(m Module, want tensor.Tensor) Fitted {
	first, order := f.first[m.Layer], f.permuted[m.Layer]
	source := f.now.output(first + atPrimary)
	conv := f.now.network.Layers[first+atCheap].Op.(*layers.Convolutional)
	parallel(m.Ghosts(), func(j int) {
		start := cheap.Fit{Kernel: make([]float32, m.DW*m.DW)}
		start.Kernel[len(start.Kernel)/2] = 1
		fit, err := cheap.Refit(start, conv.Activation, planes(source, j/(m.Ratio()-1), want, order[j]))
		if err != nil {
			panic("BUG: ghostify: " + err.Error())
		}
		copy(conv.Weights.Data[j*conv.Weights.Cols:], fit.Kernel)
		conv.Biases.Data[j] = fit.Bias
	})
	f.now.step(first+atCheap, conv)
	out := f.now.step(first+atRoute, f.now.network.Layers[first+atRoute].Op)

	lost, all := make([]float64, m.Filters), make([]float64, m.Filters)
	parallel(m.Filters, func(c int) { lost[c], all[c] = distance2(planes(out, c, want, order[c])) })
	return Fitted{
		Layer: m.Layer, Ghosts: share(lost[:m.Ghosts()], all[:m.Ghosts()]),
		Intrinsic: share(lost[m.Ghosts():], all[m.Ghosts():]), All: share(lost, all),
	}
}

// plane is one map of one image.
func plane(t tensor.Tensor, image, channel int) []float32 {
	n := t.Shape.Plane()
	return t.Image(image)[channel*n : (channel+1)*n]
}

// planes are a map and the one that it should be, in all images.
func planes(from tensor.Tensor, channel int, want tensor.Tensor, wanted int) []cheap.Planes {
	var all []cheap.Planes
	for k := range from.N {
		all = append(all, cheap.Planes{Source: plane(from, k, channel), Target: plane(want, k, wanted), H: want.Shape.H, W: want.Shape.W})
	}
	return all
}

// distance2 sums the squared differences between a map and the wanted one, and those between the
// latter and its mean.
func distance2(images []cheap.Planes) (lost, all float64) {
	sum, squares, n := 0., 0., 0.
	for _, p := range images {
		for i, y := range p.Target {
			d := float64(p.Source[i]) - float64(y)
			lost += float64(d * d)
			sum += float64(y)
			squares += float64(y) * float64(y)
			n++
		}
	}
	return lost, max(squares-sum*sum/n, 0)
}

// share divides sums; where there is no variance, only what is right in all values has an error
// of 0.
func share(lost, all []float64) float64 {
	a, b := 0., 0.
	for i := range lost {
		a, b = a+lost[i], b+all[i]
	}
	switch {
	case b > 0:
		return a / b
	case a > 0:
		return 1
	}
	return 0
}

// parallel calls f for 0 to n-1 on all cores.
func parallel(n int, f func(i int)) {
	var next atomic.Int64
	var group sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), n) {
		group.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				f(i)
			}
		})
	}
	group.Wait()
}
