package onnx

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/internal/testkit"
	"github.com/ghostdark/ghostdark/kernels"
	"github.com/ghostdark/ghostdark/net"
	"github.com/ghostdark/ghostdark/weights"
)

// build makes a network with random weights. Blanks stand for the ends of lines.
func build(t *testing.T, text string) *net.Network {
	t.Helper()
	return buildSized(t, text, net.Options{})
}

func buildSized(t *testing.T, text string, opt net.Options) *net.Network {
	t.Helper()
	file, diags := cfg.Parse("test.cfg", []byte(strings.ReplaceAll(text, " ", "\n")+"\n"))
	g := net.Build(file, diags, opt)
	if err := g.Err(); err != nil {
		t.Fatal(err)
	}
	n, err := g.Random(1)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func export(t *testing.T, n *net.Network, opt Options) *Model {
	t.Helper()
	m, err := Export(n, opt)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// summary lists the operators and the outputs.
func summary(m *Model) string {
	var words []string
	for _, n := range m.Nodes {
		words = append(words, n.Op)
	}
	for _, v := range m.Outputs {
		words = append(words, fmt.Sprint(v.Name, v.Dims))
	}
	return strings.Join(words, " ")
}

func TestOperators(t *testing.T) {
	const start = "[net] width=8 height=6 channels=4 "
	for _, c := range []struct{ cfg, want string }{
		{"[convolutional] filters=2 size=3 pad=1 activation=leaky", "Conv LeakyRelu convolutional_0[1 2 6 8]"},
		{"[convolutional] filters=2 batch_normalize=1 activation=mish", "Conv Clip Exp Add Mul Add Div Mul convolutional_0[1 2 6 8]"},
		{"[convolutional] filters=2 stride=2 activation=linear antialiasing=1", "Conv Conv convolutional_0[1 2 3 4]"},
		{"[maxpool] size=2 stride=2", "MaxPool maxpool_0[1 4 3 4]"},
		{"[maxpool] size=2 padding=5", "Pad MaxPool maxpool_0[1 4 10 12]"},
		{"[local_avgpool] size=3 stride=1", "AveragePool local_avgpool_0[1 4 6 8]"},
		{"[avgpool] [softmax]", "GlobalAveragePool Reshape Softmax softmax_1[1 4]"},
		{"[connected] output=3 activation=relu [softmax]", "Reshape Gemm Relu Softmax softmax_1[1 3]"},
		{"[softmax] groups=2 temperature=2", "Reshape Div Reshape Softmax Reshape softmax_0[1 192]"},
		{"[upsample] stride=2 scale=.5", "Resize Mul upsample_0[1 4 12 16]"},
		{"[upsample] stride=-2", "AveragePool Mul upsample_0[1 4 3 4]"},
		{"[reorg3d] stride=2", "SpaceToDepth reorg3d_0[1 16 3 4]"},
		{"[reorg] stride=2", "Reshape SpaceToDepth Reshape reorg_0[1 16 3 4]"},
		{"[deconvolutional] filters=3 size=4 stride=2 padding=1", "ConvTranspose Sigmoid deconvolutional_0[1 3 12 16]"},
		{"[maxpool] [implicit] filters=4 [scale_channels] from=0", "MaxPool Mul scale_channels_2[1 4 6 8]"},
		{"[implicit] filters=4 atoms=2", "Identity implicit_0[1 4 2 1]"},
		{"[crop] crop_width=4 crop_height=4 noadjust=1", "Slice Slice crop_0[1 4 4 4]"},
		{"[crop] crop_width=4 crop_height=4", "Slice Slice Mul Add crop_0[1 4 4 4]"},
		{"[empty]", "Identity empty_0[1 4 6 8]"},
		{"[activation] activation=swish [dropout] [cost]", "Sigmoid Mul Identity dropout_1[1 4 6 8]"},
		{"[activation] activation=relu [route] layers=-1 groups=2 group_id=1 [route] layers=0,1", "Relu Slice Concat route_2[1 6 6 8]"},
		{"[maxpool] [convolutional] filters=4 [shortcut] from=0 activation=relu", "MaxPool Conv Sigmoid Add Relu shortcut_2[1 4 6 8]"},
		{"[maxpool] [convolutional] filters=6 activation=linear [shortcut] from=0", "MaxPool Conv Pad Add shortcut_2[1 6 6 8]"},
		{"[maxpool] [maxpool] stride=2 [shortcut] from=0 [shortcut] from=-3 activation=linear", "MaxPool MaxPool Slice Add Slice Add shortcut_3[1 4 3 4]"},
		{"[maxpool] stride=2 [upsample] [shortcut] from=0", "MaxPool Resize ConvTranspose Add shortcut_2[1 4 6 8]"},
		{"[maxpool] [avgpool] [scale_channels] from=0", "MaxPool GlobalAveragePool Mul scale_channels_2[1 4 6 8]"},
		{"[maxpool] [activation] activation=tanh [sam] from=0", "MaxPool Tanh Mul sam_2[1 4 6 8]"},
		{"[convolutional] filters=7 activation=linear [yolo] classes=2 num=1",
			"Conv Reshape Slice Slice Slice Sigmoid Sigmoid Concat Reshape yolo_1[1 7 6 8]"},
		{"[convolutional] filters=7 activation=logistic [yolo] classes=2 num=1 new_coords=1 scale_x_y=2",
			"Conv Sigmoid Reshape Slice Slice Slice Mul Add Concat Reshape yolo_1[1 7 6 8]"},
		{"[convolutional] filters=14 activation=linear [region] classes=2 num=2 softmax=1",
			"Conv Reshape Transpose Reshape Slice Slice Slice Sigmoid Softmax Concat region_1[1 96 7]"},
		{"[connected] output=28 activation=linear [detection] side=2 classes=2 num=1 coords=4 softmax=1",
			"Reshape Gemm Slice Slice Reshape Softmax Reshape Concat detection_1[1 28]"},
		// Two heads, and a branch that neither needs.
		{"[convolutional] filters=7 activation=linear [yolo] classes=2 num=1 new_coords=1 [gru] [route] layers=0 [yolo] classes=2 num=1 new_coords=1",
			"Conv Reshape Slice Slice Slice Concat Reshape Reshape Slice Slice Slice Concat Reshape yolo_1[1 7 6 8] yolo_4[1 7 6 8]"},
	} {
		if got := summary(export(t, build(t, start+c.cfg), Options{Batch: 1})); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.cfg, got, c.want)
		}
	}
}

