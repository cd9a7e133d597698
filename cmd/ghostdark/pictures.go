package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ghostdark/ghostdark/net"
	"github.com/ghostdark/ghostdark/picture"
)

// stageTimes are what the stages of one picture took.
type stageTimes struct {
	Decode      time.Duration
	Preprocess  time.Duration
	Inference   time.Duration
	Postprocess time.Duration
}

// stageTimesJSON gives the stages in milliseconds.
type stageTimesJSON struct {
	Decode      float64 `json:"decode_ms"`
	Preprocess  float64 `json:"preprocess_ms"`
	Inference   float64 `json:"inference_ms"`
	Postprocess float64 `json:"postprocess_ms"`
}

func (t stageTimes) json() *stageTimesJSON {
	return &stageTimesJSON{milliseconds(t.Decode), milliseconds(t.Preprocess), milliseconds(t.Inference), milliseconds(t.Postprocess)}
}

func (t stageTimes) String() string {
	return fmt.Sprintf("decode %.1f ms, preprocess %.1f ms, inference %.1f ms, postprocess %.1f ms",
		milliseconds(t.Decode), milliseconds(t.Preprocess), milliseconds(t.Inference), milliseconds(t.Postprocess))
}

// milliseconds rounds to a microsecond.
func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// lap returns the time since *since and sets it to now.
func lap(since *time.Time) time.Duration {
	now := time.Now()
	d := now.Sub(*since)
	*since = now
	return d
}

// tellPrediction writes darknet's line about a picture: among the results when it is to head
// those of one of several pictures.
func tellPrediction(cmd *cobra.Command, name string, took stageTimes, headed bool) {
	w := cmd.ErrOrStderr()
	if headed {
		w = cmd.OutOrStdout()
	}
	fmt.Fprintf(w, "%s: Predicted in %f milli-seconds.\n", name, milliseconds(took.Inference))
}

// pictureOptions are the flags that say how a picture becomes a network's input.
type pictureOptions struct{ resize string }

func (o *pictureOptions) add(cmd *cobra.Command, byDefault string, ways ...string) {
	last := len(ways) - 1
	cmd.Flags().StringVar(&o.resize, "resize", "auto", strings.Join(ways[:last], ", ")+" or "+ways[last]+"; auto is "+byDefault)
	complete(cmd, "resize", append(ways, "auto")...)
}

// choose gives the way to resize; auto is the one for the value "auto".
func (o *pictureOptions) choose(auto picture.Resize) (picture.Resize, error) {
	if o.resize == "auto" {
		return auto, nil
	}
	r, err := picture.ParseResize(o.resize)
	if err != nil {
		return 0, usagef("--resize: %v, or auto", err)
	}
	return r, nil
}

// readPicture reads a picture file; the embedded model's own picture when the path is empty.
func (m *model) readPicture(path string) (*picture.Image, error) {
	if path == "" {
		return picture.Decode(bytes.NewReader(m.embedded.Picture), m.embedded.PictureName, picture.Limits{})
	}
	return picture.Open(path, picture.Limits{})
}

// pictureName is how messages and results name a picture.
func (m *model) pictureName(path string) string {
	if path == "" {
		return m.embedded.PictureName
	}
	return path
}

// infer reads a picture and runs the network on it. The session's batch must be 1.
func (m *model) infer(ctx context.Context, s *net.Session, path string, resize picture.Resize) (*picture.Image, stageTimes, error) {
	var took stageTimes
	at := time.Now()
	img, err := m.readPicture(path)
	if err != nil {
		return nil, took, plain(err)
	}
	took.Decode = lap(&at)
	input, err := img.Input(resize, m.Net.Input())
	if err != nil {
		return nil, took, fmt.Errorf("%s: %w", m.cfgPath, err)
	}
	if len(m.Net.Mean)+len(m.Net.Std) > 0 {
		picture.Normalize(input, m.Net.Mean, m.Net.Std)
	}
	took.Preprocess = lap(&at)
	if err := s.Run(ctx, input.Data); err != nil {
		return nil, took, err
	}
	took.Inference = lap(&at)
	return img, took, nil
}

// pictureTarget says where annotated pictures go.
type pictureTarget struct {
	out   string // as given: a file, a folder, "none", or "" for the default
	many  bool
	taken map[string]bool
}

const noPicture = "none"

func (t *pictureTarget) add(cmd *cobra.Command, byDefault string) {
	cmd.Flags().StringVarP(&t.out, "out", "o", "", "file for the annotated picture, or folder for several; none for no picture (default "+byDefault+")")
}

// choose settles where the pictures go and prepares it.
func (t *pictureTarget) choose(byDefault string, pictures int) error {
	if t.out == "" {
		t.out = byDefault
	}
	if t.out == noPicture {
		return nil
	}
	return t.prepare(pictures)
}

// prepare makes the folder for several pictures, or checks that one can be written, so that
// nobody waits for a run whose picture gets lost.
func (t *pictureTarget) prepare(pictures int) error {
	t.taken = map[string]bool{}
	info, err := os.Stat(t.out)
	isDir := err == nil && info.IsDir() || strings.HasSuffix(t.out, "/") || strings.HasSuffix(t.out, string(filepath.Separator))
	t.many = pictures > 1 || isDir
	if !t.many {
		return picture.CheckSave(t.out)
	}
	if err == nil && !info.IsDir() || err != nil && picture.HasFormat(t.out) {
		return usagef("--out %s names a file, but there are %d pictures: name a folder", t.out, pictures)
	}
	return os.MkdirAll(t.out, 0o777)
}

// path gives the file for the annotated picture of an input file. No two inputs get the same.
func (t *pictureTarget) path(name string) string {
	if !t.many {
		return t.out
	}
	stem := strings.TrimSuffix(filepath.Base(name), filepath.Ext(name))
	path := filepath.Join(t.out, stem+".jpg")
	for n := 2; t.taken[path]; n++ {
		path = filepath.Join(t.out, fmt.Sprintf("%s-%d.jpg", stem, n))
	}
	t.taken[path] = true
	return path
}
