package net

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/ghostdark/ghostdark/detect"
	"github.com/ghostdark/ghostdark/internal/testkit"
	"github.com/ghostdark/ghostdark/kernels"
	"github.com/ghostdark/ghostdark/layers"
	"github.com/ghostdark/ghostdark/weights"
)

// goldenCase is the expect.json of a golden case: a small network and what the reference
// darknet computes with it.
type goldenCase struct {
	Input  [3]int
	Layers []struct {
		Index     int
		Type      string
		Out       [3]int
		File      string
		FileCall1 string `json:"file_call1"`
	}
	OutputLayer int                `json:"output_layer"`
	MaxRelDiff  map[string]float64 `json:"max_rel_diff"`
	Calls       int
	InputCall1  string      `json:"input_call1"`
	Runs        []goldenRun `json:"detection_runs"`
}

type goldenRun struct {
	Thresh, NMS float32
	Image       [2]int
	Letter      int
	Relative    int
	Classes     int
	Function    string `json:"nms_function"`
	Raw, Final  []goldenDets
}

type goldenDets struct {
	BBox       [4]float32
	Objectness float32
	Prob       []float32
	UC         []float32
}

// tolerance is absolute and relative; cases for which the reference's own builds differ more
// get the looser one.
func (c *goldenCase) tolerance() float64 {
	for _, d := range c.MaxRelDiff {
		if d > 1e-5 {
			return 1e-4
		}
	}
	return 1e-5
}

// goldenDirs are the folders of golden cases: the project's, and that of GHOSTDARK_GOLDEN.
func goldenDirs(t *testing.T) []string {
	roots := []string{filepath.Join(testkit.Root(), "testdata", "golden")}
	if more := os.Getenv("GHOSTDARK_GOLDEN"); more != "" {
		roots = append(roots, more)
	}
	var dirs []string
	for _, root := range roots {
		entries, err := os.ReadDir(root)
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for _, e := range entries {
			if e.IsDir() {
				dirs = append(dirs, filepath.Join(root, e.Name()))
				found++
			}
		}
		if found == 0 {
			t.Fatalf("%s holds no golden cases", root)
		}
	}
	return dirs
}

// executors are the ways to run a network: the layers' definitions, and plans for every
// instruction set of this processor and for none.
func executors() map[string]SessionOptions {
	all := map[string]SessionOptions{"reference": {Reference: true}, kernels.Generic: {CPU: kernels.Generic}}
	for _, s := range kernels.Sets() {
		all[s.Name] = SessionOptions{CPU: s.Name}
	}
	return all
}

// TestGolden runs every golden case with every executor, with all outputs kept and again with
// memory reused, and compares with the reference program.
func TestGolden(t *testing.T) {
	for name, opt := range executors() {
		t.Run(name, func(t *testing.T) { testGolden(t, opt) })
	}
}

func testGolden(t *testing.T, opt SessionOptions) {
	for _, dir := range goldenDirs(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			var want goldenCase
			testkit.JSON(t, filepath.Join(dir, "expect.json"), &want)
			if len(want.Layers) == 0 {
				t.Fatalf("%s/expect.json lists no layers", dir)
			}
			g, err := Read(filepath.Join(dir, "net.cfg"), Options{})
			if err != nil {
				t.Fatal(err)
			}
			n, err := g.LoadFile(filepath.Join(dir, "net.weights"), weights.ReadOptions{AllowExtra: true})
			if err != nil {
				t.Fatal(err)
			}
			if in := n.Net.Input(); [3]int{in.C, in.H, in.W} != want.Input {
				t.Errorf("input %v, want %v", in, want.Input)
			}
			if n.Result() != want.OutputLayer {
				t.Errorf("result is layer %d, want %d", n.Result(), want.OutputLayer)
			}
			if len(n.Layers) != len(want.Layers) {
				t.Fatalf("%d layers, want %d", len(n.Layers), len(want.Layers))
			}
			thrifty, err := n.NewSession(opt)
			if err != nil {
				t.Fatal(err)
			}
			keeping := opt
			keeping.KeepAll = true
			s, err := n.NewSession(keeping)
			if err != nil {
				t.Fatal(err)
			}
			inputs := []string{"input.f32"}
			if want.Calls == 2 {
				inputs = append(inputs, want.InputCall1)
			}
			for call, file := range inputs {
				input := testkit.Float32s(t, filepath.Join(dir, file))
				for _, each := range []*Session{s, thrifty} {
					if err := each.Run(context.Background(), input); err != nil {
						t.Fatal(err)
					}
				}
				for _, l := range want.Layers {
					out, err := s.Output(l.Index)
					if err != nil {
						t.Fatal(err)
					}
					if shape := out.Shape; [3]int{shape.C, shape.H, shape.W} != l.Out {
						t.Errorf("call %d: %s gives %v, want %v", call, n.Layers[l.Index].Label(), shape, l.Out)
						continue
					}
					if n.Layers[l.Index].Kind != layers.Lookup(l.Type) {
						t.Errorf("layer %d is [%s], want [%s]", l.Index, n.Layers[l.Index].Kind.Name(), l.Type)
					}
					file := l.File
					if call == 1 {
						file = l.FileCall1
					}
					compare(t, n.Layers[l.Index].Label(), out.Data, testkit.Float32s(t, filepath.Join(dir, file)), want.tolerance())
				}
				full, err := s.Result()
				if err != nil {
					t.Fatal(err)
				}
				reused, err := thrifty.Result()
				if err != nil {
					t.Fatal(err)
				}
				compare(t, "the result with memory reused", reused.Data, full.Data, want.tolerance())
			}
			for _, run := range want.Runs {
				compareRun(t, s, &run)
			}
		})
	}
}

