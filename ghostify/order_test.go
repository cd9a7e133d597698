package ghostify

import (
	"context"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/internal/testkit"
	"github.com/ghostdark/ghostdark/layers"
	"github.com/ghostdark/ghostdark/net"
)

// sections turns `conv filters=8 size=3, maxpool size=2` into a cfg.
func sections(text string) string {
	out := "[net]\nwidth=12\nheight=10\nchannels=3\n"
	for _, s := range strings.Split(text, ",") {
		words := strings.Fields(s)
		out += "[" + words[0] + "]\n"
		for _, w := range words[1:] {
			out += strings.ReplaceAll(w, ";", ",") + "\n"
		}
	}
	return out
}

// build makes a graph of a cfg's text.
func build(t testing.TB, text string, opt net.Options) *net.Graph {
	t.Helper()
	file, diags := cfg.Parse("net.cfg", []byte(text))
	g := net.Build(file, diags, opt)
	if err := g.Err(); err != nil {
		t.Fatal(err)
	}
	return g
}

// random gives a network random weights, batch norm's included.
func random(t testing.TB, g *net.Graph) *net.Network {
	t.Helper()
	n, err := g.Random(7)
	if err != nil {
		t.Fatal(err)
	}
	draw := rand.New(rand.NewPCG(1, 2))
	for _, s := range g.Slots() {
		if s.FanIn == 0 {
			for i := range s.Data {
				s.Data[i] = .5 + draw.Float32()
			}
		}
	}
	return n
}

// result runs a network on drawn values with the plain executor.
func result(t testing.TB, n *net.Network) []float32 {
	t.Helper()
	session, err := n.NewSession(net.SessionOptions{Reference: true, KeepAll: true})
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	input := make([]float32, n.Net.Input().Len())
	draw := rand.New(rand.NewPCG(3, 4))
	for i := range input {
		input[i] = draw.Float32()
	}
	if err := session.Run(context.Background(), input); err != nil {
		t.Fatal(err)
	}
	var values []float32
	for _, l := range append(n.Heads(), n.Layers[n.Result()]) {
		out, err := session.Output(l.Index)
		if err != nil {
			t.Fatal(err)
		}
		values = append(values, out.Data...)
	}
	return values
}

// convolutions lists the dense ones.
func convolutions(g *net.Graph) []int {
	var list []int
	for _, l := range g.Layers {
		if conv, ok := l.Op.(*layers.Convolutional); ok && conv.Groups == 1 {
			list = append(list, l.Index)
		}
	}
	return list
}

// shuffle lets the channels of every space change places as far as they may. It returns how many
// do.
func shuffle(spaces []*space, draw *rand.Rand) (moved [][]int, movedChannels int) {
	for _, s := range spaces {
		order := make([]int, len(s.cells))
		cells := map[int][]int{}
		for c, cell := range s.cells {
			cells[cell] = append(cells[cell], c)
		}
		for _, cell := range s.cells {
			list := cells[cell]
			if list == nil {
				continue
			}
			for k, j := range draw.Perm(len(list)) {
				order[list[k]] = list[j]
				if k != j {
					movedChannels++
				}
			}
			cells[cell] = nil
		}
		moved = append(moved, order)
	}
	return moved, movedChannels
}

// checkShuffled shuffles the channels of a network and compares its results.
func checkShuffled(t *testing.T, text string, opt net.Options) int {
	g := build(t, text, opt)
	n := random(t, g)
	o := newOrder(g)
	spaces := o.spaces(convolutions(g))
	moved, count := shuffle(spaces, rand.New(rand.NewPCG(5, 6)))
	r := &Rewrite{Before: g, After: build(t, text, opt)}
	r.number()
	shuffled, err := r.transfer(n, o.permutations(spaces, moved))
	if err != nil {
		t.Fatal(err)
	}
	got, want := result(t, shuffled), result(t, n)
	scale := 0.
	for _, v := range want {
		scale = max(scale, math.Abs(float64(v)))
	}
	for i := range want {
		if !(math.Abs(float64(got[i]-want[i])) <= 2e-4*scale) {
			t.Fatalf("value %d is %g, want %g", i, got[i], want[i])
		}
	}
	return count
}

