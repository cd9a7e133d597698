package picture

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"strings"

	"github.com/ghostdark/ghostdark/tensor"
	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
	"golang.org/x/image/webp"
)

// format is one file format that is read.
type format struct {
	name   string
	magics []string // first bytes; ? stands for any byte
	config func(io.Reader) (image.Config, error)
	decode func(data []byte) (image.Image, error)

	check       func(data []byte, c image.Config, maxPixels int) error    // what the decoder leaves unchecked; may be nil
	convert     func(img image.Image, c image.Config, data []byte) *Image // decoded picture to RGB
	orientation func(data []byte) int                                     // EXIF orientation 1 to 8
}

var formats = []format{
	{
		name: "JPEG", magics: []string{"\xff\xd8\xff"},
		config: jpeg.DecodeConfig, decode: decodeJPEG,
		convert: plainRGB, orientation: jpegOrientation,
	},
	{
		name: "PNG", magics: []string{"\x89PNG\r\n\x1a\n"},
		config: png.DecodeConfig, decode: reading(png.Decode),
		convert: plainRGB, orientation: pngOrientation,
	},
	{
		name: "GIF", magics: []string{"GIF87a", "GIF89a"},
		config: gif.DecodeConfig, decode: reading(gif.Decode),
		convert: gifCanvas, orientation: noOrientation,
	},
	{
		name: "BMP", magics: []string{"BM"},
		config: bmp.DecodeConfig, decode: reading(bmp.Decode),
		convert: plainRGB, orientation: noOrientation,
	},
	{
		name: "WebP", magics: []string{"RIFF????WEBP"},
		config: webp.DecodeConfig, decode: reading(webp.Decode),
		check: checkWebP, convert: videoRGB, orientation: webpOrientation,
	},
	{
		name: "TIFF", magics: []string{"II*\x00", "MM\x00*"},
		config: tiff.DecodeConfig, decode: reading(tiff.Decode),
		check: checkTIFF, convert: plainRGB, orientation: tiffOrientation,
	},
}

// reading makes a decoder of bytes from one that reads.
func reading(decode func(io.Reader) (image.Image, error)) func([]byte) (image.Image, error) {
	return func(data []byte) (image.Image, error) { return decode(bytes.NewReader(data)) }
}

func formatNames() string {
	names := make([]string, len(formats))
	for i, f := range formats {
		names[i] = f.name
	}
	return strings.Join(names, ", ")
}

// strangers are formats that people take for readable ones, with what to do about them.
var strangers = []struct{ magic, name, remedy string }{
	{"????ftypheic", "HEIC", convertIt},
	{"????ftypheix", "HEIC", convertIt},
	{"????ftypmif1", "HEIF", convertIt},
	{"????ftypavif", "AVIF", convertIt},
	{"????ftyp", "a film or HEIF", convertIt},
	{"\xff\x0a", "JPEG XL", convertIt},
	{"\x00\x00\x00\x0cJXL ", "JPEG XL", convertIt},
	{"\x00\x00\x00\x0cjP  ", "JPEG 2000", convertIt},
	{"8BPS", "Photoshop", convertIt},
	{"%PDF", "PDF", convertIt},
	{"<svg", "SVG", convertIt},
	{"<?xml", "XML or SVG", convertIt},
	{"<!DOCTYPE", "a web page", "download the picture itself"},
	{"<!doctype", "a web page", "download the picture itself"},
	{"<html", "a web page", "download the picture itself"},
	{"version https://git-lfs", "a Git LFS pointer", "run `git lfs pull` to get the picture itself"},
}

const convertIt = "convert it to PNG or JPEG"

// sniff tells the format of a file by its first bytes.
func sniff(data []byte) (*format, error) {
	if len(data) == 0 {
		return nil, fmt.Errorf("%w (it is empty)", ErrDamaged)
	}
	for i := range formats {
		f := &formats[i]
		for _, magic := range f.magics {
			n := min(len(magic), len(data))
			if !matches(magic[:n], data) {
				continue
			}
			if n < len(magic) {
				return nil, fmt.Errorf("%s: %w", f.name, ErrDamaged)
			}
			return f, nil
		}
	}
	for _, s := range strangers {
		if matches(s.magic, data) {
			return nil, fmt.Errorf("%w: it looks like %s; %s", ErrUnknownFormat, s.name, s.remedy)
		}
	}
	return nil, fmt.Errorf("%w: it begins with %q", ErrUnknownFormat, data[:min(len(data), 12)])
}

// matches reports whether data begins with magic.
func matches(magic string, data []byte) bool {
	if len(data) < len(magic) {
		return false
	}
	for i := range len(magic) {
		if magic[i] != '?' && magic[i] != data[i] {
			return false
		}
	}
	return true
}

// fault sorts a decoder's error into damaged and unsupported.
func (f *format) fault(err error) error {
	var (
		jpegKind jpeg.UnsupportedError
		pngKind  png.UnsupportedError
		tiffKind tiff.UnsupportedError
	)
	class := ErrDamaged
	if errors.As(err, &jpegKind) || errors.As(err, &pngKind) || errors.As(err, &tiffKind) || errors.Is(err, bmp.ErrUnsupported) {
		class = ErrUnsupported
	}
	if class == ErrDamaged && (errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)) {
		return fmt.Errorf("%s: %w", f.name, class) // which says so already
	}
	return fmt.Errorf("%s: %w (%v)", f.name, class, err)
}

func plainRGB(img image.Image, _ image.Config, _ []byte) *Image { return toRGB(img, &fullRange) }

// videoRGB converts a WebP picture. Lossy ones hold YCbCr in video range, which the decoder
// hands over as if it were JPEG's full range.
func videoRGB(img image.Image, _ image.Config, _ []byte) *Image { return toRGB(img, &videoRange) }

// gifCanvas places a GIF's first frame on its canvas, which has the background colour of the
// global palette; like stb_image, it takes background 0 as none given: black.
func gifCanvas(img image.Image, c image.Config, data []byte) *Image {
	frame, at := toRGB(img, &fullRange), img.Bounds().Min
	if frame.W == c.Width && frame.H == c.Height {
		return frame
	}
	canvas := New(c.Width, c.Height)
	const backgroundAt = 11 // in the screen descriptor, which the decoder has found complete
	palette, _ := c.ColorModel.(color.Palette)
	if i := int(data[backgroundAt]); i > 0 && i < len(palette) {
		rgb := flat(palette[i])
		for p := 0; p < len(canvas.Pix); p += 3 {
			copy(canvas.Pix[p:], rgb[:])
		}
	}
	for y := range frame.H {
		copy(canvas.row(at.Y + y)[3*at.X:], frame.row(y))
	}
	return canvas
}

// checkWebP refuses animations with better words than the decoder's.
func checkWebP(data []byte, _ image.Config, _ int) error {
	const flagsAt, animation = 20, 1 << 1
	if len(data) > flagsAt && bytes.Equal(data[12:16], []byte("VP8X")) && data[flagsAt]&animation != 0 {
		return fmt.Errorf("%w (it is animated)", ErrUnsupported)
	}
	return nil
}

// checkTIFF limits the area of the tiles: the decoder unpacks them whole, even where they
// reach far beyond the picture.
func checkTIFF(data []byte, c image.Config, maxPixels int) error {
	const harmless = 1 << 20 // small pictures have padded tiles, too
	w, h := tiffTile(data)
	if w <= 0 || h <= 0 {
		return nil
	}
	across, down := (c.Width-1)/w+1, (c.Height-1)/h+1
	return checkPixels(tensor.Product(across, w), tensor.Product(down, h), max(maxPixels, harmless))
}
