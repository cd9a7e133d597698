package ghostify

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/ghostdark/ghostdark/layers"
	"github.com/ghostdark/ghostdark/net"
	"github.com/ghostdark/ghostdark/tensor"
)

// drawImages makes a batch of inputs.
func drawImages(n int, s tensor.Shape) tensor.Tensor {
	draw := rand.New(rand.NewPCG(8, 9))
	t := tensor.New(n, s)
	for i := range t.Data {
		t.Data[i] = draw.Float32()
	}
	return t
}

// disguise makes a network whose convolutions compute what ghost modules could, but with the
// channels in any order: the modules of r get random weights, and the old network the weights of
// dense convolutions that do the same. Only for 1×1 kernels of d = 1.
func disguise(t *testing.T, g *net.Graph, r *Rewrite) *net.Network {
	n := random(t, g)
	draw := rand.New(rand.NewPCG(10, 11))
	for _, m := range r.Modules {
		conv := g.Layers[m.Layer].Op.(*layers.Convolutional)
		places := draw.Perm(m.Filters)
		cols := conv.Weights.Cols
		for j := range m.Ghosts() {
			source, ghost := places[m.Ghosts()+j/(m.Ratio()-1)], places[j]
			factor := .5 + draw.Float32()
			for k := range cols {
				conv.Weights.Data[ghost*cols+k] = factor * conv.Weights.Data[source*cols+k]
			}
			conv.Biases.Data[ghost] = factor * conv.Biases.Data[source]
		}
	}
	return n
}

// TestFitFindsModules fits networks whose convolutions are ghost modules in disguise: with the
// right choice of maps nothing is lost.
func TestFitFindsModules(t *testing.T) {
	const c = "convolutional size=3 pad=1 activation=relu filters="
	for _, row := range []struct {
		text  string
		ratio int
	}{
		{c + "12," + c + "16,convolutional filters=5 activation=linear", 2},
		{c + "12," + c + "16,convolutional filters=5 activation=linear", 4},
		{c + "12 stride=2," + c + "12,shortcut from=-2 activation=relu,maxpool size=2,convolutional filters=5 activation=linear", 2},
		{c + "12,convolutional filters=12 groups=12 size=3 pad=1 activation=relu," + c + "8,route layers=-1;-3,convolutional filters=5 activation=linear", 2},
	} {
		t.Run(row.text, func(t *testing.T) {
			g := build(t, sections(row.text), net.Options{})
			var first []int
			for _, i := range convolutions(g) {
				// A shortcut wants both summands in the same order, which disguises don't have.
				if i != g.Result() && (len(first) == 0 || g.Layers[2].Kind.Name() != "shortcut") {
					first = append(first, i)
				}
			}
			r, err := New(g, "after.cfg", net.Options{}, Options{Ratio: row.ratio, DW: 3, Layers: first})
			if err != nil {
				t.Fatal(err)
			}
			n := disguise(t, g, r)
			fitted, errors, err := r.Fit(context.Background(), n, drawImages(4, g.Net.Input()), FitOptions{})
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range errors {
				if e.All > 1e-6 || e.Chosen < .999 && r.Modules[0].Ratio() == 2 {
					t.Errorf("layer %d: %+v", e.Layer, e)
				}
			}
			got, want := result(t, fitted), result(t, n)
			for i := range want {
				if d := got[i] - want[i]; d > 1e-3 || d < -1e-3 {
					t.Fatalf("value %d is %g, want %g", i, got[i], want[i])
				}
			}
		})
	}
}