// TestConvolution checks a convolution's attributes and folded weights in the written file.
func TestConvolution(t *testing.T) {
	n := build(t, "[net] width=9 height=7 channels=4 "+
		"[convolutional] filters=6 size=3 pad=1 groups=2 stride_x=2 stride_y=1 dilation=2 batch_normalize=1 activation=linear")
	slots := n.Slots() // biases, scales, mean, variance, weights
	for i, s := range slots[:4] {
		for c := range s.Data {
			s.Data[c] = float32(c) + []float32{.5, 2, -1, 3}[i]
		}
	}
	m, _, _ := decode(t, encoded(t, export(t, n, Options{Batch: 5, Version: "7"})))
	if m.Producer != "ghostdark" || m.ProducerVersion != "7" || m.Name != "test.cfg" {
		t.Errorf("made by %s %s, name %s", m.Producer, m.ProducerVersion, m.Name)
	}
	if got := fmt.Sprint(m.Inputs, m.Outputs); got != "[{input [5 4 7 9]}] [{convolutional_0 [5 6 7 5]}]" {
		t.Errorf("inputs and outputs %s", got)
	}
	want := "[{Conv convolutional_0/Conv [input convolutional_0.weights convolutional_0.biases] convolutional_0 " +
		"[{kernel_shape [3 3]} {strides [1 2]} {pads [2 2 2 2]} {dilations [2 2]} {group 2}]}]"
	if got := fmt.Sprint(m.Nodes); got != want {
		t.Errorf("nodes %s\nwant  %s", got, want)
	}
	w, b := m.Initializers[0], m.Initializers[1]
	if fmt.Sprint(w.Dims, b.Dims) != "[6 2 3 3] [6]" {
		t.Fatalf("initializers of %v and %v", w.Dims, b.Dims)
	}
	for c, bias := range b.Floats {
		x := float64(c)
		factor := (x + 2) / math.Sqrt(x+3+1e-5)
		if want := x + .5 - (x-1)*factor; math.Abs(float64(bias)-want) > 1e-6 {
			t.Errorf("bias %d is %v, want %v", c, bias, want)
		}
		for i := c * 18; i < (c+1)*18; i++ {
			if want := float64(slots[4].Data[i]) * factor; math.Abs(float64(w.Floats[i])-want) > 1e-6 {
				t.Errorf("weight %d is %v, want %v", i, w.Floats[i], want)
			}
		}
	}
}

