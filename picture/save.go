package picture

import (
	"encoding/binary"
	"fmt"
	"image"
	"image/gif"
	"image/png"
	"io"
	"path/filepath"
	"strings"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"

	"github.com/ghostdark/ghostdark/internal/atomicfile"
)

// encoders lists the formats written, by file name extension.
var encoders = []struct {
	ext    string
	encode func(w io.Writer, m image.Image) error
}{
	{".png", png.Encode},
	{".jpg", encodeJPEG},
	{".jpeg", encodeJPEG},
	{".gif", func(w io.Writer, m image.Image) error { return gif.Encode(w, m, nil) }},
	{".bmp", bmp.Encode},
	{".tif", encodeTIFF},
	{".tiff", encodeTIFF},
}

func encodeTIFF(w io.Writer, m image.Image) error {
	return tiff.Encode(w, m, &tiff.Options{Compression: tiff.Deflate, Predictor: true})
}

// encoderFor finds the encoder for an extension with its dot, in any case.
func encoderFor(ext string) (func(io.Writer, image.Image) error, error) {
	exts := make([]string, len(encoders))
	for i, e := range encoders {
		if strings.EqualFold(e.ext, ext) {
			return e.encode, nil
		}
		exts[i] = e.ext
	}
	known := strings.Join(exts, " ")
	if ext == "" {
		return nil, fmt.Errorf("the name has no extension, which tells the format; use one of %s", known)
	}
	return nil, fmt.Errorf("no picture is written with the extension %q; use one of %s", ext, known)
}

// Encode writes m to w in the format that an extension such as ".png" stands for; Save's
// doc lists them.
func Encode(w io.Writer, m *Image, ext string) error {
	encode, err := encoderFor(ext)
	if err != nil {
		return err
	}
	if m.W <= 0 || m.H <= 0 {
		return fmt.Errorf("cannot write a picture of %d×%d pixels", m.W, m.H)
	}
	return encode(w, m.rgba())
}

// Save writes m to the file at path, in the format of its extension: .png, .jpg, .jpeg,
// .gif, .bmp, .tif or .tiff. The file appears, or replaces an older one, only when it is
// complete; after an error nothing is left behind. The folder must exist.
func Save(path string, m *Image) error {
	if err := CheckSave(path); err != nil {
		return err
	}
	return atomicfile.Write(path, func(w io.Writer) error { return Encode(w, m, filepath.Ext(path)) })
}

// HasFormat reports whether path ends in the extension of a format that Save writes.
func HasFormat(path string) bool {
	_, err := encoderFor(filepath.Ext(path))
	return err == nil
}

// CheckSave returns the error that Save would give for a path of any picture: an extension of
// no format, a folder that doesn't exist, a name that is taken by other than a regular file.
func CheckSave(path string) error {
	if _, err := encoderFor(filepath.Ext(path)); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return atomicfile.Check(path)
}

// rgba copies the picture to the standard library's form.
func (m *Image) rgba() *image.RGBA {
	const opaque = 255 << 24
	out := image.NewRGBA(m.bounds())
	from, to := m.Pix, out.Pix
	for ; len(from) >= 4; from, to = from[3:], to[4:] { // the fourth byte is the next pixel's
		binary.LittleEndian.PutUint32(to, binary.LittleEndian.Uint32(from)|opaque)
	}
	if len(from) == 3 {
		to[0], to[1], to[2], to[3] = from[0], from[1], from[2], 255
	}
	return out
}
