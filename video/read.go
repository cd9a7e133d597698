package video

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"

	"github.com/ghostdark/ghostdark/picture"
)

// usualFPS is the rate of a source that doesn't tell its own.
const usualFPS = 25

// ReadOptions say how a video is read.
type ReadOptions struct {
	Live bool // frames that come while nobody asks for one are dropped, so that none is old
}

// Reader gives the frames of a video, upright, one after another.
type Reader struct {
	About
	name   string
	live   bool
	cancel context.CancelFunc
	cmd    *exec.Cmd
	stderr tail
	out    *bufio.Reader
	first  *picture.Image // read to see whether ffmpeg does
	newest chan frame     // of a live source
	ended  error
}

type frame struct {
	image *picture.Image
	err   error
}

// Open starts ffmpeg on a file, an address, or a camera, and waits for its first frame.
func Open(ctx context.Context, name string, opt ReadOptions) (*Reader, error) {
	ffmpeg, err := find("ffmpeg")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	r := &Reader{name: name, live: opt.Live}
	if !opt.Live {
		if r.About, err = Probe(ctx, name); err != nil {
			return nil, err
		}
	}
	if r.FPS == 0 {
		r.FPS = usualFPS
	}
	// Each frame once, as it is in the file; what was called -vsync has had that name since ffmpeg 5.1.
	for _, once := range []string{"-fps_mode", "-vsync"} {
		r.start(ctx, ffmpeg, once)
		r.first, err = r.read()
		if err == nil || !strings.Contains(string(r.stderr.text), "Unrecognized option") {
			break
		}
	}
	if errors.Is(err, io.EOF) {
		err = fmt.Errorf("%s: there is no frame in it", name)
	}
	if err != nil {
		r.Close()
		return nil, err
	}
	if r.live {
		r.newest = make(chan frame, 1)
		go r.follow()
	}
	return r, nil
}

func (r *Reader) start(ctx context.Context, ffmpeg, once string) {
	ctx, r.cancel = context.WithCancel(ctx)
	args := slices.Concat([]string{"-nostdin", "-hide_banner", "-loglevel", "error"}, input(r.name, r.live), []string{
		"-map", "0:v:0", once, "passthrough", "-f", "image2pipe", "-c:v", "ppm", "-pix_fmt", "rgb24", "-",
	})
	r.cmd = exec.CommandContext(ctx, ffmpeg, args...)
	r.stderr = tail{}
	r.cmd.Stderr = &r.stderr
	apart(r.cmd)
	pipe, err := r.cmd.StdoutPipe()
	if err == nil {
		err = r.cmd.Start()
	}
	if err != nil {
		r.cmd, r.ended = nil, fmt.Errorf("%s: %w", r.name, err)
		return
	}
	const room = 1 << 20
	r.out = bufio.NewReaderSize(pipe, room)
}

// errDamaged stands for what ffmpeg complained of without failing.
var errDamaged = errors.New("damaged")

// Next returns the next frame, io.EOF after the last one. An error that comes in its place may be that of frames
// before, which ffmpeg then could only read in part.
func (r *Reader) Next() (*picture.Image, error) {
	if m := r.first; m != nil {
		r.first = nil
		return m, nil
	}
	if r.live {
		f := <-r.newest
		return f.image, f.err
	}
	return r.read()
}

// follow reads a live source and keeps its newest frame.
func (r *Reader) follow() {
	defer close(r.newest)
	for {
		m, err := r.read()
		select {
		case <-r.newest: // nobody wanted that one
		default:
		}
		if err != nil {
			r.newest <- frame{nil, err}
			return
		}
		r.newest <- frame{image: m}
	}
}

// read reads one frame from ffmpeg.
func (r *Reader) read() (*picture.Image, error) {
	if r.ended != nil {
		return nil, r.ended
	}
	m, err := readPPM(r.out)
	switch {
	case err == nil:
		return m, nil
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		// ffmpeg has ended, well or not.
		switch failed := r.cmd.Wait(); {
		case failed != nil:
			r.ended = r.stderr.explain(r.name, failed)
		case len(r.stderr.text) > 0 && !r.live: // a live stream may begin in the middle of a frame
			r.ended = fmt.Errorf("%w; frames may be damaged or missing", r.stderr.explain(r.name, errDamaged))
		default:
			r.ended = io.EOF
		}
		r.cmd = nil
	default:
		r.ended = fmt.Errorf("%s: %w", r.name, err)
	}
	return nil, r.ended
}

// maxPixels bounds a frame.
const maxPixels = 100_000_000

// readPPM reads a picture as ffmpeg writes it: P6, the extents, 255, each on a line, and the pixels.
func readPPM(r *bufio.Reader) (*picture.Image, error) {
	var w, h, most int
	var form string
	if _, err := r.Peek(1); err != nil {
		return nil, err
	}
	if _, err := fmt.Fscanf(r, "%2s\n%d %d\n%d\n", &form, &w, &h, &most); err != nil || form != "P6" || most != 255 {
		return nil, fmt.Errorf("what ffmpeg gives is no frame")
	}
	if w <= 0 || h <= 0 || w > maxPixels/h {
		return nil, fmt.Errorf("frames of %d×%d pixels are too large", w, h)
	}
	m := picture.New(w, h)
	if _, err := io.ReadFull(r, m.Pix); err != nil {
		return nil, err
	}
	return m, nil
}

// Close ends ffmpeg.
func (r *Reader) Close() {
	if r.cancel != nil {
		r.cancel()
	}
	if r.live && r.newest != nil {
		for range r.newest { // until follow has ended
		}
	}
	if r.cmd != nil {
		_ = r.cmd.Wait() // it was killed
	}
}
