// Package source finds the pictures that a command line asks for: files, folders, patterns, lists,
// standard input, addresses on the web, and the frames of videos, cameras and streams. They come one
// after another, in the order in which they are asked for, and nothing is read before its turn.
package source

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ghostdark/ghostdark/picture"
	"github.com/ghostdark/ghostdark/video"
)

// Item is one picture, or a place where one was expected and none can be had.
type Item struct {
	Name string // for messages and results: the path or address; of a frame, that of its video
	// Stem is a path without extension, with slashes, for files about the picture: its place below
	// the folder that was asked for, or its name. No two items of a run have the same.
	Stem  string
	Frame int    // number of a frame in its video, from 1; 0 for a picture
	Video *Video // of a frame; nil for a picture
	// Time is a frame's time since the first one, as its number and the rate give it; of what is live, by the clock.
	Time time.Duration

	open func(context.Context) (*picture.Image, error)
}

// Video is what the frames of one video, camera or stream have in common.
type Video struct {
	Name   string
	Stem   string
	FPS    float64 // frames a second, of those that are yielded
	Frames int     // how many there will be, 0 if that isn't known
	Live   bool    // a camera or stream, which doesn't wait and may never end
}

// Open reads the picture. It may be called once, from any goroutine.
func (i Item) Open(ctx context.Context) (*picture.Image, error) { return i.open(ctx) }

// String names the item, a frame with its number.
func (i Item) String() string {
	if i.Frame > 0 {
		return fmt.Sprintf("%s frame %d", i.Name, i.Frame)
	}
	return i.Name
}

// File is the picture file of a path, whatever that looks like.
func File(path string) Item {
	return Item{Name: path, Stem: stem(path), open: func(ctx context.Context) (*picture.Image, error) { return openFile(ctx, path) }}
}

// Bytes is a picture in memory.
func Bytes(name string, data []byte) Item {
	return Item{Name: name, Stem: stem(name), open: func(context.Context) (*picture.Image, error) {
		return picture.Decode(bytes.NewReader(data), name, picture.Limits{})
	}}
}

// Options say how inputs are read.
type Options struct {
	Stdin     io.Reader // what the input "-" reads
	StdinList bool      // "-" holds inputs, one to a line, instead of a picture
	Skip      []string  // folders to leave out below others, such as those that results are written to
	Every     int       // of videos, yield only every so many frames; 0 and 1 yield all
}

// Inputs are pictures asked for.
type Inputs struct {
	operands []string
	options  Options
}

// New makes the inputs of what a command line names:
//
//   - a file: a picture, or a video by its extension
//   - a folder: the pictures and videos in it and the folders below, in the order of their names
//   - a pattern such as photos/**/*.jpg, which matches as doublestar's do, if there is no file of that name
//   - a file .txt or .list: inputs, one to a line; paths are sought from the working folder, then beside the list
//   - an address: http and https for a picture or video, rtsp, rtmp, srt, udp and tcp for a stream
//   - camera:N, or /dev/videoN: a camera
//   - "-": standard input
func New(operands []string, opt Options) *Inputs {
	return &Inputs{operands: operands, options: opt}
}

// kind is what an operand stands for.
type kind uint8

const (
	file kind = iota
	folder
	pattern
	list
	standardInput
	web
	film // a video file
	stream
)

// VideoExtensions are those of files that are given to ffmpeg. An animated GIF counts as a picture.
var VideoExtensions = []string{
	".3gp", ".avi", ".flv", ".m2ts", ".m4v", ".mjpeg", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".ogv", ".ts", ".vob", ".webm", ".wmv", ".y4m",
}

// PictureExtensions are those of files that are taken from folders.
var PictureExtensions = []string{".bmp", ".gif", ".jfif", ".jpe", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}

// ListExtensions are those of files that name inputs.
var ListExtensions = []string{".list", ".txt"}

// HasPicture reports whether a file's extension is that of a picture.
func HasPicture(name string) bool { return has(PictureExtensions, name) }

func isVideo(name string) bool { return has(VideoExtensions, name) }
func isList(name string) bool  { return has(ListExtensions, name) }

func has(extensions []string, name string) bool {
	return slices.Contains(extensions, strings.ToLower(filepath.Ext(name)))
}

