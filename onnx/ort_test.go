package onnx

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ghostdark/ghostdark/internal/testkit"
	"github.com/ghostdark/ghostdark/layers"
	"github.com/ghostdark/ghostdark/net"
	"github.com/ghostdark/ghostdark/picture"
	"github.com/ghostdark/ghostdark/weights"
)

// peersFolder names the environment variable with the folder in which ONNX Runtime is
// installed; bench/README.md tells how.
const peersFolder = "GHOSTDARK_PEERS"

// ortTolerance is how much a value y of ONNX Runtime's outputs may differ: of raw outputs, in units of
// |y| + the root mean square of the output's values; of decoded boxes and scores, in units of max(|y|, 1).
const ortTolerance = 1e-4

// The largest published networks that are run with -short.
const (
	smallBFLOPs  = 4
	smallWeights = 100 << 20 // bytes
)

// TestONNXRuntime compares exported models, as ONNX Runtime computes them, with what ghostdark
// gives.
func TestONNXRuntime(t *testing.T) {
	if os.Getenv(peersFolder) == "" {
		t.Skipf("needs ONNX Runtime: set %s to the folder where npm installed onnxruntime-node", peersFolder)
	}
	r := startORT(t)
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
			t.Run(c.Name(), func(t *testing.T) {
				dir := filepath.Join(root, c.Name())
				r.checkAll(t, fromFiles(filepath.Join(dir, "net.cfg"), filepath.Join(dir, "net.weights")), testkit.Float32s(t, filepath.Join(dir, "input.f32")))
			})
		}
	})
	t.Run("sections", func(t *testing.T) {
		for _, text := range []string{
			"[deconvolutional] filters=3 size=4 stride=2 padding=1 batch_normalize=1 activation=leaky",
			"[connected] output=24 activation=linear [detection] side=2 classes=1 num=1 coords=4 softmax=1",
			"[connected] output=28 activation=linear [detection] side=2 classes=2 num=1 coords=4 softmax=1",
			"[connected] output=51 activation=linear [detection] side=1 classes=1 num=10 coords=4 sqrt=1",
			"[l2norm]",
			"[local] size=3 pad=1 filters=5 activation=leaky",
			"[local] size=2 stride=2 filters=3",
			"[normalization] size=3 alpha=.5",
			"[normalization] size=4 kappa=2",
			"[convolutional] filters=5 size=3 pad=1 xnor=1 batch_normalize=1 activation=leaky",
			"[maxpool] [implicit] filters=4 [scale_channels] from=0",
			"[crop] crop_width=5 crop_height=3 noadjust=1",
			"[maxpool] size=2 padding=6",
			"[local_avgpool] size=3 stride=2",
			"[upsample] stride=-3 scale=.5",
			"[upsample] stride=-2",
			"[maxpool] [maxpool] size=2 stride=2 [shortcut] from=0",
			"[maxpool] size=2 stride=2 [upsample] [convolutional] filters=6 activation=linear [shortcut] from=0,1",
			"[maxpool] [convolutional] filters=6 activation=linear [shortcut] from=0,-1 weights_type=per_channel weights_normalization=softmax",
			"[convolutional] filters=14 activation=linear [region] classes=2 num=2 softmax=1",
			"[convolutional] filters=14 activation=linear [region] classes=2 num=2 classfix=-1 anchors=1,2,.5,.25",
			"[reorg] stride=2 [reorg] stride=2 reverse=1",
			"[reorg3d] stride=2 [reorg3d] stride=2 reverse=1",
			"[convolutional] filters=14 activation=logistic [yolo] classes=2 num=2 anchors=3,4,5,6 mask=1,0 new_coords=1 scale_x_y=2",
			"[convolutional] filters=20 activation=linear [Gaussian_yolo] classes=1 num=2 anchors=3,4,5,6 yolo_point=left_top",
			"[convolutional] filters=20 activation=linear [Gaussian_yolo] classes=1 num=2 anchors=3,4,5,6 yolo_point=right_bottom",
			"[convolutional] filters=7 activation=linear [yolo] classes=2 num=1 [route] layers=0 [maxpool] stride=2 [convolutional] filters=6 activation=linear [yolo] classes=1 num=1",
		} {
			t.Run(text, func(t *testing.T) {
				load := func(t *testing.T, opt net.Options) *net.Network {
					n := buildSized(t, "[net] width=8 height=6 channels=4 "+text, opt)
					for _, s := range n.Slots() {
						if s.FanIn == 0 {
							for i := range s.Data {
								s.Data[i] = .5 + float32(i%7)/8
							}
						}
					}
					return n
				}
				r.checkAll(t, load, nil)
			})
		}
	})
	t.Run("cfgs", func(t *testing.T) {
		for _, name := range []string{"ghostnet", "ghost-yolo"} {
			t.Run(name, func(t *testing.T) {
				r.checkAll(t, fromFiles(filepath.Join(testkit.Root(), "cfgs", name+".cfg"), ""), nil)
			})
		}
		for _, name := range []string{"ghost-yolo-bccd", "ghostnet-fashion"} {
			path := filepath.Join(testkit.Root(), "cfgs", name)
			pictures := map[string]string{"ghost-yolo-bccd": "smear.jpg", "ghostnet-fashion": "trousers.png"}
			t.Run(name, func(t *testing.T) {
				load := fromFiles(path+".cfg", path+".weights")
				r.checkAll(t, load, pixels(t, load, filepath.Join(testkit.Root(), "cfgs", pictures[name])))
			})
		}
	})
	t.Run("models", func(t *testing.T) {
		for _, name := range []string{"yolo-fastest-1.1", "yolo-fastest-1.1-xl"} {
			path := testkit.Shared(t, "models", name)
			t.Run(name, func(t *testing.T) {
				load := fromFiles(path+".cfg", path+".weights")
				r.checkAll(t, load, pixels(t, load, testkit.Shared(t, "images", "dog.jpg")))
			})
		}
	})
	t.Run("zoo", func(t *testing.T) {
		names, err := filepath.Glob(testkit.Shared(t, "zoo", "cfg", "*.cfg"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range names {
			t.Run(strings.TrimSuffix(filepath.Base(path), ".cfg"), func(t *testing.T) { r.checkZoo(t, path) })
		}
	})
}

// loader makes the same network for inputs of any size.
type loader func(t *testing.T, opt net.Options) *net.Network

// fromFiles reads a network, which gets random weights if it has no file.
func fromFiles(cfg, weightsFile string) loader {
	return func(t *testing.T, opt net.Options) *net.Network {
		g, err := net.Read(cfg, opt)
		if err != nil {
			t.Fatal(err)
		}
		var n *net.Network
		if weightsFile == "" {
			n, err = g.Random(1)
		} else {
			n, err = g.LoadFile(weightsFile, weights.ReadOptions{AllowExtra: true})
		}
		if err != nil {
			t.Skip(err)
		}
		return n
	}
}

// pixels are a picture as a network's input.
func pixels(t *testing.T, load loader, file string) []float32 {
	t.Helper()
	img, err := picture.Open(file, picture.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	input, err := img.Input(picture.ResizeStretch, load(t, net.Options{}).Net.Input())
	if err != nil {
		t.Fatal(err)
	}
	return input.Data
}

// checkAll compares a network's model in all its forms, on the given input where it is run on one
// image.
func (r *ort) checkAll(t *testing.T, load loader, input []float32) {
	n := load(t, net.Options{})
	m := exportable(t, n, Options{})
	folder := t.TempDir()
	file := save(t, m, folder)
	if input == nil {
		input = fractions(n.Net.Input().Len())
	}
	r.compare(t, "raw", n, m, file, 1, input)
	r.compare(t, "batch of 3", n, m, file, 3, fractions(3*n.Net.Input().Len()))
	m = exportable(t, n, Options{Batch: 2})
	r.compare(t, "fixed batch", n, m, save(t, m, folder), 2, fractions(2*n.Net.Input().Len()))
	r.checkDecoded(t, n, 1, input)
	r.checkDecoded(t, n, 3, fractions(3*n.Net.Input().Len()))
	r.checkSize(t, n, load, 0)
	r.checkSize(t, n, load, 2)
}

// checkZoo compares a published network's models where that doesn't take long.
func (r *ort) checkZoo(t *testing.T, path string) {
	g, err := net.Read(path, net.Options{})
	if err != nil {
		t.Skip(err)
	}
	if totals := g.Totals(); testing.Short() && (totals.BFLOPs > smallBFLOPs || totals.WeightsBytes > smallWeights) {
		t.Skipf("%.1f BFLOPs and %d bytes of weights take too long for -short", totals.BFLOPs, totals.WeightsBytes)
	}
	load := fromFiles(path, "")
	n := load(t, net.Options{})
	m := exportable(t, n, Options{})
	r.compare(t, "raw", n, m, save(t, m, t.TempDir()), 1, fractions(n.Net.Input().Len()))
	r.checkDecoded(t, n, 1, fractions(n.Net.Input().Len()))
	r.checkSize(t, n, load, 0)
}

// exportable exports a network, or skips the test if ONNX can't express it.
func exportable(t *testing.T, n *net.Network, opt Options) *Model {
	t.Helper()
	m, err := Export(n, opt)
	if err != nil {
		if strings.Contains(err.Error(), "can't be exported") {
			t.Skip(err)
		}
		t.Fatal(err)
	}
	checkWellFormed(t, m)
	return m
}

func (r *ort) checkDecoded(t *testing.T, n *net.Network, batch int, input []float32) {
	if len(n.Heads()) == 0 {
		return
	}
	m := exportable(t, n, Options{Decode: true})
	r.compare(t, "decoded", n, m, save(t, m, t.TempDir()), batch, input)
}

// checkSize runs the model of a network, for a batch of any or of the given size, on a larger input, decoded
// if it has heads.
func (r *ort) checkSize(t *testing.T, n *net.Network, load loader, batch int) {
	if n.Net.Width*n.Net.Height == 0 {
		return
	}
	m, err := Export(n, Options{Batch: batch, DynamicSize: true, Decode: len(n.Heads()) > 0})
	if errors.Is(err, errSize) {
		t.Log(err)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	checkWellFormed(t, m)
	step := layers.TotalStride(n.Net, n.Layers)
	for step < 4 {
		step *= 2
	}
	larger := load(t, net.Options{Width: n.Net.Width + 2*step, Height: n.Net.Height + step})
	images := max(batch, 1)
	r.compare(t, "other size", larger, m, save(t, m, t.TempDir()), images, fractions(images*larger.Net.Input().Len()))
}

// fractions are values for an input.
func fractions(n int) []float32 {
	input := make([]float32, n)
	for i := range input {
		input[i] = float32(math.Mod(float64(i)*0.6180339887498949, 1))
	}
	return input
}

// result is an output of a model.
type result struct {
	name   string
	values []float32
}

// compare runs a model, made of the network or of the same one for another size, and the network.
func (r *ort) compare(t *testing.T, form string, n *net.Network, m *Model, file string, batch int, input []float32) {
	t.Helper()
	s := n.Net.Input()
	outputs, err := r.run(file, []int{batch, s.C, s.H, s.W}, input)
	if err != nil {
		t.Fatalf("%s: %v", form, err)
	}
	decoded := m.Outputs[0].Name == BoxesName
	wanted := wantedResults(t, n, decoded, batch, input)
	if len(outputs) != len(wanted) || len(outputs) != len(m.Outputs) {
		t.Fatalf("%s: %d outputs, want %d", form, len(outputs), len(wanted))
	}
	for k, out := range outputs {
		want := wanted[k]
		if out.Name != want.name || !fits(out.Dims, m.Outputs[k].Dims) {
			t.Errorf("%s: output %s of %v, want %s of %v", form, out.Name, out.Dims, want.name, m.Outputs[k].Dims)
		}
		got := testkit.Float32s(t, out.File)
		if len(got) != len(want.values) {
			t.Fatalf("%s: %s of %v: %d values, want %d", form, out.Name, out.Dims, len(got), len(want.values))
		}
		i, off := worst(got, want.values, decoded)
		t.Logf("%s: %s: off by %.2g, value %d is %v, want %v", form, out.Name, off, i, got[i], want.values[i])
		if !(off <= ortTolerance) {
			t.Errorf("%s: %s differs from ghostdark's", form, out.Name)
		}
	}
}

// fits reports whether extents are those that the model promises.
func fits(dims []int, promised []Dim) bool {
	if len(dims) != len(promised) {
		return false
	}
	for i, d := range promised {
		if d.Name == "" && d.Size != dims[i] {
			return false
		}
	}
	return true
}

// wantedResults are what ghostdark computes.
func wantedResults(t *testing.T, n *net.Network, decoded bool, batch int, input []float32) []result {
	t.Helper()
	s, err := n.NewSession(net.SessionOptions{Batch: batch})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Run(context.Background(), input); err != nil {
		t.Fatal(err)
	}
	if decoded {
		return wantedCandidates(t, s, batch)
	}
	var wanted []result
	for _, layer := range (&exporter{net: n}).outputs() {
		out, err := s.Output(layer)
		if err != nil {
			t.Fatal(err)
		}
		wanted = append(wanted, result{prefix(n.Layers[layer]), out.Data})
	}
	return wanted
}

// wantedCandidates are the boxes and scores of everything that heads give, however improbable.
func wantedCandidates(t *testing.T, s *net.Session, batch int) []result {
	t.Helper()
	boxes, scores := result{name: BoxesName}, result{name: ScoresName}
	for image := range batch {
		for _, l := range s.Network().Heads() {
			out, err := s.Output(l.Index)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range l.Op.(layers.Head).Candidates(out.Image(image), float32(math.Inf(-1))) {
				boxes.values = append(boxes.values, c.Box.X, c.Box.Y, c.Box.W, c.Box.H)
				scores.values = append(scores.values, c.Prob...)
				scores.values = append(scores.values, make([]float32, s.Network().Classes()-len(c.Prob))...)
			}
		}
	}
	return []result{boxes, scores}
}

// worst finds the largest difference, in the units of ortTolerance.
func worst(got, want []float32, decoded bool) (index int, off float64) {
	var squares float64
	for _, v := range want {
		squares += float64(v) * float64(v)
	}
	mean := math.Sqrt(squares / float64(len(want)))
	for i, w := range want {
		if got[i] == w {
			continue
		}
		size := math.Abs(float64(w))
		unit := size + mean
		if decoded {
			unit = max(size, 1)
		}
		d := math.Abs(float64(got[i])-float64(w)) / unit
		if !(d <= off) { // also when it is NaN
			index, off = i, d
		}
	}
	return index, off
}

// ort is a process that runs models.
type ort struct {
	jobs    io.Writer
	answers *bufio.Scanner
	folder  string // for inputs and outputs
	stderr  bytes.Buffer
}

// ortOutput is what bench/check.js tells of an output.
type ortOutput struct {
	Name string
	Dims []int
	File string
}

func startORT(t *testing.T) *ort {
	t.Helper()
	r := &ort{folder: t.TempDir()}
	cmd := exec.Command("node", filepath.Join(testkit.Root(), "bench", "check.js"), os.Getenv(peersFolder))
	cmd.Stderr = &r.stderr
	jobs, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	answers, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(jobs.Close(), cmd.Wait()); err != nil || r.stderr.Len() > 0 {
			t.Errorf("%v: %s", err, &r.stderr)
		}
	})
	r.jobs, r.answers = jobs, bufio.NewScanner(answers)
	r.answers.Buffer(nil, 1<<20)
	return r
}

// run runs a model on an input of the given extents.
func (r *ort) run(model string, dims []int, input []float32) ([]ortOutput, error) {
	file := filepath.Join(r.folder, "input.f32")
	data, err := binary.Append(nil, binary.LittleEndian, input)
	if err == nil {
		err = os.WriteFile(file, data, 0o666)
	}
	if err != nil {
		return nil, err
	}
	job, err := json.Marshal(map[string]any{"model": model, "dims": dims, "input": file, "folder": r.folder})
	if err != nil {
		return nil, err
	}
	if _, err := r.jobs.Write(append(job, '\n')); err != nil {
		return nil, err
	}
	if !r.answers.Scan() {
		return nil, errors.Join(errors.New("no answer"), r.answers.Err())
	}
	var answer struct {
		Outputs []ortOutput
		Error   string
	}
	if err := json.Unmarshal(r.answers.Bytes(), &answer); err != nil {
		return nil, err
	}
	if answer.Error != "" {
		return nil, errors.New(answer.Error)
	}
	return answer.Outputs, nil
}

// save writes a model to a folder.
func save(t *testing.T, m *Model, folder string) string {
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
	return path
}
