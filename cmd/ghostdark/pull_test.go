package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ghostdark/ghostdark/cfgs"
	"github.com/ghostdark/ghostdark/models"
)

// cellsFiles are the files of the model cells: the embedded detector's.
func cellsFiles() map[string][]byte {
	m := cfgs.Detector()
	return map[string][]byte{"/cells.cfg": m.Cfg, "/cells.weights": m.Weights, "/cells.names": []byte(strings.Join(m.Names, "\n") + "\n")}
}

// cells is a model whose files lie at a host.
func cells(host string) models.Model {
	files := cellsFiles()
	file := func(name string) models.File {
		return models.File{URLs: []string{host + name}, Bytes: int64(len(files[name]))}
	}
	return models.Model{Name: "cells", Task: models.Detector, Data: "BCCD", Licence: "Apache License 2.0", Page: host,
		Cfg: file("/cells.cfg"), Weights: file("/cells.weights"), Names: file("/cells.names")}
}

// serveCells serves the files of the model, in a way that wrap may change.
func serveCells(wrap func(http.Handler) http.Handler) http.Handler {
	files := cellsFiles()
	var handler http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, ok := files[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("ETag", `"1"`)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
	})
	if wrap != nil {
		handler = wrap(handler)
	}
	return handler
}

// serveModels puts the model cells, from a local server that wrap may change, into the catalogue, and gives
// an empty folder for models and one to work in.
func serveModels(t *testing.T, wrap func(http.Handler) http.Handler) {
	t.Helper()
	server := httptest.NewServer(serveCells(wrap))
	t.Cleanup(server.Close)
	usual := catalogue
	catalogue = func() []models.Model { return append(usual(), cells(server.URL)) }
	t.Cleanup(func() { catalogue = usual })
	t.Chdir(t.TempDir())
	t.Setenv("GHOSTDARK_MODELS_DIR", filepath.Join(t.TempDir(), "models"))
}

// say runs a command that must succeed, and returns what it prints and tells.
func say(t *testing.T, args ...string) (printed, told string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if code := execute(t.Context(), args, &stdout, &stderr); code != exitDone {
		t.Fatalf("ghostdark %s: exit code %d\n%s", strings.Join(args, " "), code, &stderr)
	}
	return stdout.String(), stderr.String()
}

// TestModelByName fetches a model and uses its name with all commands that take a network.
func TestModelByName(t *testing.T) {
	serveModels(t, nil)
	m := cfgs.Detector()
	write(t, "smear.jpg", m.Picture)

	told := refuse(t, exitFailed, "detect", "cells", "smear.jpg")
	wantLines(t, told, "ghostdark: cells: this model isn't here yet", "  = hint: Fetch its 1.85 MiB with: ghostdark models pull cells")
	refuse(t, exitFailed, "models", "path", "cells")

	out, told := say(t, "models", "pull", "cells")
	if !strings.HasPrefix(out, "cells: 1.85 MiB in ") || !strings.Contains(told, "cells.weights … of 1.85 MiB\n") {
		t.Errorf("printed %q, told %q", out, told)
	}
	if out, _ = say(t, "models", "pull", "cells"); !strings.HasPrefix(out, "cells is here already: ") {
		t.Errorf("printed %q", out)
	}
	folder, _ := say(t, "models", "path", "cells")
	for _, name := range []string{"cells.cfg", "cells.weights", "cells.names"} {
		if _, err := os.Stat(filepath.Join(strings.TrimSpace(folder), name)); err != nil {
			t.Error(err)
		}
	}

	byName, told := say(t, "detect", "cells", "smear.jpg", "--top", "3")
	embedded, _ := say(t, "detect", "--top", "3")
	if byName != embedded || !strings.Contains(byName, "RBC: ") {
		t.Errorf("by name:\n%s\nembedded:\n%s", byName, embedded)
	}
	if strings.Contains(told, "names") {
		t.Errorf("told %q", told)
	}
	if err := os.Mkdir("labelled", 0o777); err != nil {
		t.Fatal(err)
	}
	write(t, "labelled/smear.jpg", m.Picture)
	write(t, "labelled/smear.txt", []byte("0 0.5 0.5 0.1 0.1\n"))
	for _, line := range []string{
		"run cells smear.jpg --layer -1",
		"validate-cfg cells --quiet",
		"analyze cells cells",
		"bench cells --reps 1 --warmup 0 --top 0",
		"export onnx cells -o cells.onnx",
		"evaluate detect cells --images labelled",
		"features cells smear.jpg --layer 3",
		"ghostify cells --calibrate smear.jpg --layers 152 -o ghost.cfg",
	} {
		invoke(t, strings.Fields(line)...)
	}
	wantLines(t, refuse(t, exitUsage, "detect", "cells"), "ghostdark: no picture: give CFG WEIGHTS IMAGE…, or MODEL IMAGE…")
	wantLines(t, refuse(t, exitFailed, "classify", "cells", "smear.jpg"), "ghostdark: "+filepath.Join(strings.TrimSpace(folder), "cells.cfg")+" is a detector: use ghostdark detect")

	// A file of that name comes first.
	write(t, "cells", m.Picture)
	if out, _ := say(t, "detect", "cells", "--top", "3"); out != embedded {
		t.Errorf("the picture called cells:\n%s", out)
	}
}