// classify tells what an operand is.
func classify(operand string) kind {
	if operand == "-" {
		return standardInput
	}
	if scheme, rest, ok := strings.Cut(operand, "://"); ok {
		switch strings.ToLower(scheme) {
		case "http", "https":
			path, _, _ := strings.Cut(rest, "?")
			if isVideo(path) || strings.HasSuffix(strings.ToLower(path), ".m3u8") {
				return film
			}
			return web
		case "rtsp", "rtsps", "rtmp", "rtmps", "srt", "udp", "rtp", "tcp":
			return stream
		}
	}
	if video.IsCamera(operand) {
		return stream
	}
	switch info, err := os.Stat(operand); {
	case err != nil && strings.ContainsAny(operand, meta):
		return pattern
	case err == nil && info.IsDir():
		return folder
	case isList(operand):
		return list
	case isVideo(operand):
		return film
	}
	return file
}

// Several reports whether there may be more than one picture.
func (in *Inputs) Several() bool {
	if len(in.operands) != 1 {
		return len(in.operands) > 1
	}
	switch classify(in.operands[0]) {
	case file, web:
		return false
	case standardInput:
		return in.options.StdinList
	}
	return true
}

// Single returns the video, camera or stream that is the only input, and whether it is live; "" if
// it isn't one.
func (in *Inputs) Single() (name string, live bool) {
	if len(in.operands) == 1 {
		switch classify(in.operands[0]) {
		case film:
			return in.operands[0], false
		case stream:
			return in.operands[0], true
		}
	}
	return "", false
}

// All yields the items. What can't be read is an item whose Open fails; so are a folder without
// pictures, and a pattern that nothing matches.
func (in *Inputs) All(ctx context.Context) iter.Seq[Item] {
	return func(yield func(Item) bool) {
		w := &walk{ctx: ctx, options: in.options, yield: yield}
		for _, operand := range in.operands {
			if !w.operand(operand, nil) {
				return
			}
		}
	}
}

// errStopped ends a walk when no more items are wanted.
var errStopped = errors.New("no more items are wanted")

// walk goes through the operands. Its methods return false when no more items are wanted.
type walk struct {
	ctx     context.Context
	options Options
	yield   func(Item) bool
	stems   stems
	count   *counter // set when items are only counted
}

// operand yields what an operand stands for. lists are those that it stands in.
func (w *walk) operand(operand string, lists []string) bool {
	switch classify(operand) {
	case folder:
		return w.folder(operand)
	case pattern:
		return w.pattern(operand)
	case list:
		return w.list(operand, lists)
	case standardInput:
		return w.standardInput(lists)
	case web:
		return w.picture(operand, webStem(operand), openWeb)
	case film:
		return w.film(operand, stem(operand), false)
	case stream:
		return w.film(operand, stem(operand), true)
	}
	return w.file(operand, stem(operand))
}

// file yields a file of the given stem.
func (w *walk) file(path, stem string) bool {
	if isVideo(path) {
		return w.film(path, stem, false)
	}
	return w.picture(path, stem, openFile)
}

func openFile(_ context.Context, path string) (*picture.Image, error) {
	return picture.Open(path, picture.Limits{})
}

func (w *walk) picture(name, stem string, open func(context.Context, string) (*picture.Image, error)) bool {
	if w.count != nil {
		return w.count.add(1)
	}
	return w.yield(Item{Name: name, Stem: w.stems.unique(stem), open: func(ctx context.Context) (*picture.Image, error) {
		return open(ctx, name)
	}})
}

// broken yields an item for what can't be read.
func (w *walk) broken(name string, err error) bool {
	return w.picture(name, stem(name), func(context.Context, string) (*picture.Image, error) { return nil, err })
}

// standardInput yields the picture on standard input, or what the lines there name.
func (w *walk) standardInput(lists []string) bool {
	const name = "standard input"
	switch {
	case len(lists) > 0:
		return w.broken("-", errors.New("-: a line of a list can't stand for standard input"))
	case w.options.StdinList && w.count != nil:
		return w.count.unknown()
	case w.options.StdinList:
		return w.lines(patient{w.ctx, w.options.Stdin}, name, "", []string{"-"})
	}
	return w.picture(name, "stdin", func(ctx context.Context, _ string) (*picture.Image, error) {
		return picture.Decode(patient{ctx, w.options.Stdin}, name, picture.Limits{})
	})
}
