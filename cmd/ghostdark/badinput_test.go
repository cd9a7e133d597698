package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/jpeg"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ghostdark/ghostdark/internal/testkit"
	"github.com/ghostdark/ghostdark/layers"
	"github.com/ghostdark/ghostdark/report"
	"github.com/ghostdark/ghostdark/weights"
)

// good is a folder of small files that work together; each test puts one beside them that
// doesn't.
var good = map[string][]byte{
	"detector.cfg": words(net8, "[convolutional] batch_normalize=1 filters=4 size=3 stride=2 pad=1 activation=relu",
		"[convolutional] filters=6 activation=linear [yolo] classes=1 num=1 anchors=4,4"),
	"detector.weights":   weightsFile(detectorFloats),
	"detector.names":     []byte("cell\n"),
	"classifier.cfg":     words(net8, "[convolutional] filters=6 activation=linear [avgpool] [softmax]"),
	"classifier.weights": weightsFile(6 + 18),
	"classifier.names":   []byte("a\nb\nc\nd\ne\nf\n"),
	"picture.png":        pngFile(20, 20),
	"picture.jpg":        jpegFile(20, 20),
}

// The detector's arrays: biases, scales, mean and variance of 4 filters and their 4×27
// weights, then 6 biases and 6×4 weights.
const (
	detectorVariance   = 12
	detectorWeights    = 16
	detectorLastBias   = detectorWeights + 4*27
	detectorLastWeight = detectorLastBias + 6
	detectorFloats     = detectorLastWeight + 6*4
)

// net8 is the section that most cfgs here begin with; the first layer is on line 5.
const net8 = "[net] width=8 height=8 channels=3 "

// words makes a cfg with each word on a line of its own.
func words(text ...string) []byte {
	return []byte(strings.Join(strings.Fields(strings.Join(text, " ")), "\n") + "\n")
}

// weightsFile makes a weights file of version 0.2.5 with so many floats, all of them positive.
func weightsFile(floats int) []byte {
	values := make([]float32, floats)
	for i := range values {
		values[i] = .05 + .1*float32(i%7)
	}
	return weightsOf(values)
}

// weightsOf makes a weights file of version 0.2.5.
func weightsOf(values []float32) []byte {
	slot := &weights.Slot{Name: "weights", Rows: 1, Cols: len(values), Data: values}
	var b bytes.Buffer
	if err := weights.Write(&b, weights.Header{Minor: 2, Revision: 5, Seen: 64}, []*weights.Slot{slot}); err != nil {
		panic(err)
	}
	return b.Bytes()
}

const headerBytes = 20

// with returns a weights file with values from index i on replaced.
func with(file []byte, i int, values ...float32) []byte {
	file = bytes.Clone(file)
	for k, v := range values {
		binary.LittleEndian.PutUint32(file[headerBytes+4*(i+k):], math.Float32bits(v))
	}
	return file
}

func gradient(w, h int) image.Image {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range m.Pix {
		m.Pix[i] = uint8(7 * i)
	}
	return m
}

func pngFile(w, h int) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, gradient(w, h)); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func jpegFile(w, h int) []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, gradient(w, h), nil); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// enterFolder makes a folder with the good files the working folder.
func enterFolder(t *testing.T) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, data := range good {
		write(t, name, data)
	}
}

func write(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(name, data, 0o666); err != nil {
		t.Fatal(err)
	}
}

// refuse runs a command line that must fail with the given exit code, one message, nothing on
// standard output and nothing left behind. It returns what the user is told. Commands that can
// give JSON must then behave likewise, with JSON or nothing on standard output.
func refuse(t *testing.T, code int, args ...string) string {
	t.Helper()
	told := refuseOnce(t, code, func(out []byte) bool { return len(out) == 0 }, args...)
	if args[0] == "detect" || args[0] == "classify" {
		whole := func(out []byte) bool { return len(out) == 0 || json.Valid(out) }
		if asJSON := refuseOnce(t, code, whole, slices.Insert(slices.Clone(args), 1, "--json")...); asJSON != told {
			t.Errorf("with --json the user is told otherwise:\n%s", asJSON)
		}
	}
	return told
}

func refuseOnce(t *testing.T, code int, proper func(stdout []byte) bool, args ...string) (told string) {
	t.Helper()
	defer func() {
		if t.Failed() {
			t.Logf("ghostdark %s:\n%s", strings.Join(args, " "), told)
		}
	}()
	before := listing(t)
	var stdout, stderr bytes.Buffer
	if got := execute(context.Background(), args, &stdout, &stderr); got != code {
		t.Errorf("exit code %d, want %d", got, code)
	}
	told = stderr.String()
	if n := messages(told); n != 1 {
		t.Errorf("%d messages, want 1", n)
	}
	for _, echo := range []string{"%!", "strconv", "runtime error", "EOF", "0x"} {
		if strings.Contains(told, echo) {
			t.Errorf("%q in a message for users", echo)
		}
	}
	if !proper(stdout.Bytes()) {
		t.Errorf("on standard output: %s", &stdout)
	}
	if after := listing(t); !slices.Equal(after, before) {
		t.Errorf("the folder has become %v", after)
	}
	return told
}

// messages counts the errors that the user is told of.
func messages(told string) int {
	n := 0
	for line := range strings.Lines(told) {
		if strings.HasPrefix(line, "ghostdark: ") || strings.Contains(line, ": error: ") {
			n++
		}
	}
	return n
}

func listing(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	return names
}

// wantLines demands that each of the lines is among what the user is told.
func wantLines(t *testing.T, told string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !slices.Contains(strings.Split(told, "\n"), line) {
			t.Errorf("not told:\n%s\nbut:\n%s", line, told)
		}
	}
}

// badCfg is a faulty cfg with the error that it must give and the hint below that.
type badCfg struct{ name, text, message, hint string }

const (
	// halves are 36×36, 18×18, 9×9, 5×5 and 10×10: layer 1 and layer 3 should be equal.
	halves = "[net] width=36 height=36 channels=3 [convolutional] filters=4 size=3 pad=1 stride=2 " +
		"[convolutional] filters=4 size=3 pad=1 stride=2 [convolutional] filters=4 size=3 pad=1 stride=2 [upsample] stride=2"
	// pyramid pools at stride 1, once with too little padding.
	pyramid = "[net] width=16 height=16 channels=3 [convolutional] filters=4 [maxpool] size=5 stride=1 padding=2 " +
		"[route] layers=-2 [maxpool] size=9 stride=1 [route] layers=-1,-3"
)

