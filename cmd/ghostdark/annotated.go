package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/ghostdark/ghostdark/picture"
	"github.com/ghostdark/ghostdark/source"
	"github.com/ghostdark/ghostdark/video"
)

// annotatedTarget says where annotated pictures and videos go.
type annotatedTarget struct {
	pictureTarget
	film  *film  // the video that is being written
	last  string // the file written last
	count int    // how many were written
}

func (t *annotatedTarget) add(cmd *cobra.Command, byDefault string) {
	cmd.Flags().StringVarP(&t.out, "output", "o", "", "`FILE` for the annotated picture or video, or folder for several; none for no picture (default "+byDefault+")")
}

// plan settles where the pictures of the inputs go, and checks what can be checked without writing, so that nobody
// waits for a run whose picture gets lost.
func (t *annotatedTarget) plan(in inputs, byDefault string) error {
	filmed, _ := in.Single()
	err := t.choose(byDefault, in.several && filmed == "")
	switch {
	case err != nil || !t.wanted() || t.folder:
		return err
	case filmed != "" && !video.HasFormat(t.out):
		return usagef("--output %s is no video, but %s is: name a file such as found.mp4, or a folder with / at the end", t.out, filmed)
	case filmed != "" && sameFile(t.out, filmed):
		return errSource(t.out)
	case filmed != "":
		return video.Check(t.out)
	}
	return picture.CheckSave(t.out)
}

// errSource refuses to write over what is read.
func errSource(file string) error {
	return fmt.Errorf("%s: is what is read; choose another --output", file)
}

// path gives the file for an item.
func (t *annotatedTarget) path(stem, ext string) string {
	if !t.folder {
		return t.out
	}
	return filepath.Join(t.out, filepath.FromSlash(stem)+ext)
}

// has reports whether an item's annotated picture is there, if one is wanted. A video is always made anew.
func (t *annotatedTarget) has(item source.Item) bool {
	if !t.wanted() {
		return true
	}
	_, err := os.Stat(t.path(item.Stem, ".jpg"))
	return item.Video == nil && err == nil
}

// save writes an annotated picture. Several goroutines may do so.
func (t *annotatedTarget) save(item source.Item, annotated *picture.Image) error {
	file := t.path(item.Stem, ".jpg")
	if sameFile(file, item.Name) {
		return errSource(file)
	}
	if t.folder {
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			return err
		}
	}
	return picture.Save(file, annotated)
}

// film is an annotated video that is being written.
type film struct {
	*video.Writer
	of   *source.Video
	file string
	err  error
}

// shoot adds an annotated frame to the video of its own. Frames come in order.
func (t *annotatedTarget) shoot(item source.Item, annotated *picture.Image) error {
	if t.film != nil && t.film.of != item.Video {
		if err := t.finish(); err != nil {
			return err
		}
	}
	if t.film == nil {
		f := &film{of: item.Video, file: t.path(item.Video.Stem, ".mp4")}
		t.film = f
		if sameFile(f.file, item.Name) {
			f.err = errSource(f.file)
		} else if t.folder {
			f.err = os.MkdirAll(filepath.Dir(f.file), 0o777)
		}
		if f.err == nil {
			f.Writer, f.err = video.Create(f.file, annotated.W, annotated.H, video.Timing{FPS: item.Video.FPS, Live: item.Video.Live})
		}
		if f.err != nil {
			return f.err
		}
	}
	if t.film.err != nil {
		return nil // told with an earlier frame
	}
	t.film.err = t.film.Write(annotated)
	return t.film.err
}

// finish completes the video that is being written.
func (t *annotatedTarget) finish() error {
	f := t.film
	t.film = nil
	if f == nil || f.err != nil {
		return nil
	}
	if err := f.Close(); err != nil {
		return err
	}
	t.wrote(f.file)
	return nil
}

// wrote remembers what was written, for what is told at the end.
func (t *annotatedTarget) wrote(file string) {
	t.last = file
	t.count++
}

// tell says where annotated pictures are.
func (t *annotatedTarget) tell(cmd *cobra.Command) {
	switch kind := "picture"; {
	case t.count == 0:
	case t.count == 1:
		if video.HasFormat(t.last) {
			kind = "video"
		}
		note(cmd, "annotated %s: %s", kind, t.last)
	default:
		note(cmd, "%s: %s", counted(t.count, "annotated picture"), t.out)
	}
}
