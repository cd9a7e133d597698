package detect

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// A goldenCandidate is a candidate as the golden files write it.
type goldenCandidate struct {
	BBox       [4]float32
	Objectness float32
	Prob       []float32
	UC         []float32
}

func candidates(g []goldenCandidate) []Candidate {
	c := make([]Candidate, len(g))
	for i, d := range g {
		c[i] = Candidate{Box{d.BBox[0], d.BBox[1], d.BBox[2], d.BBox[3]}, d.Objectness, d.Prob, d.UC}
	}
	return c
}

func readJSON(t *testing.T, path string, v any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, v); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// sameCandidates fails the test where got is not want, number for number and in order.
func sameCandidates(t *testing.T, got, want []Candidate) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d candidates, want %d", len(got), len(want))
	}
	for i := range want {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Fatalf("candidate %d is\n%v, want\n%v", i, got[i], want[i])
		}
	}
}

func TestSuppressionGolden(t *testing.T) {
	files, err := filepath.Glob("../testdata/nms/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			var g struct {
				Function string
				Thresh   float32 `json:"nms_thresh"`
				Beta     float32
				Classes  int
				Input    []goldenCandidate
				Output   []goldenCandidate
				Order    []int
			}
			readJSON(t, file, &g)
			in, want := candidates(g.Input), candidates(g.Output)

			function, kindName, _ := strings.Cut(g.Function, " ")
			suppress := func(c []Candidate) []Candidate {
				switch function {
				case "do_nms_sort":
					return Suppression{Thresh: g.Thresh}.Apply(c, g.Classes)
				case "do_nms_obj":
					return SuppressObjectness(c, g.Classes, g.Thresh)
				case "diounms_sort":
					kind, ok := ParseNMSKind(kindName)
					if !ok {
						t.Fatalf("unknown kind %q", kindName)
					}
					return Suppression{Kind: kind, Thresh: g.Thresh, Beta: g.Beta}.Apply(c, g.Classes)
				}
				t.Fatalf("unknown function %q", g.Function)
				return nil
			}
			sameCandidates(t, suppress(in), want)

			// The suppressed numbers would hide an exchange of equal candidates, so the order
			// is compared by marks that suppression does not touch.
			for i := range in {
				in[i].Uncertainty = []float32{float32(i)}
			}
			for i, c := range suppress(in) {
				if int(c.Uncertainty[0]) != g.Order[i] {
					t.Fatalf("place %d has candidate %v, want %d", i, c.Uncertainty[0], g.Order[i])
				}
			}
		})
	}
}

// A headRun is what a golden network's heads propose for a picture, before and after
// suppression.
type headRun struct {
	Thresh   float32
	NMS      float32
	Image    [2]int
	Letter   int
	Relative int
	Classes  int
	Function string  `json:"nms_function"`
	Kind     NMSKind `json:"nms_kind"`
	Beta     float32 `json:"beta_nms"`
	Raw      []goldenCandidate
	Final    []goldenCandidate
}

// eachHeads calls test with the runs of each golden network that has detection heads and the
// extents of its input.
func eachHeads(t *testing.T, test func(t *testing.T, netW, netH int, runs []headRun)) {
	files, _ := filepath.Glob("../testdata/golden/*/expect.json")
	if len(files) == 0 {
		t.Fatal("no golden cases")
	}
	tested := 0
	for _, file := range files {
		var g struct {
			Input [3]int
			Runs  []headRun `json:"detection_runs"`
		}
		readJSON(t, file, &g)
		if len(g.Runs) == 0 {
			continue
		}
		tested++
		t.Run(filepath.Base(filepath.Dir(file)), func(t *testing.T) { test(t, g.Input[2], g.Input[1], g.Runs) })
	}
	if tested == 0 {
		t.Error("no golden case has detections")
	}
}

func TestHeadsSuppressionGolden(t *testing.T) {
	eachHeads(t, func(t *testing.T, _, _ int, runs []headRun) {
		for _, run := range runs {
			s := Suppression{Kind: run.Kind, Thresh: run.NMS, Beta: run.Beta}
			if run.Function == "do_nms_sort" {
				s.Kind = DefaultNMS
			}
			sameCandidates(t, s.Apply(candidates(run.Raw), run.Classes), candidates(run.Final))
		}
	})
}

// TestFitGolden corrects the boxes of a stretched picture, which are those of the network, and
// compares them with the run that takes the same picture as a letterbox.
func TestFitGolden(t *testing.T) {
	compared := 0
	eachHeads(t, func(t *testing.T, netW, netH int, runs []headRun) {
		for _, boxed := range runs {
			for _, stretched := range runs {
				if boxed.Letter == 0 || stretched.Letter != 0 || boxed.Thresh != stretched.Thresh ||
					boxed.Relative == 0 || stretched.Relative == 0 || len(boxed.Raw) != len(stretched.Raw) {
					continue
				}
				compared++
				fit := Fit{NetW: netW, NetH: netH, ImageW: boxed.Image[0], ImageH: boxed.Image[1], Letterbox: true}
				got := candidates(stretched.Raw)
				for i := range got {
					got[i].Box = fit.Correct(got[i].Box)
				}
				closeCandidates(t, got, candidates(boxed.Raw))
			}
		}
	})
	if !t.Skipped() && compared == 0 {
		t.Error("no pair of runs was found")
	}
}

// closeCandidates is sameCandidates with boxes equal up to the rounding of the reference
// program, which was compiled with fast arithmetic.
func closeCandidates(t *testing.T, got, want []Candidate) {
	t.Helper()
	for i := range want {
		a, b := got[i].Box, want[i].Box
		for _, d := range []float32{a.X - b.X, a.Y - b.Y, a.W - b.W, a.H - b.H} {
			if d > 1e-6 || d < -1e-6 {
				t.Fatalf("candidate %d has box %v, want %v", i, a, b)
			}
		}
	}
}
