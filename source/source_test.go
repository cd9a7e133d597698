package source

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// dot is a PNG of the given width, by which it is told from others.
func dot(w int) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, w, 1))); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// enter makes a folder with the given files the working folder; each holds a picture unless it is a text.
func enter(t *testing.T, files map[string]string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		data := []byte(text)
		if text == "" {
			data = dot(7)
		}
		if err := os.WriteFile(name, data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// opened opens all items and writes each as `NAME as STEM`, or `NAME: ERROR`.
func opened(t *testing.T, in *Inputs) []string {
	t.Helper()
	var got []string
	for item := range in.All(context.Background()) {
		m, err := item.Open(context.Background())
		switch {
		case err != nil:
			got = append(got, err.Error())
		case m.W == 0:
			t.Errorf("%s has no pixels", item)
		default:
			got = append(got, item.String()+" as "+item.Stem)
		}
	}
	if n, known := in.Count(context.Background()); !in.options.StdinList && (!known || n != len(got)) {
		t.Errorf("counted %d, %v, but there are %d", n, known, len(got))
	}
	return got
}

func TestInputs(t *testing.T) {
	enter(t, map[string]string{
		"a.png": "", "b.PNG": "", "photos/2.png": "", "photos/1.jpg": "", "photos/1.png": "", "photos/sub/1.png": "", "photos/notes.txt": "x",
		"photos/.hidden.png": "", "photos/.trash/1.png": "", "photos/10/z.webp": "", "empty/notes.md": "x", "list/train.txt": "../a.png\r\n\n  one.png \nphotos/sub/1.png\n",
		"list/one.png": "", "list/again.list": "again.list\n", "list/blank.txt": "\n \n", "list/binary.txt": "\x00\x01", "list/folder.txt": "photos/sub\nphotos/*.jpg\n-\n",
		"b[1].png": "", "list/beside.txt": "*.png\n",
	})
	for _, tt := range []struct {
		operands string
		several  bool
		want     []string
	}{
		{"a.png", false, []string{"a.png as a"}},
		{"b.PNG photos/../a.png a.png", true, []string{"b.PNG as b", "photos/../a.png as a", "a.png as a-2"}},
		{"photos", true, []string{"photos/1.jpg as 1", "photos/1.png as 1-2", "photos/10/z.webp as 10/z", "photos/2.png as 2", "photos/sub/1.png as sub/1"}},
		{"photos/sub/ photos/sub", true, []string{"photos/sub/1.png as 1", "photos/sub/1.png as 1-2"}},
		{"photos/*.png", true, []string{"photos/1.png as 1", "photos/2.png as 2"}},
		{"photos/**/1.{png,jpg}", true, []string{"photos/1.jpg as 1", "photos/1.png as 1-2", "photos/sub/1.png as sub/1"}},
		{"b[1].png", false, []string{"b[1].png as b[1]"}},
		{"list/train.txt", true, []string{"a.png as a", "list/one.png as one", "photos/sub/1.png as 1"}},
		{"list/folder.txt", true, []string{"photos/sub/1.png as 1", "photos/1.jpg as 1-2", "-: a line of a list can't stand for standard input"}},
		{"list/beside.txt", true, []string{"a.png as a", "b[1].png as b[1]"}},
		{"list/again.list", true, []string{"list/again.list: the list names itself"}},
		{"list/blank.txt", true, []string{"list/blank.txt: names no picture"}},
		{"list/binary.txt", true, []string{"list/binary.txt: line 1 is no text; a list names a picture on each line"}},
		{"empty a.png", true, []string{"empty: no pictures in this folder (.bmp .gif .jfif .jpe .jpeg .jpg .png .tif .tiff .webp)", "a.png as a"}},
		{"*.bmp", true, []string{"*.bmp: there is no such file, and as a pattern it matches no picture"}},
		{"photos/[.png", true, []string{"photos/[.png: syntax error in pattern"}},
		{"missing.png missing/", true, []string{"open missing.png: no such file or directory", "open missing/: no such file or directory"}},
	} {
		t.Run(tt.operands, func(t *testing.T) {
			in := New(strings.Fields(tt.operands), Options{})
			if got := opened(t, in); !slices.Equal(got, tt.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
			if in.Several() != tt.several {
				t.Errorf("several: %v", in.Several())
			}
		})
	}
}

// TestSkip leaves a folder out that results are written to, unless it is asked for itself.
func TestSkip(t *testing.T) {
	enter(t, map[string]string{"1.png": "", "out/2.png": "", "sub/out/3.png": ""})
	skip := Options{Skip: []string{"./sub/../out", "none", ""}}
	for operand, want := range map[string][]string{
		".": {"1.png as 1", "sub/out/3.png as sub/out/3"}, "out": {"out/2.png as 2"}, "out/2.png": {"out/2.png as 2"},
	} {
		if got := opened(t, New([]string{operand}, skip)); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", operand, got, want)
		}
	}
}

func TestStandardInput(t *testing.T) {
	enter(t, map[string]string{"a.png": "", "sub/b.png": ""})
	in := New([]string{"-"}, Options{Stdin: bytes.NewReader(dot(3))})
	if got := opened(t, in); !slices.Equal(got, []string{"standard input as stdin"}) || in.Several() {
		t.Errorf("a picture: %v", got)
	}
	in = New([]string{"-"}, Options{StdinList: true, Stdin: strings.NewReader("a.png\nsub\nmissing.png")})
	if got := opened(t, in); !slices.Equal(got, []string{"a.png as a", "sub/b.png as b", "open missing.png: no such file or directory"}) || !in.Several() {
		t.Errorf("a list: %v", got)
	}
	if _, known := in.Count(context.Background()); known {
		t.Error("the number of lines to come is known")
	}
}

// TestWaiting ends a wait for standard input.
func TestWaiting(t *testing.T) {
	r, w := io.Pipe()
	defer w.Close()
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(10*time.Millisecond, cancel)
	for item := range New([]string{"-"}, Options{StdinList: true, Stdin: r}).All(ctx) {
		t.Errorf("item %s", item)
	}
	for item := range New([]string{"-"}, Options{Stdin: r}).All(context.Background()) {
		if _, err := item.Open(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("a picture: %v", err)
		}
	}
}

// TestLazy checks that nothing is read before its turn: a list is read line by line while it is being
// written, and a folder isn't entered before its first picture is wanted.
func TestLazy(t *testing.T) {
	enter(t, map[string]string{"a.png": "", "photos/1.png": ""})
	r, w := io.Pipe()
	wanted := make(chan string)
	go func() {
		for line := range wanted {
			fmt.Fprintln(w, line)
		}
		w.Close()
	}()
	wanted <- "a.png"
	count := 0
	for item := range New([]string{"-", "photos"}, Options{StdinList: true, Stdin: r}).All(context.Background()) {
		count++
		switch item.Name {
		case "a.png":
			if count == 1 {
				wanted <- "a.png"
				break
			}
			if err := os.Rename("photos/1.png", "photos/2.png"); err != nil {
				t.Fatal(err)
			}
			close(wanted)
		case filepath.Join("photos", "2.png"):
		default:
			t.Errorf("item %s", item)
		}
	}
	if count != 3 {
		t.Errorf("%d items", count)
	}
}

// TestStop checks that no more items are looked for than are wanted.
func TestStop(t *testing.T) {
	enter(t, map[string]string{"a/1.png": "", "a/2.png": "", "a/sub/3.png": "", "list.txt": "a/1.png\na\n"})
	for _, operand := range []string{"a", "a/*.png", "a/**", "list.txt", "a/1.png"} {
		ctx, cancel := context.WithCancel(context.Background())
		count := 0
		for range New([]string{operand, "a"}, Options{}).All(ctx) {
			count++
			break
		}
		for range New([]string{operand, "a"}, Options{}).All(ctx) {
			cancel()
			count++
		}
		cancel()
		if count > 3 {
			t.Errorf("%s: %d items", operand, count)
		}
	}
}

func TestWeb(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/a/dot.png", func(w http.ResponseWriter, _ *http.Request) { w.Write(dot(5)) })
	mux.HandleFunc("/page", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<!DOCTYPE html>") })
	mux.HandleFunc("/torn.png", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		w.Write(dot(5))
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	got := opened(t, New([]string{server.URL + "/a/dot.png?size=1", server.URL + "/missing.jpg", server.URL + "/page", server.URL + "/torn.png", "http://127.0.0.1:1/x.jpg"}, Options{}))
	want := []string{
		server.URL + "/a/dot.png?size=1 as dot",
		server.URL + "/missing.jpg: the server answers 404 Not Found",
		server.URL + "/page: not a picture",
		server.URL + "/torn.png: the connection ended early; try again (unexpected EOF)",
		"http://127.0.0.1:1/x.jpg: dial tcp 127.0.0.1:1: ",
	}
	for i := range want {
		if i >= len(got) || !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("got %q, want %q", got[i:], want[i])
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for item := range New([]string{server.URL + "/a/dot.png"}, Options{}).All(context.Background()) {
		if _, err := item.Open(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("with a context that is done: %v", err)
		}
	}
}

func TestStems(t *testing.T) {
	var s stems
	var got []string
	for _, name := range []string{"a.jpg", "A.png", "a-2.png", "a", "x.tar.gz", ".png", "a:b?.jpg", `c\d.jpg`, "..", "http://h/x.jpg"} {
		got = append(got, s.unique(stem(name)))
	}
	want := []string{"a", "A-2", "a-2-2", "a-3", "x.tar", "_", "a_b_", `c_d`, "_-2", "x"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for n := 2; n < 300_000; n++ { // which takes forever if each begins to count anew
		if got, want := s.unique("x"), fmt.Sprintf("x-%d", n); got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
	}
	for address, want := range map[string]string{"http://h.org/a/b.jpg?x=/y.png": "b", "https://h.org/": "h", "http://h.org/a%20b.png": "a b"} {
		if got := webStem(address); got != want {
			t.Errorf("%s: %q, want %q", address, got, want)
		}
	}
}

func TestClassify(t *testing.T) {
	t.Chdir(t.TempDir())
	for operand, want := range map[string]kind{
		"-": standardInput, "x.png": file, "x": file, "x.mp4": film, "X.MKV": film, "x.gif": file, "x*.png": pattern, "x.txt": list, "valid.list": list, ".": folder,
		"http://h/x.jpg": web, "https://h/x.mp4?y": film, "https://h/live.m3u8": film, "rtsp://h/x": stream, "udp://127.0.0.1:5000": stream, "ftp://h/x.png": file,
		"camera:0": stream, "/dev/video1": stream,
	} {
		if got := classify(operand); got != want {
			t.Errorf("%s: kind %d, want %d", operand, got, want)
		}
	}
}
