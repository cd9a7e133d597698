package onnx

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ghostdark/ghostdark/internal/testkit"
	"github.com/ghostdark/ghostdark/net"
	"github.com/ghostdark/ghostdark/weights"
)

// peersFolder names the environment variable with the folder in which ONNX Runtime is
// installed; bench/README.md tells how.
const peersFolder = "GHOSTDARK_PEERS"

// ortTolerance is how much a value y of ONNX Runtime's outputs may differ, in units of |y| + the
// mean size of the output's values.
const ortTolerance = 1e-4

// TestONNXRuntime compares exported models, as ONNX Runtime computes them, with what ghostdark
// gives.
func TestONNXRuntime(t *testing.T) {
	if os.Getenv(peersFolder) == "" {
		t.Skipf("needs ONNX Runtime: set %s to the folder where npm installed onnxruntime-node", peersFolder)
	}
	t.Run("golden", func(t *testing.T) {
		root := filepath.Join(testkit.Root(), "testdata", "golden")
		cases, err := os.ReadDir(root)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range cases {
			if !c.IsDir() {
				continue
			}
			t.Run(c.Name(), func(t *testing.T) { compareGolden(t, filepath.Join(root, c.Name())) })
		}
	})
	t.Run("sections", func(t *testing.T) {
		for _, text := range []string{
			"[deconvolutional] filters=3 size=4 stride=2 padding=1 batch_normalize=1 activation=leaky",
			"[connected] output=24 activation=linear [detection] side=2 classes=1 num=1 coords=4 softmax=1",
			"[connected] output=28 activation=linear [detection] side=2 classes=2 num=1 coords=4 softmax=1",
			"[l2norm]",
			"[maxpool] [implicit] filters=4 [scale_channels] from=0",
			"[crop] crop_width=5 crop_height=3 noadjust=1",
			"[maxpool] size=2 padding=6",
			"[upsample] stride=-3 scale=.5",
			"[maxpool] [maxpool] size=2 stride=2 [shortcut] from=0",
			"[maxpool] size=2 stride=2 [upsample] [convolutional] filters=6 activation=linear [shortcut] from=0,1",
			"[maxpool] [convolutional] filters=6 activation=linear [shortcut] from=0,-1 weights_type=per_channel weights_normalization=softmax",
			"[convolutional] filters=14 activation=linear [region] classes=2 num=2 softmax=1",
			"[reorg] stride=2 [reorg] stride=2 reverse=1",
		} {
			t.Run(text, func(t *testing.T) {
				n := build(t, "[net] width=8 height=6 channels=4 "+text)
				for _, s := range n.Slots() {
					if s.FanIn == 0 {
						for i := range s.Data {
							s.Data[i] = .5 + float32(i%7)/8
						}
					}
				}
				compareNetwork(t, n, "", 2)
			})
		}
	})
	t.Run("cfgs", func(t *testing.T) {
		for _, name := range []string{"ghostnet", "ghost-yolo"} {
			t.Run(name, func(t *testing.T) { compare(t, filepath.Join(testkit.Root(), "cfgs", name+".cfg"), "", 1) })
		}
		for _, name := range []string{"ghost-yolo-bccd", "ghostnet-fashion"} {
			path := filepath.Join(testkit.Root(), "cfgs", name)
			t.Run(name, func(t *testing.T) { compare(t, path+".cfg", path+".weights", 3) })
		}
	})
	t.Run("models", func(t *testing.T) {
		for _, name := range []string{"yolo-fastest-1.1", "yolo-fastest-1.1-xl"} {
			path := testkit.Shared(t, "models", name)
			t.Run(name, func(t *testing.T) { compare(t, path+".cfg", path+".weights", 1) })
		}
	})
	t.Run("zoo", func(t *testing.T) {
		names, err := filepath.Glob(testkit.Shared(t, "zoo", "cfg", "*.cfg"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range names {
			t.Run(strings.TrimSuffix(filepath.Base(path), ".cfg"), func(t *testing.T) { compare(t, path, "", 1) })
		}
	})
}

// compareGolden runs a case on its own input.
func compareGolden(t *testing.T, dir string) {
	g, err := net.Read(filepath.Join(dir, "net.cfg"), net.Options{})
	if err != nil {
		t.Fatal(err)
	}
	n, err := g.LoadFile(filepath.Join(dir, "net.weights"), weights.ReadOptions{AllowExtra: true})
	if err != nil {
		t.Fatal(err)
	}
	compareNetwork(t, n, filepath.Join(dir, "input.f32"), 1)
}

// compare runs a network, with random weights if it has no file, on the script's own input.
func compare(t *testing.T, cfg, weightsFile string, batch int) {
	g, err := net.Read(cfg, net.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var n *net.Network
	if weightsFile == "" {
		n, err = g.Random(1)
	} else {
		n, err = g.LoadFile(weightsFile, weights.ReadOptions{})
	}
	if err != nil {
		t.Skip(err)
	}
	compareNetwork(t, n, "", batch)
}

func compareNetwork(t *testing.T, n *net.Network, inputFile string, batch int) {
	m, err := Export(n, Options{Batch: batch})
	if err != nil {
		if strings.Contains(err.Error(), "can't be exported") {
			t.Skip(err)
		}
		t.Fatal(err)
	}
	folder := t.TempDir()
	results := runORT(t, m, folder, inputFile)

	input := make([]float32, batch*n.Net.Input().Len())
	for i := range input {
		input[i] = float32(math.Mod(float64(i)*0.6180339887498949, 1))
	}
	if inputFile != "" {
		input = testkit.Float32s(t, inputFile)
	}
	s, err := n.NewSession(net.SessionOptions{Batch: batch})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Run(context.Background(), input); err != nil {
		t.Fatal(err)
	}
	outputs := (&exporter{net: n}).outputs()
	if len(results) != len(outputs) {
		t.Fatalf("%d outputs, want %d", len(results), len(outputs))
	}
	for k, r := range results {
		want, err := s.Output(outputs[k])
		if err != nil {
			t.Fatal(err)
		}
		if name := prefix(n.Layers[outputs[k]]); r.Name != name || !slices.Equal(r.Dims, m.Outputs[k].Dims) {
			t.Errorf("output %s of %v, want %s of %v", r.Name, r.Dims, name, m.Outputs[k].Dims)
		}
		got := testkit.Float32s(t, r.File)
		if len(got) != len(want.Data) {
			t.Fatalf("%s: %d values, want %d", r.Name, len(got), len(want.Data))
		}
		i, off := worst(got, want.Data)
		t.Logf("%s: off by %.2g, value %d is %v, want %v", r.Name, off, i, got[i], want.Data[i])
		if !(off <= ortTolerance) {
			t.Errorf("%s differs from ghostdark's", r.Name)
		}
	}
}

// worst finds the largest difference, in the units of ortTolerance.
func worst(got, want []float32) (index int, off float64) {
	mean := 0.0
	for _, v := range want {
		mean += math.Abs(float64(v)) / float64(len(want))
	}
	for i, w := range want {
		d := math.Abs(float64(got[i])-float64(w)) / (math.Abs(float64(w)) + mean + 1e-30)
		if !(d <= off) { // also when it is NaN
			index, off = i, d
		}
	}
	return index, off
}

// ortOutput is what bench/check.js tells of an output.
type ortOutput struct {
	Name string
	Dims []int
	File string
}

// runORT writes the model to the folder and runs it.
func runORT(t *testing.T, m *Model, folder, inputFile string) []ortOutput {
	t.Helper()
	path := filepath.Join(folder, "model.onnx")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = m.WriteTo(f)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	args := []string{filepath.Join(testkit.Root(), "bench", "check.js"), os.Getenv(peersFolder), path, folder}
	if inputFile != "" {
		args = append(args, inputFile)
	}
	var stderr bytes.Buffer
	cmd := exec.Command("node", args...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, &stderr)
	}
	var answer struct{ Outputs []ortOutput }
	if err := json.Unmarshal(out, &answer); err != nil {
		t.Fatal(err)
	}
	return answer.Outputs
}