// TestWeightsAreShared checks that layers with the same weights use one initializer,
// and that a layer without batch norm needs no copy.
func TestWeightsAreShared(t *testing.T) {
	n := build(t, "[net] width=4 height=4 channels=2 [convolutional] filters=2 activation=linear [convolutional] filters=2 share_index=0 activation=linear")
	m := export(t, n, Options{})
	if len(m.Initializers) != 2 || !slices.Equal(m.Nodes[0].Inputs[1:], m.Nodes[1].Inputs[1:]) {
		t.Errorf("initializers %+v, nodes %+v", m.Initializers, m.Nodes)
	}
	if &m.Initializers[0].Floats[0] != &n.Layers[0].Slots[1].Data[0] {
		t.Error("the weights are a copy")
	}
}

// TestWeightedShortcut checks the weights against the formula by hand.
func TestWeightedShortcut(t *testing.T) {
	for _, c := range []struct {
		normalization string
		want          [2]float64
	}{
		{"relu", [2]float64{0, 3 / 3.0001}},
		{"softmax", [2]float64{math.Exp(-4) / (1.0001 + math.Exp(-4)), 1 / (1.0001 + math.Exp(-4))}},
	} {
		n := build(t, "[net] width=4 height=4 channels=2 [maxpool] [maxpool] [shortcut] from=0 weights_type=per_feature weights_normalization="+c.normalization)
		copy(n.Layers[2].Slots[0].Data, []float32{-1, 3})
		m := export(t, n, Options{})
		var got []float32
		for _, tensor := range m.Initializers {
			got = append(got, tensor.Floats...)
		}
		if len(got) != 2 || math.Abs(float64(got[0])-c.want[0]) > 1e-6 || math.Abs(float64(got[1])-c.want[1]) > 1e-6 {
			t.Errorf("%s: factors %v, want %v", c.normalization, got, c.want)
		}
	}
}

func TestExportErrors(t *testing.T) {
	const start = "[net] width=4 height=4 channels=2 [maxpool] "
	const fixed = ": fits one size of the input only, so that width and height can't be left open"
	sized := Options{DynamicSize: true}
	for _, c := range []struct {
		cfg  string
		opt  Options
		want string
	}{
		{start + "[gru] output=3", Options{}, "layer 1 [gru] (line 6): sections of this type can't be exported to ONNX"},
		{start + "[history] [softmax]", Options{}, "layer 1 [history] (line 6): sections of this type can't be exported to ONNX"},
		{"[net] width=1 height=1 channels=4097 [lrn]", Options{}, "layer 0 [lrn] (line 5): with more than 4096 channels it can't be exported to ONNX"},
		{start + "[local]", sized, "layer 1 [local] (line 6)" + fixed},
		{start + "[softmax]", Options{Decode: true}, "has no detection head to decode"},
		{start + "[connected] output=2", sized, "layer 1 [connected] (line 6)" + fixed},
		{start + "[softmax]", sized, "layer 1 [softmax] (line 6)" + fixed},
		{start + "[crop] crop_width=2 crop_height=2", sized, "layer 1 [crop] (line 6)" + fixed},
		{start + "[maxpool] size=4 stride=4 [avgpool] [route] layers=1,2", sized, "layer 3 [route] (line 10)" + fixed},
		{start + "[convolutional] filters=7 [region] classes=2 [maxpool]", sized, "layer 2 [region] (line 8)" + fixed},
		{"[net] inputs=3 [connected]", sized, "the input is a vector of 3 values, so that it has no width and height to leave open"},
	} {
		if _, err := Export(build(t, c.cfg), c.opt); err == nil || err.Error() != "test.cfg: "+c.want {
			t.Errorf("%s: %v\nwant %s", c.cfg, err, c.want)
		}
	}
}

