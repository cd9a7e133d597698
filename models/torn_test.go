package models

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestTornAnywhere draws servers that break connections at any byte, ignore ranges, refuse them, are busy, send
// no validators, or exchange the file for a damaged one for a while. However it goes, what gets its name is right.
func TestTornAnywhere(t *testing.T) {
	f := newFixture(t)
	damaged := append([]byte(nil), f.weights...)
	damaged[len(damaged)/2]++
	dir := t.TempDir()
	trial := 0
	rapid.Check(t, func(r *rapid.T) {
		trial++
		f.puller.Dir = filepath.Join(dir, fmt.Sprint(trial))
		f.puller.Retries, f.puller.Pause = 2, time.Microsecond
		known := rapid.Bool().Draw(r, "sum known")
		model := f.model
		if !known {
			model.Weights.SHA256 = ""
		}
		faults := rapid.SliceOfN(rapid.IntRange(0, 6), 0, 12).Draw(r, "faults")
		cuts := rapid.SliceOfN(rapid.IntRange(0, len(f.weights)), len(faults), len(faults)).Draw(r, "cuts")
		n := 0
		f.mu.Lock()
		f.odd = func(w http.ResponseWriter, req *http.Request, _ int) bool {
			if req.URL.Path != weightsPath {
				return false
			}
			f.mu.Lock()
			i := n
			n++
			f.mu.Unlock()
			if i >= len(faults) {
				return false
			}
			var begin int
			if req.Header.Get("If-Range") == etag(f.weights) {
				fmt.Sscanf(req.Header.Get("Range"), "bytes=%d-", &begin)
			}
			switch faults[i] {
			case 0:
				torn(w, f.weights, begin, min(cuts[i], len(f.weights)-begin))
			case 1:
				torn(w, f.weights, 0, cuts[i])
			case 2:
				w.WriteHeader(http.StatusServiceUnavailable)
			case 3:
				panic(http.ErrAbortHandler)
			case 4:
				w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
			case 5:
				cut := cuts[i]
				if !known { // then nobody could tell that a whole one is damaged
					cut = min(cut, len(damaged)-1)
				}
				torn(w, damaged, 0, cut)
			case 6: // no length and no validator
				w.Write(f.weights[:cuts[i]])
				w.(http.Flusher).Flush()
				panic(http.ErrAbortHandler)
			}
			return true
		}
		f.mu.Unlock()
		whole := false
		for try := 0; try < 20 && !whole; try++ { // as a user would who calls again
			_, err := f.puller.Pull(t.Context(), model)
			whole = err == nil
			if present := model.In(f.puller.Dir).Present(); present != whole {
				r.Fatalf("error %v, but the model is there: %v", err, present)
			}
			if err != nil && strings.Contains(err.Error(), ErrDamaged.Error()) && !known {
				r.Fatalf("damaged: %v", err)
			}
		}
		if !whole {
			r.Fatal("it never came")
		}
		if err := (&target{File: f.model.Weights}).verify(model.In(f.puller.Dir).Weights); err != nil {
			r.Fatal(err)
		}
	})
}