// compare takes a NaN of the reference as no statement: its fast arithmetic gives NaN for
// swish far below zero, where the function is zero. There must be numbers beside it.
func compare(t *testing.T, what string, got, want []float32, tolerance float64) {
	t.Helper()
	numbers := 0
	for i := range min(len(got), len(want)) {
		if want[i] == want[i] {
			numbers++
		} else if got[i] == got[i] {
			want[i] = got[i]
		}
	}
	if 2*numbers < len(want) {
		t.Errorf("%s: only %d of the reference's %d values are numbers", what, numbers, len(want))
	}
	if len(got) != len(want) {
		t.Errorf("%s: %d values, want %d", what, len(got), len(want))
		return
	}
	if i, beyond := testkit.Worst(got, want, tolerance); beyond {
		t.Errorf("%s: value %d is %v, want %v", what, i, got[i], want[i])
	}
}

// compareRun decodes the heads' output as one of the reference's detection runs did.
func compareRun(t *testing.T, s *Session, run *goldenRun) {
	t.Helper()
	in := s.Network().Net.Input()
	fit := detect.Fit{NetW: in.W, NetH: in.H, ImageW: run.Image[0], ImageH: run.Image[1], Letterbox: run.Letter == 1}
	raw, err := s.Candidates(0, run.Thresh, fit)
	if err != nil {
		t.Fatal(err)
	}
	absolute := run.Relative == 0
	for _, l := range s.Network().Heads() {
		absolute = absolute || l.Op.(layers.Head).Stretched() // [detection] gives pixels in any case
	}
	if absolute { // before suppression, since the distance in DIoU depends on the units
		for i := range raw {
			box := &raw[i].Box
			box.X, box.W = box.X*float32(run.Image[0]), box.W*float32(run.Image[0])
			box.Y, box.H = box.Y*float32(run.Image[1]), box.H*float32(run.Image[1])
		}
	}
	suppression := s.Network().Suppression(run.NMS)
	if run.Function == "do_nms_sort" {
		suppression.Kind = detect.DefaultNMS
	}
	for _, list := range []struct {
		name string
		got  []detect.Candidate
		want []goldenDets
	}{{"raw", raw, run.Raw}, {"final", suppression.Apply(raw, run.Classes), run.Final}} {
		if len(list.got) != len(list.want) {
			t.Errorf("thresh %g: %d %s detections, want %d", run.Thresh, len(list.got), list.name, len(list.want))
			continue
		}
		for i, w := range list.want {
			c := list.got[i]
			if !alike([]float32{c.Box.X, c.Box.Y, c.Box.W, c.Box.H, c.Objectness}, append(w.BBox[:], w.Objectness)) ||
				!alike(c.Prob, w.Prob) || !alike(c.Uncertainty, w.UC) {
				t.Errorf("thresh %g letter %d: %s detection %d is %+v, want %+v", run.Thresh, run.Letter, list.name, i, c, w)
				break
			}
		}
	}
}

// alike compares decoded numbers, on which the reference's fast arithmetic leaves a mark.
func alike(got, want []float32) bool {
	if len(got) != len(want) {
		return false
	}
	for i := range want {
		if math.Abs(float64(got[i]-want[i])) > 2e-5*(1+math.Abs(float64(want[i]))) {
			return false
		}
	}
	return true
}
