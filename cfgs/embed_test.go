package cfgs

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"image"
	_ "image/jpeg"
	_ "image/png"
	"io/fs"
	"maps"
	"os"
	"slices"
	"testing"
)

// headerBytes is the size of a weights file's header at version 0.2: three 32-bit
// numbers and a 64-bit count of pictures.
const headerBytes = 20

func TestModelsAreWhole(t *testing.T) {
	for _, m := range []Model{Detector(), Classifier()} {
		t.Run(m.Name, func(t *testing.T) {
			secs := sections(t, m.CfgName)
			net := secs[0]
			e := walk(t, secs, net.number(t, "height", 0), net.number(t, "width", 0))
			if want := headerBytes + 4*e.floats; len(m.Weights) != want {
				t.Errorf("weights have %d bytes, the cfg wants %d", len(m.Weights), want)
			}
			major := binary.LittleEndian.Uint32(m.Weights)
			minor := binary.LittleEndian.Uint32(m.Weights[4:])
			if major != 0 || minor != 2 {
				t.Errorf("weights are of version %d.%d, want 0.2", major, minor)
			}
			if want := classes(t, secs, e); len(m.Names) != want {
				t.Errorf("%d names %q for %d classes", len(m.Names), m.Names, want)
			}
			if slices.Contains(m.Names, "") {
				t.Errorf("an empty name in %q", m.Names)
			}
			if file, _ := File(m.CfgName); !bytes.Equal(m.Cfg, file) {
				t.Errorf("Cfg differs from the file %s", m.CfgName)
			}
			if file, _ := File(m.PictureName); !bytes.Equal(m.Picture, file) {
				t.Errorf("Picture differs from the file %s", m.PictureName)
			}
			if _, _, err := image.Decode(bytes.NewReader(m.Picture)); err != nil {
				t.Errorf("%s: %v", m.PictureName, err)
			}
		})
	}
}

// classes returns what the last section tells apart.
func classes(t *testing.T, secs []section, e extent) int {
	last := secs[len(secs)-1]
	return last.number(t, "classes", e.shapes[len(e.shapes)-1].c)
}

func TestExtentOfCfgs(t *testing.T) {
	tests := []struct {
		name         string
		layers       int
		weightsBytes int
		macs         int
		ends         []shape // output shapes of the heads
	}{
		{"ghostnet.cfg", 158, 19952564, 116959480, []shape{{1000, 1, 1}}},
		{"ghost-yolo.cfg", 163, 12151820, 734059544, []shape{{255, 13, 13}, {255, 26, 26}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			secs := sections(t, tt.name)
			e := walk(t, secs, secs[0].number(t, "height", 0), secs[0].number(t, "width", 0))
			if len(e.shapes) != tt.layers {
				t.Errorf("%d layers, want %d", len(e.shapes), tt.layers)
			}
			if got := headerBytes + 4*e.floats; got != tt.weightsBytes {
				t.Errorf("weights of %d bytes, want %d", got, tt.weightsBytes)
			}
			if e.macs != tt.macs {
				t.Errorf("%d multiply-adds, want %d", e.macs, tt.macs)
			}
			var ends []shape
			for i, s := range secs[1:] {
				if s.kind == "yolo" || s.kind == "softmax" {
					ends = append(ends, e.shapes[i])
				}
			}
			if !slices.Equal(ends, tt.ends) {
				t.Errorf("heads %v, want %v", ends, tt.ends)
			}
		})
	}
}

// TestBackboneIsShared holds ghostnet.cfg to its head comment: its first 152 layers are
// those of ghost-yolo.cfg, option for option.
func TestBackboneIsShared(t *testing.T) {
	const backbone = 152
	a, b := sections(t, "ghostnet.cfg"), sections(t, "ghost-yolo.cfg")
	for i := range backbone {
		x, y := a[1+i], b[1+i]
		if x.kind != y.kind || !maps.Equal(x.options, y.options) {
			t.Errorf("layer %d: [%s] %v and [%s] %v", i, x.kind, x.options, y.kind, y.options)
		}
	}
}

// TestPublishedShapes compares ghost-yolo.cfg, at the input size of the published
// Ghost-YOLO, with the shapes that darknet reports for that one. Only the two heads
// differ, which are for 80 classes instead of 2.
func TestPublishedShapes(t *testing.T) {
	const file = "../../shared/zoo/expect/ghost-yolo.json"
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("%s is not there", file)
	} else if err != nil {
		t.Fatal(err)
	}
	var published struct {
		Input  []int
		Layers [][]any // type, c, h, w, BFLOPs
	}
	if err := json.Unmarshal(data, &published); err != nil {
		t.Fatal(err)
	}
	secs := sections(t, "ghost-yolo.cfg")
	e := walk(t, secs, published.Input[1], published.Input[2])
	if len(e.shapes) != len(published.Layers) {
		t.Fatalf("%d layers, published %d", len(e.shapes), len(published.Layers))
	}
	for i, row := range published.Layers {
		kind, want := row[0].(string), shape{int(row[1].(float64)), int(row[2].(float64)), int(row[3].(float64))}
		if want.c == (2+5)*3 {
			want.c = (80 + 5) * 3
		}
		if secs[1+i].kind != kind || e.shapes[i] != want {
			t.Errorf("layer %d: %s %v, published %s %v", i, secs[1+i].kind, e.shapes[i], kind, want)
		}
	}
}

func TestFile(t *testing.T) {
	for _, name := range []string{"ghostnet.cfg", "ghost-yolo.cfg", "bccd.names", "smear.jpg"} {
		data, ok := File(name)
		if !ok || len(data) == 0 {
			t.Errorf("File(%q) = %d bytes, %v", name, len(data), ok)
		}
	}
	for _, name := range []string{"", ".", "embed.go", "no.cfg", "../go.mod"} {
		if data, ok := File(name); ok || data != nil {
			t.Errorf("File(%q) = %d bytes, %v; want none", name, len(data), ok)
		}
	}
}

func TestFileIsACopy(t *testing.T) {
	first, _ := File("bccd.names")
	first[0] ^= 0xff
	if second, _ := File("bccd.names"); first[0] == second[0] {
		t.Error("changing what File returned changed the embedded file")
	}
}
