package video

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ghostdark/ghostdark/internal/testkit"
	"github.com/ghostdark/ghostdark/picture"
)

// needFFmpeg skips a test where ffmpeg isn't installed.
func needFFmpeg(t *testing.T) {
	t.Helper()
	if _, err := find("ffmpeg"); err != nil {
		t.Skip("needs the program ffmpeg")
	}
}

// grey is a frame of one brightness, by which frames are told apart after they were compressed.
func grey(w, h int, level uint8) *picture.Image {
	m := picture.New(w, h)
	for i := range m.Pix {
		m.Pix[i] = level
	}
	return m
}

func TestWriteAndRead(t *testing.T) {
	needFFmpeg(t)
	folder := t.TempDir()
	for _, name := range []string{"film.mp4", "film.mkv", "film.avi"} {
		path := filepath.Join(folder, name)
		const w, h, frames = 63, 40, 13
		v, err := Create(path, w, h, Timing{FPS: 12.5})
		if err != nil {
			t.Fatal(err)
		}
		for i := range frames {
			if err := v.Write(grey(w, h, uint8(20+15*i))); err != nil {
				t.Fatal(err)
			}
		}
		if err := v.Write(grey(w, h+1, 0)); err == nil {
			t.Error("a frame of another size was taken")
		}
		if _, err := os.Stat(path); err == nil {
			t.Error("the file is there before it is complete")
		}
		if err := v.Close(); err != nil {
			t.Fatal(err)
		}
		r, err := Open(context.Background(), path, ReadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if r.FPS != 12.5 || r.Frames != frames {
			t.Errorf("%s: %v frames a second, %d of them", name, r.FPS, r.Frames)
		}
		for i := 0; ; i++ {
			m, err := r.Next()
			if errors.Is(err, io.EOF) {
				if i != frames {
					t.Errorf("%s: %d frames", name, i)
				}
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if level := int(m.Pix[3*(m.W*h/2+m.W/2)]); m.W != w+1 || m.H != h || level < 12+15*i || level > 28+15*i {
				t.Errorf("%s: frame %d of %d×%d pixels is as bright as %d", name, i, m.W, m.H, level)
			}
		}
		r.Close()
	}
	if left, _ := os.ReadDir(folder); len(left) != 3 {
		t.Errorf("left behind: %v", left)
	}
}

func TestBadVideo(t *testing.T) {
	needFFmpeg(t)
	folder := t.TempDir()
	text := filepath.Join(folder, "text.mp4")
	if err := os.WriteFile(text, []byte("no film"), 0o666); err != nil {
		t.Fatal(err)
	}
	tone := filepath.Join(folder, "tone.mkv")
	if out, err := exec.Command("ffmpeg", "-loglevel", "error", "-f", "lavfi", "-i", "sine=duration=1", tone).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for name, want := range map[string]string{
		text:                                 "Invalid data found when processing input",
		tone:                                 "there is no video in it",
		filepath.Join(folder, "missing.mp4"): "no such file or directory",
		"http://127.0.0.1:1/film.mp4":        "Connection refused",
	} {
		if _, err := Open(context.Background(), name, ReadOptions{}); err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
	for path, want := range map[string]string{
		filepath.Join(folder, "film.nosuch"):    "film.nosuch: ffmpeg: ",
		filepath.Join(folder, "no", "film.mp4"): "does not exist; create it first",
	} {
		v, err := Create(path, 64, 64, Timing{FPS: 25})
		for i := 0; err == nil && i < 1000; i++ {
			err = v.Write(grey(64, 64, 9))
		}
		if err == nil {
			err = v.Close()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", path, err, want)
		}
	}
	if left, _ := os.ReadDir(folder); len(left) != 2 {
		t.Errorf("left behind: %v", left)
	}
}

// TestTorn reads a video without its end.
func TestTorn(t *testing.T) {
	needFFmpeg(t)
	path := filepath.Join(t.TempDir(), "film.mkv")
	if out, err := exec.Command("ffmpeg", "-loglevel", "error", "-f", "lavfi", "-i", "testsrc=duration=4", path).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	whole := testkit.Bytes(t, path)
	if err := os.WriteFile(path, whole[:len(whole)/2], 0o666); err != nil {
		t.Fatal(err)
	}
	r, err := Open(context.Background(), path, ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	frames := 0
	for err == nil {
		if _, err = r.Next(); err == nil {
			frames++
		}
	}
	if frames == 0 || errors.Is(err, io.EOF) || !strings.HasPrefix(err.Error(), path+": ffmpeg: ") || !strings.HasSuffix(err.Error(), "; frames may be damaged or missing") {
		t.Errorf("%d frames, then %v", frames, err)
	}
}

// TestStop ends reading and writing before the end.
func TestStop(t *testing.T) {
	needFFmpeg(t)
	path := filepath.Join(t.TempDir(), "film.mp4")
	if out, err := exec.Command("ffmpeg", "-loglevel", "error", "-f", "lavfi", "-i", "testsrc=duration=20", path).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	ctx, cancel := context.WithCancel(context.Background())
	for _, opt := range []ReadOptions{{}, {Live: true}} {
		r, err := Open(ctx, path, opt)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Next(); err != nil {
			t.Error(err)
		}
		r.Close()
	}
	r, err := Open(ctx, path, ReadOptions{Live: true})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	for err == nil {
		_, err = r.Next()
	}
	r.Close()
}

func TestNoFFmpeg(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if _, err := Open(context.Background(), "film.mp4", ReadOptions{}); !errors.Is(err, ErrNoFFmpeg) || !strings.HasPrefix(err.Error(), "film.mp4: ") {
		t.Errorf("reading: %v", err)
	}
	if _, err := Create(filepath.Join(t.TempDir(), "film.mp4"), 8, 8, Timing{FPS: 25}); !errors.Is(err, ErrNoFFmpeg) {
		t.Errorf("writing: %v", err)
	}
}

func TestInput(t *testing.T) {
	for name, want := range map[string]string{
		"concat:x": "-i file:concat:x", "http://h/x.mp4": "-i http://h/x.mp4", "rtsp://h/x": "-fflags nobuffer -analyzeduration 1000000 -rtsp_transport tcp -i rtsp://h/x",
		"udp://h:1": "-fflags nobuffer -analyzeduration 1000000 -i udp://h:1",
	} {
		if got := strings.Join(input(name, strings.HasPrefix(name, "udp")), " "); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	for system, want := range map[string]string{
		"linux": "-f v4l2 -i /dev/video1", "darwin": "-f avfoundation -framerate 30 -i 1:none", "windows": "-f dshow -i video=1",
	} {
		if got := strings.Join(camera(system, "1"), " "); got != want {
			t.Errorf("%s: %s, want %s", system, got, want)
		}
	}
	if got := camera("linux", "/dev/video3"); !slices.Contains(got, "/dev/video3") || !IsCamera("/dev/video3") || !IsCamera("camera:0") || IsCamera("video.mp4") {
		t.Errorf("got %v", got)
	}
}

func TestAbout(t *testing.T) {
	for answer, want := range map[string]string{
		`{"streams":[{"avg_frame_rate":"30000/1001","nb_frames":"61"}]}`:                                                    "{29.97 61}",
		`{"streams":[{"avg_frame_rate":"0/0","r_frame_rate":"25/1","duration":"2.02"}]}`:                                    "{25.00 51}",
		`{"streams":[{"avg_frame_rate":"10/1"}],"format":{"duration":"1e99"}}`:                                              "{10.00 1000000000}",
		`{"streams":[{"avg_frame_rate":"90000/1","r_frame_rate":"x","nb_frames":"-4","duration":"N/A"}],"format":{"x": 1}}`: "{0.00 0}",
		`{"streams":[]}`: "there is no video in it",
		`{`:              "isn't understood",
	} {
		a, err := about("x", []byte(answer))
		if got := fmt.Sprintf("{%.2f %d}", a.FPS, a.Frames); got != want && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %s, %v, want %s", answer, got, err, want)
		}
	}
}

func FuzzReadPPM(f *testing.F) {
	f.Add([]byte("P6\n2 1\n255\nabcdef"))
	f.Add([]byte("P6\n99999 99999\n255\n"))
	f.Add([]byte("P5\n1 1\n255\nabc"))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := readPPM(bufio.NewReader(bytes.NewReader(data)))
		if err == nil && len(m.Pix) != 3*m.W*m.H {
			t.Errorf("%d×%d pixels in %d bytes", m.W, m.H, len(m.Pix))
		}
	})
}

// TestUprightFrames reads a video that says that it is to be turned, as phones make them.
func TestUprightFrames(t *testing.T) {
	needFFmpeg(t)
	folder := t.TempDir()
	path, turned := filepath.Join(folder, "film.mp4"), filepath.Join(folder, "turned.mp4")
	for _, args := range [][]string{
		{"-loop", "1", "-i", filepath.Join(testkit.Root(), "cfgs", "smear.jpg"), "-frames:v", "3", "-pix_fmt", "yuv420p", path},
		{"-i", path, "-c", "copy", "-metadata:s:v:0", "rotate=90", turned},
	} {
		if out, err := exec.Command("ffmpeg", append([]string{"-loglevel", "error"}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	r, err := Open(context.Background(), turned, ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if m, err := r.Next(); err != nil || m.W != 480 || m.H != 640 {
		t.Errorf("a turned frame: %v, %v", m, err)
	}
}