// badCfgs are texts, told by their words.
var badCfgs = []badCfg{ // Joined shapes.
	{"a route of halves that an odd extent rounds", halves + " [route] layers=-1,1",
		`bad.cfg:23:8: error: layer 4 [route] (line 22): joins layer 3 [upsample] (line 20) with 10×10×4 and layer 1 [convolutional] (line 10) with 9×9×4: width and height differ`,
		`layer 2 [convolutional] (line 15) takes 9×9 to 5×5, which is not an exact division. Choose a width= and height= in [net] that are multiples of 8, such as 40×40.`},
	{"a shortcut of halves that an odd extent rounds", halves + " [shortcut] from=1",
		`bad.cfg:23:6: error: layer 4 [shortcut] (line 22): adds layer 3 [upsample] (line 20) with 10×10×4 and layer 1 [convolutional] (line 10) with 9×9×4: width and height differ`,
		`layer 2 [convolutional] (line 15) takes 9×9 to 5×5, which is not an exact division. Choose a width= and height= in [net] that are multiples of 8, such as 40×40.`},
	{"pooling that shrinks in a pyramid", pyramid,
		`bad.cfg:17:8: error: layer 4 [route] (line 16): joins layer 3 [maxpool] (line 13) with 16×16×4 and layer 1 [maxpool] (line 7) with 14×14×4: width and height differ`,
		`layer 1 [maxpool] (line 7) takes 16×16 to 14×14 at stride 1: check its size= and its padding (for [maxpool], padding = size-1 keeps the extent; for [convolutional], an odd size with pad=1).`},
	{"a route of layers with different strides", net8 + "[convolutional] filters=4 [convolutional] filters=4 size=3 pad=1 stride=2 [route] layers=-1,-2",
		`bad.cfg:13:8: error: layer 2 [route] (line 12): joins layer 1 [convolutional] (line 7) with 4×4×4 and layer 0 [convolutional] (line 5) with 8×8×4: width and height differ`,
		`layer 0 [convolutional] (line 5) is 2 times larger. Check the layer numbers, or bring both to one size with [upsample] stride=2 or a stride=2 layer.`},
	{"a scale of other channels", net8 + "[convolutional] filters=4 [avgpool] [convolutional] filters=6 [scale_channels] from=0",
		`bad.cfg:11:6: error: layer 3 [scale_channels] (line 10): scales layer 0 [convolutional] (line 5) with 8×8×4, so the previous layer must give 1×1×4, not 1×1×6`,
		`Check from=, and the filters= of the convolution before it.`},
	{"a scale for whole planes", net8 + "[convolutional] filters=4 [convolutional] filters=4 [scale_channels] from=0",
		`bad.cfg:10:6: error: layer 2 [scale_channels] (line 9): scales layer 0 [convolutional] (line 5) with 8×8×4, so the previous layer must give 1×1×4, not 8×8×4`,
		`Check from=, and the filters= of the convolution before it.`},
	{"attention of other channels", net8 + "[convolutional] filters=4 [convolutional] filters=1 [sam] from=0",
		`bad.cfg:10:6: error: layer 2 [sam] (line 9): multiplies layer 0 [convolutional] (line 5) with 8×8×4 by the previous layer's 8×8×1`,
		`Check from=, and the filters= of the convolution before it.`},
	{"shared weights of other channels", net8 + "[convolutional] filters=4 size=3 pad=1 [convolutional] filters=4 size=3 pad=1 share_index=0",
		`bad.cfg:13:13: error: layer 1 [convolutional] (line 9): can't share the weights of layer 0 [convolutional] (line 5): 3×3, 3 → 4 channels there, 3×3, 4 → 4 here`,
		`size, filters, groups and input channels must be the same in both.`},
	{"shared weights of a pool", net8 + "[convolutional] filters=4 [maxpool] [convolutional] filters=4 share_index=1",
		`bad.cfg:10:13: error: layer 2 [convolutional] (line 8): share_index=1 is layer 1 [maxpool] (line 7)`,
		`It must name a [convolutional] section.`},

	// References.
	{"a layer number above", net8 + "[convolutional] filters=4 [route] layers=-1,12",
		`bad.cfg:8:8: error: layer 1 [route] (line 7): layers=12 points at no earlier layer`,
		`Only layer 0 comes before it: write 0, or -1 counted back from here. [net] is not counted.`},
	{"a layer that reads itself", net8 + "[convolutional] filters=4 [convolutional] filters=4 [route] layers=2",
		`bad.cfg:10:8: error: layer 2 [route] (line 9): layers=2 points at no earlier layer`,
		`Layers 0 to 1 come before it: write those numbers, or -1 to -2 counted back from here. [net] is not counted.`},
	{"a layer number too far back", net8 + "[convolutional] filters=4 [convolutional] filters=4 [route] layers=-1,-4",
		`bad.cfg:10:8: error: layer 2 [route] (line 9): layers=-4 points at no earlier layer`,
		`Layers 0 to 1 come before it: write those numbers, or -1 to -2 counted back from here. [net] is not counted.`},
	{"a reference in the first layer", net8 + "[shortcut] from=-1",
		`bad.cfg:6:6: error: layer 0 [shortcut] (line 5): from=-1 points at no earlier layer`,
		`It is the first layer, so there is none to refer to.`},
	{"a route without layers", net8 + "[convolutional] filters=4 [route]",
		`bad.cfg:7:1: error: layer 1 [route] (line 7): has no layers=`,
		"Add a line such as `layers = -1`."},

	// Heads.
	{"filters before yolo", net8 + "[convolutional] filters=18 [yolo] mask=0,1,2 anchors=1,1,2,2,3,3 num=3 classes=2",
		`bad.cfg:11:9: error: layer 1 [yolo] (line 7): needs 21 channels but gets 18`,
		`Set filters=21 in line 6: (classes + 5)·masks = (2 + 5)·3.`},
	{"filters before region", net8 + "[convolutional] filters=125 [region] classes=3 num=5 coords=4 anchors=1,1,2,2,3,3,4,4,5,5",
		`bad.cfg:8:9: error: layer 1 [region] (line 7): needs 40 channels but gets 125`,
		`Set filters=40 in line 6: (classes + 5)·num = (3 + 5)·5.`},
	{"filters before Gaussian_yolo", net8 + "[convolutional] filters=18 [Gaussian_yolo] mask=0,1,2 anchors=1,1,2,2,3,3 num=3 classes=1",
		`bad.cfg:11:9: error: layer 1 [Gaussian_yolo] (line 7): needs 30 channels but gets 18`,
		`Set filters=30 in line 6: (classes + 9)·masks = (1 + 9)·3.`},
	{"filters far before yolo", net8 + "[convolutional] filters=18 [route] layers=-1 [yolo] mask=0,1,2 anchors=1,1,2,2,3,3 num=3 classes=2",
		`bad.cfg:13:9: error: layer 2 [yolo] (line 9): needs 21 channels but gets 18`,
		`Set filters=21 in the layer before it: (classes + 5)·masks = (2 + 5)·3.`},
	{"a mask beyond the anchors", net8 + "[convolutional] filters=18 [yolo] mask=6,7,8 anchors=1,1,2,2,3,3 num=3 classes=1",
		`bad.cfg:8:6: error: layer 1 [yolo] (line 7): mask=6 is not one of the 3 anchors`,
		`With num=3 its numbers run from 0 to 2.`},
	{"no classes", net8 + "[convolutional] filters=5 [yolo] classes=0",
		`bad.cfg:8:9: error: layer 1 [yolo] (line 7): classes=0 is out of range`,
		`Give a number from 1 to 1048576.`},
	{"outputs before detection", net8 + "[connected] output=1470 [detection] side=7 classes=3 coords=4 num=2",
		`bad.cfg:8:6: error: layer 1 [detection] (line 7): needs 637 inputs but gets 1470`,
		`Set output=637 in the layer before it: side²·(5·num + classes).`},
	{"coords that are not given", net8 + "[connected] output=637 [detection] side=7 classes=3 num=2",
		`bad.cfg:7:1: error: layer 1 [detection] (line 7): coords=1, but a box has 4 numbers`,
		`Write coords=4.`},
	{"groups before softmax", net8 + "[avgpool] [softmax] groups=2",
		`bad.cfg:7:8: error: layer 1 [softmax] (line 6): groups=2 does not divide the 3 inputs`,
		`Use a number that divides the input.`},

	// Sections.
	{"no net", "[convolutional] filters=4",
		"bad.cfg:1:1: error: the first section must be [net], not `[convolutional]`",
		`[net] holds the size of the input and must come first.`},
	{"a second net", net8 + "[convolutional] filters=4 [net] width=8 height=8 channels=3 [convolutional] filters=4",
		`bad.cfg:7:1: error: second [net] section`,
		`Only the first section may be [net]: is this two files in one?`},
	{"a misspelled section", net8 + "[convolutionnal] filters=4",
		`bad.cfg:5:1: error: unknown section type [convolutionnal]`,
		`Did you mean [convolutional]?`},
	{"a section of another framework", net8 + "[transformer] heads=4",
		`bad.cfg:5:1: error: unknown section type [transformer]`,
		`darknet has no such section either; names are case-sensitive.`},
	{"a comment behind a section", net8 + "[convolutional] filters=4 [route]#x layers=-1",
		`bad.cfg:7:1: error: unknown section type [route]#x`,
		`Nothing may follow the closing bracket: comments need a line of their own.`},
	{"a section in capitals", net8 + "[convolutional] filters=18 [YOLO] classes=1 num=3",
		`bad.cfg:7:1: error: unknown section type [YOLO]`,
		`Did you mean [yolo]?`},
	{"net in capitals", "[NET] width=8 height=8 channels=3 [convolutional] filters=4 [route] layers=-1",
		"bad.cfg:1:1: error: the first section must be [net], not `[NET]`",
		`Section names are written in lower case.`},
	{"a section without a name", net8 + "[] filters=4",
		`bad.cfg:5:1: error: the section header has no name`,
		`Put the layer type between the brackets, as in [convolutional].`},
	{"options before the first section", "width=8 " + net8 + "[convolutional] filters=4",
		`bad.cfg:1:1: error: option before the first section`,
		`A section header like [net] must come first. Move them below line 2.`},
	{"no layers", net8,
		`bad.cfg:1:1: error: the network has no layers`,
		`Add sections below [net].`},
	{"a section that darknet never finished", net8 + "[convolutional] filters=4 [iseg] classes=2",
		`bad.cfg:7:1: error: layer 1 [iseg] (line 7): instance segmentation was never finished in darknet and is not supported`,
		`Remove the section to run the layers before it.`},

	// Numbers.
	{"a vast input", "[net] width=100000000 height=8 channels=3 [convolutional] filters=4",
		`bad.cfg:2:7: error: [net]: width=100000000 is out of range`,
		`Give a number from 1 to 1048576.`},
	{"an input of too many pixels", "[net] width=1000000 height=1000000 channels=3 [convolutional] filters=4",
		`bad.cfg:2:7: error: [net]: an input of 1000000×1000000×3 is too large`,
		`At most 2147483647 values are possible.`},
	{"no input size", "[net] width=8 channels=3 [convolutional] filters=4 [route] layers=-1",
		`bad.cfg:1:1: error: [net]: no input size: height is 0 or missing`,
		`Give width=, height= and channels=, or inputs= for a plain vector.`},
	{"a vast number of filters", net8 + "[convolutional] filters=2000000000",
		`bad.cfg:6:9: error: layer 0 [convolutional] (line 5): filters=2000000000 is out of range`,
		`Give a number from 1 to 1048576.`},
	{"too many filters for the image", "[net] width=1000 height=1000 channels=3 [convolutional] filters=1000000",
		`bad.cfg:5:1: error: layer 0 [convolutional] (line 5): the output would be 1000×1000×1000000, too large`,
		`At most 2147483647 values (8 GiB) are possible: use a smaller network input or fewer filters.`},
	{"a vast kernel", net8 + "[convolutional] filters=4 size=100000",
		`bad.cfg:7:6: error: layer 0 [convolutional] (line 5): size=100000 is out of range`,
		`Give a number from 1 to 1024.`},
	{"too many weights", net8 + "[convolutional] filters=60000 [convolutional] filters=60000",
		`bad.cfg:7:1: error: layer 1 [convolutional] (line 7): would have 60000×60000 weights, too many`,
		`Use fewer filters, a smaller kernel or more groups.`},
	{"groups that do not divide the input", net8 + "[convolutional] filters=4 groups=2",
		`bad.cfg:7:8: error: layer 0 [convolutional] (line 5): groups=2 does not divide the 3 input channels`,
		`For a depthwise convolution write groups=3.`},
	{"groups that do not divide the filters", "[net] width=8 height=8 channels=4 [convolutional] filters=6 groups=4",
		`bad.cfg:7:8: error: layer 0 [convolutional] (line 5): groups=4 does not divide filters=6`,
		`Use a multiple of 4 filters, or other groups.`},
	{"stride 0", net8 + "[convolutional] filters=4 size=3 stride=0",
		`bad.cfg:8:8: error: layer 0 [convolutional] (line 5): stride=0 is out of range`,
		`Give a number from 1 to 1024.`},
	{"a negative stride", net8 + "[maxpool] size=2 stride=-2",
		`bad.cfg:7:8: error: layer 0 [maxpool] (line 5): stride=-2 is out of range`,
		`Give a number from 1 to 1024.`},
	{"negative padding", net8 + "[convolutional] filters=4 size=3 padding=-1",
		`bad.cfg:8:9: error: layer 0 [convolutional] (line 5): padding=-1 is out of range`,
		`Give a number from 0 to 1024.`},
	{"a number that is none", net8 + "[convolutional] filters=6 [yolo] classes=1 scale_x_y=nan",
		"bad.cfg:9:11: error: `scale_x_y=nan` is not a finite number",
		`Give a number between -3.4e38 and 3.4e38.`},
	{"an anchor without end", net8 + "[convolutional] filters=6 [yolo] classes=1 anchors=1,inf",
		"bad.cfg:9:11: error: `inf` in `anchors` is not a finite number",
		`Give a number between -3.4e38 and 3.4e38.`},
	{"a mean for other channels", net8 + "mean=0.5,0.5 [convolutional] filters=4",
		`bad.cfg:5:6: error: [net]: mean= has 2 values for 3 channels`,
		`Give one value for each channel.`},
	{"a deviation of 0", net8 + "mean=0,0,0 std=1,0,1 [convolutional] filters=4",
		`bad.cfg:6:5: error: [net]: std= holds a zero`,
		`Give the standard deviation of each channel of pictures in 0 … 1, such as .229,.224,.225.`},
	{"weights of a shortcut without their norm", net8 + "[convolutional] filters=3 [shortcut] from=-1 weights_type=per_feature",
		`bad.cfg:7:1: error: layer 1 [shortcut] (line 7): weights_type= needs a weights_normalization=, not "none"`,
		`Write relu or softmax, as darknet demands.`},

	// Extents.
	{"a crop larger than the image", net8 + "[crop] crop_width=12 crop_height=12",
		`bad.cfg:6:12: error: layer 0 [crop] (line 5): the crop of 12×12 is larger than the input of 8×8`,
		`Use a larger network input or a smaller crop.`},
	{"an image that pools empty", "[net] width=2 height=2 channels=3 [maxpool] size=5 stride=2 padding=0",
		`bad.cfg:5:1: error: layer 0 [maxpool] (line 5): the output would be empty (0×0×3)`,
		`Its input is 2×2×3: use a larger network input, a smaller size= or a smaller stride=.`},
	{"a kernel larger than what pools leave", net8 + "[maxpool] size=2 stride=2 [maxpool] size=2 stride=2 [convolutional] filters=4 size=3",
		`bad.cfg:11:1: error: layer 2 [convolutional] (line 11): the output would be empty (0×0×4)`,
		`Its input is 2×2×3: use a larger network input, a smaller size= or a smaller stride=.`},
	{"a reorg that does not divide the image", "[net] width=9 height=9 channels=4 [reorg] stride=2",
		`bad.cfg:6:8: error: layer 0 [reorg] (line 5): stride=2 does not fit the input of 9×9×4`,
		`Without reverse= the stride must divide width and height, with it stride² the channels.`},
	{"local padding that darknet misreads", net8 + "[local] filters=4 size=4 pad=1",
		`bad.cfg:8:5: error: layer 0 [local] (line 5): pad=1 with size=4, for which darknet reads stale memory`,
		`Use pad=0, or an odd size with pad=(size-1)/2.`},
}

