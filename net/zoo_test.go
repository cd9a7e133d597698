package net

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/internal/testkit"
	"github.com/ghostdark/ghostdark/layers"
)

// zooNames maps the reference's internal layer types to section names where they differ.
var zooNames = map[string]string{"reorg_old": "reorg", "reorg": "reorg3d", "active": "activation", "gaussian_yolo": "Gaussian_yolo"}

// TestZoo checks published cfgs against what the reference makes of them: shapes, BFLOPs and
// the size of the weights file. GHOSTDARK_ZOO names another folder with cfg/ and expect/.
func TestZoo(t *testing.T) {
	t.Run("shared", func(t *testing.T) { testZoo(t, testkit.Shared(t, "zoo")) })
	if more := os.Getenv("GHOSTDARK_ZOO"); more != "" {
		t.Run("GHOSTDARK_ZOO", func(t *testing.T) { testZoo(t, more) })
	}
}

func testZoo(t *testing.T, root string) {
	files, err := os.ReadDir(filepath.Join(root, "cfg"))
	if err != nil {
		t.Fatal(err)
	}
	expected, err := os.ReadDir(filepath.Join(root, "expect"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 || len(expected) == 0 {
		t.Fatalf("%s has no cfgs or no expectations", root)
	}
	for _, e := range expected {
		name := strings.TrimSuffix(e.Name(), ".json") + ".cfg"
		if _, err := os.Stat(filepath.Join(root, "cfg", name)); err != nil {
			t.Error(err)
		}
	}
	for _, f := range files {
		name := strings.TrimSuffix(f.Name(), ".cfg")
		t.Run(name, func(t *testing.T) {
			g, err := Read(filepath.Join(root, "cfg", f.Name()), Options{})
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range g.Diagnostics {
				if d.Severity == cfg.Warning && strings.Contains(d.Message, "unknown option") {
					t.Error(d)
				}
			}
			expectation := filepath.Join(root, "expect", name+".json")
			if _, err := os.Stat(expectation); os.IsNotExist(err) {
				t.Log("the reference aborts on this cfg; only its soundness is checked")
				return
			}
			var want struct {
				Input        [3]int
				BFLOPs       float64
				WeightsBytes int64 `json:"weights_bytes"`
				Layers       [][5]any
			}
			testkit.JSON(t, expectation, &want)
			checkZoo(t, g, want.Input, want.BFLOPs, want.WeightsBytes, want.Layers)
		})
	}
}

func checkZoo(t *testing.T, g *Graph, input [3]int, bflops float64, weightsBytes int64, rows [][5]any) {
	if in := g.Net.Input(); [3]int{in.C, in.H, in.W} != input {
		t.Errorf("input %v, want %v", in, input)
	}
	totals := g.Totals()
	if totals.WeightsBytes != weightsBytes {
		t.Errorf("weights of %d bytes, want %d", totals.WeightsBytes, weightsBytes)
	}
	if math.Abs(totals.BFLOPs-bflops) > 1e-5*bflops+1e-6*float64(len(rows)) {
		t.Errorf("%f BFLOPs, want %f", totals.BFLOPs, bflops)
	}
	if len(rows) != len(g.Layers) {
		t.Fatalf("%d layers, want %d", len(g.Layers), len(rows))
	}
	for i, row := range rows {
		l := g.Layers[i]
		kind := row[0].(string)
		if name, renamed := zooNames[kind]; renamed {
			kind = name
		}
		if l.Kind != layers.Lookup(kind) {
			t.Errorf("layer %d is [%s], want [%s]", i, l.Kind.Name(), kind)
		}
		c, h, w := int(row[1].(float64)), int(row[2].(float64)), int(row[3].(float64))
		if flat := c*h*w == 0; !flat && (l.Output.C != c || l.Output.H != h || l.Output.W != w) {
			t.Errorf("%s gives %v, want %d×%d×%d", l.Label(), l.Output, w, h, c)
		}
		if want := row[4].(float64); math.Abs(l.Cost.BFLOPs-want) > 1e-6+1e-5*want {
			t.Errorf("%s costs %f BFLOPs, want %f", l.Label(), l.Cost.BFLOPs, want)
		}
	}
}

// zooPlanBFLOPs bounds the published networks that TestZooPlans runs, to keep it short; the
// larger ones are of the same families.
const zooPlanBFLOPs = 4

// TestZooPlans compares every layer of published networks, with random weights and a small
// input, between the plan and the layers' definitions.
func TestZooPlans(t *testing.T) {
	files, err := filepath.Glob(testkit.Shared(t, "zoo", "cfg", "*.cfg"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no cfgs: %v", err)
	}
	compared := 0
	for _, file := range files {
		g, err := Read(file, Options{Width: 128, Height: 128})
		if err != nil { // a [crop] of the full size
			g, err = Read(file, Options{})
		}
		if err != nil {
			t.Error(err)
			continue
		}
		if g.Totals().BFLOPs > zooPlanBFLOPs || g.Missing() != nil {
			continue
		}
		compared++
		n, err := g.Random(1)
		if err != nil {
			t.Error(err)
			continue
		}
		want := run(t, n, SessionOptions{KeepAll: true, Reference: true}, inputFor(n))
		got := run(t, n, SessionOptions{KeepAll: true}, inputFor(n))
		for i, l := range n.Layers {
			if far := distance(output(t, got, i), output(t, want, i)); !(far <= 2e-5) {
				t.Errorf("%s: %s is %.2g of its largest value away from the definition", filepath.Base(file), l.Label(), far)
				break
			}
		}
		got.Close()
	}
	if compared < 20 {
		t.Errorf("only %d networks were compared", compared)
	}
}

// distance is the largest difference as a part of the largest value.
func distance(got, want []float32) float64 {
	var difference, largest float64
	for i, w := range want {
		difference = math.Max(difference, math.Abs(float64(got[i]-w)))
		largest = math.Max(largest, math.Abs(float64(w)))
	}
	if largest == 0 {
		return difference
	}
	return difference / largest
}
