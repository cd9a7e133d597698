package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ghostdark/ghostdark/internal/testkit"
	"github.com/ghostdark/ghostdark/net"
)

// cacheFolder makes path the folder below which os.UserCacheDir lies.
func cacheFolder(t *testing.T, path string) {
	for _, name := range []string{"HOME", "XDG_CACHE_HOME", "LocalAppData"} {
		t.Setenv(name, path)
	}
}

// storedChoices lists the files of choices.
func storedChoices(t *testing.T) []string {
	t.Helper()
	folder, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(folder, "ghostdark", "tuning", "*"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// autotuned runs bench with --autotune and returns what goes to standard output and error.
func autotuned(t *testing.T, args ...string) (stdout, stderr string) {
	t.Helper()
	args = append([]string{"bench", "--autotune", "--reps", "3", "--threads", "1"}, args...)
	var out, errs bytes.Buffer
	if code := execute(context.Background(), args, &out, &errs); code != exitDone {
		t.Fatalf("exit code %d\n%s", code, &errs)
	}
	return out.String(), errs.String()
}

func TestAutotuneStore(t *testing.T) {
	cacheFolder(t, t.TempDir())
	golden := func(name string) string { return filepath.Join(testkit.Root(), "testdata", "golden", name, "net.cfg") }
	// Without kernels there is nothing to measure, so this takes no time.
	run := func(t *testing.T, want ...string) {
		t.Helper()
		_, stderr := autotuned(t, golden("ghost-module"), "--cpu", "generic")
		for _, w := range want {
			if !strings.Contains(stderr, w) {
				t.Errorf("%q is missing in\n%s", w, stderr)
			}
		}
		if len(want) == 0 && stderr != "" {
			t.Errorf("unexpected: %s", stderr)
		}
	}
	run(t, "kernels measured in ")
	files := storedChoices(t)
	if len(files) != 1 {
		t.Fatalf("stored files: %q", files)
	}
	run(t)
	sound, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"empty":              "",
		"cut off":            string(sound[:len(sound)/2]),
		"unknown field":      strings.Replace(string(sound), `{`, `{"extra":1,`, 1),
		"for something else": strings.Replace(string(sound), `"key":"`, `"key":"0`, 1),
		"no such layer":      strings.Replace(string(sound), `{`, `{"methods":{"999":"matrix"},`, 1),
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(files[0], []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
			run(t, "warning: "+files[0]+": is damaged: ", "; kernels are measured anew", "kernels measured in ")
			run(t)
		})
	}
	if _, stderr := autotuned(t, golden("softmax"), "--cpu", "generic"); !strings.Contains(stderr, "kernels measured") {
		t.Errorf("another network takes the same choices: %s", stderr)
	}
}

func TestAutotuneWithoutStore(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	cfg := filepath.Join(testkit.Root(), "testdata", "golden", "ghost-module", "net.cfg")
	cacheFolder(t, file)
	if _, stderr := autotuned(t, cfg, "--cpu", "generic"); !strings.Contains(stderr, "warning: the choices of kernels aren't stored: ") {
		t.Errorf("a file in the folder's place: %s", stderr)
	}
	cacheFolder(t, "")
	if _, stderr := autotuned(t, cfg, "--cpu", "generic"); !strings.Contains(stderr, "warning: there is no folder to store that in") {
		t.Errorf("no folder: %s", stderr)
	}
}

// TestBenchTellsChoices stores a choice and looks for it in the result.
func TestBenchTellsChoices(t *testing.T) {
	cacheFolder(t, t.TempDir())
	cfg := filepath.Join(testkit.Root(), "docs", "plan.cfg")
	plan, err := net.Read(cfg, net.Options{})
	if err != nil {
		t.Fatal(err)
	}
	summary, err := plan.Plan(net.SessionOptions{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(summary.Steps[2].Kernel, "winograd ") {
		t.Skip("without assembly there is nothing to choose")
	}
	if stdout, stderr := autotuned(t, cfg); !strings.Contains(stdout, "\ntuned ") || !strings.Contains(stderr, "kernels measured in ") {
		t.Errorf("%s%s", stdout, stderr)
	}
	files := storedChoices(t)
	if len(files) != 1 {
		t.Fatalf("stored files: %q", files)
	}
	data, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	var stored net.Choices
	if err := json.Unmarshal(data, &stored); err != nil {
		t.Fatal(err)
	}
	stored.Methods, stored.Chains = map[int]string{2: "matrix"}, nil
	if err := writeChoices(files[0], &stored); err != nil {
		t.Fatal(err)
	}
	stdout, stderr := autotuned(t, cfg)
	if want := "tuned   layer 2+3: matrix " + summary.CPU + ", by rule winograd " + summary.CPU + "\n"; !strings.Contains(stdout, want) || stderr != "" {
		t.Errorf("%q is missing in\n%s%s", want, stdout, stderr)
	}
	var result benchResult
	stdout, _ = autotuned(t, cfg, "--json")
	if err := json.Unmarshal([]byte(stdout), &result); err != nil {
		t.Fatal(err)
	}
	l := result.Layers[2]
	if result.Choices == nil || result.Choices.Methods[2] != "matrix" || l.ByRule == nil || *l.ByRule != "winograd "+summary.CPU || result.Layers[0].ByRule != nil {
		t.Errorf("choices %+v, layer 2 %+v", result.Choices, l)
	}
}