func TestModelsListJSON(t *testing.T) {
	serveModels(t, nil)
	invoke(t, "models", "pull", "cells")
	out, _ := say(t, "models", "list", "cells", "yolov4-tiny", "--json")
	var listed []modelJSON
	if err := json.Unmarshal([]byte(out), &listed); err != nil {
		t.Fatal(err)
	}
	if len(listed) != 2 || !listed[0].Here || listed[1].Here || listed[1].Weights.Bytes != 24251276 || !strings.HasSuffix(listed[0].Files.Cfg, "cells.cfg") {
		t.Errorf("listed %+v", listed)
	}
}

// TestPullGoesOn tears the connection, and is interrupted and called again.
func TestPullGoesOn(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var calls atomic.Int32
	serveModels(t, func(usual http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/cells.weights" {
				usual.ServeHTTP(w, r)
				return
			}
			m := cfgs.Detector()
			switch calls.Add(1) {
			case 1:
				w.Header().Set("ETag", `"1"`)
				w.Header().Set("Content-Length", "1942492")
				w.Write(m.Weights[:1_000_000])
				w.(http.Flusher).Flush()
				time.AfterFunc(50*time.Millisecond, cancel)
				<-r.Context().Done()
			case 2:
				if got := r.Header.Get("Range"); got != "bytes=1000000-" {
					t.Errorf("asked for %q", got)
				}
				usual.ServeHTTP(w, r)
			default:
				t.Errorf("request %d", calls.Load())
			}
		})
	})
	var stdout, stderr bytes.Buffer
	if code := execute(ctx, []string{"models", "pull", "cells"}, &stdout, &stderr); code != exitFailed {
		t.Errorf("exit code %d", code)
	}
	wantLines(t, stderr.String(), "ghostdark: cells: interrupted; the same command goes on from here")
	if list, _ := say(t, "models", "list"); !strings.Contains(list, "1.85 MiB  in part\n") {
		t.Errorf("the list:\n%s", list)
	}
	_, told := say(t, "models", "pull", "cells")
	wantLines(t, told, "cells.weights: going on from byte 1000000")
}

func TestFailedPulls(t *testing.T) {
	t.Run("gone", func(t *testing.T) {
		serveModels(t, func(http.Handler) http.Handler { return http.NotFoundHandler() })
		told := refuse(t, exitFailed, "models", "pull", "cells")
		for _, want := range []string{"/cells.cfg: the server says 404 Not Found\n", "  = hint: If a proxy leads to the internet, name it: HTTPS_PROXY="} {
			if !strings.Contains(told, want) {
				t.Errorf("told %q, want %q in it", told, want)
			}
		}
	})
	t.Run("another network's weights", func(t *testing.T) {
		serveModels(t, func(usual http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/cells.weights" {
					data := bytes.Clone(cfgs.Detector().Weights)
					data[4] = 1 // version 0.1: a shorter header
					http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
					return
				}
				usual.ServeHTTP(w, r)
			})
		})
		told := refuse(t, exitFailed, "models", "pull", "cells")
		for _, want := range []string{"not the file that was published: ", "has 1942492 bytes, but its cfg wants 1942488", "  = hint: It was replaced at its source"} {
			if !strings.Contains(told, want) {
				t.Errorf("told %q, want %q in it", told, want)
			}
		}
	})
	t.Run("no folder", func(t *testing.T) {
		serveModels(t, nil)
		write(t, "file", nil)
		told := refuse(t, exitFailed, "models", "pull", "cells", "--models-dir", "file")
		if !strings.HasPrefix(told, "ghostdark: file") {
			t.Errorf("told %q", told)
		}
	})
}
