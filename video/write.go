package video

import (
	"bufio"
	"fmt"
	"io"
	"os/exec"
	"strings"

	"github.com/ghostdark/ghostdark/internal/atomicfile"
	"github.com/ghostdark/ghostdark/picture"
)

// Writer makes a video of frames. The file appears when it is complete.
type Writer struct {
	path   string
	w, h   int
	file   *atomicfile.Pending
	cmd    *exec.Cmd
	in     io.WriteCloser
	buffer *bufio.Writer
	stderr tail
}

// Check returns the error that Create gives for a path whatever the frames are.
func Check(path string) error {
	if _, err := find("ffmpeg"); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return atomicfile.Check(path)
}

// Timing says when frames are shown.
type Timing struct {
	FPS  float64
	Live bool // as they are written, whatever the rate
}

// Create starts a video of frames of w×h pixels. The extension of its path tells the format.
func Create(path string, w, h int, t Timing) (*Writer, error) {
	ffmpeg, err := find("ffmpeg")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	v := &Writer{path: path, w: w, h: h}
	if v.file, err = atomicfile.Begin(path); err != nil {
		return nil, err
	}
	args := []string{"-nostdin", "-hide_banner", "-loglevel", "error", "-y"}
	if t.Live {
		args = append(args, "-use_wallclock_as_timestamps", "1")
	}
	args = append(args,
		"-f", "rawvideo", "-pix_fmt", "rgb24", "-video_size", fmt.Sprintf("%dx%d", w, h), "-framerate", fmt.Sprint(t.FPS), "-i", "-",
		// Most codecs want even extents, and most players one picture in which colours are halved.
		"-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2", "-pix_fmt", "yuv420p",
		"file:"+v.file.Temporary)
	v.cmd = exec.Command(ffmpeg, args...)
	v.cmd.Stderr = &v.stderr
	apart(v.cmd)
	if v.in, err = v.cmd.StdinPipe(); err == nil {
		err = v.cmd.Start()
	}
	if err != nil {
		v.file.Discard()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	const room = 1 << 20
	v.buffer = bufio.NewWriterSize(v.in, room)
	return v, nil
}

// Write adds a frame.
func (v *Writer) Write(m *picture.Image) error {
	if m.W != v.w || m.H != v.h {
		return fmt.Errorf("%s: a frame of %d×%d pixels among those of %d×%d", v.path, m.W, m.H, v.w, v.h)
	}
	if _, err := v.buffer.Write(m.Pix); err != nil {
		return v.fail(err)
	}
	return nil
}

// fail ends ffmpeg after an error of writing to it, and gives ffmpeg's own if there is one.
func (v *Writer) fail(err error) error {
	v.in.Close()
	if failed := v.cmd.Wait(); failed != nil {
		err = v.stderr.explain(v.path, failed)
	} else {
		err = fmt.Errorf("%s: %w", v.path, err)
	}
	v.cmd = nil
	v.file.Discard()
	return err
}

// Close completes the video.
func (v *Writer) Close() error {
	if v.cmd == nil {
		return nil // its error was given already
	}
	if err := v.buffer.Flush(); err != nil {
		return v.fail(err)
	}
	v.in.Close()
	err := v.cmd.Wait()
	v.cmd = nil
	if err != nil {
		v.file.Discard()
		return v.stderr.explain(v.path, err)
	}
	return v.file.Commit()
}

// HasFormat reports whether a path has the extension of a kind of video that is written.
func HasFormat(path string) bool {
	for _, ext := range []string{".mp4", ".mkv", ".mov", ".avi", ".webm", ".m4v"} {
		if strings.HasSuffix(strings.ToLower(path), ext) {
			return true
		}
	}
	return false
}
