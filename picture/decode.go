package picture

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
)

// Limits guard memory against large and hostile files. A zero field means its default.
type Limits struct {
	MaxPixels int   // width × height, as the file's header gives them; default 100 million
	MaxBytes  int64 // size of the file; default 256 MiB
}

const (
	defaultMaxPixels = 100_000_000
	defaultMaxBytes  = 256 << 20
)

// The ways in which reading a picture fails, besides errors of the file system. Every error
// of Open and Decode wraps one of them or the reader's own error.
var (
	ErrUnknownFormat = errors.New("not a picture in a format that is read (" + formatNames() + ")")
	ErrUnsupported   = errors.New("a variant that is not read; save it again as an ordinary PNG or JPEG")
	ErrDamaged       = errors.New("the file ends early or is damaged; fetch or save it again")
	ErrTooLarge      = errors.New("too large")
)

// Open reads the picture in the file at path as Decode does.
func Open(path string, lim Limits) (*Image, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, fmt.Errorf("%s: a folder, not a picture; name the files in it", path)
	}
	return decode(f, path, info.Size(), lim)
}

// Decode reads one whole picture from r: the first one if the file holds several. The format
// is told from the content. The result is upright (EXIF orientation applied) and plain RGB as
// stb_image gives it to darknet: grey replicated, alpha dropped and the colour beneath kept,
// 16-bit samples cut to their high byte. name stands for the picture in errors.
//
// The picture's size is checked against lim before memory for its pixels is taken.
func Decode(r io.Reader, name string, lim Limits) (*Image, error) {
	return decode(r, name, 0, lim)
}

// decode is Decode for a file expected to have size bytes, 0 if that is not known.
func decode(r io.Reader, name string, size int64, lim Limits) (*Image, error) {
	if lim.MaxPixels <= 0 {
		lim.MaxPixels = defaultMaxPixels
	}
	if lim.MaxBytes <= 0 {
		lim.MaxBytes = defaultMaxBytes
	}
	data, err := readAll(r, size, lim.MaxBytes)
	if err == nil {
		var m *Image
		if m, err = decodeBytes(data, lim.MaxPixels); err == nil {
			return m, nil
		}
	}
	return nil, fmt.Errorf("%s: %w", name, err)
}

// sniffed is how much is read before the format is told; more than any of them needs.
const sniffed = 4096

// readAll reads r to its end, at most limit bytes.
func readAll(r io.Reader, size, limit int64) ([]byte, error) {
	tooLarge := fmt.Errorf("%w: the file has more than the allowed %d bytes; shrink it", ErrTooLarge, limit)
	if size > limit {
		return nil, tooLarge
	}
	var buf bytes.Buffer
	// One read beyond the content tells the end without growing the buffer.
	buf.Grow(int(size) + bytes.MinRead)
	n, err := buf.ReadFrom(io.LimitReader(r, min(sniffed, limit)))
	if err == nil && n == sniffed {
		// What is no picture, such as a stream without an end, isn't read to its end to find that out.
		if _, err := sniff(buf.Bytes()); err != nil {
			return nil, err
		}
		var more int64
		more, err = buf.ReadFrom(io.LimitReader(r, limit-n))
		n += more
	}
	if err == nil && n == limit {
		var one [1]byte
		if k, _ := io.ReadFull(r, one[:]); k > 0 {
			err = tooLarge
		}
	}
	return buf.Bytes(), err
}

func decodeBytes(data []byte, maxPixels int) (m *Image, err error) {
	f, err := sniff(data)
	if err != nil {
		return nil, err
	}
	defer func() {
		// The decoders are not ours; a panic in one must not take a server down.
		if p := recover(); p != nil {
			m, err = nil, fmt.Errorf("%s: %w (decoder: %v)", f.name, ErrDamaged, p)
		}
	}()
	c, err := f.config(bytes.NewReader(data))
	if err != nil {
		return nil, f.fault(err)
	}
	if c.Width <= 0 || c.Height <= 0 {
		return nil, fmt.Errorf("%s: %w (%d×%d pixels)", f.name, ErrDamaged, c.Width, c.Height)
	}
	if err := checkPixels(c.Width, c.Height, maxPixels); err != nil {
		return nil, err
	}
	if f.check != nil {
		if err := f.check(data, c, maxPixels); err != nil {
			return nil, fmt.Errorf("%s: %w", f.name, err)
		}
	}
	img, err := f.decode(data)
	if err != nil {
		return nil, f.fault(err)
	}
	m = f.convert(img, c, data)
	return m.upright(f.orientation(data)), nil
}

// checkPixels holds w×h against the limit; division instead of a product that may overflow.
func checkPixels(w, h, maxPixels int) error {
	if w > maxPixels/h {
		return fmt.Errorf("%w: %d×%d pixels, %d allowed; shrink the picture", ErrTooLarge, w, h, maxPixels)
	}
	return nil
}

// FromImage converts a picture of the standard library's kind, for pictures that do not come
// from files. Colours are taken as Decode takes them; the bounds' upper left corner becomes (0, 0).
func FromImage(img image.Image) *Image {
	return toRGB(img, &fullRange)
}