func TestBadCfg(t *testing.T) {
	enterFolder(t)
	for _, bad := range badCfgs {
		t.Run(bad.name, func(t *testing.T) { bad.test(t, words(bad.text)) })
	}
}

// test has each command that reads a cfg refuse the text.
func (bad badCfg) test(t *testing.T, text []byte) {
	write(t, "bad.cfg", text)
	defer os.Remove("bad.cfg")
	told := refuse(t, exitFailed, "detect", "bad.cfg", "detector.weights", "picture.png")
	wantLines(t, told, bad.message, "      = hint: "+bad.hint)

	var stdout, stderr bytes.Buffer
	if code := execute(context.Background(), []string{"validate-cfg", "--quiet", "bad.cfg"}, &stdout, &stderr); code != exitFailed {
		t.Errorf("validate-cfg: exit code %d", code)
	}
	wantLines(t, stdout.String(), bad.message, "      = hint: "+bad.hint)
}

// badCfgFiles are files that are no cfg at all, or a damaged one.
var badCfgFiles = []badCfg{
	{"empty", "",
		"bad.cfg: error: the file has no sections",
		"A cfg consists of section headers like [net] and [convolutional] with options below them."},
	{"only comments", "# yolov4\n; nothing\n",
		"bad.cfg: error: the file has no sections",
		"A cfg consists of section headers like [net] and [convolutional] with options below them."},
	{"class names", "RBC\nWBC\n",
		"bad.cfg:1:1: error: the file has no sections",
		"A cfg consists of section headers like [net] and [convolutional] with options below them."},
	{"a web page", "<!DOCTYPE html>\n<html></html>\n",
		"bad.cfg:1:1: error: the file has no sections",
		"A cfg consists of section headers like [net] and [convolutional] with options below them."},
	{"weights", string(good["detector.weights"]),
		"bad.cfg: error: the file is binary and doesn't look like a cfg",
		"Is it a weights file or a picture? Give the text file that describes the network, usually named *.cfg."},
	{"a picture", string(good["picture.jpg"]),
		"bad.cfg: error: the file is binary and doesn't look like a cfg",
		"Is it a weights file or a picture? Give the text file that describes the network, usually named *.cfg."},
	{"UTF-16", "\xff\xfe[\x00n\x00e\x00t\x00]\x00\n\x00",
		"bad.cfg: error: the file is UTF-16 text or binary",
		"If it is a cfg, save it as UTF-8."},
	{"ends of lines from an old Macintosh", "[net]\rwidth=8\rheight=8\rchannels=3\r[convolutional]\r",
		"bad.cfg: error: the lines end in carriage returns only",
		"Darknet takes that for a single line. Save the file with line feeds."},
	{"torn in a section header", "[net]\nwidth=8\nheight=8\nchannels=3\n[convolutional]\nfilters=4\n[rou",
		"bad.cfg:7:1: error: the section header lacks its closing bracket",
		"Write `[rou]`."},
	{"far too many layers", "[net]\nwidth=8\nheight=8\nchannels=3\n" + strings.Repeat("[dropout]\n", 99_000),
		fmt.Sprintf("bad.cfg:%d:1: error: more than %d layers", layers.MaxLayers+5, layers.MaxLayers),
		"Check that this is one network's cfg."},
	{"far too many lines", "[net]\n" + strings.Repeat("\n", 200_000),
		"bad.cfg: error: more than 100000 lines are too many for a cfg",
		"Give the text file that describes the network, usually named *.cfg."},
	{"an endless line", "[net]\nwidth=" + strings.Repeat("1", 2<<20) + "\n",
		"bad.cfg: error: line 2 is longer than 1048576 bytes",
		"Give the text file that describes the network, usually named *.cfg."},
}

func TestBadCfgFile(t *testing.T) {
	enterFolder(t)
	for _, bad := range badCfgFiles {
		t.Run(bad.name, func(t *testing.T) { bad.test(t, []byte(bad.text)) })
	}
}

// TestSeveralErrors wants all errors of a cfg at once, but not a flood of them, and what leads
// to an error before it.
func TestSeveralErrors(t *testing.T) {
	enterFolder(t)
	tests := []struct {
		name   string
		text   []byte
		errors int
		want   []string
	}{
		{"of different kinds", words(net8, "[convolutional] filters=4 stride=0 [convolutionnal] [route] layers=-9 [convolutional] filters=0"), 4, []string{
			"bad.cfg:7:8: error: layer 0 [convolutional] (line 5): stride=0 is out of range",
			"bad.cfg:8:1: error: unknown section type [convolutionnal]",
			"bad.cfg:10:8: error: layer 2 [route] (line 9): layers=-9 points at no earlier layer",
			"bad.cfg:12:9: error: layer 3 [convolutional] (line 11): filters=0 is out of range"}},
		{"after a word for a number", words("[net] width=auto height=8 channels=3 [convolutional] filters=4"), 1, []string{
			"bad.cfg:2:7: warning: `width=auto` is read as 0",
			"bad.cfg:2:7: error: [net]: no input size: width is 0 or missing"}},
		{"after a missing value", words(net8, "[convolutional] filters= [convolutional] filters=6 groups=3"), 1, []string{
			"bad.cfg:6:1: warning: `filters=` has no value and is ignored",
			"bad.cfg:9:8: error: layer 1 [convolutional] (line 7): groups=3 does not divide the 1 input channels"}},
		{"a flood", words(net8, strings.Repeat("[nosuch] ", 5000)), maxErrors, []string{
			"bad.cfg:5:1: error: unknown section type [nosuch]",
			"… and 4,980 errors not shown here: see ghostdark validate-cfg bad.cfg"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			write(t, "bad.cfg", tt.text)
			var stdout, stderr bytes.Buffer
			code := execute(context.Background(), []string{"detect", "bad.cfg", "detector.weights", "picture.png"}, &stdout, &stderr)
			if n := messages(stderr.String()); code != exitFailed || n != tt.errors || stdout.Len() > 0 {
				t.Errorf("exit code %d, %d errors, output %q", code, n, &stdout)
			}
			wantLines(t, stderr.String(), tt.want...)
		})
	}
}

// badFile is a faulty weights file or picture with what is said of it.
type badFile struct {
	name    string
	data    []byte
	message string
}

var (
	goodWeights = good["detector.weights"]
	// As other versions of darknet write them: with 4 bytes for the number of pictures.
	narrowHeader = slices.Concat([]byte{0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 64, 0, 0, 0}, goodWeights[headerBytes:])
	narrowAsWide = slices.Concat(goodWeights[:16], goodWeights[headerBytes:])
	wideAsNarrow = slices.Concat([]byte{0, 0, 0, 0, 1, 0, 0, 0}, goodWeights[8:])
)

const (
	cutShort = "; the copy or download was cut short, or these are the weights of another network or of other classes="
	diverged = ", no finite number: the file is damaged, belongs to another network or comes from a training that diverged"
)

