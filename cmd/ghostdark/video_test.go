package main

import (
	"bytes"
	"context"
	stdnet "net"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ghostdark/ghostdark/internal/testkit"
	"github.com/ghostdark/ghostdark/video"
)

// TestNoFFmpeg looks at a video where ffmpeg isn't installed, among pictures.
func TestNoFFmpeg(t *testing.T) {
	enterFolder(t)
	t.Setenv("PATH", t.TempDir())
	write(t, "film.mp4", []byte("film"))
	var stdout, stderr bytes.Buffer
	code := execute(context.Background(), strings.Fields("detect detector.cfg detector.weights film.mp4 picture.png --output none --thresh 0.99"), &stdout, &stderr)
	if code != exitFailed || !strings.HasPrefix(stdout.String(), "picture.png: Predicted in ") {
		t.Errorf("exit code %d\n%s", code, &stdout)
	}
	wantLines(t, stderr.String(), "ghostdark: film.mp4: "+video.ErrNoFFmpeg.Error(), "ghostdark: 1 of 2 pictures failed")
	if told := refuse(t, exitFailed, "detect", "detector.cfg", "detector.weights", "film.mp4", "--output", "found.mp4"); !strings.Contains(told, "apt install ffmpeg") {
		t.Errorf("told: %s", told)
	}
}

// TestLive looks at a stream that goes on whether anybody looks or not.
func TestLive(t *testing.T) {
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("needs the program ffmpeg")
	}
	t.Chdir(t.TempDir())
	free, err := stdnet.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := "tcp://" + free.Addr().String()
	free.Close()
	sender := exec.Command("ffmpeg", "-loglevel", "error", "-re", "-loop", "1", "-i", filepath.Join(testkit.Root(), "cfgs", "smear.jpg"),
		"-t", "5", "-r", "10", "-pix_fmt", "yuv420p", "-f", "mpegts", address+"?listen=1")
	var said bytes.Buffer
	sender.Stderr = &said
	if err := sender.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = sender.Process.Kill()
		_ = sender.Wait()
	}()
	var stdout, stderr bytes.Buffer
	for range 100 { // until the sender listens
		stdout.Reset()
		stderr.Reset()
		code := execute(context.Background(), []string{"detect", address, "--classes", "WBC", "--jsonl", "--output", "live.mkv"}, &stdout, &stderr)
		if code == exitDone {
			break
		}
	}
	if n := strings.Count(stdout.String(), `"name":"WBC"`); n < 1 || n > 51 {
		t.Errorf("%d frames with a white cell\n%s\n%s\n%s", n, &stdout, &stderr, &said)
	}
	about, err := video.Probe(context.Background(), "live.mkv")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(stderr.String(), "annotated video: live.mkv") {
		t.Errorf("told %s", &stderr)
	}
	// The frames that were looked at are shown when they were, not one after another at the usual rate.
	if seconds := float64(about.Frames) / about.FPS; seconds < .5 || seconds > 6 {
		t.Errorf("the video of a stream of 5 seconds takes %.2f", seconds)
	}
}
