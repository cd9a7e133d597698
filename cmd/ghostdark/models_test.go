package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ghostdark/ghostdark/internal/testkit"
	"github.com/ghostdark/ghostdark/net"
	"github.com/ghostdark/ghostdark/picture"
	"github.com/ghostdark/ghostdark/report"
)

// invoke runs a command line and returns its standard output; the test fails if it does.
func invoke(t *testing.T, args ...string) []byte {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if code := execute(context.Background(), args, &stdout, &stderr); code != exitDone {
		t.Fatalf("ghostdark %s: exit code %d\n%s", strings.Join(args, " "), code, &stderr)
	}
	return stdout.Bytes()
}

// expectation is what the reference program finds in a picture.
type expectation struct {
	Image      [2]int
	Thresh     float64
	Detections []struct {
		Class      int
		Confidence float64
		Box        [4]float64
	}
}

// TestModels runs the trained models on real pictures and compares with the reference. On
// PNGs both see the same pixels; JPEG decoders differ by a few levels, so what is near the
// threshold may come or go. The reference's lists come from its library call do_nms_sort, which
// does not look at the cfg's nms_kind.
func TestModels(t *testing.T) {
	models := testkit.Shared(t, "models")
	files, err := filepath.Glob(filepath.Join(models, "expected", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no expectations in %s: %v", models, err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		t.Run(name, func(t *testing.T) {
			model, pictureName := splitExpectation(t, name)
			var want expectation
			testkit.JSON(t, file, &want)
			out := invoke(t, "detect", filepath.Join(models, model+".cfg"), filepath.Join(models, model+".weights"),
				picturePath(t, pictureName), "--json", "--thresh", fmt.Sprint(want.Thresh), "--nms-kind", "default")
			var frames []report.Picture
			if err := json.Unmarshal(out, &frames); err != nil {
				t.Fatal(err)
			}
			confidence, box := 1e-3, 1e-3
			if strings.HasSuffix(pictureName, ".jpg") {
				confidence, box = .05, .01
			}
			compareObjects(t, frames[0], want, confidence, box)
		})
	}
}

// splitExpectation parts MODEL.PICTURE.EXT, where the model's name may hold dots too.
func splitExpectation(t *testing.T, name string) (model, pictureName string) {
	parts := strings.Split(name, ".")
	if len(parts) < 3 {
		t.Fatalf("%s is not MODEL.PICTURE.EXT", name)
	}
	n := len(parts) - 2
	return strings.Join(parts[:n], "."), strings.Join(parts[n:], ".")
}

// picturePath finds a sample picture.
func picturePath(t *testing.T, name string) string {
	for _, folder := range [][]string{{"images"}, {"data", "bccd", "images"}, {"data", "bccd", "png"}} {
		path := testkit.Shared(t, append(folder, name)...)
		if found, _ := filepath.Glob(path); found != nil {
			return path
		}
	}
	t.Fatalf("no picture %s", name)
	return ""
}

func compareObjects(t *testing.T, got report.Picture, want expectation, confidence, box float64) {
	t.Helper()
	if got.Image.Width != want.Image[0] || got.Image.Height != want.Image[1] {
		t.Errorf("a picture of %d×%d, want %v", got.Image.Width, got.Image.Height, want.Image)
	}
	matched := make([]bool, len(got.Objects))
	for _, w := range want.Detections {
		best, bestDistance := -1, math.Inf(1)
		for i, o := range got.Objects {
			if d := distance(o, w.Box); !matched[i] && o.ClassID == w.Class && d < bestDistance {
				best, bestDistance = i, d
			}
		}
		switch {
		case best < 0 && w.Confidence-want.Thresh < confidence && confidence > 1e-2:
		case best < 0:
			t.Errorf("class %d (%.3f) at %v is not found", w.Class, w.Confidence, w.Box)
		case bestDistance > box || math.Abs(got.Objects[best].Confidence-w.Confidence) > confidence:
			t.Errorf("class %d (%.6f) at %v is found as %+v", w.Class, w.Confidence, w.Box, got.Objects[best])
			fallthrough
		default:
			matched[best] = true
		}
	}
	for i, o := range got.Objects {
		if !matched[i] && (confidence < 1e-2 || o.Confidence-want.Thresh > confidence) {
			t.Errorf("found too much: %+v", o)
		}
	}
}

// distance is the largest difference of a box's numbers.
func distance(o report.Object, box [4]float64) float64 {
	r := o.Relative
	return max(math.Abs(r.CenterX-box[0]), math.Abs(r.CenterY-box[1]), math.Abs(r.Width-box[2]), math.Abs(r.Height-box[3]))
}