var badWeights = []badFile{
	{"empty", nil, "the file is empty"},
	{"torn in the header", goodWeights[:16], "the file ends inside its header, after 16 bytes"},
	{"only a header", goodWeights[:headerBytes], "the network wants 154 floats, the file holds 0: it ends after its header" + cutShort},
	{"torn in a layer", goodWeights[:headerBytes+4*100],
		"the network wants 154 floats, the file holds 100: it ends inside the weights of layer 0 [convolutional] (line 5): 84 of 108 values" + cutShort},
	{"torn in a float", goodWeights[:headerBytes+4*100+2],
		"the network wants 154 floats, the file holds 100 and 2 bytes: it ends inside the weights of layer 0 [convolutional] (line 5): 84 of 108 values; " +
			"422 bytes is no whole number of floats, so the file is torn: copy or download it again"},
	{"torn between arrays", goodWeights[:headerBytes+4*8],
		"the network wants 154 floats, the file holds 8: it ends before the rolling_mean of layer 0 [convolutional] (line 5)" + cutShort},
	{"torn between layers", goodWeights[:headerBytes+4*detectorLastBias],
		"the network wants 154 floats, the file holds 124: it ends exactly after layer 0; if it is a partial file (as name.conv.1) pass --cutoff 1"},
	{"a float too many", slices.Concat(goodWeights, make([]byte, 4)),
		"the network wants 154 floats, the file holds 155: 1 float (4 bytes) too many; these may be the weights of another network or of other classes="},
	{"a byte too many", slices.Concat(goodWeights, make([]byte, 1)),
		"the network wants 154 floats, the file holds 154 and 1 byte: 1 byte too many; 637 bytes is no whole number of floats, so the file is torn: " +
			"copy or download it again; these may be the weights of another network or of other classes="},
	{"of another network", good["classifier.weights"],
		"the network wants 154 floats, the file holds 24: it ends inside the weights of layer 0 [convolutional] (line 5): 8 of 108 values" + cutShort},
	{"a narrow header that says wide", narrowAsWide,
		"the network wants 154 floats, the file holds 153: it ends inside the weights of layer 1 [convolutional] (line 12): 23 of 24 values; " +
			"it would fit with a header of 16 bytes instead of 20, so the version 0.2.5 in the header may be wrong"},
	{"a wide header that says narrow", wideAsNarrow,
		"the network wants 154 floats, the file holds 155: 1 float (4 bytes) too many; " +
			"it would fit with a header of 20 bytes instead of 16, so the version 0.1.5 in the header may be wrong"},
	{"NaN", with(goodWeights, detectorWeights+4, float32(math.NaN())), "value 4 of 108 in the weights of layer 0 [convolutional] (line 5) is NaN" + diverged},
	{"infinity", with(goodWeights, detectorLastWeight, float32(math.Inf(1))), "value 0 of 24 in the weights of layer 1 [convolutional] (line 12) is +Inf" + diverged},
	{"a negative variance", with(goodWeights, detectorVariance+1, -1),
		"value 1 of 4 in the rolling_variance of layer 0 [convolutional] (line 5) is -1: a variance cannot be negative; the file is damaged or belongs to another network"},
	{"a cfg", good["detector.cfg"], "this is no weights file, it looks like a cfg (are cfg and weights swapped?)"},
	{"a picture", good["picture.png"], "this is no weights file, it looks like a PNG picture"},
	{"a web page", []byte("<!DOCTYPE html>\n<html>404"), "this is no weights file, it looks like a web page (was it downloaded from a page about the file?)"},
	{"an error in XML", []byte("<?xml version=\"1.0\"?><Error>AccessDenied</Error>"), "this is no weights file, it looks like an XML text"},
	{"a zip", []byte("PK\x03\x04\x14\x00\x00\x00"), "this is no weights file, it looks like a zip archive (PyTorch saves its models as such)"},
	{"a gzip", []byte("\x1f\x8b\x08\x00"), "this is no weights file, it looks like a gzip archive (unpack it first)"},
	{"a pickle", []byte("\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."), "this is no weights file, it looks like a Python pickle (old PyTorch saves its models as such)"},
	{"an ONNX model", []byte("\x08\x07\x12\x07pytorch"), "this is no weights file, it looks like an ONNX model"},
	{"a Keras model", []byte("\x89HDF\r\n\x1a\n\x00"), "this is no weights file, it looks like an HDF5 file (Keras saves its models as such)"},
	{"a pointer of Git LFS", []byte("version https://git-lfs.github.com/spec/v1\noid sha256:0\n"),
		"this is no weights file, it looks like a Git LFS pointer (run `git lfs pull` to get the file it stands for)"},
	{"a text", []byte("see the release page for the weights\n"), "this is no weights file, it looks like a text"},
}

func TestBadWeights(t *testing.T) {
	enterFolder(t)
	for _, bad := range badWeights {
		t.Run(bad.name, func(t *testing.T) {
			write(t, "bad.weights", bad.data)
			told := refuse(t, exitFailed, "detect", "detector.cfg", "bad.weights", "picture.png")
			wantLines(t, told, "ghostdark: bad.weights: "+bad.message)
		})
	}
	t.Run("a narrow header is read", func(t *testing.T) {
		write(t, "narrow.weights", narrowHeader)
		invoke(t, "detect", "detector.cfg", "narrow.weights", "picture.png", "--output", "none")
	})
}

const (
	noFormat = "not a picture in a format that is read (JPEG, PNG, GIF, BMP, WebP, TIFF): "
	damaged  = "the file ends early or is damaged; fetch or save it again"
)

// resized returns a PNG file with other extents in its header.
func resized(file []byte, w, h uint32) []byte {
	const extentsAt, headerAt, sumAt = 16, 12, 29
	file = bytes.Clone(file)
	binary.BigEndian.PutUint32(file[extentsAt:], w)
	binary.BigEndian.PutUint32(file[extentsAt+4:], h)
	binary.BigEndian.PutUint32(file[sumAt:], crc32.ChecksumIEEE(file[headerAt:sumAt]))
	return file
}

