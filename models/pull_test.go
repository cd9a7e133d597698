package models

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// host serves files, and misbehaves as it is told.
type host struct {
	*httptest.Server
	mu    sync.Mutex
	files map[string][]byte
	// asked lists the requests for a file as "/path range if-range".
	asked []string
	// odd, when it is there, answers a request in place of the usual way and reports that it did. n counts
	// the requests for that path from 1.
	odd   func(w http.ResponseWriter, r *http.Request, n int) bool
	times map[string]int
}

func newHost(t *testing.T) *host {
	h := &host{files: map[string][]byte{}, times: map[string]int{}}
	h.Server = httptest.NewServer(h)
	t.Cleanup(h.Close)
	return h
}

func (h *host) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	h.times[r.URL.Path]++
	n := h.times[r.URL.Path]
	h.asked = append(h.asked, strings.TrimSpace(r.URL.Path+" "+r.Header.Get("Range")+" "+r.Header.Get("If-Range")))
	data, there := h.files[r.URL.Path]
	odd := h.odd
	h.mu.Unlock()
	if odd != nil && odd(w, r, n) {
		return
	}
	if !there {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("ETag", etag(data))
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
}

// forget begins a new list of requests.
func (h *host) forget() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asked, h.odd = nil, nil
}

// count is the number of requests.
func (h *host) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.asked)
}

func etag(data []byte) string { return fmt.Sprintf(`"%.8x"`, sha256.Sum256(data)) }

// torn sends the head of a whole file and n bytes of it, and breaks the connection.
func torn(w http.ResponseWriter, data []byte, begin, n int) {
	w.Header().Set("ETag", etag(data))
	w.Header().Set("Content-Length", fmt.Sprint(len(data)-begin))
	if begin > 0 {
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", begin, len(data)-1, len(data)))
		w.WriteHeader(http.StatusPartialContent)
	}
	w.Write(data[begin : begin+n])
	w.(http.Flusher).Flush()
	panic(http.ErrAbortHandler)
}

const weightsPath = "/m.weights"

// fixture is a host with a model of random weights, and a Puller for an empty folder.
type fixture struct {
	*host
	model   Model
	weights []byte
	puller  *Puller
	told    []string
}

func newFixture(t *testing.T) *fixture {
	f := &fixture{host: newHost(t), weights: make([]byte, 300_000)}
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range f.weights {
		f.weights[i] = byte(rng.Uint32())
	}
	f.files["/m.cfg"], f.files["/m.names"], f.files[weightsPath] = []byte("[net]\n"), []byte("a\nb\nc\n"), f.weights
	file := func(path string) File {
		data := f.files[path]
		return File{URLs: []string{f.URL + path}, Bytes: int64(len(data)), SHA256: fmt.Sprintf("%x", sha256.Sum256(data))}
	}
	f.model = Model{Name: "m", Task: Detector, Cfg: file("/m.cfg"), Weights: file(weightsPath), Names: file("/m.names")}
	f.puller = &Puller{Dir: filepath.Join(t.TempDir(), "models"), Pause: time.Millisecond, Retries: 3,
		Tell: func(line string) { f.told = append(f.told, line) }}
	return f
}

func (f *fixture) paths() Paths { return f.model.In(f.puller.Dir) }

// pull wants the model to come whole.
func (f *fixture) pull(t *testing.T) {
	t.Helper()
	fetched, err := f.puller.Pull(t.Context(), f.model)
	if err != nil {
		t.Fatalf("%v\n%s", err, strings.Join(f.told, "\n"))
	}
	if !fetched {
		t.Error("it is said to have been there")
	}
	f.wantWhole(t)
}

func (f *fixture) wantWhole(t *testing.T) {
	t.Helper()
	p := f.paths()
	if !p.Present() {
		t.Errorf("the model is not there")
	}
	if got, err := os.ReadFile(p.Weights); err != nil || !bytes.Equal(got, f.weights) {
		t.Errorf("the weights are not those of the server: %d bytes, %v", len(got), err)
	}
	if left := f.left(t); !slices.Equal(left, []string{".lock", "m.cfg", "m.names", "m.weights"}) {
		t.Errorf("the folder holds %v", left)
	}
}