// TestModelLayers compares the raw output of yolo layers on a PNG with the reference's.
func TestModelLayers(t *testing.T) {
	models := testkit.Shared(t, "models")
	files, _ := filepath.Glob(filepath.Join(models, "expected", "*.f32"))
	if len(files) == 0 {
		t.Fatalf("no layer outputs in %s", models)
	}
	for _, file := range files {
		name := filepath.Base(file)
		t.Run(name, func(t *testing.T) {
			var layer int
			stem := strings.TrimSuffix(name, ".f32")
			at := strings.LastIndex(stem, ".layer")
			if _, err := fmt.Sscanf(stem[at:], ".layer%d", &layer); err != nil {
				t.Fatal(err)
			}
			model, pictureName := splitExpectation(t, stem[:at])
			n, err := net.Open(filepath.Join(models, model+".cfg"), filepath.Join(models, model+".weights"), net.Options{})
			if err != nil {
				t.Fatal(err)
			}
			out := runPicture(t, n, picturePath(t, pictureName), picture.ResizeStretch, layer)
			if i, beyond := testkit.Worst(out, testkit.Float32s(t, file), 1e-3); beyond {
				t.Errorf("value %d is %v", i, out[i])
			}
		})
	}
}

// runPicture returns one layer's output for a picture.
func runPicture(t *testing.T, n *net.Network, path string, resize picture.Resize, layer int) []float32 {
	t.Helper()
	img, err := picture.Open(path, picture.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	input, err := img.Input(resize, n.Net.Input())
	if err != nil {
		t.Fatal(err)
	}
	s, err := n.NewSession(net.SessionOptions{Keep: []int{layer}})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Run(context.Background(), input.Data); err != nil {
		t.Fatal(err)
	}
	out, err := s.Output(layer)
	if err != nil {
		t.Fatal(err)
	}
	return out.Data
}

// TestFashion classifies the Fashion-MNIST pictures as the reference does.
func TestFashion(t *testing.T) {
	data, models := testkit.Shared(t, "data", "fashion"), testkit.Shared(t, "models")
	var want struct {
		Images    int
		Top1Right int `json:"top1_right"`
		First     []struct {
			Image         string
			Top           string
			Probabilities []float32
		}
	}
	testkit.JSON(t, filepath.Join(data, "reference.json"), &want)
	n, err := net.Open(filepath.Join(models, "ghostnet-fashion.cfg"), filepath.Join(models, "ghostnet-fashion.weights"), net.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range want.First {
		got := runPicture(t, n, filepath.Join(data, w.Image), picture.ResizeMinCrop, n.Result())
		if i, beyond := testkit.Worst(got, w.Probabilities, 1e-5); beyond {
			t.Errorf("%s: class %d has probability %v, want %v", w.Image, i, got[i], w.Probabilities[i])
		}
	}

	pictures, err := filepath.Glob(filepath.Join(data, "images", "*.png"))
	if err != nil || len(pictures) != want.Images {
		t.Fatalf("%d pictures, want %d: %v", len(pictures), want.Images, err)
	}
	var results []report.Picture
	out := invoke(t, append([]string{"classify", "--json", "--top", "1"}, pictures...)...)
	if err := json.Unmarshal(out, &results); err != nil {
		t.Fatal(err)
	}
	right := 0
	for _, r := range results {
		_, class, _ := strings.Cut(strings.TrimSuffix(filepath.Base(r.Filename), ".png"), "_")
		if strings.ReplaceAll(class, "_", " ") == r.Classes[0].Name {
			right++
		}
	}
	if right != want.Top1Right {
		t.Errorf("%d pictures are named rightly, want %d", right, want.Top1Right)
	}
}

// TestSampleCommands runs the commands without operands, as a newcomer does.
func TestSampleCommands(t *testing.T) {
	t.Chdir(t.TempDir())
	found := map[string]int{}
	for line := range strings.Lines(string(invoke(t, "detect"))) {
		name, percent, ok := strings.Cut(strings.TrimSuffix(line, "%\n"), ": ")
		if !ok || percent == "" {
			t.Errorf("line %q is not `name: NN%%`", line)
		}
		found[name]++
	}
	if found["RBC"] != 17 || found["WBC"] != 1 || found["Platelets"] != 3 || len(found) != 3 {
		t.Errorf("found %v, want 17 RBC, 1 WBC and 3 Platelets", found)
	}
	if _, err := picture.Open("predictions.jpg", picture.Limits{}); err != nil {
		t.Error(err)
	}
	if first, _, _ := strings.Cut(string(invoke(t, "classify")), "\n"); first != "Trouser: 100.00%" {
		t.Errorf("the embedded picture is %q", first)
	}
}
