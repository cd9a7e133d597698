package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ghostdark/ghostdark/detect"
	"github.com/ghostdark/ghostdark/net"
	"github.com/ghostdark/ghostdark/picture"
	"github.com/ghostdark/ghostdark/tensor"
)

// sessionsUsage is the help of --sessions for commands that take pictures.
const sessionsUsage = "run the network on so many pictures at the same time, each with a part of the threads: more throughput for lists"

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

// pictureName is how messages and results name a picture.
func (m *model) pictureName(path string) string {
	if path == "" {
		return m.embedded.PictureName
	}
	return path
}

// prepared is a picture and what a network reads of it, or why there is none, and then what a
// detector or a classifier found in it.
type prepared struct {
	image      *picture.Image
	input      tensor.Tensor
	candidates []detect.Candidate
	classes    []classScore
	took       stageTimes
	err        error
}

// prepare reads a picture and resizes it, unless the context is done already.
func (m *model) prepare(ctx context.Context, path string, resize picture.Resize) (p prepared) {
	if p.err = ctx.Err(); p.err != nil {
		return p
	}
	d := m.decode(path)
	if d.err != nil {
		p.err = plain(d.err)
		return p
	}
	p.image, p.took.Decode = d.image, d.took
	at := time.Now()
	input, err := m.resize(p.image, resize)
	if err != nil {
		p.err = fmt.Errorf("%s: %w", m.cfgPath, err)
		return p
	}
	if len(m.Net.Mean)+len(m.Net.Std) > 0 {
		picture.Normalize(input, m.Net.Mean, m.Net.Std)
	}
	p.took.Preprocess = lap(&at)
	p.input = input
	return p
}

// resize makes the network's input of a picture, before it is normalized.
func (m *model) resize(img *picture.Image, way picture.Resize) (tensor.Tensor, error) {
	if pct := m.Net.CropPct; way == picture.ResizeCenterCrop && pct > 0 {
		return img.CenterCrop(m.Net.Input(), pct)
	}
	return img.Input(way, m.Net.Input())
}

// crop is how a classifier's pictures are brought to its input's size unless --resize says otherwise.
func (m *model) crop() picture.Resize {
	if m.Net.CropPct > 0 {
		return picture.ResizeCenterCrop
	}
	return picture.ResizeMinCrop
}

// usualResize is how the command that is for such networks brings pictures to the input's size.
func (m *model) usualResize() picture.Resize {
	switch {
	case m.Net.LetterBox:
		return picture.ResizeLetterbox
	case len(m.Heads()) > 0:
		return picture.ResizeStretch
	}
	return m.crop()
}

// run runs the network on the picture. The session's batch must be 1.
func (p *prepared) run(ctx context.Context, s *net.Session) error {
	if p.err != nil {
		return p.err
	}
	at := time.Now()
	err := s.Run(ctx, p.input.Data)
	p.took.Inference = lap(&at)
	return err
}

// infer reads a picture and runs the network on it. The session's batch must be 1.
func (m *model) infer(ctx context.Context, s *net.Session, path string, resize picture.Resize) (*picture.Image, stageTimes, error) {
	p := m.prepare(ctx, path, resize)
	err := p.run(ctx, s)
	return p.image, p.took, err
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
		return usagef("--out %s names a file, but there are %d pictures to write: name a folder", t.out, pictures)
	}
	return os.MkdirAll(t.out, 0o777)
}

// save writes an annotated copy of a picture unless none is wanted, and says so.
func (t *pictureTarget) save(cmd *cobra.Command, name string, took *stageTimes, annotate func() *picture.Image) error {
	if t.out == noPicture {
		return nil
	}
	file, at := t.path(name), time.Now()
	annotated := annotate()
	took.Draw = lap(&at)
	if err := picture.Save(file, annotated); err != nil {
		return err
	}
	took.Encode = lap(&at)
	tell(cmd, "annotated picture: %s", file)
	return nil
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

// pictureWork is what a command does with pictures.
type pictureWork struct {
	model  *model
	resize picture.Resize
	pool   *net.Pool
	json   bool
	// look finds what is in a picture; with several sessions, in several pictures at a time.
	look func(ctx context.Context, s *net.Session, p *prepared) error
	// show tells in the order of the pictures what was found, or gives their errors.
	show func(index int, path string, p *prepared) (any, error)
}

// eachPicture does the work and goes on after failures. The next pictures are prepared
// meanwhile. In JSON mode the results become an array, an element for each picture.
func eachPicture(cmd *cobra.Command, pictures []string, work pictureWork) error {
	var out *jsonArray
	if work.json {
		out = newJSONArray(cmd.OutOrStdout())
	}
	ctx, sessions := cmd.Context(), work.pool.Sessions()
	look := func(p *prepared) {
		if p.err == nil {
			p.err = work.pool.Do(ctx, func(s *net.Session) error { return work.look(ctx, s, p) })
		}
	}
	prepare := func(i int) prepared {
		p := work.model.prepare(ctx, pictures[i], work.resize)
		if sessions > 1 {
			look(&p)
		}
		return p
	}
	failed := 0
	for i, p := range ahead(len(pictures), sessions-1+lookAhead, prepare) {
		if sessions == 1 { // in order, since some networks remember earlier images
			look(&p)
		}
		result, err := work.show(i, pictures[i], &p)
		if errors.Is(err, context.Canceled) {
			failed++
			tell(cmd, "ghostdark: %v", err)
			break
		}
		if err != nil {
			failed++
			tell(cmd, "ghostdark: %v", err)
		}
		if work.json {
			if err := out.add(result); err != nil {
				return err
			}
		}
	}
	if work.json {
		if err := out.close(); err != nil {
			return err
		}
	}
	if failed > 0 {
		if len(pictures) > 1 {
			tell(cmd, "ghostdark: %d of %d pictures failed", failed, len(pictures))
		}
		return errReported
	}
	return nil
}