// left lists the names in the model's folder.
func (f *fixture) left(t *testing.T) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(f.paths().Folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// refuse wants an error with these words, and no model.
func (f *fixture) refuse(t *testing.T, words ...string) {
	t.Helper()
	_, err := f.puller.Pull(t.Context(), f.model)
	if err == nil {
		t.Fatal("no error")
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("the error is %q, want %q in it", err, w)
		}
	}
	if f.paths().Present() {
		t.Error("the model is there all the same")
	}
}

// requests lists how the weights were asked for.
func (f *fixture) requests() (ranges []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, line := range f.asked {
		if asked, ok := strings.CutPrefix(line, weightsPath); ok {
			ranges = append(ranges, strings.TrimSpace(asked))
		}
	}
	return ranges
}

func (f *fixture) wantRequests(t *testing.T, want ...string) {
	t.Helper()
	if got := f.requests(); !slices.Equal(got, want) {
		t.Errorf("the weights were asked for by %q, want %q", got, want)
	}
}

func TestPull(t *testing.T) {
	f := newFixture(t)
	var last int64
	f.puller.Progress = func(file string, done, total int64) {
		if file == "m.weights" {
			if done < last || total != int64(len(f.weights)) {
				t.Errorf("progress %d of %d after %d", done, total, last)
			}
			last = done
		}
	}
	f.pull(t)
	if last != int64(len(f.weights)) {
		t.Errorf("the progress ended at %d", last)
	}
	asked := f.count()
	if fetched, err := f.puller.Pull(t.Context(), f.model); err != nil || fetched || f.count() != asked {
		t.Errorf("once more: fetched %v, error %v, %d requests", fetched, err, f.count()-asked)
	}
}

func TestTornConnections(t *testing.T) {
	f := newFixture(t)
	f.odd = func(w http.ResponseWriter, r *http.Request, n int) bool {
		if r.URL.Path != weightsPath || n > 3 {
			return false
		}
		torn(w, f.weights, (n-1)*70_000, 70_000)
		return true
	}
	f.pull(t)
	tag := etag(f.weights)
	f.wantRequests(t, "", "bytes=70000- "+tag, "bytes=140000- "+tag, "bytes=210000- "+tag)
}

// TestNextPullGoesOn gives up and takes up the thread again.
func TestNextPullGoesOn(t *testing.T) {
	f := newFixture(t)
	f.odd = func(w http.ResponseWriter, r *http.Request, n int) bool {
		if r.URL.Path == weightsPath && n == 1 {
			torn(w, f.weights, 0, 100_000)
		}
		if r.URL.Path == weightsPath {
			panic(http.ErrAbortHandler)
		}
		return false
	}
	f.refuse(t, "/m.weights", "the connection broke")
	if got := f.requests(); len(got) != 1+f.puller.Retries {
		t.Errorf("%d requests, want %d", len(got), 1+f.puller.Retries)
	}
	if left := f.left(t); !slices.Contains(left, "m.weights.part") || slices.Contains(left, "m.weights") {
		t.Errorf("the folder holds %v", left)
	}
	f.forget()
	f.pull(t)
	f.wantRequests(t, "bytes=100000- "+etag(f.weights))
}

func TestServerWithoutRanges(t *testing.T) {
	f := newFixture(t)
	f.odd = func(w http.ResponseWriter, r *http.Request, n int) bool {
		if r.URL.Path == weightsPath && n == 1 {
			torn(w, f.weights, 0, 100_000)
		}
		if r.URL.Path == weightsPath {
			w.Write(f.weights)
			return true
		}
		return false
	}
	f.pull(t)
}

// TestWrongRanges gets other bytes than it asked for.
func TestWrongRanges(t *testing.T) {
	for _, header := range []string{"bytes 5-299999/300000", "bytes nonsense", ""} {
		t.Run(header, func(t *testing.T) {
			f := newFixture(t)
			f.odd = func(w http.ResponseWriter, r *http.Request, n int) bool {
				if r.URL.Path == weightsPath && n == 1 {
					torn(w, f.weights, 0, 100_000)
				}
				if r.URL.Path == weightsPath && n == 2 {
					w.Header().Set("Content-Range", header)
					w.WriteHeader(http.StatusPartialContent)
					w.Write(f.weights[5:])
					return true
				}
				return false
			}
			f.pull(t)
		})
	}
}