var badPictures = []badFile{
	{"empty", nil, damaged + " (it is empty)"},
	{"a text", []byte("a picture of a dog\n"), noFormat + `it begins with "a picture of"`},
	{"weights", goodWeights, noFormat + `it begins with "\x00\x00\x00\x00\x02\x00\x00\x00\x05\x00\x00\x00"`},
	{"a JPEG torn in its header", good["picture.jpg"][:20], "JPEG: " + damaged},
	{"a JPEG torn in its pixels", good["picture.jpg"][:len(good["picture.jpg"])-40], "JPEG: " + damaged},
	{"a PNG torn in its signature", good["picture.png"][:5], "PNG: " + damaged},
	{"a PNG torn in its pixels", good["picture.png"][:100], "PNG: " + damaged},
	{"a PNG with a changed byte", slices.Concat(good["picture.png"][:60], []byte{1, 2, 3}, good["picture.png"][63:]), "PNG: " + damaged},
	{"a PNG of vast extents", resized(good["picture.png"], 100_000, 100_000), "too large: 100000×100000 pixels, 100000000 allowed; shrink the picture"},
	{"a PNG of no extent", resized(good["picture.png"], 0, 20), "PNG: " + damaged},
	{"HEIC", []byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00"), noFormat + "it looks like HEIC; convert it to PNG or JPEG"},
	{"AVIF", []byte("\x00\x00\x00\x18ftypavif\x00\x00\x00\x00"), noFormat + "it looks like AVIF; convert it to PNG or JPEG"},
	{"a film", []byte("\x00\x00\x00\x20ftypisom\x00\x00\x02\x00"), noFormat + "it looks like a film or HEIF; convert it to PNG or JPEG"},
	{"SVG", []byte("<svg xmlns=\"http://www.w3.org/2000/svg\"/>"), noFormat + "it looks like SVG; convert it to PNG or JPEG"},
	{"PDF", []byte("%PDF-1.7\n"), noFormat + "it looks like PDF; convert it to PNG or JPEG"},
	{"a web page", []byte("<!DOCTYPE html>\n"), noFormat + "it looks like a web page; download the picture itself"},
	{"a pointer of Git LFS", []byte("version https://git-lfs.github.com/spec/v1\n"), noFormat + "it looks like a Git LFS pointer; run `git lfs pull` to get the picture itself"},
}

func TestBadPicture(t *testing.T) {
	enterFolder(t)
	for _, bad := range badPictures {
		t.Run(bad.name, func(t *testing.T) {
			write(t, "bad.png", bad.data)
			for _, command := range []string{"detect", "classify"} {
				network := map[string]string{"detect": "detector", "classify": "classifier"}[command]
				told := refuse(t, exitFailed, command, network+".cfg", network+".weights", "bad.png")
				if want := "ghostdark: bad.png: " + bad.message; !strings.HasPrefix(told, want) {
					t.Errorf("told:\n%s\nwant:\n%s", told, want)
				}
			}
		})
	}
	t.Run("one pixel is enough", func(t *testing.T) {
		write(t, "dot.png", pngFile(1, 1))
		invoke(t, "detect", "detector.cfg", "detector.weights", "dot.png")
		invoke(t, "classify", "classifier.cfg", "classifier.weights", "dot.png")
	})
}

// TestBadAmongGood wants the good pictures looked at, whatever the others are.
func TestBadAmongGood(t *testing.T) {
	enterFolder(t)
	write(t, "bad.png", []byte("bad"))
	var stdout, stderr bytes.Buffer
	args := []string{"detect", "detector.cfg", "detector.weights", "picture.png", "missing.png", "bad.png", "picture.jpg", "--json"}
	if code := execute(context.Background(), args, &stdout, &stderr); code != exitFailed {
		t.Errorf("exit code %d", code)
	}
	wantLines(t, stderr.String(), "ghostdark: missing.png: no such file or directory", "ghostdark: 2 of 4 pictures failed")
	var frames []report.Picture
	if err := json.Unmarshal(stdout.Bytes(), &frames); err != nil || len(frames) != 4 {
		t.Fatalf("%d pictures in the JSON, %v", len(frames), err)
	}
	for i, failed := range []bool{false, true, true, false} {
		if f := frames[i]; (f.Error != "") != failed || (f.Image == nil) != failed {
			t.Errorf("%s: image %v, error %q", f.Filename, f.Image, f.Error)
		}
	}
}

// badCommands are command lines, their words separated by blanks, that can't be done with the
// good files and those that TestBadCommand adds, with the beginning of what is said of them.
var badCommands = []struct {
	name    string
	line    string
	code    int
	message string
}{
	// Operands.
	{"no such command", "detekt", exitUsage, `unknown command "detekt"; did you mean detect?`},
	{"a file for a command", "detector.cfg detector.weights picture.png", exitUsage, `unknown command "detector.cfg"; the commands are `},
	{"no such flag", "detect --nosuch", exitUsage, "unknown flag: --nosuch"},
	{"a misspelt flag", "detect --tresh 0.5", exitUsage, "unknown flag: --tresh; did you mean --thresh?"},
	{"a flag as darknet has it", "detect -thresh 0.5", exitUsage, "unknown shorthand flag: 't' in -thresh; did you mean --thresh?"},
	{"a flag before its command", "evaluate detector.cfg detector.weights --data my.data", exitUsage,
		"unknown flag: --data; it belongs to evaluate classify, evaluate detect"},
	{"a flag as Ultralytics has it", "detect --conf 0.5", exitUsage, "unknown flag: --conf; here it is --thresh"},
	{"a flag as other commands have it", "bench --iou 0.5", exitUsage, "unknown flag: --iou\n"},
	{"a picture by a flag", "detect --source picture.png", exitUsage, "unknown flag: --source; here it is IMAGE without a flag"},
	{"a picture size", "detect --imgsz 640", exitUsage, "unknown flag: --imgsz; here it is --width and --height"},
	{"a flag that darknet has", "detect -ext_output", exitUsage, "unknown shorthand flag: 'e' in -ext_output"},
	{"a command as darknet has it", "detector test my.data detector.cfg detector.weights picture.png", exitUsage,
		"unknown command \"detector\"; darknet's `detector test DATA CFG WEIGHTS IMAGE` is `ghostdark detect CFG WEIGHTS IMAGE --data DATA`"},
	{"another command of darknet", "detector map my.data detector.cfg detector.weights", exitUsage,
		"unknown command \"detector\"; darknet's `detector map DATA CFG WEIGHTS` is `ghostdark evaluate detect CFG WEIGHTS --data DATA`"},
	{"training", "detector train my.data detector.cfg", exitUsage, "unknown command \"detector\"; ghostdark runs networks and doesn't train them"},
	{"a command as Ultralytics has it", "val detector.cfg", exitUsage, "unknown command \"val\"; use `ghostdark evaluate detect"},
	{"a command below another", "pull yolov4", exitUsage, `unknown command "pull"; did you mean models pull?`},
	{"another word for a command", "models download yolov4", exitUsage, `unknown command "download"; did you mean pull?`},
	{"no such command below", "export detector.cfg", exitUsage, `unknown command "detector.cfg"; export has onnx, weights`},
	{"a flag without its value", "detect --thresh", exitUsage, "flag needs an argument: --thresh"},
	{"data before cfg", "detect my.data detector.cfg detector.weights picture.png", exitUsage,
		"my.data comes first but is no .cfg: give CFG WEIGHTS IMAGE… in this order, and --data my.data"},
	{"weights before cfg", "detect detector.weights detector.cfg picture.png", exitUsage,
		"detector.weights comes first but is no .cfg: give CFG WEIGHTS IMAGE… in this order"},
	{"picture before cfg", "detect picture.png detector.cfg detector.weights", exitUsage,
		"picture.png comes first but is no .cfg: give CFG WEIGHTS IMAGE… in this order"},
	{"picture before weights", "detect detector.cfg picture.png detector.weights", exitFailed,
		"picture.png: this is no weights file, it looks like a PNG picture"},
	{"no weights", "detect detector.cfg", exitUsage, "no weights file: give CFG WEIGHTS IMAGE…"},
	{"no picture", "detect detector.cfg detector.weights", exitUsage, "no picture: give CFG WEIGHTS IMAGE…, or MODEL IMAGE…"},
	{"a picture for weights", "detect detector.cfg picture.png", exitUsage, "no weights file: give CFG WEIGHTS IMAGE…"},
	{"nothing to validate", "validate-cfg", exitUsage, "no cfg file: give one or more"},
	{"nothing to analyze", "analyze", exitUsage, "no cfg file: give one or more"},
	{"two forms of tables", "analyze detector.cfg --json --markdown", exitUsage, "give --json or --markdown, not both"},
	{"a chart of two", "analyze detector.cfg classifier.cfg --plot a.svg", exitUsage, "--plot goes with one cfg, not 2"},
	{"threads for nothing", "analyze detector.cfg --threads 2", exitUsage, "--threads goes with --measure"},
	{"repetitions for nothing", "analyze detector.cfg --reps 2", exitUsage, "--reps goes with --measure"},
	{"a chart in a text", "analyze detector.cfg --plot a.txt", exitFailed, "a.txt: charts are written as .svg or .png; choose a name that ends so"},
	{"a chart nowhere", "analyze detector.cfg --plot none/a.png", exitFailed, "none/a.png: the folder none does not exist; create it first"},
	{"a missing cfg to analyze", "analyze detector.cfg missing.cfg", exitFailed, "missing.cfg: no such file or directory"},

	// Export.
	{"a model without a name", "export onnx detector.cfg detector.weights", exitUsage, "no file to write: give --output FILE"},
	{"a model of nothing", "export onnx -o x.onnx", exitUsage, "give CFG WEIGHTS, MODEL, or CFG --random-weights"},
	{"a model without weights", "export onnx detector.cfg -o x.onnx", exitUsage, "no weights: give CFG WEIGHTS, or --random-weights"},
	{"a model with two weights", "export onnx detector.cfg detector.weights --random-weights -o x.onnx", exitUsage,
		"weights twice: give either detector.weights or --random-weights"},
	{"a negative batch", "export onnx detector.cfg detector.weights -o x.onnx --batch -1", exitUsage, "--batch=-1 is out of range: give 1 to "},
	{"an open and a fixed width", "export onnx detector.cfg detector.weights -o x.onnx --dynamic-size --width 64", exitUsage,
		"--dynamic-size leaves width and height to each run: give it without --width and --height"},
	{"a model in place of its weights", "export onnx detector.cfg detector.weights -o ./detector.weights", exitFailed,
		"./detector.weights: is what is read; choose another name to write to"},
	{"a classifier to decode", "export onnx classifier.cfg classifier.weights -o x.onnx --decode", exitFailed, "classifier.cfg: has no detection head to decode"},
	{"a model in no folder", "export onnx detector.cfg detector.weights -o no/such/folder/x.onnx", exitFailed, "no/such/folder/x.onnx: the folder no/such/folder does not exist"},
	{"an unknown format", "export tflite detector.cfg", exitUsage, `unknown command "tflite"`},
	{"weights of nothing", "export weights detector.cfg -o x.weights", exitUsage, "give CFG WEIGHTS"},
	{"weights without a name", "export weights detector.cfg detector.weights", exitUsage, "no file to write: give --output FILE"},
	{"folded weights without a cfg", "export weights detector.cfg detector.weights -o x.weights --fold", exitUsage,
		"folded weights need a cfg of their own: give --output-cfg FILE"},
	{"weights in their own place", "export weights detector.cfg detector.weights -o detector.weights", exitFailed,
		"detector.weights: is what is read; choose another name to write to"},
	{"a cfg in its own place", "export weights detector.cfg detector.weights -o x.weights --output-cfg detector.cfg", exitFailed,
		"detector.cfg: is what is read; choose another name to write to"},
	{"one name for two files", "export weights detector.cfg detector.weights -o x --output-cfg ./x", exitFailed, "./x: is to be written twice; choose different names"},
	{"a cut behind the end", "export weights detector.cfg detector.weights -o x.weights --cut 4", exitUsage,
		"--cut=4 is out of range: detector.cfg has 3 layers, so give 1 to 3"},
	{"a negative cut", "export weights detector.cfg detector.weights -o x.weights --cut -1", exitUsage, "--cut must not be negative"},
	{"more than a partial file holds", "export weights detector.cfg detector.weights -o x.weights --cutoff 1", exitUsage,
		"--cutoff=1 says that there are no weights from layer 1 on: give --cut 1, too"},
	{"pictures below zero", "export weights detector.cfg detector.weights -o x.weights --seen -1", exitUsage, `--seen: "-1" is not a whole number from 0 on`},
	{"weights of another network", "export weights detector.cfg classifier.weights -o x.weights", exitFailed, "classifier.weights: "},

	// Files.
	{"a missing cfg", "detect missing.cfg detector.weights picture.png", exitFailed, "missing.cfg: no such file or directory"},
	{"missing weights", "detect detector.cfg missing.weights picture.png", exitFailed, "missing.weights: no such file or directory"},
	{"a missing picture", "detect detector.cfg detector.weights missing.png", exitFailed, "missing.png: no such file or directory"},
	{"a folder for a cfg", "detect folder.cfg detector.weights picture.png", exitFailed, "folder.cfg: is a directory"},
	{"a folder for weights", "detect detector.cfg folder picture.png", exitFailed, "folder: is a folder, not a weights file"},
	{"a folder for a picture", "detect detector.cfg detector.weights folder", exitFailed, "folder: no pictures in this folder (.bmp .gif "},
	{"a cfg of many megabytes", "detect vast.cfg detector.weights picture.png", exitFailed,
		"vast.cfg: more than 16 MiB is too big for a cfg: give the text file that describes the network"},

	// Models.
	{"a model that isn't here", "detect yolov4-tiny picture.png --models-dir none", exitFailed, "yolov4-tiny: this model isn't here yet\n  = hint: Fetch its 23.1 MiB with: ghostdark models pull yolov4-tiny\n"},
	{"a model to validate that isn't here", "validate-cfg yolov3 --models-dir none", exitFailed, "yolov3: this model isn't here yet\n"},
	{"a misspelt model", "bench yolov4tiny", exitFailed, "yolov4tiny: there is no such file, and no model of this name; did you mean yolov4-tiny?"},
	{"files of a model that aren't here", "detect yolov4-tiny.cfg yolov4-tiny.weights picture.png", exitFailed,
		"yolov4-tiny.cfg: no such file or directory\n  = hint: With ghostdark models pull yolov4-tiny it is fetched; then yolov4-tiny stands for CFG WEIGHTS.\n"},
	{"no model", "models pull", exitUsage, "no model: give the name of one or more; ghostdark models list shows them"},
	{"no such model", "models pull resnet34", exitUsage, `no model is called "resnet34"; did you mean resnet50? ghostdark models list shows all`},
	{"nothing like a model", "models list picture.png", exitUsage, `no model is called "picture.png": ghostdark models list shows those that there are`},
	{"two models", "models path yolov3 yolov4", exitUsage, "give one MODEL, or none"},
	{"no folder for pages", "man", exitUsage, "no folder to write to: give --output FOLDER"},

	// Networks for something else.
	{"a classifier that is to detect", "detect classifier.cfg classifier.weights picture.png", exitFailed,
		"classifier.cfg has no detection head ([yolo], [Gaussian_yolo], [region] or [detection]): is it a classifier? Try ghostdark classify"},
	{"a detector that is to classify", "classify detector.cfg detector.weights picture.png", exitFailed, "detector.cfg is a detector: use ghostdark detect"},
	{"four channels", "detect four.cfg four.weights picture.png", exitFailed,
		"four.cfg: a picture gives 1 channel (grey) or 3 (RGB), but the network wants channels=4; feed such a network with a tensor"},

	// Names.
	{"missing names", "detect detector.cfg detector.weights picture.png --names missing.names", exitFailed, "missing.names: no such file or directory"},
	{"binary names", "detect detector.cfg detector.weights picture.png --names detector.weights", exitFailed,
		"detector.weights: not a text file of class names"},
	{"empty names", "detect detector.cfg detector.weights picture.png --names empty", exitFailed, "empty: holds no class names"},
	{"a folder of names", "detect detector.cfg detector.weights picture.png --names folder", exitFailed, "folder: not a file of class names"},
	{"data without names", "detect detector.cfg detector.weights picture.png --data nameless.data", exitFailed, "nameless.data: has no line names = FILE"},
	{"data with missing names", "detect detector.cfg detector.weights picture.png --data bad.data", exitFailed,
		"bad.data:2: its names = no/such.names is there neither from the working folder nor beside it; give the file with --names"},
	{"names twice", "detect detector.cfg detector.weights picture.png --data bad.data --names detector.names", exitUsage, "give --names or --data, not both"},

	// Values of flags.
	{"no such class", "detect detector.cfg detector.weights picture.png --classes dog", exitUsage, `--classes: no class "dog"; give a name or a number from 0 to 0`},
	{"no such class number", "detect detector.cfg detector.weights picture.png --classes 1", exitUsage, `--classes: no class "1"; give a name or a number from 0 to 0`},
	{"a threshold in percent", "detect --thresh 25", exitUsage, "--thresh=25 is out of range: give a probability from 0 to below 1"},
	{"a threshold that is no number", "detect --thresh nan", exitUsage, "--thresh=NaN is out of range: give a probability from 0 to below 1"},
	{"a threshold in words", "detect --thresh half", exitUsage, `--thresh: "half" is not a number`},
	{"a negative overlap", "detect --nms -1", exitUsage, "--nms=-1 is out of range: give an overlap from 0 to 1"},
	{"a broken number of objects", "detect --top 1.5", exitUsage, `--top: "1.5" is not a whole number`},
	{"no classes wanted", "classify --top 0", exitUsage, "--top must be at least 1"},
	{"no such resize", "classify --resize crop", exitUsage, `--resize: unknown way to resize "crop"; choose one of stretch, letterbox, mincrop, centercrop, or auto`},
	{"a resize that loses boxes", "detect --resize mincrop", exitUsage,
		"--resize mincrop cuts the picture's borders off, so boxes can't be placed: use stretch or letterbox"},
	{"a negative width", "detect --width -8", exitUsage, "--width and --height must be from 1 to 1048576, or 0 for the cfg's"},
	{"memory without a number", "detect --max-memory lots", exitUsage, `--max-memory: "lots" is not a size such as 500MiB or 8GiB`},
	{"too little memory for weights", "detect detector.cfg detector.weights picture.png --max-memory 100B", exitFailed,
		"detector.cfg: the weights need 0.6 KiB of memory, more than the limit of 0.1 KiB; raise it with --max-memory"},
	{"too little memory for a run", "detect detector.cfg detector.weights picture.png --max-memory 700B", exitFailed,
		"detector.cfg: running it needs "}, // how much depends on how it is run

	// Inputs and outputs.
	{"no such pattern", "detect detector.cfg detector.weights none/*.jpg", exitFailed, "none/*.jpg: there is no such file, and as a pattern it matches no picture"},
	{"a broken pattern", "detect detector.cfg detector.weights x[.png", exitFailed, "x[.png: syntax error in pattern"},
	{"a list of nothing", "detect detector.cfg detector.weights empty.txt", exitFailed, "empty.txt: names no picture"},
	{"a binary list", "detect detector.cfg detector.weights binary.txt", exitFailed, "binary.txt: line 1 is no text; a list names a picture on each line"},
	{"a list of itself", "detect detector.cfg detector.weights round.list", exitFailed, "round.list: the list names itself"},
	{"a missing list", "detect detector.cfg detector.weights missing.txt", exitFailed, "missing.txt: no such file or directory"},
	{"an address that nobody has", "detect detector.cfg detector.weights http://127.0.0.1:1/x.png", exitFailed, "http://127.0.0.1:1/x.png: dial tcp 127.0.0.1:1: "},
	{"an address of another kind", "detect detector.cfg detector.weights ftp://127.0.0.1/x.png", exitFailed, "ftp://127.0.0.1/x.png: no such file or directory"},
	{"standard input twice", "detect detector.cfg detector.weights - -", exitUsage, "- stands 2 times: standard input can be read once"},
	{"a list on no standard input", "detect detector.cfg detector.weights picture.png --stdin-list", exitUsage, "--stdin-list goes with the input -, which is not among those given"},
	{"results among inputs", "detect detector.cfg detector.weights picture.png --jsonl found.jsonl", exitUsage,
		"found.jsonl is no picture; to write results to it give --jsonl=found.jsonl"},
	{"no frames", "detect detector.cfg detector.weights picture.png --every 0", exitUsage, "--every must be at least 1"},
	{"small tiles", "detect detector.cfg detector.weights picture.png --tile 3", exitUsage, "--tile=3 is out of range: give at least 16 pixels"},
	{"tiles that don't advance", "detect detector.cfg detector.weights picture.png --tile 16 --overlap 1", exitUsage, "--overlap=1 is out of range: give a part from 0 to 0.9"},
	{"an overlap of nan", "detect detector.cfg detector.weights picture.png --tile 16 --overlap nan", exitUsage, "--overlap=NaN is out of range: "},
	{"results into a missing folder", "detect detector.cfg detector.weights picture.png --csv=missing/found.csv", exitFailed,
		"missing/found.csv: the folder missing does not exist; create it first"},
	{"labels into a file", "detect detector.cfg detector.weights picture.png --labels empty", exitFailed, "empty: not a directory"},
	{"confidence without labels", "detect detector.cfg detector.weights picture.png --save-conf", exitUsage, "--save-conf goes with --labels"},
	{"nothing to blur", "detect detector.cfg detector.weights picture.png --blur dog", exitUsage, `--blur: no class "dog"; give a name or a number from 0 to 0`},
	{"a blur that nobody sees", "detect detector.cfg detector.weights picture.png --blur cell --output none", exitUsage,
		"--blur needs a picture to be seen in: give --output or --crops"},
	{"going on with nothing", "detect detector.cfg detector.weights picture.png --resume", exitUsage, "--resume needs an output that tells what is done: "},
	{"going on with a table", "detect detector.cfg detector.weights picture.png --resume --csv=found.csv", exitUsage, "--resume doesn't go with --csv, "},
	{"a picture over itself", "detect detector.cfg detector.weights picture.jpg --output picture.jpg", exitFailed,
		"picture.jpg: is what is read; choose another name to write to"},
	{"a film with the name of a picture", "detect detector.cfg detector.weights film.mp4 --output found.png", exitUsage, "--output found.png is no video, but film.mp4 is: "},

	// Networks to write.
	{"no kind", "new", exitUsage, "give one KIND; the kinds are ghostnet, ghostnet-v2, ghost-yolo, "},
	{"two kinds", "new ghostnet ghost-yolo -o new.cfg", exitUsage, "give one KIND; the kinds are "},
	{"a misspelled kind", "new ghostnett -o new.cfg", exitUsage, `unknown kind "ghostnett"; did you mean ghostnet?`},
	{"no such kind", "new transformer -o new.cfg", exitUsage, `unknown kind "transformer"; the kinds are ghostnet, `},
	{"a network for nowhere", "new ghostnet", exitUsage, "no file to write: give --output FILE, or - for standard output"},
	{"a network over a file", "new ghostnet -o detector.cfg", exitFailed, "detector.cfg: is there already; give --force to replace it, or another name"},
	{"a network over a folder", "new ghostnet -o folder.cfg --force", exitFailed, "folder.cfg: exists and is not a regular file; choose another name"},
	{"a network into a missing folder", "new ghostnet -o missing/new.cfg", exitFailed, "missing/new.cfg: the folder missing does not exist; create it first"},
	{"a cfg and JSON at once", "new ghostnet -o - --json", exitUsage, "--json goes with a file to write, not with --output -"},
	{"no ghosts", "new ghostnet --ratio 1 -o new.cfg", exitUsage, "--ratio=1 makes no ghosts: give 2 to 16, or dense for ordinary convolutions"},
	{"a ratio of nothing", "new ghostnet --ratio 0 -o new.cfg", exitUsage, "--ratio=0 is out of range: it must be above 0"},
	{"a broken ratio", "new ghostnet --ratio 2.5 -o new.cfg", exitUsage, `--ratio: "2.5" is not a whole number`},
	{"an even cheap kernel", "new ghostnet --dw 4 -o new.cfg", exitUsage, "--dw=4 is even, so a kernel has no middle: give an odd number from 1 to 15"},
	{"no classes at all", "new ghost-yolo --classes 0 -o new.cfg", exitUsage, "--classes=0 is out of range: it must be above 0"},
	{"a width of nothing", "new ghostnet --width-mult -0 -o new.cfg", exitUsage, "--width-mult=-0 is out of range: it must be above 0"},
	{"a width that is no number", "new ghostnet --width-mult nan -o new.cfg", exitUsage, "--width-mult=NaN is out of range: give 0.1 to 10"},
	{"an undivided size", "new ghost-yolo --size 400 -o new.cfg", exitUsage, "--size=400 can't be divided by 32, the stride of ghost-yolo: give 384 or 416"},
	{"a size in words", "new ghostnet --size large -o new.cfg", exitUsage, `--size: "large" is no extent such as 416 or 608x352`},
	{"a size with one side", "new ghostnet --size 224x -o new.cfg", exitUsage, `--size: "224x" is no extent such as 416 or 608x352`},
	{"a size of nothing", "new ghostnet --size 0 -o new.cfg", exitUsage, "--size=0 is out of range: it must be above 0"},
	{"heads without a detector", "new ghostnet --heads 2 -o new.cfg", exitUsage, "--heads=2 is no option of ghostnet, which has layout, "},
	{"anchors in words", "new ghost-yolo --anchors 10,x -o new.cfg", exitUsage, `--anchors: "x" is not a number`},
	{"an anchor's half", "new ghost-yolo --anchors 10,14,23 -o new.cfg", exitUsage, "--anchors=10,14,23 are 3 numbers: give a width and a height for each anchor"},
	{"no such gate", "new ghostnet --gate sigmoid -o new.cfg", exitUsage, "--gate=sigmoid is unknown: choose one of logistic, hard_sigmoid, hardtan"},
	{"a layout and a ratio", "new ghostnet --layout darknet --ratio 2 -o new.cfg", exitUsage, "--ratio=2 doesn't go with layout=darknet, "},
	{"an option without a value", "new ghostnet --gate= -o new.cfg", exitUsage, "--gate has no value"},

	// Networks to draw.
	{"nothing to draw", "graph", exitUsage, "give one CFG or MODEL, not 0"},
	{"two networks to draw", "graph detector.cfg classifier.cfg", exitUsage, "give one CFG or MODEL, not 2"},
	{"a missing cfg to draw", "graph missing.cfg", exitFailed, "missing.cfg: no such file or directory"},
	{"no such format", "graph detector.cfg --format pdf", exitUsage, "--format=pdf: the formats are text, dot, mermaid, svg, png"},
	{"a drawing without a format", "graph detector.cfg -o new.pdf", exitUsage,
		"new.pdf: its ending stands for no format; end it in .txt, .dot, .gv, .mmd, .mermaid, .svg or .png, or give --format"},
	{"ASCII in a picture", "graph detector.cfg -o new.svg --ascii", exitUsage, "--ascii is for text, not for svg"},
	{"a drawing as JSON", "graph detector.cfg -o new.svg --json", exitUsage, "--json goes to standard output, without --format, --output and --ascii"},
	{"a drawing over its cfg", "graph detector.cfg --format text -o ./detector.cfg", exitFailed, "./detector.cfg: is what is read; choose another name to write to"},
	{"more classes than there can be", "labels check --images picture.png --classes 99999999999", exitUsage, "--classes=99999999999 is out of range: give 1 to 1048576, or 0 if any number is good"},
	{"more classes than there can be in data", "labels check --data vast.data", exitFailed, "vast.data: classes = 99999999999 is out of range: there may be 1048576"},
	{"a profile nowhere", "bench detector.cfg --reps 1 --profile none/a.prof", exitFailed, "none/a.prof: the folder none does not exist; create it first"},
	{"a profile over its cfg", "bench detector.cfg --reps 1 --profile detector.cfg", exitFailed, "detector.cfg: is what is read; choose another name to write to"},
	{"maps over their picture", "features detector.cfg detector.weights picture.png --layer 0 -o picture.png", exitFailed, "picture.png: is what is read; choose another name to write to"},
	{"results over the picture", "detect detector.cfg detector.weights picture.png --output none --json=picture.png", exitFailed, "picture.png: is what is read; choose another name to write to"},
	{"results over the names", "detect detector.cfg detector.weights picture.png --output none --names detector.names --csv=detector.names", exitFailed, "detector.names: is what is read; choose another name to write to"},
	{"results over the annotated picture", "detect detector.cfg detector.weights picture.png --output x.png --json=x.png", exitFailed, "x.png: is to be written twice; choose different names"},
	{"a drawing over a folder", "graph detector.cfg --format text -o folder", exitFailed, "folder: exists and is not a regular file; choose another name"},
	{"a drawing into a missing folder", "graph detector.cfg -o missing/new.svg", exitFailed, "missing/new.svg: the folder missing does not exist; create it first"},
	{"a drawing of a negative width", "graph detector.cfg --width -8", exitUsage, "--width and --height must be from 1 to 1048576, or 0 for the cfg's"},

	// Networks to rewrite.
	{"nothing to rewrite", "ghostify", exitUsage, "give CFG, CFG WEIGHTS, or MODEL"},
	{"rewritten for nowhere", "ghostify detector.cfg", exitUsage, "no file to write: give --output FILE.cfg, or - for standard output"},
	{"no convolution to rewrite", "ghostify detector.cfg -o new.cfg", exitFailed,
		"detector.cfg: there is no convolution to rewrite\n  1 convolution: has fewer than 16 filters (0)\n  1 convolution: gives a result of the network (1)"},
	{"a ratio that makes no ghosts", "ghostify detector.cfg --ratio 1 -o new.cfg", exitUsage, "--ratio=1 is out of range: give 2 to 64"},
	{"an even cheap kernel for a rewritten network", "ghostify detector.cfg --dw 4 -o new.cfg", exitUsage, "--dw=4: give an odd number from 1 to 11"},
	{"filters below none", "ghostify detector.cfg --min-channels -1 -o new.cfg", exitUsage, "--min-channels=-1 is out of range"},
	{"a layer that isn't there", "ghostify detector.cfg --layers 7 -o new.cfg", exitUsage, "--layers: detector.cfg has layers 0 to 2, but no layer 7"},
	{"a layer in words", "ghostify detector.cfg --layers 0,last -o new.cfg", exitUsage, `--layers: "last" is no layer or range of layers, such as 3 or 8-12`},
	{"layers backwards", "ghostify detector.cfg --layers 1-0 -o new.cfg", exitUsage, `--layers: "1-0" is no layer or range of layers, such as 3 or 8-12`},
	{"a head as a module", "ghostify detector.cfg --layers 2 -o new.cfg", exitFailed, "detector.cfg: layer 2 [yolo] (line 15) can't become a ghost module: it is no convolution"},
	{"weights without pictures", "ghostify detector.cfg detector.weights -o new.cfg", exitUsage,
		"WEIGHTS can't be taken over as they are: give pictures to fit new ones on, with --calibrate, or leave WEIGHTS out"},
	{"pictures without weights", "ghostify detector.cfg --calibrate picture.png -o new.cfg", exitUsage, "--calibrate and labelled pictures are for weights: give CFG WEIGHTS"},
	{"weights to standard output", "ghostify detector.cfg detector.weights --calibrate picture.png -o -", exitUsage, "WEIGHTS go with a file to write"},
	{"a cfg over itself", "ghostify detector.cfg -o ./detector.cfg --force", exitFailed, "./detector.cfg: is what is read; choose another name to write to"},
	{"a cfg named as weights", "ghostify detector.cfg detector.weights --calibrate picture.png -o x.weights", exitUsage, "x.weights is a name for weights: give that of the cfg"},
	{"weights over a picture", "ghostify detector.cfg detector.weights --calibrate picture.png -o picture.png --force", exitFailed, "picture.png: is what is read; choose another name to write to"},
	{"a rewritten cfg over a file", "ghostify classifier.cfg -o detector.cfg", exitFailed, "detector.cfg: is there already; give --force to replace it, or another name"},
	{"a picture to fit on that isn't there", "ghostify detector.cfg detector.weights --layers 0 --calibrate nowhere.png -o new.cfg", exitFailed, "nowhere.png: no such file or directory"},
	{"a picture to fit on that is none", "ghostify detector.cfg detector.weights --layers 0 --calibrate empty -o new.cfg", exitFailed, "empty: "},
	{"too little memory to fit", "ghostify detector.cfg detector.weights --layers 0 --calibrate picture.png --max-memory 700B -o new.cfg", exitFailed,
		"detector.cfg: fitting it on a single picture takes more memory than --max-memory allows"},
	{"no pictures to fit on", "ghostify detector.cfg detector.weights --calibrate-most 0 --calibrate picture.png -o new.cfg", exitUsage, "--calibrate-most=0 is out of range: give 1 or more"},

	// Feature maps.
	{"maps of no picture", "features detector.cfg detector.weights", exitUsage, "give CFG WEIGHTS and at least one IMAGE"},
	{"maps of no layer", "features detector.cfg detector.weights picture.png --layer 3", exitUsage,
		"--layer 3: detector.cfg has layers 0 to 2, or -1 to -3 counted from the end"},
	{"maps of single values", "features classifier.cfg classifier.weights picture.png --layer -1", exitFailed,
		"classifier.cfg: layer 2 [softmax] (line 9): gives 1×1×6, single values in place of maps: choose a layer before it"},
	{"a single map", "features single.cfg single.weights picture.png --layer 0", exitFailed,
		"single.cfg: layer 0 [convolutional] (line 5): gives 8×8×1, a single map, which has nothing to be compared with"},
	{"single maps only", "features single.cfg single.weights picture.png", exitFailed,
		"single.cfg: has no convolution with several maps of more than one pixel, so there is nothing to compare"},
	{"maps of a missing picture", "features detector.cfg detector.weights picture.png missing.png", exitFailed, "missing.png: no such file or directory"},
	{"too many maps", "features many.cfg many.weights picture.png --layer 0", exitFailed,
		"many.cfg: layer 0 [convolutional] (line 5): has too many maps: comparing 6000 maps with each other by 3×3 kernels takes 2475 MiB of memory, more than 2048: choose smaller kernels"},
	{"an even operation", "features detector.cfg detector.weights picture.png --dw 4", exitUsage,
		"--dw=4: a cheap operation of 4×4 is out of range: it must be odd, from 1 to 11"},
	{"a redundancy in percent", "features detector.cfg detector.weights picture.png --threshold 75", exitUsage,
		"--threshold=75 is out of range: give a redundancy from 0 to 1"},
	{"a redundancy that is no number", "features detector.cfg detector.weights picture.png --threshold nan", exitUsage,
		"--threshold=NaN is out of range: give a redundancy from 0 to 1"},
	{"a threshold for a sheet", "features detector.cfg detector.weights picture.png --threshold .7 --layer 0", exitUsage,
		"--threshold is for the table of all convolutions, without --layer"},
	{"a sheet of no layer", "features detector.cfg detector.weights picture.png -o sheet.png", exitUsage,
		"--output is for the contact sheets of layers: choose some with --layer"},
	{"two sheets in a file", "features detector.cfg detector.weights picture.png --layer 0,1 -o sheet.png", exitUsage,
		"--output sheet.png names a file, but there may be several pictures: name a folder"},
	{"a sheet in an unknown format", "features detector.cfg detector.weights picture.png --layer 0 -o sheet.webp", exitFailed,
		`sheet.webp: no picture is written with the extension ".webp"`},

	// Checkpoints.
	{"a checkpoint that isn't there", "import ghostnet none.pth --output new", exitFailed, "none.pth: no such file or directory"},
	{"a folder as a checkpoint", "import ghostnet folder --output new", exitFailed, "folder: is a folder; give the checkpoint in it"},
	{"a picture as a checkpoint", "import ghostnet picture.png --output new", exitFailed,
		"picture.png: neither a PyTorch file (.pth, .pt, .bin) nor a safetensors file nor a TensorFlow checkpoint (.index)"},
	{"a list of checkpoints", "import ghostnet checkpoint --output new", exitFailed,
		"checkpoint: neither a PyTorch file (.pth, .pt, .bin) nor a safetensors file nor a TensorFlow checkpoint (.index), but TensorFlow's list of checkpoints: " +
			"give the .index file of one of them"},
	{"an index without values", "import ghostnet lone.index --output new", exitFailed,
		"lone.index: the values of this TensorFlow checkpoint are in another file, lone.data-00000-of-00001, which isn't there"},
	{"values without an index", "import ghostnet alone.data-00000-of-00001 --output new", exitFailed, "alone.index: no such file or directory"},
	{"an index by another name", "import ghostnet index --output new", exitFailed, "index: the index of a TensorFlow checkpoint; name it NAME.index, "},
	{"an interrupted download of values", "import ghostnet cut --output new", exitFailed,
		"cut.index: tensor learning_rate: its 4 bytes from byte 717868 on are beyond the 717871 of the file of values"},
	{"damaged values", "import ghostnet damaged --output new", exitFailed,
		"damaged.index: tensor MobileNetV2/Conv2d_0/bn/beta: its values have a wrong checksum: the file of values is damaged"},

	// Where to write.
	{"into a missing folder", "detect detector.cfg detector.weights picture.png --output missing/found.png", exitFailed,
		"missing/found.png: the folder missing does not exist; create it first"},
	{"into a file", "classify classifier.cfg classifier.weights picture.png --output picture.png/found.png", exitFailed,
		"picture.png/found.png: picture.png is a file, not a folder; choose another name"},
	{"in an unknown format", "detect detector.cfg detector.weights picture.png --output found.webp", exitFailed,
		`found.webp: no picture is written with the extension ".webp"; use one of .png .jpg .jpeg .gif .bmp .tif .tiff`},
	{"without a format", "detect detector.cfg detector.weights picture.png --output found", exitFailed,
		"found: the name has no extension, which tells the format; use one of .png .jpg .jpeg .gif .bmp .tif .tiff"},
	{"several pictures onto a file", "detect detector.cfg detector.weights picture.png picture.jpg --output empty", exitUsage,
		"--output empty names a file, but there may be several pictures: name a folder"},
	{"several pictures onto a new file", "detect detector.cfg detector.weights picture.png picture.jpg --output found.png", exitUsage,
		"--output found.png names a file, but there may be several pictures: name a folder"},
}

// bundleFiles returns the index and the values of a sound TensorFlow checkpoint.
func bundleFiles(t *testing.T) (index, values []byte) {
	stem := filepath.Join(testkit.Root(), "testdata", "import", "ghostnet-tensorflow-0.1x")
	return testkit.Bytes(t, stem+".index"), testkit.Bytes(t, stem+".data-00000-of-00001")
}

func TestBadCommand(t *testing.T) {
	enterFolder(t)
	for _, folder := range []string{"folder", "folder.cfg"} {
		if err := os.Mkdir(folder, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	write(t, "empty", nil)
	write(t, "empty.txt", nil)
	write(t, "binary.txt", []byte{0, 1, 2})
	write(t, "round.list", []byte("round.list\n"))
	write(t, "nameless.data", []byte("classes = 1\ntrain = train.txt\n"))
	write(t, "vast.data", []byte("classes = 99999999999\nvalid = empty.txt\n"))
	write(t, "bad.data", []byte("classes = 1\nnames = no/such.names\n"))
	write(t, "vast.cfg", bytes.Repeat([]byte("#\n"), 9<<20))
	write(t, "four.cfg", bytes.Replace(good["detector.cfg"], []byte("channels=3"), []byte("channels=4"), 1))
	write(t, "four.names", good["detector.names"])
	write(t, "single.cfg", words(net8, "[convolutional] filters=1 activation=linear"))
	write(t, "single.weights", weightsFile(1+3))
	write(t, "many.cfg", words(net8, "[convolutional] filters=6000 activation=linear"))
	write(t, "many.weights", weightsFile(6000+6000*3))
	write(t, "four.weights", weightsFile(detectorFloats+4*9))
	index, values := bundleFiles(t)
	write(t, "checkpoint", []byte("model_checkpoint_path: \"ghostnet_checkpoint\"\n"))
	write(t, "lone.index", index)
	write(t, "index", index)
	write(t, "alone.data-00000-of-00001", values)
	write(t, "cut.index", index)
	write(t, "cut.data-00000-of-00001", values[:len(values)-1])
	write(t, "damaged.index", index)
	write(t, "damaged.data-00000-of-00001", make([]byte, len(values)))
	for _, bad := range badCommands {
		t.Run(bad.name, func(t *testing.T) {
			told := refuse(t, bad.code, strings.Fields(bad.line)...)
			if !strings.HasPrefix(told, "ghostdark: "+bad.message) {
				t.Errorf("told:\n%s\nwant:\n%s", told, bad.message)
			}
			if help := strings.HasSuffix(told, "Run the command with --help to see how it is used.\n"); help != (bad.code == exitUsage) {
				t.Errorf("help is offered: %v", help)
			}
		})
	}
}

// TestSameFile checks that a file is known again by another way to it, whether or not it is there.
func TestSameFile(t *testing.T) {
	enterFolder(t)
	if err := os.Symlink(".", "same"); err != nil {
		t.Skip(err)
	}
	told := refuse(t, exitFailed, "export", "weights", "detector.cfg", "detector.weights", "-o", "new", "--output-cfg", "same/new")
	wantLines(t, told, "ghostdark: same/new: is to be written twice; choose different names")
	told = refuse(t, exitFailed, "ghostify", "detector.cfg", "-o", "same/detector.cfg", "--force")
	wantLines(t, told, "ghostdark: same/detector.cfg: is what is read; choose another name to write to")
}

// TestMissingTree wants a cfg accepted for checking, but not for running, whose class tree is
// not there.
func TestMissingTree(t *testing.T) {
	enterFolder(t)
	write(t, "tree.cfg", words(net8, "[convolutional] filters=6 [avgpool] [softmax] tree=9k.tree"))
	invoke(t, "validate-cfg", "tree.cfg")
	told := refuse(t, exitFailed, "classify", "tree.cfg", "classifier.weights", "picture.png")
	wantLines(t, told,
		"tree.cfg:9:6: error: layer 2 [softmax] (line 8): can't read the class tree: stat 9k.tree: no such file or directory",
		"      = hint: Put the file there, or beside the cfg, to run the network.")
}

func TestForbiddenFiles(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may read and write everything")
	}
	enterFolder(t)
	for _, name := range []string{"detector.cfg", "detector.weights", "picture.png"} {
		if err := os.Chmod(name, 0); err != nil {
			t.Fatal(err)
		}
		told := refuse(t, exitFailed, "detect", "detector.cfg", "detector.weights", "picture.png")
		wantLines(t, told, "ghostdark: "+name+": permission denied")
		if err := os.Chmod(name, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir("sealed", 0o555); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	args := []string{"detect", "detector.cfg", "detector.weights", "picture.png", "--output", "sealed/found.png"}
	if code := execute(context.Background(), args, &stdout, &stderr); code != exitFailed {
		t.Errorf("exit code %d", code)
	}
	if told := stderr.String(); !strings.Contains(told, "sealed/found.png: not written: ") || !strings.Contains(told, "permission denied") {
		t.Errorf("told: %s", told)
	}
}

// fullDisk takes room bytes before it fails.
type fullDisk struct{ room int }

func (d *fullDisk) Write(p []byte) (int, error) {
	n := min(len(p), d.room)
	d.room -= n
	if n < len(p) {
		return n, errors.New("no space left on device")
	}
	return n, nil
}

func TestFullOutput(t *testing.T) {
	enterFolder(t)
	for _, line := range []string{
		"--help", "--version", "validate-cfg detector.cfg", "validate-cfg detector.cfg --json",
		"detect detector.cfg detector.weights picture.png --thresh 0 --output none",
		"detect detector.cfg detector.weights picture.png picture.jpg --output none",
		"detect detector.cfg detector.weights picture.png --json",
		"classify classifier.cfg classifier.weights picture.png", "classify classifier.cfg classifier.weights picture.png --json",
		"run classifier.cfg classifier.weights picture.png", "bench classifier.cfg --reps 1",
	} {
		for _, room := range []int{0, 5} {
			var stderr bytes.Buffer
			if code := execute(context.Background(), strings.Fields(line), &fullDisk{room}, &stderr); code != exitFailed {
				t.Errorf("ghostdark %s: exit code %d", line, code)
			}
			wantLines(t, stderr.String(), "ghostdark: the results can't be written: no space left on device")
			if messages(stderr.String()) != 1 {
				t.Errorf("ghostdark %s: told\n%s", line, &stderr)
			}
		}
	}
}

// TestOverflow runs weights that are finite each, but too large together.
func TestOverflow(t *testing.T) {
	enterFolder(t)
	const huge = 3e38
	all := func(file []byte) []byte {
		floats := make([]float32, (len(file)-headerBytes)/4)
		for i := range floats {
			floats[i] = huge
		}
		return with(file, 0, floats...)
	}
	for _, tt := range []struct {
		name, network string
		weights       []byte
		message       string
	}{
		{"everywhere", "detector", all(goodWeights), "detector.cfg: layer 2 [yolo] (line 15): value "},
		{"in a box", "detector", with(goodWeights, detectorLastBias, 0, 0, huge, huge, 1), "detector.cfg: layer 2 [yolo] (line 15): a box has centre "},
		{"in a box's width", "detector", with(goodWeights, detectorLastBias+2, 100), "detector.cfg: layer 2 [yolo] (line 15): a box has centre "},
		{"in scores", "classifier", all(good["classifier.weights"]), "classifier.cfg: layer 2 [softmax] (line 9): value 0 of the output is NaN"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			write(t, "bad.weights", tt.weights)
			command := map[string]string{"detector": "detect", "classifier": "classify"}[tt.network]
			told := refuse(t, exitFailed, command, tt.network+".cfg", "bad.weights", "picture.png")
			if !strings.HasPrefix(told, "ghostdark: "+tt.message) || !strings.HasSuffix(told, "; are these the weights of this network?\n") {
				t.Errorf("told:\n%s\nwant:\n%s", told, tt.message)
			}
		})
	}
}

// TestJunk damages good files at random and wants either results or an error. Each run depends
// only on its number, so that a failing one can be repeated.
func TestJunk(t *testing.T) {
	enterFolder(t)
	const runs, longest = 3000, 5 * time.Second
	start := time.Now()
	for run := range uint64(runs) {
		if time.Since(start) > longest {
			t.Logf("stopped after %d runs", run)
			break
		}
		junk(t, rand.New(rand.NewPCG(run, 0)), run)
	}
}

func junk(t *testing.T, r *rand.Rand, run uint64) {
	picture := []string{"picture.png", "picture.jpg"}[r.IntN(2)]
	files := []string{"detector.cfg", "detector.weights", picture}
	chosen := r.IntN(len(files))
	name := files[chosen]
	files[chosen] = "junk" + name[strings.LastIndexByte(name, '.'):]
	write(t, files[chosen], damage(r, good[name]))
	defer func() {
		if p := recover(); p != nil {
			t.Fatalf("run %d: panic: %v", run, p)
		}
	}()
	var stdout, stderr bytes.Buffer
	args := append([]string{"detect", "--json", "--output", "found.jpg", "--max-memory", "8MiB"}, files...)
	switch code := execute(context.Background(), args, &stdout, &stderr); {
	case code != exitDone && code != exitFailed:
		t.Errorf("run %d: exit code %d", run, code)
	case code == exitFailed && messages(stderr.String()) == 0:
		t.Errorf("run %d: failed without a message: %s", run, &stderr)
	case code == exitDone && stdout.Len() == 0 || stdout.Len() > 0 && !json.Valid(stdout.Bytes()):
		t.Errorf("run %d: bad JSON: %s", run, &stdout)
	}
}

// damage returns data with some bytes changed, left out, repeated or cut off.
func damage(r *rand.Rand, data []byte) []byte {
	data = bytes.Clone(data)
	for range 1 + r.IntN(4) {
		if len(data) == 0 {
			break
		}
		from := r.IntN(len(data))
		to := min(from+1+r.IntN(8), len(data))
		switch r.IntN(6) {
		case 0:
			data[from] ^= 1 << r.IntN(8)
		case 1:
			data[from] = byte(r.IntN(256))
		case 2:
			data[from] = "0123456789-,=[]\n#.e"[r.IntN(19)]
		case 3:
			data = slices.Delete(data, from, to)
		case 4:
			data = slices.Insert(data, from, bytes.Clone(data[from:to])...)
		case 5:
			if r.IntN(4) == 0 {
				data = data[:from]
			}
		}
	}
	return data
}