// TestOpenExtents checks what models leave to each run.
func TestOpenExtents(t *testing.T) {
	const start = "[net] width=8 height=6 channels=4 "
	const yolo = "[convolutional] filters=14 activation=linear [yolo] classes=2 num=2 "
	for _, c := range []struct {
		cfg  string
		opt  Options
		want string
	}{
		{"[maxpool]", Options{}, "[{input [batch 4 6 8]}] [{maxpool_0 [batch 4 6 8]}]"},
		{"[maxpool]", Options{Batch: 3}, "[{input [3 4 6 8]}] [{maxpool_0 [3 4 6 8]}]"},
		{"[maxpool]", Options{DynamicSize: true}, "[{input [batch 4 height width]}] [{maxpool_0 [batch 4 maxpool_0.height maxpool_0.width]}]"},
		{"[maxpool] [avgpool] [connected] output=3 [softmax]", Options{DynamicSize: true}, "[{input [batch 4 height width]}] [{softmax_3 [batch 3]}]"},
		{"[maxpool] [convolutional] filters=14 [region] classes=2 num=2", Options{DynamicSize: true, Batch: 2},
			"[{input [2 4 height width]}] [{region_2 [2 region_2.boxes 7]}]"},
		{yolo, Options{Decode: true}, "[{input [batch 4 6 8]}] [{boxes [batch 96 4]} {scores [batch 96 2]}]"},
		{yolo + "[maxpool] stride=2 [convolutional] filters=6 [yolo] classes=1", Options{Decode: true}, "[{input [batch 4 6 8]}] [{boxes [batch 108 4]} {scores [batch 108 2]}]"},
		{yolo, Options{Decode: true, DynamicSize: true}, "[{input [batch 4 height width]}] [{boxes [batch candidates 4]} {scores [batch candidates 2]}]"},
		{"[connected] output=28 activation=linear [detection] side=2 classes=2 num=1 coords=4", Options{Decode: true}, "[{input [batch 4 6 8]}] [{boxes [batch 4 4]} {scores [batch 4 2]}]"},
	} {
		m := export(t, build(t, start+c.cfg), c.opt)
		checkWellFormed(t, m)
		if got := fmt.Sprint(m.Inputs, m.Outputs); got != c.want {
			t.Errorf("%s, %+v:\n got %s\nwant %s", c.cfg, c.opt, got, c.want)
		}
	}
}

// TestWellFormed checks all models of small networks: every name is made once, before it
// is read, and every initializer is used.
func TestWellFormed(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(testkit.Root(), "testdata", "golden", "*", "net.cfg"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d cases, %v", len(files), err)
	}
	refused := 0
	for _, file := range files {
		dir := filepath.Dir(file)
		g, err := net.Read(file, net.Options{})
		if err != nil {
			t.Fatal(err)
		}
		n, err := g.LoadFile(filepath.Join(dir, "net.weights"), weights.ReadOptions{AllowExtra: true})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Export(n, Options{}); err != nil {
			refused++
			continue
		}
		heads := len(n.Heads()) > 0
		t.Run(filepath.Base(dir), func(t *testing.T) {
			for _, opt := range []Options{{}, {Batch: 2}, {Decode: heads}, {DynamicSize: true}, {DynamicSize: true, Decode: heads}} {
				if m, err := Export(n, opt); err == nil {
					checkWellFormed(t, m)
				} else if !opt.DynamicSize {
					t.Errorf("%+v: %v", opt, err)
				}
			}
		})
	}
	if refused > len(files)/8 {
		t.Errorf("%d of %d networks can't be exported", refused, len(files))
	}
}

func checkWellFormed(t *testing.T, m *Model) {
	made, read := map[string]bool{"": true}, map[string]bool{}
	add := func(name string) {
		if made[name] {
			t.Errorf("%q is made twice", name)
		}
		made[name] = true
	}
	for _, v := range m.Inputs {
		add(v.Name)
	}
	for _, tensor := range m.Initializers {
		add(tensor.Name)
		length := 1
		for _, d := range tensor.Dims {
			length *= d
		}
		if length != len(tensor.Floats)+len(tensor.Ints) {
			t.Errorf("%s of %v holds %d values", tensor.Name, tensor.Dims, len(tensor.Floats)+len(tensor.Ints))
		}
	}
	for _, n := range m.Nodes {
		for _, name := range n.Inputs {
			read[name] = true
			if !made[name] {
				t.Errorf("%s reads %q too early", n.Name, name)
			}
		}
		add(n.Output)
	}
	for _, v := range m.Outputs {
		if !made[v.Name] {
			t.Errorf("nothing makes the output %q", v.Name)
		}
	}
	for _, tensor := range m.Initializers {
		if !read[tensor.Name] {
			t.Errorf("nothing reads %q", tensor.Name)
		}
	}
	if decoded, _, _ := decode(t, encoded(t, m)); summary(decoded) != summary(m) {
		t.Errorf("the file holds %s\nwant %s", summary(decoded), summary(m))
	}
}

// TestAllActivations checks that no activation is forgotten.
func TestAllActivations(t *testing.T) {
	for _, name := range kernels.ActivationNames() {
		m := export(t, build(t, "[net] width=4 height=4 channels=2 [activation] activation="+name), Options{})
		checkWellFormed(t, m)
		if len(m.Nodes) == 0 {
			t.Errorf("%s: no node", name)
		}
	}
}