func TestRangeRefused(t *testing.T) {
	f := newFixture(t)
	f.odd = func(w http.ResponseWriter, r *http.Request, n int) bool {
		if r.URL.Path == weightsPath && n == 1 {
			torn(w, f.weights, 0, 100_000)
		}
		if r.URL.Path == weightsPath && r.Header.Get("Range") != "" {
			w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
			return true
		}
		return false
	}
	f.pull(t)
	f.wantRequests(t, "", "bytes=100000- "+etag(f.weights), "")
}

// TestChangedMeanwhile has the server replace the file between two parts of it.
func TestChangedMeanwhile(t *testing.T) {
	for _, known := range []bool{true, false} {
		f := newFixture(t)
		if !known {
			f.model.Weights.SHA256 = ""
		}
		old := slices.Clone(f.weights)
		old[5]++
		f.odd = func(w http.ResponseWriter, r *http.Request, n int) bool {
			if r.URL.Path == weightsPath && n == 1 {
				torn(w, old, 0, 100_000)
			}
			return false
		}
		f.pull(t)
		f.wantRequests(t, "", "bytes=100000- "+etag(old))
	}
}

// TestPartOfAnotherFile starts with a part that doesn't belong to the file.
func TestPartOfAnotherFile(t *testing.T) {
	f := newFixture(t)
	p := f.paths()
	if err := os.MkdirAll(p.Folder, 0o777); err != nil {
		t.Fatal(err)
	}
	begin := func(note string) {
		os.Remove(p.Weights)
		if err := os.WriteFile(p.Weights+".part", make([]byte, 1000), 0o666); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p.Weights+".part.json", []byte(note), 0o666); err != nil {
			t.Fatal(err)
		}
		f.forget()
	}
	right := f.URL + weightsPath
	begin(`{"url": "` + right + `", "validator": ""}`) // the sum shows it
	f.pull(t)
	f.wantRequests(t, "bytes=1000-", "")
	begin("no json")
	f.pull(t)
	f.wantRequests(t, "")
	begin(`{"url": "http://elsewhere.test/", "validator": "x"}`)
	f.pull(t)
	f.wantRequests(t, "")
	f.model.Weights.SHA256 = ""
	begin(`{"url": "` + right + `", "validator": ""}`) // nothing would show it
	f.pull(t)
	f.wantRequests(t, "")
}

func TestWrongFiles(t *testing.T) {
	t.Run("sum", func(t *testing.T) {
		f := newFixture(t)
		f.files[weightsPath] = slices.Clone(f.weights)
		f.files[weightsPath][7]++
		f.refuse(t, "/m.weights: not the file that was published: its SHA-256 is ", f.model.Weights.SHA256)
		f.wantRequests(t, "")
		if left := f.left(t); slices.Contains(left, "m.weights.part") {
			t.Errorf("the folder holds %v", left)
		}
	})
	t.Run("size told", func(t *testing.T) {
		f := newFixture(t)
		f.files[weightsPath] = f.weights[:1000]
		f.refuse(t, "not the file that was published: it has 1000 bytes, not 300000")
		f.wantRequests(t, "")
	})
	t.Run("endless", func(t *testing.T) {
		f := newFixture(t)
		f.odd = func(w http.ResponseWriter, r *http.Request, n int) bool {
			if r.URL.Path != weightsPath {
				return false
			}
			for range 1000 {
				if _, err := w.Write(f.weights); err != nil {
					break
				}
			}
			return true
		}
		f.refuse(t, "it has more than 300000 bytes")
	})
	t.Run("ends early without a size", func(t *testing.T) {
		f := newFixture(t)
		f.model.Weights.SHA256 = ""
		f.odd = func(w http.ResponseWriter, r *http.Request, n int) bool {
			if r.URL.Path != weightsPath {
				return false
			}
			w.Write(f.weights[:1000])
			w.(http.Flusher).Flush() // chunked: no length
			return true
		}
		f.refuse(t, "the connection ended after 1000 of 300000 bytes")
	})
	t.Run("text too large", func(t *testing.T) {
		f := newFixture(t)
		f.model.Names = File{URLs: f.model.Names.URLs}
		f.files["/m.names"] = make([]byte, maxText+1)
		f.refuse(t, "more than such a text needs")
	})
	t.Run("check", func(t *testing.T) {
		f := newFixture(t)
		f.puller.Check = func(cfg, weights string) error { return errors.New("they don't fit") }
		f.refuse(t, "not the file that was published: they don't fit")
	})
}

