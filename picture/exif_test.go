package picture

import (
	"encoding/binary"
	"fmt"
	"testing"
)

// stored returns what a camera with the given orientation stores of a scene: the inverse of
// upright, written as the standard words each case.
func stored(scene *Image, orientation int) *Image {
	w, h := scene.W, scene.H
	if orientation >= 5 {
		w, h = h, w
	}
	m := New(w, h)
	for y := range scene.H {
		for x := range scene.W {
			fromRight, fromBottom := scene.W-1-x, scene.H-1-y
			// Row 0 is at the first named edge of the scene, column 0 at the second.
			row, column := 0, 0
			switch orientation {
			case 1: // top, left
				row, column = y, x
			case 2: // top, right
				row, column = y, fromRight
			case 3: // bottom, right
				row, column = fromBottom, fromRight
			case 4: // bottom, left
				row, column = fromBottom, x
			case 5: // left, top
				row, column = x, y
			case 6: // right, top
				row, column = fromRight, y
			case 7: // right, bottom
				row, column = fromRight, fromBottom
			case 8: // left, bottom
				row, column = x, fromBottom
			}
			copy(m.row(row)[3*column:], scene.row(y)[3*x:3*x+3])
		}
	}
	return m
}

func TestOrientation(t *testing.T) {
	scene, smooth := noise(11, 7), slope(48, 32)
	for o := 1; o <= 8; o++ {
		data := exif(binary.BigEndian, uint16(o))
		if o%2 == 0 {
			data = exif(binary.LittleEndian, uint16(o))
		}
		t.Run(fmt.Sprint("jpeg ", o), func(t *testing.T) {
			checkSame(t, mustDecode(t, jpegWithExif(jpegFile(t, stored(smooth, o)), data)), smooth, 5)
		})
		t.Run(fmt.Sprint("png ", o), func(t *testing.T) {
			checkSame(t, mustDecode(t, pngWithExif(pngFile(t, stored(scene, o).rgba()), data)), scene, 0)
		})
		t.Run(fmt.Sprint("tiff ", o), func(t *testing.T) {
			m := stored(scene, o)
			checkSame(t, mustDecode(t, rawTIFF(m.W, m.H, m.Pix, map[uint16]uint16{274: uint16(o)})), scene, 0)
		})
		for _, intro := range []string{"", exifIntro} {
			t.Run(fmt.Sprintf("webp %d %q", o, intro), func(t *testing.T) {
				file := riff("VP8X", vp8x(8, 4, 2), "VP8L", vp8l(4, 2, webpPixels), "EXIF", intro+string(data))
				checkSame(t, stored(mustDecode(t, file), o), webpImage(), 0)
			})
		}
	}
}

// TestOrientationDamaged holds that bad EXIF data leaves a picture as stored.
func TestOrientationDamaged(t *testing.T) {
	m := slope(16, 8)
	file := jpegFile(t, m)
	good := exif(binary.LittleEndian, 6)
	var cases [][]byte
	for n := range 20 { // the orientation's value ends at byte 20
		cases = append(cases, good[:n])
	}
	for at, value := range map[int]byte{0: 'X', 2: 0, 4: 0xff, 7: 0xff, 8: 0, 12: 9, 14: 0, 18: 0, 19: 1} {
		bad := append([]byte{}, good...)
		bad[at] = value
		cases = append(cases, bad)
	}
	for _, data := range cases {
		if got := mustDecode(t, jpegWithExif(file, data)); got.W != m.W || got.H != m.H {
			t.Errorf("EXIF %q turns the picture", data)
		}
	}
	// Segments and chunks whose lengths lead astray.
	for _, data := range []string{
		"\xff\xd8\xff\xe1\x00\x00\xff\xe1\x00\x01", "\xff\xd8\xff\xe1\xff\xffExif\x00\x00", "\xff\xd8\xff\xff\xff\xff", "\xff\xd8\xff\xe1\x00",
	} {
		if o := jpegOrientation([]byte(data)); o != 1 {
			t.Errorf("JPEG %q: orientation %d", data, o)
		}
	}
	if o := pngOrientation([]byte("\x89PNG\r\n\x1a\n\xff\xff\xff\xffeXIf")); o != 1 {
		t.Errorf("PNG: orientation %d", o)
	}
	if o := webpOrientation([]byte("RIFF\x00\x00\x00\x00WEBPEXIF\xff\xff\xff\xff")); o != 1 {
		t.Errorf("WebP: orientation %d", o)
	}
}
