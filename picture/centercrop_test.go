package picture

import (
	"encoding/hex"
	"errors"
	"testing"

	"github.com/ghostdark/ghostdark/internal/testkit"
	"github.com/ghostdark/ghostdark/tensor"
)

// TestCenterCrop compares with what Pillow 9.4 makes of the same drawn pictures: Image.resize with BILINEAR, then
// Image.crop.
func TestCenterCrop(t *testing.T) {
	var cases []struct {
		Source, Target [2]int
		Pixels         string
	}
	testkit.JSON(t, "testdata/centercrop.json", &cases)
	for _, c := range cases {
		m := New(c.Source[0], c.Source[1])
		for y := range m.H {
			for x := range m.W {
				for k := range 3 {
					m.Pix[3*(y*m.W+x)+k] = uint8(3*x*x + 7*y*(k+1) + x*y*(k+2))
				}
			}
		}
		want, err := hex.DecodeString(c.Pixels)
		if err != nil {
			t.Fatal(err)
		}
		shape := tensor.Shape{C: 3, H: c.Target[1], W: c.Target[0]}
		got, err := m.Input(ResizeCenterCrop, shape)
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range want {
			if at := i%3*shape.Plane() + i/3; got.Data[at] != float32(v)/255 {
				t.Errorf("%v to %v: value %d is %g, want %d", c.Source, c.Target, i, got.Data[at]*255, v)
				break
			}
		}
		grey, err := m.CenterCrop(tensor.Shape{C: 1, H: shape.H, W: shape.W}, UsualCropPct)
		if v := luma(want[0], want[1], want[2]); err != nil || grey.Data[0] != float32(v)/255 {
			t.Errorf("%v to %v: grey %g, want %d, %v", c.Source, c.Target, grey.Data[0]*255, v, err)
		}
	}
	if _, err := New(1<<24, 1).CenterCrop(tensor.Shape{C: 3, H: 224, W: 224}, UsualCropPct); !errors.Is(err, ErrTooLarge) {
		t.Errorf("a line of pixels: %v", err)
	}
	if _, err := New(4, 4).CenterCrop(tensor.Shape{C: 2, H: 2, W: 2}, 1); err == nil {
		t.Error("two channels are accepted")
	}
}