// TestShorterHeader takes a file with 4 bytes less where that is possible.
func TestShorterHeader(t *testing.T) {
	f := newFixture(t)
	f.weights = f.weights[:len(f.weights)-4]
	f.files[weightsPath] = f.weights
	f.model.Weights.SHA256 = ""
	f.refuse(t, "it has 299996 bytes, not 300000")
	f.model.Weights.Less = 4
	f.pull(t)
}

func TestFirstLines(t *testing.T) {
	for lines, want := range map[int]string{0: "a\nb\nc\n", 2: "a\nb\n", 3: "a\nb\nc\n", 9: "a\nb\nc\n"} {
		f := newFixture(t)
		f.model.Names = File{URLs: f.model.Names.URLs, Lines: lines}
		f.pull(t)
		if got, err := os.ReadFile(f.paths().Names); err != nil || string(got) != want {
			t.Errorf("of %d lines: %q, %v", lines, got, err)
		}
		if fetched, err := f.puller.Pull(t.Context(), f.model); err != nil || fetched {
			t.Errorf("once more: fetched %v, error %v", fetched, err)
		}
	}
}

func TestStatus(t *testing.T) {
	for _, c := range []struct {
		status   int
		requests int
		want     string
	}{
		{http.StatusNotFound, 1, "/m.weights: the server says 404 Not Found"},
		{http.StatusForbidden, 1, "the server says 403 Forbidden"},
		{http.StatusPartialContent, 1, "the server says 206 Partial Content"},
		{http.StatusNoContent, 1, "the server says 204 No Content"},
		{http.StatusInternalServerError, 4, "the server says 500 Internal Server Error"},
		{http.StatusTooManyRequests, 4, "the server says 429 Too Many Requests"},
	} {
		f := newFixture(t)
		f.odd = func(w http.ResponseWriter, r *http.Request, n int) bool {
			if r.URL.Path == weightsPath {
				w.WriteHeader(c.status)
			}
			return r.URL.Path == weightsPath
		}
		f.refuse(t, c.want)
		if got := len(f.requests()); got != c.requests {
			t.Errorf("%d: %d requests, want %d", c.status, got, c.requests)
		}
	}
}

func TestAnotherURL(t *testing.T) {
	f := newFixture(t)
	f.model.Weights.URLs = []string{f.URL + "/gone", f.URL + weightsPath}
	f.pull(t)
	f = newFixture(t)
	f.model.Weights.URLs = []string{f.URL + "/gone", f.URL + "/too"}
	f.refuse(t, "/gone: the server says 404", "/too: the server says 404")
}

func TestRedirection(t *testing.T) {
	f := newFixture(t)
	other := newHost(t)
	other.files["/assets/1"] = f.weights
	f.odd = func(w http.ResponseWriter, r *http.Request, n int) bool {
		if r.URL.Path == weightsPath {
			http.Redirect(w, r, other.URL+"/assets/1", http.StatusFound)
		}
		return r.URL.Path == weightsPath
	}
	f.pull(t)

	round := newFixture(t)
	round.odd = func(w http.ResponseWriter, r *http.Request, n int) bool {
		http.Redirect(w, r, r.URL.Path, http.StatusFound)
		return true
	}
	round.refuse(t, "from one place to the next")

	open := newFixture(t)
	safe := httptest.NewTLSServer(http.RedirectHandler(open.URL+weightsPath, http.StatusFound))
	defer safe.Close()
	open.model.Weights.URLs = []string{safe.URL}
	open.puller.Client = safe.Client()
	open.puller.Client.CheckRedirect = redirect
	open.refuse(t, "which is not encrypted")

	open.puller.Client = nil // which knows nothing of the test's certificate
	open.refuse(t, "certificate")
}

func TestSlowServer(t *testing.T) {
	f := newFixture(t)
	f.puller.Idle = 50 * time.Millisecond
	f.odd = func(w http.ResponseWriter, r *http.Request, n int) bool {
		if r.URL.Path != weightsPath || n > 1 {
			return false
		}
		w.Header().Set("ETag", etag(f.weights))
		w.Header().Set("Content-Length", fmt.Sprint(len(f.weights)))
		w.Write(f.weights[:100_000])
		w.(http.Flusher).Flush()
		<-r.Context().Done() // until the other side has had enough
		return true
	}
	f.pull(t)
	if !slices.ContainsFunc(f.told, func(line string) bool { return strings.Contains(line, "nothing came for 50ms") }) {
		t.Errorf("told %q", f.told)
	}
}