// TestShuffled lets channels change places in networks with all kinds of layers that tie or pin
// them.
func TestShuffled(t *testing.T) {
	const c = "convolutional size=3 pad=1 batch_normalize=1 activation=leaky filters="
	const end = ",convolutional filters=5 activation=linear"
	for _, row := range []struct {
		name, text string
		channels   int // that may move, of all but the last convolution
	}{
		{"chain", c + "8," + c + "6,maxpool size=2 stride=2,dropout,batchnorm,activation activation=relu" + end, 14},
		{"summands", c + "8," + c + "8,shortcut from=-2 activation=relu" + end, 16},
		{"summands of other extents", c + "8," + c + "6,shortcut from=-2" + end, 0}, // they can't agree
		{"weighted summands", c + "8," + c + "8,shortcut from=-2 weights_type=per_channel weights_normalization=softmax" + end, 16},
		{"route", c + "8," + c + "6,route layers=-1;-2" + end, 14},
		{"half", c + "8,route layers=-1 groups=2 group_id=1," + c + "4,route layers=-1;-3" + end, 12},
		{"twice", c + "8,route layers=-1;-1" + end, 8},
		{"two halves added", c + "8,route layers=0 groups=2,route layers=0 groups=2 group_id=1,shortcut from=-2" + end, 0},
		{"depthwise", c + "8,convolutional filters=8 groups=8 size=3 pad=1 batch_normalize=1 activation=relu" + end, 8},
		{"groups", c + "8,convolutional filters=8 groups=2 size=3 pad=1 activation=relu" + end, 0},
		{"squeeze and excite", c + "8,avgpool,convolutional filters=4 activation=relu,convolutional filters=8 activation=logistic,scale_channels from=0" + end, 20},
		{"pixels scaled", c + "8,convolutional filters=1 activation=logistic,scale_channels from=0 scale_wh=1" + end, 8},
		{"sam", c + "8,convolutional filters=8 activation=logistic,sam from=0" + end, 16},
		{"upsample", c + "8,local_avgpool size=2 stride=2,upsample stride=2,route layers=-1;0,l2norm" + end, 8},
		{"connected", c + "8,connected output=6 activation=relu,connected output=4 activation=linear,softmax", 8},
		{"normalization over channels", c + "8,normalization" + end, 0},
		{"reorg", c + "8,reorg stride=2" + end, 0},
		{"shared weights", c + "6," + c + "6,convolutional filters=6 share_index=1 size=3 pad=1 batch_normalize=1 activation=relu" + end, 0},
		{"softmax", c + "8,softmax", 0},
		{"head", c + "8,convolutional filters=18 activation=linear,yolo mask=0;1;2 num=3 classes=1", 8},
		{"implicit", c + "8,implicit filters=8,scale_channels from=0" + end, 8},
		{"result", c + "8", 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			text := sections(row.text)
			checkShuffled(t, text, net.Options{})
			g := build(t, text, net.Options{})
			free := 0
			chosen := convolutions(g)
			for _, s := range newOrder(g).spaces(chosen) {
				size := map[int]int{}
				for _, cell := range s.cells {
					size[cell]++
				}
				for _, cell := range s.cells {
					if size[cell] > 1 {
						free += len(s.layers)
					}
				}
			}
			if free != row.channels {
				t.Errorf("%d channels may change places, want %d", free, row.channels)
			}
		})
	}
}

// TestShuffledZoo does so in published networks.
func TestShuffledZoo(t *testing.T) {
	for _, name := range []string{
		"yolov3-tiny", "yolov4-tiny", "yolov7-tiny", "ghost-yolo", "efficientnet_b0", "resnet50", "densenet201", "csresnext50-panet-spp-original-optimal",
		"enet-coco", "yolov4-csp", "Gaussian_yolov3_BDD", "darknet19", "yolov2-tiny",
	} {
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join(testkit.Shared(t, "zoo", "cfg"), name+".cfg"))
			if err != nil {
				t.Fatal(err)
			}
			if count := checkShuffled(t, string(text), net.Options{Width: 64, Height: 64}); count == 0 {
				t.Error("no channel may change its place")
			} else {
				t.Logf("%d channels have changed places", count)
			}
		})
	}
}
