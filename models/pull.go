package models

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/lockedfile"
)

// Puller fetches models. Dir has to be set.
type Puller struct {
	Dir       string       // the folder of all models
	Client    *http.Client // nil: one that goes through the proxies that the environment names
	UserAgent string       // what servers are told; some refuse Go's default

	// Check, if it is there, looks at a model's files before they get their names; an error
	// keeps them from it.
	Check func(cfg, weights string) error
	// Tell, if it is there, is told what happens in short lines.
	Tell func(line string)
	// Progress, if it is there, is told how many of a file's bytes have come; total is 0 when it isn't known.
	Progress func(file string, done, total int64)

	Retries int           // attempts in a row that bring nothing before giving up; 0: 4
	Pause   time.Duration // before the first of them, then twice as long each time; 0: a second
	Idle    time.Duration // how long a connection may bring nothing; 0: half a minute
}

// ErrDamaged is in errors about a file that isn't the one that was published.
var ErrDamaged = errors.New("not the file that was published")

// part is what an unfinished file is called: its name and this.
const part = ".part"

// target is a file of a model, and where it goes.
type target struct {
	File
	path string
	here bool // it is there already
}

func (t *target) name() string { return filepath.Base(t.path) }

// latest is where the file lies now.
func (t *target) latest() string {
	if t.here {
		return t.path
	}
	return t.path + part
}

// Pull fetches a model's files unless they are there, and reports whether it had to. Files
// appear under their names when all are complete and right: of the published size and SHA-256, and to the liking of
// Check. What has come of an unfinished one is kept beside it, and the next Pull goes on from there. Of several
// Pulls of a model at the same time, also by other programs, one works and the others wait.
func (p *Puller) Pull(ctx context.Context, m Model) (fetched bool, err error) {
	paths := m.In(p.Dir)
	if err := os.MkdirAll(paths.Folder, 0o777); err != nil {
		return false, err
	}
	unlock, err := p.lock(ctx, paths.Folder, m.Name)
	if err != nil {
		return false, err
	}
	defer unlock()
	targets := []*target{{File: m.Cfg, path: paths.Cfg}, {File: m.Names, path: paths.Names}, {File: m.Weights, path: paths.Weights}}
	if p.complete(targets) {
		return false, nil
	}
	for _, t := range targets {
		if t.here {
			continue
		}
		d := &download{Puller: p, target: t}
		if err := d.fetch(ctx); err != nil {
			return false, err
		}
	}
	cfg, weights := targets[0], targets[2]
	if err := p.check(cfg.latest(), weights.latest()); err != nil {
		if !weights.here {
			os.Remove(weights.latest())
		}
		return false, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	for _, t := range targets {
		if t.here {
			continue
		}
		if err := os.Rename(t.latest(), t.path); err != nil {
			return false, err
		}
		os.Remove(t.path + part + noteSuffix)
	}
	return true, nil
}

// complete marks the targets that are there, and reports whether nothing is to be done.
func (p *Puller) complete(targets []*target) bool {
	all := true
	for _, t := range targets {
		_, err := os.Stat(t.path)
		if err == nil {
			if err = t.verify(t.path); err != nil {
				p.tell("%s is fetched anew: %v", t.name(), err)
			}
		}
		t.here = err == nil
		all = all && t.here
	}
	if !all {
		return false
	}
	cfg, weights := targets[0], targets[2]
	if err := p.check(cfg.path, weights.path); err != nil {
		p.tell("%s is fetched anew: %v", weights.name(), err)
		weights.here = false
		return false
	}
	return true
}

func (p *Puller) check(cfg, weights string) error {
	if p.Check == nil {
		return nil
	}
	return p.Check(cfg, weights)
}

func (p *Puller) tell(format string, args ...any) {
	if p.Tell != nil {
		p.Tell(fmt.Sprintf(format, args...))
	}
}

// patience is how long a Pull waits for another one before it says so.
const patience = time.Second

// lock keeps other Pulls of the model waiting.
func (p *Puller) lock(ctx context.Context, folder, name string) (unlock func(), err error) {
	type locked struct {
		unlock func()
		err    error
	}
	done := make(chan locked, 1)
	go func() {
		unlock, err := lockedfile.MutexAt(filepath.Join(folder, ".lock")).Lock()
		done <- locked{unlock, err}
	}()
	wait := time.NewTimer(patience)
	defer wait.Stop()
	for {
		select {
		case l := <-done:
			return l.unlock, l.err
		case <-wait.C:
			p.tell("%s: waiting for another one who fetches it", name)
		case <-ctx.Done():
			go func() {
				if l := <-done; l.err == nil {
					l.unlock()
				}
			}()
			return nil, ctx.Err()
		}
	}
}

// verify checks a complete file at path.
func (t *target) verify(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if t.Lines > 0 && path == t.path { // it was shortened
		return nil
	}
	if !t.fits(info.Size()) {
		return fmt.Errorf("%w: it has %d bytes, not %d", ErrDamaged, info.Size(), t.Bytes)
	}
	if t.SHA256 == "" {
		return nil
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return err
	}
	if got := hex.EncodeToString(sum.Sum(nil)); !strings.EqualFold(got, t.SHA256) {
		return fmt.Errorf("%w: its SHA-256 is %s, not %s", ErrDamaged, got, t.SHA256)
	}
	return nil
}

// shorten leaves only the first lines of a text that is to have no more.
func (t *target) shorten() error {
	if t.Lines == 0 {
		return nil
	}
	text, err := os.ReadFile(t.latest())
	if err != nil {
		return err
	}
	end := 0
	for range t.Lines {
		next := bytes.IndexByte(text[end:], '\n')
		if next < 0 {
			return nil
		}
		end += next + 1
	}
	return os.WriteFile(t.latest(), text[:end], 0o666)
}

// size is the size of a file, 0 if there is none.
func size(path string) int64 {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) || err != nil {
		return 0
	}
	return info.Size()
}