func TestNoServer(t *testing.T) {
	f := newFixture(t)
	f.Close()
	f.refuse(t, "/m.cfg: ")
	f.model.Cfg.URLs = []string{"http://models.invalid/m.cfg"}
	f.refuse(t, "http://models.invalid/m.cfg: ")
}

func TestCancel(t *testing.T) {
	f := newFixture(t)
	ctx, cancel := context.WithCancel(t.Context())
	f.odd = func(w http.ResponseWriter, r *http.Request, n int) bool {
		if r.URL.Path != weightsPath {
			return false
		}
		w.Header().Set("Content-Length", fmt.Sprint(len(f.weights)))
		w.Write(f.weights[:100_000])
		w.(http.Flusher).Flush()
		cancel()
		<-r.Context().Done()
		return true
	}
	if _, err := f.puller.Pull(ctx, f.model); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v", err)
	}
	if f.paths().Present() {
		t.Error("the model is there")
	}
}

// TestProxy fetches from a host that only the proxy knows.
func TestProxy(t *testing.T) {
	f := newFixture(t)
	address, err := url.Parse(f.URL)
	if err != nil {
		t.Fatal(err)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = http.ProxyURL(address)
	f.puller.Client = &http.Client{Transport: transport}
	for _, file := range []*File{&f.model.Cfg, &f.model.Names, &f.model.Weights} {
		file.URLs = []string{strings.Replace(file.URLs[0], f.URL, "http://models.invalid", 1)}
	}
	f.pull(t)
}

// TestDamagedSince wants what was damaged on the disk to be fetched anew.
func TestDamagedSince(t *testing.T) {
	f := newFixture(t)
	f.pull(t)
	damaged := slices.Clone(f.weights)
	damaged[9]++
	if err := os.WriteFile(f.paths().Weights, damaged, 0o666); err != nil {
		t.Fatal(err)
	}
	f.forget()
	f.pull(t)
	if n := f.count(); n != 1 {
		t.Errorf("%d requests", n)
	}

	// Without a sum only the check can tell.
	f.model.Weights.SHA256 = ""
	f.puller.Check = func(cfg, weights string) error {
		if got, err := os.ReadFile(weights); err != nil || !bytes.Equal(got, f.weights) {
			return errors.New("damaged")
		}
		return nil
	}
	if err := os.WriteFile(f.paths().Weights, damaged, 0o666); err != nil {
		t.Fatal(err)
	}
	f.forget()
	f.pull(t)
	if n := f.count(); n != 1 {
		t.Errorf("%d requests", n)
	}
}

// TestTwoPulls has two Pullers at work on the same model at the same time.
func TestTwoPulls(t *testing.T) {
	f := newFixture(t)
	var working sync.WaitGroup
	count := make(chan bool, 2)
	for range 2 {
		working.Go(func() {
			p := &Puller{Dir: f.puller.Dir}
			fetched, err := p.Pull(t.Context(), f.model)
			if err != nil {
				t.Error(err)
			}
			count <- fetched
		})
	}
	working.Wait()
	if first, second := <-count, <-count; first == second {
		t.Errorf("fetched %v and %v", first, second)
	}
	f.wantWhole(t)
	f.wantRequests(t, "")
}

func TestWaitingIsCancelled(t *testing.T) {
	f := newFixture(t)
	if err := os.MkdirAll(f.paths().Folder, 0o777); err != nil {
		t.Fatal(err)
	}
	unlock, err := f.puller.lock(t.Context(), f.paths().Folder, "m")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	if _, err := f.puller.Pull(ctx, f.model); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	unlock()
	f.pull(t)
}

func TestFullDisk(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs /dev/full")
	}
	f := newFixture(t)
	if err := os.MkdirAll(f.paths().Folder, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/dev/full", f.paths().Weights+".part"); err != nil {
		t.Fatal(err)
	}
	f.refuse(t, "m.weights.part: no space left on device")
	f.wantRequests(t, "")
}

func TestForbiddenFolder(t *testing.T) {
	f := newFixture(t)
	f.puller.Dir = filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(f.puller.Dir, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := f.puller.Pull(t.Context(), f.model); err == nil || !strings.Contains(err.Error(), f.puller.Dir) {
		t.Errorf("error %v", err)
	}
	if n := f.count(); n > 0 {
		t.Errorf("%d requests", n)
	}
}
