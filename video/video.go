// Package video reads the frames of videos, cameras and streams, and writes videos, by way of the program
// ffmpeg, which must be installed.
package video

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
)

// ErrNoFFmpeg tells that ffmpeg isn't installed.
var ErrNoFFmpeg = errors.New("videos, cameras and streams need the programs ffmpeg and ffprobe, which aren't installed: on Debian and Ubuntu, apt install ffmpeg; on macOS, brew install ffmpeg; on Windows, winget install ffmpeg")

// find gives the path of ffmpeg or ffprobe.
func find(program string) (string, error) {
	path, err := exec.LookPath(program)
	if err != nil {
		return "", ErrNoFFmpeg
	}
	return path, nil
}

const cameraPrefix = "camera:"

// IsCamera reports whether an input names a camera: camera:NAME, or a device file /dev/videoN.
func IsCamera(input string) bool {
	return strings.HasPrefix(input, cameraPrefix) || strings.HasPrefix(input, "/dev/video")
}

// input gives ffmpeg's arguments for an input. The name of a file can't be taken for a protocol. Of a live stream,
// ffmpeg looks at a second before it gives the first frame, instead of five.
func input(name string, live bool) []string {
	soon := []string{"-fflags", "nobuffer", "-analyzeduration", "1000000"}
	switch {
	case IsCamera(name):
		return camera(runtime.GOOS, strings.TrimPrefix(name, cameraPrefix))
	case strings.HasPrefix(strings.ToLower(name), "rtsp"):
		return append(soon, "-rtsp_transport", "tcp", "-i", name)
	case live:
		return append(soon, "-i", name)
	case strings.Contains(name, "://"):
		return []string{"-i", name}
	}
	return []string{"-i", "file:" + name}
}

// camera gives ffmpeg's arguments for a camera by its number or name, as systems call them.
func camera(system, name string) []string {
	_, err := strconv.Atoi(name)
	number := err == nil
	switch system {
	case "darwin":
		return []string{"-f", "avfoundation", "-framerate", "30", "-i", name + ":none"}
	case "windows":
		return []string{"-f", "dshow", "-i", "video=" + name}
	}
	if number {
		name = "/dev/video" + name
	}
	return []string{"-f", "v4l2", "-i", name}
}

// About is what is known of a video before it is read.
type About struct {
	FPS    float64 // frames a second on the average, 0 if that isn't known
	Frames int     // 0 if that isn't known; may be off by a few
}

// Probe asks ffprobe about a video.
func Probe(ctx context.Context, name string) (About, error) {
	ffprobe, err := find("ffprobe")
	if err != nil {
		return About{}, fmt.Errorf("%s: %w", name, err)
	}
	if _, err := os.Stat(name); err != nil && !strings.Contains(name, "://") {
		return About{}, err
	}
	args := append([]string{
		"-v", "error", "-select_streams", "v:0", "-show_entries", "stream=avg_frame_rate,r_frame_rate,nb_frames,duration:format=duration", "-of", "json",
	}, input(name, false)...)
	cmd := exec.CommandContext(ctx, ffprobe, args...)
	var stderr tail
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return About{}, stderr.explain(name, err)
	}
	return about(name, out)
}

// about reads ffprobe's answer.
func about(name string, answer []byte) (About, error) {
	var said struct {
		Streams []struct {
			Average  string `json:"avg_frame_rate"`
			Base     string `json:"r_frame_rate"`
			Frames   string `json:"nb_frames"`
			Duration string `json:"duration"`
		} `json:"streams"`
		Format struct {
			Duration string `json:"duration"`
		} `json:"format"`
	}
	if err := json.Unmarshal(answer, &said); err != nil {
		return About{}, fmt.Errorf("%s: ffprobe's answer isn't understood: %w", name, err)
	}
	if len(said.Streams) == 0 {
		return About{}, fmt.Errorf("%s: there is no video in it", name)
	}
	s := said.Streams[0]
	a := About{FPS: ratio(s.Average)}
	if a.FPS == 0 {
		a.FPS = ratio(s.Base)
	}
	a.Frames, _ = strconv.Atoi(s.Frames)
	if a.Frames <= 0 {
		seconds, err := strconv.ParseFloat(s.Duration, 64)
		if err != nil {
			seconds, _ = strconv.ParseFloat(said.Format.Duration, 64)
		}
		const most = 1e9
		a.Frames = int(min(max(seconds*a.FPS+.5, 0), most))
	}
	return a, nil
}

// ratio reads a rate such as 30000/1001; 0 if it isn't one that a video can have.
func ratio(s string) float64 {
	over, under, _ := strings.Cut(s, "/")
	n, _ := strconv.ParseFloat(over, 64)
	d, _ := strconv.ParseFloat(under, 64)
	const most = 1000
	if v := n / d; v > 0 && v <= most {
		return v
	}
	return 0
}

// tail keeps the end of what a program says.
type tail struct{ text []byte }

func (t *tail) Write(p []byte) (int, error) {
	const most = 4 << 10
	t.text = append(t.text, p...)
	if extra := len(t.text) - most; extra > 0 {
		t.text = t.text[:copy(t.text, t.text[extra:])]
	}
	return len(p), nil
}

// explain makes an error of how a program ended and its last words.
func (t *tail) explain(name string, err error) error {
	lines := strings.Split(strings.TrimSpace(string(bytes.ToValidUTF8(t.text, []byte("?")))), "\n")
	said := strings.TrimSpace(lines[len(lines)-1])
	said = strings.TrimPrefix(strings.TrimPrefix(said, "file:"), name+": ")
	if said == "" {
		return fmt.Errorf("%s: ffmpeg failed: %w", name, err)
	}
	return fmt.Errorf("%s: ffmpeg: %s", name, said)
}
